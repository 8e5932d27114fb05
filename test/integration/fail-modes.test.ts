// Both fail modes of Open vSwitch while Lark is away: in mode secure everything goes on by the rules that are there; in mode standalone
// the switch forwards whatever comes, has lost its rules when Lark is back, and Lark says so.

import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { BRIDGE, HOSTS, type LogLine, Site, type SiteMode } from '../support/site.ts';

const MODES: readonly SiteMode[] = [
  { version: '1.0', pipeline: 'single-table', registers: false },
  { version: '1.3', pipeline: 'multi-table', registers: true },
];
/** Three of its probes after it has lost its controller a switch in mode standalone begins to forward. */
const PROBE_MS = 1000;

let site: Site;
afterEach(() => site.stop());

async function start(mode: SiteMode, failMode: 'secure' | 'standalone', inFile = ''): Promise<void> {
  site = await Site.start(mode, ['alice1', 'alice2', 'bob'], '', { isDurable: true });
  await site.ovs.vsctl(['set', 'controller', BRIDGE, `inactivity_probe=${PROBE_MS}`, 'max_backoff=1000']);
  await site.ovs.vsctl(['set-fail-mode', BRIDGE, failMode]);
  expect(await site.register('alice1', 'alice2', 'bob')).toEqual(['OK', 'OK', 'OK']);
  if (inFile !== '') site.policy = site.policy.replace('    wan:\n', `    failMode: ${inFile}\n    wan:\n`);
  expect(await passes()).toEqual({ allowed: true, denied: false });
}

const passes = async () => ({
  allowed: await site.reaches('alice1', HOSTS.alice2.ipv4),
  denied: await site.reaches('alice1', HOSTS.bob.ipv4),
});
/** Without what counts and ages; those that were decided for packets come and go. */
const rules = async () =>
  (await site.dumpFlows())
    .split('\n')
    .filter((line) => /cookie=0x4c61726b0[1235]/.test(line))
    .map((line) => line.replace(/ ?(?:duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*,/g, '').trim())
    .sort();
const told = (event: string): readonly LogLine[] => site.events.filter(({ msg }) => msg === event);

async function metric(series: string): Promise<number> {
  const { host, port } = site.lark.addresses.http;
  const page = await (await fetch(`http://${host}:${port}/metrics`)).text();
  return Number(
    page
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );
}

describe.each(MODES)('OpenFlow $version, $pipeline', (mode) => {
  it('secure: goes on by its rules for as long as Lark is away, and nothing is said of it', async () => {
    await start(mode, 'secure');
    const before = await rules();
    await site.lark.close();
    const awaySince = performance.now();
    // Longer than a switch in mode standalone would wait.
    while (performance.now() - awaySince < 6 * PROBE_MS) expect((await passes()).denied).toBe(false);
    // What a single table decides for packets leaves when it is not used.
    if (mode.pipeline === 'multi-table') expect((await passes()).allowed).toBe(true);
    await site.restartLark();
    expect(await passes()).toEqual({ allowed: true, denied: false });
    expect(await rules()).toEqual(before);
    expect([...told('switch.lost_rules'), ...told('switch.was_standalone')]).toEqual([]);
    expect(await metric(`lark_dp_rules_lost_total{dp_name="${BRIDGE}"}`)).toBe(0);
  });

  it('standalone: forwards everything meanwhile, gets all its rules anew, and is warned of', async () => {
    await start(mode, 'standalone');
    const before = await rules();
    await site.lark.close();
    await eventually('it to forward what is denied', async () => (await passes()).denied, 20_000);
    await site.restartLark();
    expect(await passes()).toEqual({ allowed: true, denied: false });
    expect(await rules()).toEqual(before);
    const [lost] = told('switch.lost_rules');
    expect(lost).toMatchObject({ level: 40, switch: BRIDGE, failMode: 'secure' });
    expect(lost?.message).toContain('its fail mode is standalone');
    expect(await metric(`lark_dp_rules_lost_total{dp_name="${BRIDGE}"}`)).toBe(1);
  });

  it('standalone, and so in the file: is told of, but no warning', async () => {
    await start(mode, 'standalone', 'standalone');
    await site.lark.close();
    await eventually('it to forward what is denied', async () => (await passes()).denied, 20_000);
    await site.restartLark();
    expect(await passes()).toEqual({ allowed: true, denied: false });
    expect(told('switch.lost_rules')[0]).toMatchObject({ level: 30, failMode: 'standalone' });
  });

  it('without a controller and standalone when Lark first meets it: its own rule is found, and warned of', async () => {
    await start(mode, 'secure');
    await site.ovs.vsctl(['del-controller', BRIDGE]);
    await site.ovs.vsctl(['set-fail-mode', BRIDGE, 'standalone']);
    await eventually('its own rule', async () => (await site.dumpFlows()).includes('actions=NORMAL'), 10_000);
    await site.ovs.vsctl(['set-controller', BRIDGE, `tcp:127.0.0.1:${site.lark.addresses.openflow.port}`]);
    await eventually('it to be back with its rules', async () => (await rules()).length > 0, 20_000);
    const said = [...told('switch.was_standalone'), ...told('switch.lost_rules')];
    expect(said.length).toBeGreaterThan(0);
    expect(said[0]).toMatchObject({ level: 40, failMode: 'secure' });
    await eventually('the promises to hold', async () => (await passes()).allowed);
    expect((await passes()).denied).toBe(false);
  });
});
