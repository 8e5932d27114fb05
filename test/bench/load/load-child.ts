// The load generator in a process of its own: told over the channel to its parent what to run, it connects the switches,
// waits until the controller has nothing more to say to them, and measures.

import { connectAll, isOneAtATime, pause } from './asking.ts';
import { runInTurns } from './in-turns.ts';
import type { LoadResult, LoadSpec } from './load-spec.ts';
import type { LoadSwitch } from './load-switch.ts';
import { Offering } from './offering.ts';
import { processorUs, residentMiB } from './process-stat.ts';

const LOOK_MS = 20;
const MOST_LEARNING_MS = 30_000;

process.on('message', ({ specs }: { readonly specs: readonly LoadSpec[] }) => {
  const results = specs.length === 1 ? run(specs[0]!).then((result) => [result]) : runInTurns(specs);
  results.then(
    (all) => process.send?.({ results: all }),
    (error: unknown) => process.send?.({ failed: error instanceof Error ? (error.stack ?? '') : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

async function run(spec: LoadSpec): Promise<LoadResult> {
  const { controller, warmUpMs, measureMs } = spec;
  const { switches, latencies } = await connectAll(spec);
  const offering = spec.perSec === undefined ? undefined : new Offering(switches, spec.perSec);
  if (offering !== undefined) offering.start();
  else if (spec.traffic !== 'none') for (const each of switches) each.ask();
  await heardOnce(switches, spec);
  await pause(warmUpMs);
  offering?.reset();
  const answers = () => switches.reduce((sum, each) => sum + each.answers, 0);
  const [before, workedBefore, begin] = [answers(), processorUs(controller.pid), performance.now()];
  const rssAtFirstMiB = residentMiB(controller.pid);
  latencies?.clear();
  await pause(measureMs);
  const [done, worked, ms] = [
    answers() - before,
    processorUs(controller.pid) - workedBefore,
    performance.now() - begin,
  ];
  const percentileUs = (share: number) =>
    isOneAtATime(spec) ? latencies?.correctedPercentileUs(share) : latencies?.percentileUs(share);
  const [p50Us, p99Us] = [percentileUs(0.5), percentileUs(0.99)];
  const rssMiB = residentMiB(controller.pid);
  const dropped = switches.filter(({ isClosed }) => isClosed).length;
  const shareHeldBack = offering?.shareHeldBack ?? 0;
  offering?.stop();
  for (const each of switches) each.disconnect();
  return {
    answersPerSec: (done / ms) * 1000,
    cpuUsPerAnswer: done === 0 ? undefined : worked / done,
    p50Us,
    p99Us,
    rssMiB,
    rssAtFirstMiB,
    dropped,
    shareHeldBack,
  };
}

/** Until about everybody was heard of: learning is not what is measured. A slow controller gets no more than a while. */
async function heardOnce(switches: readonly LoadSwitch[], { traffic }: LoadSpec): Promise<void> {
  if (traffic === 'none') return;
  const end = performance.now() + MOST_LEARNING_MS;
  const isHeard = (each: LoadSwitch) => each.answers >= each.flows;
  while (performance.now() < end && !switches.every(isHeard)) await pause(LOOK_MS);
}
