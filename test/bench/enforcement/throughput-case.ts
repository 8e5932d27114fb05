// How many jobs a second are admitted when many come at once: on a hundred switches, each user's jobs on the user's own
// switch, so that a switch must know those and no others. As many jobs come twice, and go in between: first to a Lark that was just
// started, whose code Node is still compiling, and then to one that has been at work.

import { JobError } from '../../../controller/jobs/admission.ts';
import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { BenchLark } from './bench-lark.ts';
import { atLeast, type CaseResult, inLanes, percentile, rounded } from './case-result.ts';
import { connectAll, disconnectAll } from './connect-all.ts';
import { type AdMaker, type BenchJob, policyText, switches } from './site.ts';

const SWITCHES = 100;
/** Connections to the feed, with so many requests under way on each. */
const FEEDS = 4;
const LANES = 32;
const AT_ONCE = FEEDS * LANES;
const MOST_MS = 60_000;

interface Wave {
  readonly keys: readonly string[];
  readonly latencies: readonly number[];
  readonly refused: number;
  readonly perSecond: number;
  readonly processorMs: number;
}

export async function throughputCase(ads: AdMaker, directory: string, isQuick: boolean): Promise<CaseResult> {
  const count = isQuick ? 1000 : 10_000;
  const lark = await BenchLark.start(policyText({ store: directory }));
  const lights = switches(SWITCHES, count / SWITCHES);
  await connectAll(lights, lark);
  const feeds = await Promise.all(Array.from({ length: FEEDS }, () => JobFeedClient.connect(lark.addresses.jobs)));
  const jobs = (first: number) =>
    Array.from({ length: count }, (_, i) => {
      const user = i % SWITCHES;
      return ads.make({ number: first + i, user, dpid: user + 1, portNo: 1 + Math.floor(i / SWITCHES) });
    });
  const first = await admit(lark, feeds, jobs(0));
  await inLanes({ count: first.keys.length, atOnce: AT_ONCE, mostMs: MOST_MS }, async (i) => {
    await feeds[i % FEEDS]!.remove(first.keys[i]!);
  });
  const flowModsBefore = sum(lights.map(({ flowMods }) => flowMods));
  const then = await admit(lark, feeds, jobs(count));
  await Promise.all(feeds.map((feed) => feed.close()));
  const rules = lights.map((light) => light.rules.size);
  const flowMods = sum(lights.map((light) => light.flowMods)) - flowModsBefore;
  await disconnectAll(lights);
  await lark.stop();
  const admitted = then.keys.length;
  return {
    name: `admission, ${AT_ONCE} at a time, ${SWITCHES} switches, ${admitted} jobs of ${SWITCHES} users`,
    measured: {
      'admitted a second': rounded(then.perSecond),
      'admitted a second, just started': rounded(first.perSecond),
      'ms of processor time a job': rounded(then.processorMs / Math.max(1, admitted)),
      'ms of processor time a job, just started': rounded(first.processorMs / Math.max(1, first.keys.length)),
      refused: first.refused + then.refused,
      'p50 ms': rounded(percentile(then.latencies, 0.5)),
      'p99 ms': rounded(percentile(then.latencies, 0.99)),
      'rules a switch': rounded(sum(rules) / SWITCHES),
      'most rules of a switch': Math.max(...rules),
      'FlowMods a job': rounded(flowMods / Math.max(1, admitted)),
    },
    targets: [atLeast('admitted a second', then.perSecond, 2000, 'a second')],
  };
}

async function admit(lark: BenchLark, feeds: readonly JobFeedClient[], jobs: readonly BenchJob[]): Promise<Wave> {
  const keys: string[] = [];
  const latencies: number[] = [];
  let refused = 0;
  const workedBefore = await lark.processorMs();
  const begin = performance.now();
  await inLanes({ count: jobs.length, atOnce: AT_ONCE, mostMs: MOST_MS }, async (i) => {
    const asked = performance.now();
    const { jobAd, machineAd } = jobs[i]!;
    try {
      keys.push((await feeds[i % FEEDS]!.register(jobAd, machineAd)).key);
      latencies.push(performance.now() - asked);
    } catch (error) {
      // A switch that did not confirm in time: the job is not admitted, and counts for nothing.
      if (!(error instanceof JobError)) throw error;
      refused++;
    }
  });
  const perSecond = keys.length / ((performance.now() - begin) / 1000);
  return { keys, latencies, refused, perSecond, processorMs: (await lark.processorMs()) - workedBefore };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
