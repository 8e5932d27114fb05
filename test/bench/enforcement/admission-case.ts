// How long a job waits for its OK: one at a time, with ten switches, over the JSON feed, with the durable store. As many jobs come
// twice, and go in between: first to a Lark that was just started, whose code Node is still compiling, and then to one that has
// been at work.

import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { BenchLark } from './bench-lark.ts';
import { atMost, type CaseResult, percentile, rounded } from './case-result.ts';
import { connectAll, disconnectAll } from './connect-all.ts';
import { type AdMaker, type BenchJob, policyText, switches } from './site.ts';

const SWITCHES = 10;
const USERS = 20;

interface Wave {
  readonly keys: readonly string[];
  readonly latencies: readonly number[];
  readonly processorMs: number;
}

export async function admissionCase(ads: AdMaker, directory: string, isQuick: boolean): Promise<CaseResult> {
  const count = isQuick ? 300 : 2000;
  const lark = await BenchLark.start(policyText({ store: directory }));
  const lights = switches(SWITCHES, Math.ceil(count / SWITCHES));
  await connectAll(lights, lark);
  const feed = await JobFeedClient.connect(lark.addresses.jobs);
  const jobs = (first: number) =>
    Array.from({ length: count }, (_, i) =>
      ads.make({
        number: first + i,
        user: i % USERS,
        dpid: 1 + (i % SWITCHES),
        portNo: 1 + Math.floor(i / SWITCHES),
      }),
    );
  const first = await admit(lark, feed, jobs(0));
  for (const key of first.keys) await feed.remove(key);
  const then = await admit(lark, feed, jobs(count));
  await feed.close();
  const rules = lights.map((light) => light.rules.size);
  await disconnectAll(lights);
  await lark.stop();
  const [p50, p99] = [percentile(then.latencies, 0.5), percentile(then.latencies, 0.99)];
  return {
    name: `admission, one at a time, ${SWITCHES} switches, ${count} jobs of ${USERS} users`,
    measured: {
      'p50 ms': rounded(p50),
      'p99 ms': rounded(p99),
      'longest ms': rounded(Math.max(...then.latencies)),
      'ms of processor time a job': rounded(then.processorMs / count),
      'p50 ms, just started': rounded(percentile(first.latencies, 0.5)),
      'p99 ms, just started': rounded(percentile(first.latencies, 0.99)),
      'ms of processor time a job, just started': rounded(first.processorMs / count),
      'rules a switch': Math.round(rules.reduce((sum, each) => sum + each, 0) / SWITCHES),
    },
    targets: [atMost('admission p50', p50, 3, 'ms'), atMost('admission p99', p99, 15, 'ms')],
  };
}

async function admit(lark: BenchLark, feed: JobFeedClient, jobs: readonly BenchJob[]): Promise<Wave> {
  const keys: string[] = [];
  const latencies: number[] = [];
  const workedBefore = await lark.processorMs();
  for (const { jobAd, machineAd } of jobs) {
    const asked = performance.now();
    keys.push((await feed.register(jobAd, machineAd)).key);
    latencies.push(performance.now() - asked);
  }
  return { keys, latencies, processorMs: (await lark.processorMs()) - workedBefore };
}
