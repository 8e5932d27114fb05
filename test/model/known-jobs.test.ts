// Who knows what: a switch has rules of its own jobs, and of others only where a job of its own may talk to or hear from
// them; and has these before the job that needs them is admitted.

import type { Message } from 'node-openflow';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addressOf, ModelSite, macOf, policyFor, udpFrame } from '../support/model-site.ts';

let site: ModelSite;
beforeEach(async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
});
afterEach(() => site.stop());

const knows = (name: 'leaf' | 'core', number: number) =>
  site[name].dumpFlows().includes(`nw_dst=${addressOf(number)} `);

const alice = { number: 1, user: 'alice', port: 'j1' };
const bobHere = { number: 2, user: 'bob', port: 'j2' };
const bobThere = { number: 5, user: 'bob', port: 'k1' };

it("knows another switch's job while a job of its own may reach it, and no longer", async () => {
  await site.register(alice);
  await site.register(bobThere);
  expect([knows('leaf', 5), knows('core', 1), knows('core', 5)]).toEqual([false, true, true]);
  await site.register(bobHere);
  // From the moment that it is admitted on: no packet of his asks.
  expect(knows('leaf', 5)).toBe(true);
  site.inject('core', 1, 5, 2, 'hello');
  await site.arrives('hello', 'leaf:2');
  site.inject('leaf', 2, 2, 5, 'answer');
  await site.arrives('answer', 'core:1');
  await site.remove(bobHere);
  expect(knows('leaf', 5)).toBe(false);
});

it('sends nothing of a job to a switch that need not know it, and waits for none but those that must', async () => {
  await site.register(alice);
  const seen: Message[] = [];
  site.leaf.on('received', (message) => seen.push(message));
  site.leaf.faults = { barrierReply: 'hold' };
  await site.register(bobThere);
  await site.remove(bobThere);
  expect(seen).toEqual([]);
});

it('drops what its jobs send to those that it does not know, and asks where somebody else does', async () => {
  await site.register(alice);
  await site.register(bobThere);
  site.inject('leaf', 1, 1, 5, 'to-a-stranger');
  const host = '02:00:00:00:00:05';
  site.leaf.inject(5, udpFrame(host, macOf(5), '10.0.0.5', addressOf(5), 'from-campus'));
  await site.arrives('from-campus', 'core:1');
  expect(site.seen('to-a-stranger')).toEqual([]);
});
