// A real Open vSwitch whose process is killed and started again, at random moments, also while jobs come and go: it comes back
// without rules, and gets all of them anew; nothing denied gets through before that, and nothing acknowledged is lost.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { command } from '../../mininet/lab/command.ts';
import { eventually } from '../support/eventually.ts';
import { BRIDGE, HOSTS, type HostName, Site } from '../support/site.ts';
import { randomFor, rounds } from './support/plan.ts';

let site: Site;
afterEach(() => site.stop());

const NAMES: readonly HostName[] = ['alice1', 'alice2', 'bob', 'campus'];

async function killSwitch(): Promise<void> {
  const pid = Number(await readFile(join(site.ovs.directory, 'ovs-vswitchd.pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  await eventually('the switch to be gone', () => !isThere(pid));
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function startSwitch(): Promise<void> {
  const socket = `unix:${join(site.ovs.directory, 'db.sock')}`;
  const daemon = ['--pidfile', '--log-file', '-vconsole:off', '--no-chdir', '--detach', '--overwrite-pidfile'];
  await command('ovs-vswitchd', [socket, ...daemon], { env: site.ovs.env });
}

const lasting = async () =>
  (await site.dumpFlows())
    .split('\n')
    .filter((line) => /cookie=0x4c61726b0[1235]/.test(line))
    .map((line) => line.replace(/ ?(?:duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*,/g, '').trim())
    .sort();

it.each([
  { version: '1.0', pipeline: 'single-table', registers: false },
  { version: '1.3', pipeline: 'multi-table', registers: true },
] as const)('keeps its promises with OpenFlow $version, $pipeline', async (mode) => {
  const random = randomFor(`killed ${mode.version}`);
  site = await Site.start(mode, [...NAMES]);
  expect(await site.register('bob', 'alice1', 'alice2')).toEqual(['OK', 'OK', 'OK']);
  const sound = await lasting();
  for (let round = 0; round < rounds(1); round++) {
    const leaves = random.below(2) === 0 ? site.clean('alice2') : undefined;
    if (random.below(2) === 0) await leaves;
    await killSwitch();
    // Acknowledged or held back for the switch that is away; not merely forgotten.
    if (leaves !== undefined) expect(await leaves).toMatch(/^(OK|PENDING)/);
    const connections = site.events.filter(({ msg }) => msg === 'switch.mended').length;
    await startSwitch();
    // Nothing that is denied at any moment of the recovery.
    while (site.events.filter(({ msg }) => msg === 'switch.mended').length === connections) {
      expect(await site.reaches('alice1', HOSTS.bob.ipv4)).toBe(false);
    }
    if (leaves !== undefined) {
      await eventually('its address to be free', async () => (await site.register('alice2'))[0] === 'OK', 10_000);
    }
    await eventually('what is allowed', () => site.reaches('alice1', HOSTS.alice2.ipv4), 10_000);
    expect(await site.reaches('alice1', HOSTS.bob.ipv4)).toBe(false);
    expect(await lasting()).toEqual(sound);
  }
  const lost = site.events.filter(({ msg }) => msg === 'switch.lost_rules');
  expect(lost).toHaveLength(rounds(1));
  expect(lost[0]).toMatchObject({ switch: BRIDGE, failMode: 'secure', level: 40 });
});
