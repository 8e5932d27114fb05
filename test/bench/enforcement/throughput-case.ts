// How many jobs a second are admitted when many come at once: on a hundred switches, each user's jobs on the user's own
// switch, so that a switch must know those and no others.

import { JobError } from '../../../controller/jobs/admission.ts';
import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { BenchLark } from './bench-lark.ts';
import { atLeast, type CaseResult, inLanes, percentile, rounded } from './case-result.ts';
import { connectAll, disconnectAll } from './connect-all.ts';
import { type AdMaker, policyText, switches } from './site.ts';

const SWITCHES = 100;
/** Connections to the feed, with so many requests under way on each. */
const FEEDS = 4;
const LANES = 32;
const MOST_MS = 60_000;

export async function throughputCase(ads: AdMaker, directory: string, isQuick: boolean): Promise<CaseResult> {
  const count = isQuick ? 1000 : 10_000;
  const lark = await BenchLark.start(policyText({ store: directory }));
  const lights = switches(SWITCHES, count / SWITCHES);
  await connectAll(lights, lark);
  const flowModsBefore = sum(lights.map(({ flowMods }) => flowMods));
  const feeds = await Promise.all(Array.from({ length: FEEDS }, () => JobFeedClient.connect(lark.addresses.jobs)));
  const jobs = Array.from({ length: count }, (_, number) => {
    const user = number % SWITCHES;
    return ads.make({ number, user, dpid: user + 1, portNo: 1 + Math.floor(number / SWITCHES) });
  });
  const latencies: number[] = [];
  const workedBefore = await lark.processorMs();
  const begin = performance.now();
  let refused = 0;
  await inLanes({ count, atOnce: FEEDS * LANES, mostMs: MOST_MS }, async (i) => {
    const asked = performance.now();
    try {
      await feeds[i % FEEDS]!.register(jobs[i]!.jobAd, jobs[i]!.machineAd);
      latencies.push(performance.now() - asked);
    } catch (error) {
      // A switch that did not confirm in time: the job is not admitted, and counts for nothing.
      if (!(error instanceof JobError)) throw error;
      refused++;
    }
  });
  const admitted = latencies.length;
  const perSecond = admitted / ((performance.now() - begin) / 1000);
  const worked = (await lark.processorMs()) - workedBefore;
  await Promise.all(feeds.map((feed) => feed.close()));
  const rules = lights.map((light) => light.rules.size);
  const flowMods = sum(lights.map((light) => light.flowMods)) - flowModsBefore;
  await disconnectAll(lights);
  await lark.stop();
  return {
    name: `admission, ${FEEDS * LANES} at a time, ${SWITCHES} switches, ${admitted} jobs of ${SWITCHES} users`,
    measured: {
      'admitted a second': rounded(perSecond),
      'ms of processor time a job': rounded(worked / Math.max(1, admitted)),
      refused,
      'p50 ms': rounded(percentile(latencies, 0.5)),
      'p99 ms': rounded(percentile(latencies, 0.99)),
      'rules a switch': rounded(sum(rules) / SWITCHES),
      'most rules of a switch': Math.max(...rules),
      'FlowMods a job': rounded(flowMods / Math.max(1, admitted)),
    },
    targets: [atLeast('admitted a second', perSecond, 2000, 'a second')],
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
