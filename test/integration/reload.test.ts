// Another policy file put in force on a real Open vSwitch: who may talk changes for one user alone, while the rules of all
// others stay where they are, with what they have counted.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTS, type HostName, MODES, Site } from '../support/site.ts';

const NAMES: readonly HostName[] = ['alice1', 'alice2', 'bob', 'campus', 'gateway'];

/** Rules by what tells them apart, with their packets and how long they have been there. */
function rulesOf(dump: string): Map<string, { readonly packets: number; readonly seconds: number }> {
  const rules = new Map();
  for (const line of dump.split('\n')) {
    const seconds = Number(/duration=([\d.]+)s/.exec(line)?.[1]);
    const packets = Number(/n_packets=(\d+)/.exec(line)?.[1]);
    if (!Number.isFinite(packets)) continue;
    const key = line.replace(/ ?(duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*,/g, '').trim();
    rules.set(key, { packets, seconds });
  }
  return rules;
}

describe.each(MODES)('with OpenFlow $version, $pipeline', (mode) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(mode, [...NAMES]);
    expect(await site.register('alice1', 'alice2', 'bob')).toEqual(['OK', 'OK', 'OK']);
  });
  afterAll(() => site?.stop());

  const dump = async () => {
    // Counters follow the packets after a while; after this they have.
    await site.ovs.revalidatorWait();
    return rulesOf(await site.dumpFlows());
  };

  it('changes one user’s verdict and leaves the rules of the others, with their counters', async () => {
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
    expect(await site.reaches('bob', HOSTS.campus.ipv4)).toBe(true);
    const before = await dump();
    site.policy = site.policy.replace('block-users: [mallory]', 'block-users: [mallory, bob]');
    expect(await site.lark.reload()).toMatchObject({ outcome: 'reloaded', switches: { silent: [] } });
    expect(await site.reaches('bob', HOSTS.campus.ipv4)).toBe(false);
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
    const after = await dump();
    const counted = [...before].filter(([, { packets }]) => packets > 0);
    const ofAlice = counted.filter(([rule]) => rule.includes(HOSTS.alice1.mac));
    expect(ofAlice.length).toBeGreaterThan(0);
    for (const [rule, { packets, seconds }] of ofAlice) {
      expect(after.get(rule)?.packets, rule).toBeGreaterThanOrEqual(packets);
      expect(after.get(rule)?.seconds, rule).toBeGreaterThan(seconds);
    }
    const stayed = [...before.keys()].filter((rule) => after.has(rule));
    expect(stayed.length / before.size).toBeGreaterThan(0.6);
  });

  it('stays with the file in force when the next one is wrong', async () => {
    const good = site.policy;
    site.policy = good.replace('isolate-users: true', 'isolate-usres: true');
    expect(await site.lark.reload()).toMatchObject({ outcome: 'refused', problems: [{ code: 'CONFIG_KEY_UNKNOWN' }] });
    site.policy = good;
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
    expect(await site.reaches('bob', HOSTS.campus.ipv4)).toBe(false);
  });
});
