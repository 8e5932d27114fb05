// How long a job waits for its OK: one at a time, with ten switches, over the JSON feed, with the durable store.

import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { BenchLark } from './bench-lark.ts';
import { atMost, type CaseResult, percentile, rounded } from './case-result.ts';
import { connectAll, disconnectAll } from './connect-all.ts';
import { type AdMaker, policyText, switches } from './site.ts';

const SWITCHES = 10;
const USERS = 20;

export async function admissionCase(ads: AdMaker, directory: string, isQuick: boolean): Promise<CaseResult> {
  const count = isQuick ? 300 : 2000;
  const lark = await BenchLark.start(policyText({ store: directory }));
  const lights = switches(SWITCHES, Math.ceil(count / SWITCHES));
  await connectAll(lights, lark);
  const feed = await JobFeedClient.connect(lark.addresses.jobs);
  const latencies: number[] = [];
  const workedBefore = await lark.processorMs();
  for (let number = 0; number < count; number++) {
    const dpid = 1 + (number % SWITCHES);
    const { jobAd, machineAd } = ads.make({
      number,
      user: number % USERS,
      dpid,
      portNo: 1 + Math.floor(number / SWITCHES),
    });
    const asked = performance.now();
    await feed.register(jobAd, machineAd);
    latencies.push(performance.now() - asked);
  }
  const worked = (await lark.processorMs()) - workedBefore;
  await feed.close();
  const rules = lights.map((light) => light.rules.size);
  await disconnectAll(lights);
  await lark.stop();
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  return {
    name: `admission, one at a time, ${SWITCHES} switches, ${count} jobs of ${USERS} users`,
    measured: {
      'p50 ms': rounded(p50),
      'p99 ms': rounded(p99),
      'ms of processor time a job': rounded(worked / count),
      'longest ms': rounded(Math.max(...latencies)),
      'rules a switch': Math.round(rules.reduce((sum, each) => sum + each, 0) / SWITCHES),
    },
    targets: [atMost('admission p50', p50, 3, 'ms'), atMost('admission p99', p99, 15, 'ms')],
  };
}
