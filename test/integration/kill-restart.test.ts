// Promise 4 on a whole Lark in a process of its own: it is killed with SIGKILL and started again on the same store, while
// a model switch in fail mode secure goes on by its tables.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clean, JobFeedClient, send } from '../../controller/jobs/feed/client.ts';
import type { JobView } from '../../controller/northbound/lark-api.ts';
import { ModelSwitch } from '../../mininet/model-switch/model-switch.ts';
import { parseMac } from '../../protocols/packet/address.ts';
import { ChildLark } from '../support/child-lark.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, macOf, udpFrame } from '../support/model-site.ts';

const DPID = '0000000000000001';
const KEY = (number: number) => `s#${number}.0#1|1|wn1|slot${number}@wn1`;

let directory: string;
let lark: ChildLark;
let feed: JobFeedClient;
let leaf: ModelSwitch;
let version: 1 | 4;
let sent: { readonly portNo: number; readonly frame: Uint8Array }[];

/** Starts Lark on the directory's store, at the OpenFlow port that the switch knows once there is one. */
async function start(extra = ''): Promise<void> {
  const openflowPort = leaf === undefined ? 0 : lark.address('openflow').port;
  const policyFile = join(directory, 'policy.yaml');
  await writeFile(
    policyFile,
    `
openflow: { listen: 127.0.0.1:${openflowPort} }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/24], settle: 0ms, confirmTimeout: 5s${extra} }
store: { path: store }
switches: { leaf: { dpid: "${DPID}", machines: { wn1: [j1, j2, j3] } } }
policies: [isolate-users: true]
`,
  );
  lark = await ChildLark.start(policyFile);
  feed = await JobFeedClient.connect(lark.address('jobs'));
}

async function addSwitch(): Promise<void> {
  const ports = [1, 2, 3].map((n) => ({ portNo: n, name: `j${n}`, mac: parseMac(`02:00:00:ff:00:0${n}`)! }));
  const controller = lark.address('openflow');
  leaf = new ModelSwitch({ dpid: 1n, version, ports, controller, reconnect: { firstMs: 5, lastMs: 20 } });
  sent = [];
  leaf.on('frame', (frame) => sent.push(frame));
  await leaf.connect();
  await whenUp();
}

const whenUp = () =>
  eventually('the switch up', async () => {
    const { switches } = await lark.get<{ switches: { state: string }[] }>('/v1/switches');
    return switches[0]?.state === 'up';
  });

const jobs = async () => (await lark.get<{ jobs: readonly JobView[] }>('/v1/jobs')).jobs;

function register(number: number, user: string, options: { leaseSec?: number; port?: number } = {}) {
  const { port = number, ...lease } = options;
  return feed.register(
    `[ GlobalJobId = "s#${number}.0#1"; Owner = "${user}"; NumJobStarts = 1; Load = 1.0e400; Big = 9007199254740993 ]`,
    `[ Machine = "wn1"; Name = "slot${number}@wn1"; LarkInnerMacAddress = "${macOf(number)}"; ` +
      `LarkInnerAddressIPv4 = "${addressOf(number)}"; LarkExternalInterface = "j${port}" ]`,
    lease,
  );
}

function inject(from: number, to: number, marker: string): void {
  leaf.inject(from, udpFrame(macOf(from), macOf(to), addressOf(from), addressOf(to), marker));
}

const seen = (marker: string) => [
  ...new Set(sent.filter(({ frame }) => Buffer.from(frame).includes(marker)).map(({ portNo }) => portNo)),
];

/** The rules that stand for the jobs, without what counts and ages; those that were decided for packets come back with packets. */
const rules = () =>
  leaf
    .dumpFlows()
    .split('\n')
    .map((line) => line.trim().replace(/(?:duration|n_packets|n_bytes|idle_age|hard_age|cookie)=[^,\s]*,?\s*/g, ''))
    .filter((line) => line !== '' && !line.includes('idle_timeout='))
    .sort();

describe.each([
  ['1.0', 1],
  ['1.3', 4],
] as const)('with OpenFlow %s, after kill -9 and a restart', { timeout: 60_000 }, (_, wireVersion) => {
  beforeEach(async () => {
    version = wireVersion;
    leaf = undefined as never;
    directory = await mkdtemp(join(tmpdir(), 'lark-kill-'));
    await start();
    await addSwitch();
  });

  afterEach(async () => {
    await Promise.all([lark.kill(), leaf.close()]);
    await rm(directory, { recursive: true });
  });

  it('the same jobs are there with the same rules, and their packets went on meanwhile', async () => {
    await register(1, 'alice', { leaseSec: 3600 });
    await register(2, 'alice');
    await register(3, 'bob');
    // In this order, so that the rule for what is denied is there when the other packet has come through.
    inject(1, 3, 'denied-before');
    inject(1, 2, 'before');
    await eventually('the first packet', () => seen('before').includes(2));
    inject(1, 2, 'by-rule');
    const before = { jobs: await jobs(), rules: rules() };
    for (const number of [1, 2, 3]) expect(before.rules.join('\n')).toContain(addressOf(number));

    await lark.kill();
    inject(1, 2, 'during');
    inject(1, 3, 'denied-during');
    expect([seen('during'), seen('denied-during')]).toEqual([[2], []]);

    await start();
    expect((await jobs()).map(({ key, leaseEndsAt }) => [key, leaseEndsAt])).toEqual(
      before.jobs.map(({ key, leaseEndsAt }) => [key, leaseEndsAt]),
    );
    await whenUp();
    inject(1, 3, 'denied-after');
    inject(1, 2, 'after');
    await eventually('the packet after', () => seen('after').includes(2));
    await vi.waitFor(() => expect(rules()).toEqual(before.rules), { timeout: 5000, interval: 10 });
    expect(await jobs()).toEqual(before.jobs);
    expect([seen('denied-before'), seen('denied-after')]).toEqual([[], []]);
    // The same registration once more is the same job; its address goes to nobody else.
    expect((await register(1, 'alice')).key).toBe(KEY(1));
  });

  // What follows does not depend on the version, and each test starts several processes.

  it('a removal that was acknowledged stays one, and a lease that ended meanwhile has ended', async () => {
    await register(1, 'alice', { leaseSec: 0.5 });
    await register(2, 'alice');
    await feed.remove(KEY(2));
    await register(3, 'bob');
    const [{ leaseEndsAt } = { leaseEndsAt: null }] = await jobs();
    await lark.kill();
    await eventually('the end of the lease', () => Date.now() > Date.parse(String(leaseEndsAt)));
    await start();
    await whenUp();
    await eventually('one job', async () => (await jobs()).length === 1);
    expect((await jobs()).map(({ user }) => user)).toEqual(['bob']);
    await eventually('no rule of the others', () => !/10\.1\.0\.[12]\b/.test(leaf.dumpFlows()));
  });

  it('an address that was held back for a switch is held back for it still, until it is back', async () => {
    await register(1, 'alice');
    leaf.faults = { ignore: () => true };
    leaf.disconnect();
    await eventually('the switch away', async () => {
      const { switches } = await lark.get<{ switches: unknown[] }>('/v1/switches');
      return switches.length === 0;
    });
    expect(await feed.remove(KEY(1))).toEqual({ pendingSwitches: [DPID] });
    await lark.kill();
    await start(', notConnected: wait');
    const refusal = register(1, 'bob');
    await expect(refusal).rejects.toMatchObject({ code: 'JOB_ADDRESS_HELD_BACK' });
    expect(leaf.dumpFlows()).toContain(addressOf(1));
    leaf.faults = {};
    leaf.disconnect();
    await whenUp();
    await eventually('the address to be free', () =>
      register(1, 'bob').then(
        () => true,
        () => false,
      ),
    );
    expect((await jobs()).map(({ user }) => user)).toEqual(['bob']);
  });

  it('every registration that was acknowledged before the kill is there, wherever the kill came', async () => {
    const acknowledged: string[] = [];
    const all = Array.from({ length: 60 }, (_each, i) =>
      register(i + 10, 'alice', { port: (i % 3) + 1 }).then(
        ({ key }) => acknowledged.push(key),
        () => undefined,
      ),
    );
    await eventually('half of them', () => acknowledged.length >= 20);
    await lark.kill();
    await Promise.all(all);
    await start();
    const keys = new Set((await jobs()).map(({ key }) => key));
    expect(acknowledged.filter((key) => !keys.has(key))).toEqual([]);
  });

  it('a job that waits for its switch waits on, and is enforced when the switch connects', async () => {
    await lark.kill();
    leaf.faults = { ignore: () => true };
    leaf.disconnect();
    await start(', notConnected: wait');
    expect(await register(1, 'alice')).toMatchObject({ enforcement: 'waiting' });
    await lark.kill();
    await start(', notConnected: wait');
    expect((await jobs()).map(({ enforcement }) => enforcement)).toEqual(['waiting']);
    leaf.faults = {};
    leaf.disconnect();
    await eventually('the job enforced', async () => (await jobs())[0]?.enforcement === 'port');
    await eventually('its rules', () => leaf.dumpFlows().includes(addressOf(1)));
    await eventually('it admitted', () => lark.log.some(({ event }) => event === 'job.admitted'));
    expect((await register(1, 'alice')).enforcement).toBe('port');
  });
});

describe('a store that a Lark has open', { timeout: 60_000 }, () => {
  it('is refused to a second one, which changes nothing, until the first has gone', async () => {
    leaf = undefined as never;
    directory = await mkdtemp(join(tmpdir(), 'lark-kill-'));
    await start(', nat: unenforced');
    const jobAd = '[ GlobalJobId = "s#1.0#1"; Owner = "alice"; NumJobStarts = 1 ]';
    const machineAd =
      '[ Machine = "wn1"; Name = "slot1@wn1"; LarkNetworkType = "nat"; LarkInnerAddressIPv4 = "192.168.0.2" ]';
    expect(await send(lark.address('jobs'), jobAd, machineAd)).toBe('OK unenforced');
    const first = lark;
    // At other ports: only the store is the same.
    const second = await ChildLark.start(join(directory, 'policy.yaml'));
    expect([second.exitCode, second.said]).toEqual([
      1,
      expect.stringMatching(/store is in use by process \d+\. Stop /),
    ]);
    expect(await clean(first.address('jobs'), '192.168.0.2')).toBe('OK');
    await first.kill();
    await start(', nat: unenforced');
    expect(await jobs()).toEqual([]);
    await lark.kill();
    await rm(directory, { recursive: true });
  });
});

describe('a job in NAT mode', { timeout: 60_000 }, () => {
  it('is still found by its inner address, for CLEAN from the host that registered it, after kill -9 and a restart', async () => {
    leaf = undefined as never;
    directory = await mkdtemp(join(tmpdir(), 'lark-kill-'));
    await start(', nat: unenforced');
    const jobAd = '[ GlobalJobId = "s#1.0#1"; Owner = "alice"; NumJobStarts = 1 ]';
    const machineAd =
      '[ Machine = "wn1"; Name = "slot1@wn1"; LarkNetworkType = "nat"; LarkInnerAddressIPv4 = "192.168.0.2" ]';
    expect(await send(lark.address('jobs'), jobAd, machineAd)).toBe('OK unenforced');
    await lark.kill();
    await start(', nat: unenforced');
    expect(await jobs()).toHaveLength(1);
    expect(await clean(lark.address('jobs'), '192.168.0.2')).toBe('OK');
    expect(await jobs()).toEqual([]);
    await lark.kill();
    await rm(directory, { recursive: true });
  });
});
