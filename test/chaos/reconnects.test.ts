// A switch that connects and goes away ten thousand times leaves nothing behind: no memory, no socket and no timer.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';
import { RawSwitch } from '../support/raw-switch.ts';
import { randomFor } from './support/plan.ts';
import { hasRulesOf, JOBS, keepsPromises, metric, rulesNow } from './support/promises.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let site: ModelSite;
beforeEach(async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
  for (const job of JOBS) await site.register(job);
});
afterEach(() => site.stop());

/** Until Lark keeps as many events as it ever does. */
const WARM_UP = 4000;
const CONNECTIONS = 10_000;
/** Switches, each of which comes and goes. */
const AT_ONCE = 20;
/** Of the heap, whatever the number of connections: lists of one kind or another that have grown to their usual size. */
const MOST_GROWTH_BYTES = 2_000_000;

it('leaves nothing behind', async () => {
  await keepsPromises(site);
  const sound = rulesNow(site);
  const random = randomFor('reconnects');
  /** Up to the handshake's end, or to some point within it. */
  const visit = async (dpid: bigint) => {
    const peer = await RawSwitch.connect(site.lark.addresses.openflow.port);
    const stage = random.below(4);
    if (stage === 0) await peer.wait('hello');
    else if (stage === 1) peer.send({ version: 4, xid: 1, type: 'hello', elements: [] });
    else await peer.handshake(4, dpid);
    peer.close();
  };
  const visits = async (count: number) => {
    for (let left = count; left > 0; left -= AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => visit(BigInt(77 + i))));
    }
  };
  await visits(WARM_UP);
  const before = await used();
  await visits(CONNECTIONS);
  const after = await used();
  expect(after.heap - before.heap).toBeLessThan(MOST_GROWTH_BYTES);
  expect(after.resources).toEqual(before.resources);
  await keepsPromises(site);
  await hasRulesOf(site, sound);
  expect(await metric(site, 'lark_of_dp_connections_total{outcome="accepted"}')).toBe(2 + WARM_UP + CONNECTIONS);
}, 180_000);

/** When nothing is under way any more: an ending connection has a second for its last words. */
async function used(): Promise<{ readonly heap: number; readonly resources: Readonly<Record<string, number>> }> {
  const resources = () => {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  };
  // The sockets of the model switches, the feed's client and the API's, at both ends.
  await eventually('all connections to end', () => (resources().TCPSocketWrap ?? 0) <= 10, 20_000);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  collect();
  collect();
  const { TCPServerWrap = 0 } = resources();
  const timers = resources().Timeout ?? 0;
  return { heap: process.memoryUsage().heapUsed, resources: { TCPServerWrap, timers: Math.ceil(timers / 10) } };
}
