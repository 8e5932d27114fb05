// What becomes of Lark's figures as a pool grows: one thing grows at a time, all else stays.

import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { BenchLark } from '../enforcement/bench-lark.ts';
import { inLanes } from '../enforcement/case-result.ts';
import { connectAll, disconnectAll } from '../enforcement/connect-all.ts';
import { fillStore, SWITCHES } from '../enforcement/filled-store.ts';
import { type AdMaker, policyText, switches } from '../enforcement/site.ts';
import { startLark } from '../load/controllers.ts';
import { runLoad } from '../load/load-process.ts';
import type { LoadResult, LoadSpec } from '../load/load-spec.ts';
import { hostsPolicy, jobsPolicy } from '../load/policies.ts';
import { type JobsThere, placeOfJob, portForHosts } from '../load/traffic.ts';
import { median } from '../measure.ts';

export interface Curve {
  /** Also the name of its plot. */
  readonly name: string;
  readonly title: string;
  /** What grows. */
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface GrowthSettings {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly jobs: readonly number[];
  readonly hosts: readonly number[];
  readonly switches: readonly number[];
  readonly users: readonly number[];
  /** Switches while jobs are admitted. */
  readonly admitting: readonly number[];
  readonly perSec: readonly number[];
}

export const FULL: GrowthSettings = {
  rounds: 3,
  warmUpMs: 2000,
  measureMs: 4000,
  jobs: [1000, 3000, 10_000, 30_000, 100_000],
  hosts: [1000, 3000, 10_000, 30_000, 100_000],
  switches: [1, 4, 16, 64, 256, 1000],
  users: [10, 100, 1000, 3000],
  admitting: [10, 100, 1000],
  perSec: [1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000],
};

export const QUICK: GrowthSettings = {
  rounds: 1,
  warmUpMs: 300,
  measureMs: 400,
  jobs: [1000, 10_000],
  hosts: [1000, 10_000],
  switches: [4, 64],
  users: [10, 100],
  admitting: [10, 100],
  perSec: [1000, 20_000],
};

type Load = Pick<LoadSpec, 'switches' | 'traffic'> & Partial<Pick<LoadSpec, 'window' | 'isEachNew' | 'perSec'>>;

/** PacketIns unanswered of all switches together. */
const OUTSTANDING = 4096;
/** Jobs and users where something else grows. */
const JOBS = 10_000;
const USERS = 100;
/** Jobs, to see what one costs. */
const ADMITTED = 2000;
/** Switches that ask, where they are not what grows; jobs are at more. */
const ASKING = 16;
/** All jobs of a switch where there are fewest. */
const SENDERS = 10;
/** Of what was to be sent; beyond it the rate is more than is answered. */
const MOST_HELD_BACK = 0.02;
const CPU = 'processor time an answer, us';

export class Growth {
  readonly #settings: GrowthSettings;
  readonly #directory: string;
  readonly #ads: AdMaker;
  readonly #say: (text: string) => void;
  #stores = 0;

  constructor(parts: {
    settings: GrowthSettings;
    /** Where job stores are put. */
    directory: string;
    ads: AdMaker;
    say: (text: string) => void;
  }) {
    this.#settings = parts.settings;
    this.#directory = parts.directory;
    this.#ads = parts.ads;
    this.#say = parts.say;
  }

  /** More jobs of as many users on as many switches. */
  async jobs(): Promise<Curve> {
    const between = await this.#each('jobs, packets between them', this.#settings.jobs, async (jobs) => {
      // As many flows whatever there is: what grows is what is known.
      const there = { jobs, users: USERS, switches: SWITCHES, senders: SENDERS };
      return this.#cpu(await this.#policyWithJobs(there), { switches: ASKING, traffic: { jobs: there } });
    });
    const others = await this.#each('jobs, new flows of other hosts', this.#settings.jobs, async (jobs) => {
      const there = { jobs, users: USERS, switches: SWITCHES };
      const traffic = { hosts: 100, hostsAt: portForHosts(there) };
      return this.#cpu(await this.#policyWithJobs(there), { switches: ASKING, traffic, isEachNew: true });
    });
    const series = [
      { name: 'packets between jobs', points: between },
      { name: 'new flows of other hosts, each judged', points: others },
    ];
    return { name: 'jobs', title: 'A PacketIn, by the jobs there are', x: 'registered jobs', y: CPU, series };
  }

  /** More hosts behind as many switches, each packet of a new flow. */
  async hosts(): Promise<Curve> {
    const points = await this.#each('hosts', this.#settings.hosts, (hosts) =>
      this.#cpu(hostsPolicy(), { switches: SWITCHES, traffic: { hosts: hosts / SWITCHES }, isEachNew: true }),
    );
    const series = [{ name: 'new flows, each judged', points }];
    return { name: 'hosts', title: 'A PacketIn, by the hosts that were seen', x: 'hosts', y: CPU, series };
  }

  async switches(): Promise<Curve> {
    const points = await this.#each('switches', this.#settings.switches, (count) =>
      this.#cpu(hostsPolicy(), { switches: count, traffic: { hosts: 100 } }),
    );
    const series = [{ name: 'learning', points }];
    return { name: 'switches', title: 'A PacketIn, by the switches that ask', x: 'switches', y: CPU, series };
  }

  /** Each user's jobs are at one switch: the others have only to find that a job is none of theirs. */
  async admission(): Promise<Curve> {
    const points = await this.#each('admission, switches', this.#settings.admitting, async (count) => {
      const lark = await BenchLark.start(policyText({ store: `${this.#directory}/growth-${this.#stores++}` }));
      const lights = switches(count, Math.ceil(ADMITTED / count));
      await connectAll(lights, lark);
      const feed = await JobFeedClient.connect(lark.addresses.jobs);
      const before = await lark.processorMs();
      await inLanes({ count: ADMITTED, atOnce: 32, mostMs: 120_000 }, async (number) => {
        const [user, portNo] = [number % count, 1 + Math.floor(number / count)];
        const { jobAd, machineAd } = this.#ads.make({ number, user, dpid: user + 1, portNo });
        await feed.register(jobAd, machineAd);
      });
      const worked = (await lark.processorMs()) - before;
      await feed.close();
      await disconnectAll(lights);
      await lark.stop();
      return worked / ADMITTED;
    });
    const series = [{ name: 'a job that one switch has to know', points }];
    return {
      name: 'admission',
      title: 'An admission, by the switches that are connected',
      x: 'switches',
      y: 'processor time a job, ms',
      series,
    };
  }

  /** Each user's jobs are a class. */
  async classes(): Promise<Curve> {
    const points = await this.#each('classes', this.#settings.users, async (users) => {
      const there = { jobs: JOBS, users, switches: SWITCHES };
      return this.#cpu(await this.#policyWithJobs(there), { switches: SWITCHES, traffic: { jobs: there } });
    });
    const series = [{ name: 'packets between jobs', points }];
    return { name: 'classes', title: 'A PacketIn, by the classes of jobs', x: 'users', y: CPU, series };
  }

  /** Until more come than are answered. */
  async rate(): Promise<Curve> {
    const kinds = [
      { name: 'learning, p99', isEachNew: false, of: 'p99Us' },
      { name: 'learning, median', isEachNew: false, of: 'p50Us' },
      { name: 'new flows, p99', isEachNew: true, of: 'p99Us' },
      { name: 'new flows, median', isEachNew: true, of: 'p50Us' },
    ] as const;
    const byKind = new Map<boolean, readonly (readonly [number, LoadResult])[]>();
    for (const isEachNew of [false, true]) byKind.set(isEachNew, await this.#byRate(isEachNew));
    const series = kinds.map(({ name, isEachNew, of }) => ({
      name,
      points: byKind.get(isEachNew)!.map(([perSec, result]) => [perSec, Math.round(result[of] ?? 0)] as const),
    }));
    const y = 'until the answer, us';
    return {
      name: 'rate',
      title: 'The wait for an answer, by the rate of PacketIns',
      x: 'PacketIns a second',
      y,
      series,
    };
  }

  async #byRate(isEachNew: boolean): Promise<readonly (readonly [number, LoadResult])[]> {
    const sustained: (readonly [number, LoadResult])[] = [];
    for (const perSec of this.#settings.perSec) {
      const load = { switches: ASKING, traffic: { hosts: 1000 }, isEachNew, perSec };
      const result = await this.#run(hostsPolicy(), load);
      const { p50Us = 0, p99Us = 0, shareHeldBack } = result;
      const held = shareHeldBack > MOST_HELD_BACK ? `, ${Math.round(100 * shareHeldBack)} % held back` : '';
      this.#say(`rate ${perSec}${isEachNew ? ', new flows' : ''}: ${p50Us.toFixed(0)} / ${p99Us.toFixed(0)} us${held}`);
      if (shareHeldBack > MOST_HELD_BACK) break;
      sustained.push([perSec, result]);
    }
    return sustained;
  }

  async #each(what: string, values: readonly number[], measure: (value: number) => Promise<number>) {
    const points: (readonly [number, number])[] = [];
    for (const value of values) {
      const measured = Number((await measure(value)).toFixed(3));
      this.#say(`${what} ${value}: ${measured}`);
      points.push([value, measured]);
    }
    return points;
  }

  async #cpu(policy: string, load: Load): Promise<number> {
    return (await this.#run(policy, load)).cpuUsPerAnswer ?? Number.NaN;
  }

  /** The median by processor time, or by the slowest answers where answers come at a rate. */
  async #run(policy: string, load: Load): Promise<LoadResult> {
    const { rounds, warmUpMs, measureMs } = this.#settings;
    const window = Math.max(1, Math.floor(OUTSTANDING / load.switches));
    const results: LoadResult[] = [];
    for (let round = 0; round < rounds; round++) {
      const { host, port, pid, stop } = await startLark(policy);
      const controller = { host, port, pid };
      try {
        results.push(await runLoad({ controller, version: 1, isBuffered: true, window, ...load, warmUpMs, measureMs }));
      } finally {
        await stop();
      }
    }
    const figureOf = (result: LoadResult) => (load.perSec === undefined ? result.cpuUsPerAnswer : result.p99Us) ?? 0;
    const middle = median(results.map(figureOf));
    return results.toSorted((a, b) => Math.abs(figureOf(a) - middle) - Math.abs(figureOf(b) - middle))[0]!;
  }

  async #policyWithJobs(there: JobsThere): Promise<string> {
    const store = `${this.#directory}/growth-${this.#stores++}`;
    const placeOf = (number: number) => ({ user: number % there.users, ...placeOfJob(number, there) });
    await fillStore(this.#ads, store, there.jobs, placeOf);
    return jobsPolicy(store, there);
  }
}
