// The laboratory itself: that its namespaces end with what was started in them, and that its Open vSwitch carries real
// packets by the rules it is given. Every other integration test stands on this.

import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, waitFor } from '../../mininet/lab/command.ts';
import { labInit, projectRoot, spawnInLab } from '../../mininet/lab/enter.ts';
import type { LabHost } from '../../mininet/lab/host.ts';
import { type Ovs, startOvs } from '../../mininet/lab/ovs.ts';

const LAB_NS = join(projectRoot(), 'mininet', 'lab', 'lab-ns');

describe('lab-ns', () => {
  test('answers with the exit code of its command', async () => {
    const child = spawnInLab('sh', ['-c', 'exit 7'], { stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  test('has no interface but loopback, and its own named network namespaces', async () => {
    const inside = 'ip -o link | wc -l; ip netns add only-here; ip netns list';
    expect(await command(LAB_NS, ['sh', '-c', inside])).toBe('1\nonly-here\n');
    expect(await command('ip', ['netns', 'list'])).not.toContain('only-here');
  });

  test.each([
    [[], '1\n'],
    [['-6'], '0\n'],
  ])('with the options %j IPv6 is switched off or left on', async (options, disabled) => {
    const file = '/proc/sys/net/ipv6/conf/default/disable_ipv6';
    expect(await command(LAB_NS, [...options, 'cat', file])).toBe(disabled);
  });

  test('with -t what is written to /tmp is gone afterwards', async () => {
    await command(LAB_NS, ['-t', 'touch', '/tmp/lark-lab-test-file']);
    expect(await readdir('/tmp')).not.toContain('lark-lab-test-file');
  });

  test('when it is killed, everything inside ends with it', async () => {
    const child = spawnInLab('sh', ['-c', 'sleep 1000 & echo up; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout!, 'data');
    const init = labInit(child);
    expect(init).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await waitFor('pid 1 of the laboratory to end', 5_000, async () => {
      const status = await readFile(`/proc/${init}/stat`, 'utf8').catch(() => 'gone');
      return status === 'gone' || / \(.*\) Z /.test(status) ? true : undefined;
    });
  });
});

describe.each(['1.0', '1.3'] as const)('a private Open vSwitch with OpenFlow %s', (version) => {
  let directory: string;
  let ovs: Ovs;
  let one: LabHost;
  const fromOne = 'ip,nw_src=10.9.0.1';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lark-lab-'));
    ovs = await startOvs(join(directory, 'ovs'));
    await ovs.addBridge({ name: 'br1', dpid: '0000000000000001', protocols: [version] });
    await ovs.addBridge({ name: 'br2', dpid: '0000000000000002', protocols: [version] });
    await ovs.addLink('br1', { portName: 'br1-br2', portNo: 9 }, 'br2', { portName: 'br2-br1', portNo: 9 });
    const host = (number: number): Parameters<Ovs['addHost']>[1] => ({
      ...{ name: `h${number}`, portName: `p${number}`, portNo: number, mac: `02:00:00:00:00:0${number}` },
      addresses: [`10.9.0.${number}/24`, `2001:db8:9::${number}/64`],
    });
    one = await ovs.addHost('br1', host(1));
    await ovs.addHost('br2', host(2));
    for (const bridge of ['br1', 'br2']) await ovs.ofctl(bridge, ['add-flow', 'priority=1,actions=NORMAL']);
  });

  afterAll(async () => {
    await ovs?.stop();
    for (const name of ['h1', 'h2']) await command('ip', ['netns', 'del', name]);
    for (const port of ['p1', 'p2', 'br1-br2']) await command('ip', ['link', 'del', port]).catch(() => {});
    await rm(directory, { recursive: true, force: true });
  });

  test('carries pings of both IP versions over two bridges', async () => {
    expect(await one.ping('10.9.0.2')).toEqual({ sent: 2, received: 2 });
    expect(await one.ping('2001:db8:9::2')).toEqual({ sent: 2, received: 2 });
  });

  test('drops by a rule from the moment that the revalidator has seen it, and the rule counts', async () => {
    // Counters come late: what was forwarded just before is counted now, and not for the rule that comes.
    await ovs.appctl(['revalidator/purge']);
    await ovs.ofctl('br1', ['add-flow', `priority=9,${fromOne},actions=drop`]);
    await ovs.revalidatorWait();
    expect(await one.ping('10.9.0.2', { count: 2, waitMs: 300 })).toEqual({ sent: 2, received: 0 });
    await ovs.appctl(['revalidator/purge']);
    const rules = await ovs.ofctl('br1', ['dump-flows']);
    expect(rules).toMatch(/n_packets=2, .*priority=9,ip,nw_src=10\.9\.0\.1 actions=drop/);
    await ovs.ofctl('br1', ['del-flows', fromOne]);
    await ovs.revalidatorWait();
    expect(await one.ping('10.9.0.2')).toEqual({ sent: 2, received: 2 });
  });

  test('says by trace what would become of a frame', async () => {
    const arp = 'ffffffffffff020000000001080600010800060400010200000000010a0900010000000000000a090002';
    expect((await ovs.trace('br1', 1, arp)).datapathActions).not.toBe('drop');
    await ovs.ofctl('br1', ['add-flow', 'priority=9,arp,actions=drop']);
    expect((await ovs.trace('br1', 1, arp)).datapathActions).toBe('drop');
    await ovs.ofctl('br1', ['del-flows', 'arp']);
  });

  test('refuses arguments that would not stay one word', async () => {
    const bad = { name: 'h3', portName: 'p3', portNo: 3, mac: '02:00:00:00:00:03', addresses: ['10.9.0.3/24 dev lo'] };
    await expect(ovs.addHost('br1', bad)).rejects.toMatchObject({ code: 'LAB_BAD_ARGUMENT' });
  });
});
