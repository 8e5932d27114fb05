// What a real Open vSwitch keeps and loses when Lark goes away and comes back: its packets flow on by the rules that it
// has, Lark's old rules are replaced, and rules that are not Lark's stay.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BRIDGE, HOSTS, MODES, Site } from '../support/site.ts';

const FOREIGN = 'cookie=0x77';

describe.each(MODES)(
  'a Lark that stops and starts, with OpenFlow $version, $pipeline, registers $registers',
  (mode) => {
    let site: Site;

    beforeAll(async () => {
      site = await Site.start(mode);
      expect(await site.register('alice1', 'alice2', 'bob')).toEqual(['OK', 'OK', 'OK']);
      expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
      await site.ovs.ofctl(BRIDGE, ['add-flow', `${FOREIGN},priority=7,in_port=77,actions=drop`]);
    });
    afterAll(() => site?.stop());

    it('leaves what was allowed allowed and what was denied denied while it is away', async () => {
      await site.lark.close();
      const frames = await site.raw('alice2');
      frames.frames.length = 0;
      expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
      expect(await site.reaches('alice1', HOSTS.bob.ipv4)).toBe(false);
    });

    it('replaces its own rules and no others when it is back', async () => {
      await site.restartLark();
      const flows = await site.dumpFlows();
      expect(flows).toContain(FOREIGN);
      expect(flows).not.toMatch(/cookie=0x4c61726b1[12]/);
      // Jobs that it does not know yet are nobody's.
      expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(false);
      expect(await site.register('alice1', 'alice2', 'bob')).toEqual(['OK', 'OK', 'OK']);
      expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
      expect(await site.reaches('alice1', HOSTS.bob.ipv4)).toBe(false);
    });
  },
);
