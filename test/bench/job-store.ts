// How many registrations a second the admission of jobs takes with the LMDB store, when they come pipelined and the
// switches confirm at once: what is measured is the registry, the records, the disk and its syncs. And how long a start
// takes with many jobs. Run it with `npm run --silent build:bench && node dist-bench/test/bench/job-store.js`.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobFromAds } from '../../controller/jobs/ad-to-job.ts';
import { AdmissionService } from '../../controller/jobs/admission-service.ts';
import { systemClock } from '../../controller/jobs/clock.ts';
import type { JobStore } from '../../controller/jobs/store/job-store.ts';
import { VolatileJobStore } from '../../controller/jobs/store/job-store.ts';
import { LmdbJobStore } from '../../controller/jobs/store/lmdb-store.ts';
import { FakeEnforcer } from '../../controller/jobs/testing/fake-enforcer.ts';
import { sampleJob } from '../../controller/jobs/testing/sample-job.ts';
import { Counters } from '../../controller/telemetry/counters.ts';

const JOBS = 20_000;
/** Beside those that name the job, in each of its two ads: about as many as HTCondor's have. */
const ATTRIBUTES = 110;
/** As many as one connection of the feed has under way. */
const PIPELINE = 64;

/** Jobs with whole ads, each with an address of its own. */
function makeJobs() {
  const padding = Array.from(
    { length: ATTRIBUTES },
    (_, i) => `Attribute${i} = ${i % 2 ? i : `"a value of the ${i}th"`};`,
  ).join(' ');
  const jobAd = `[ GlobalJobId = "s"; Owner = "alice"; AcctGroup = "group_cms"; ${padding} ]`;
  const machineAd = `[ Machine = "wn1"; Name = "slot1@wn1"; LarkInnerAddressIPv4 = "10.0.0.1"; ${padding} ]`;
  const { job } = jobFromAds(jobAd, machineAd, { nat: 'refuse', now: 0 });
  return Array.from({ length: JOBS }, (_, i) => {
    const { key, registration, addresses } = sampleJob({
      id: `s#${i}.0#1`,
      addresses: [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`],
    });
    return { ...job, key, registration, addresses, mac: undefined };
  });
}

async function registerAll(store: JobStore, jobs: ReturnType<typeof makeJobs>, pipeline: number): Promise<void> {
  const service = new AdmissionService({
    enforcer: new FakeEnforcer(),
    clock: systemClock,
    settleMs: () => 0,
    counters: new Counters(),
    store,
  });
  const latencies: number[] = [];
  const waiting = [...jobs].reverse();
  const begin = performance.now();
  const lane = async () => {
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
      const asked = performance.now();
      await service.register(job, { leaseMs: 900_000, peer: '192.0.2.1' });
      latencies.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: pipeline }, lane));
  const perSecond = Math.round((jobs.length / (performance.now() - begin)) * 1000);
  service.stop();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(2);
  console.log(
    `${store.constructor.name}, ${pipeline} under way: ${perSecond}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  );
}

const directory = await mkdtemp(join(tmpdir(), 'lark-bench-'));
try {
  const jobs = makeJobs();
  const characters = (jobs[0]?.ads.job.length ?? 0) + (jobs[0]?.ads.machine.length ?? 0);
  console.log(`${jobs.length} jobs, ${characters} characters of ads and ${jobs[0]?.attributes.size} attributes each`);
  await registerAll(new VolatileJobStore(), jobs, PIPELINE);
  for (const pipeline of [1, PIPELINE, 8 * PIPELINE]) {
    const store = LmdbJobStore.open(join(directory, String(pipeline)));
    await registerAll(store, pipeline === 1 ? jobs.slice(0, 2000) : jobs, pipeline);
    console.log(`  ${store.syncs} syncs`);
    await store.close();
  }
  await startAgain(LmdbJobStore.open(join(directory, String(PIPELINE))));
} finally {
  await rm(directory, { recursive: true });
}

async function startAgain(store: LmdbJobStore): Promise<void> {
  const begin = performance.now();
  const state = store.load();
  const loaded = performance.now();
  const [enforcer, counters] = [new FakeEnforcer(), new Counters()];
  const service = new AdmissionService({ enforcer, clock: systemClock, settleMs: () => 0, counters, store });
  service.restore(state);
  const restored = performance.now();
  service.stop();
  const times = `read in ${(loaded - begin).toFixed()} ms, restored in ${(restored - loaded).toFixed()} ms`;
  console.log(`start: ${state.jobs.length} jobs ${times}`);
  await store.close();
}
