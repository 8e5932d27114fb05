// A user to whom everything is denied costs one rule a job and EtherType, and not one a peer; until somebody comes to whom
// not everything is.

import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { addressOf, ModelSite, macOf, policyFor, udpFrame } from '../support/model-site.ts';

let site: ModelSite;
afterEach(() => site.stop());

const POLICIES = `policies:
  - rule: { when: TARGET.Owner =?= "friend", then: allow }
  - block-users: [mallory]`;

it('rules that were decided for packets are counted, and no longer when their switch is away', async () => {
  site = await ModelSite.start(1, policyFor('single-table'));
  const { host, port } = site.lark.addresses.http;
  const counted = async () =>
    /^lark_dp_decided_rules (\d+)$/m.exec(await (await fetch(`http://${host}:${port}/metrics`)).text())?.[1];
  await site.register({ number: 1, user: 'alice', port: 'j1' });
  await site.register({ number: 2, user: 'alice', port: 'j2' });
  site.inject('leaf', 1, 1, 2, 'one way');
  site.inject('leaf', 2, 2, 1, 'and back');
  await site.arrives('and back', 'leaf:1');
  expect(await counted()).toBe('2');
  site.leaf.disconnect();
  await eventually('none are kept', async () => (await counted()) === '0');
});

describe.each([1, 4] as const)('single-table, version %s', (version) => {
  it('drops all that a blocked job sends by one rule, and asks again when a class comes', async () => {
    site = await ModelSite.start(version, policyFor('single-table').replace('policies:', POLICIES));
    await site.register({ number: 1, user: 'mallory', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    let asked = 0;
    site.leaf.on('sent', ({ type }) => {
      if (type === 'packetIn') asked++;
    });
    const drops = () =>
      site.leaf
        .dumpFlows()
        .split('\n')
        .filter((line) => line.includes('cookie=0x4c61726b12'));
    site.inject('leaf', 1, 1, 2, 'first');
    await eventually('its rule', () => drops().length === 1);
    for (let peer = 20; peer < 40; peer++) site.inject('leaf', 1, 1, peer, `more-${peer}`);
    const outside = udpFrame(macOf(1), '02:00:00:00:00:02', addressOf(1), '203.0.113.7', 'outside');
    site.leaf.inject(1, outside);
    expect([asked, drops().length]).toEqual([1, 1]);
    expect(drops()[0]).not.toContain('nw_dst');

    await site.register({ number: 3, user: 'friend', port: 'j3' });
    site.inject('leaf', 1, 1, 3, 'to-a-friend');
    await site.arrives('to-a-friend', 'leaf:3');
    site.inject('leaf', 1, 1, 2, 'still-not');
    await site.register({ number: 4, user: 'alice', port: 'j4' });
    site.inject('leaf', 2, 2, 4, 'honest');
    await site.arrives('honest', 'leaf:4');
    expect([...site.seen('first'), ...site.seen('more'), ...site.seen('outside'), ...site.seen('still-not')]).toEqual(
      [],
    );
  });
});
