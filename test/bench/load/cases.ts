// What is measured of the answers to PacketIns, and against what.

import { atLeast, atMost, type Target } from '../enforcement/case-result.ts';
import { fillStore } from '../enforcement/filled-store.ts';
import type { AdMaker } from '../enforcement/site.ts';
import { median } from '../measure.ts';
import { PEERS, peer, type RunningController, startLark } from './controllers.ts';
import type { LoadResult, LoadSpec } from './load-child.ts';
import { runLoad } from './load-process.ts';
import { hostsPolicy, jobsPolicy } from './policies.ts';
import { placeOfJob } from './traffic.ts';
import type { Version } from './wire.ts';

export interface LoadCase {
  readonly case: string;
  readonly controller: string;
  readonly version: '1.0' | '1.3';
  readonly switches: number;
  readonly answersPerSec: number;
  readonly cpuUsPerAnswer: number | null;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly rssMiB: number;
}

export interface LoadSettings {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly jobs: number;
  /** Only what the targets of a case are made from, without peers and crowds. */
  readonly isBrief: boolean;
}

export const FULL: LoadSettings = { rounds: 3, warmUpMs: 1000, measureMs: 2000, jobs: 10_000, isBrief: false };
export const QUICK: LoadSettings = { rounds: 1, warmUpMs: 400, measureMs: 500, jobs: 2000, isBrief: true };

const HOSTS = 1000;
const SWITCHES = 16;
const WINDOW = 256;
const USERS = 100;
const VERSIONS: readonly Version[] = [1, 4];

type Kind = Pick<LoadSpec, 'switches' | 'window' | 'isBuffered' | 'isEachNew' | 'traffic'>;

const LEARNING: Kind = { switches: SWITCHES, window: WINDOW, isBuffered: true, traffic: { hosts: HOSTS } };

/** Runs cases and keeps what came out. */
export class LoadBench {
  readonly cases: LoadCase[] = [];
  readonly targets: Target[] = [];
  readonly #settings: LoadSettings;
  readonly #directory: string;
  readonly #ads: AdMaker;
  readonly #onCase: (each: LoadCase) => void;

  constructor(parts: {
    settings: LoadSettings;
    /** Where job stores are put. */
    directory: string;
    ads: AdMaker;
    onCase: (each: LoadCase) => void;
  }) {
    this.#settings = parts.settings;
    this.#directory = parts.directory;
    this.#ads = parts.ads;
    this.#onCase = parts.onCase;
  }

  async learning(): Promise<void> {
    const { isBrief } = this.#settings;
    for (const version of VERSIONS) {
      const named = versionName(version);
      const results = new Map<string, LoadResult>();
      for (const { name, isInstalled, mostSwitches } of PEERS) {
        if (isBrief && name !== 'floor-learning') continue;
        if (isInstalled && mostSwitches >= SWITCHES)
          results.set(name, await this.#peer('learning', name, version, LEARNING));
      }
      const lark = await this.#lark('learning', version, LEARNING);
      this.#ratio(`CPU an answer, learning, ${named}: times floor-learning`, lark, results.get('floor-learning'), 2.5);
      const reference = results.get('ovs-testcontroller');
      if (reference !== undefined) {
        const times = lark.answersPerSec / reference.answersPerSec;
        this.targets.push(atLeast(`answers a second, learning, ${named}: times ovs-testcontroller`, times, 5, 'times'));
      }
      const whole = await this.#lark('learning, NO_BUFFER', version, { ...LEARNING, isBuffered: false });
      this.#ratio(`CPU an answer, learning, NO_BUFFER, ${named}: times buffered`, whole, lark, 1.5);
      // What the short way for repeated packets does nothing for.
      await this.#peer('new flows', 'floor-learning', version, { ...LEARNING, isEachNew: true });
      await this.#lark('new flows', version, { ...LEARNING, isEachNew: true });
      if (isBrief) continue;
      const many = await this.#lark('learning', version, { ...LEARNING, switches: 4 * SWITCHES });
      const share = many.answersPerSec / lark.answersPerSec;
      this.targets.push(atLeast(`answers a second, learning, ${named}, 64 switches: times 16`, share, 0.8, 'times'));
    }
  }

  /** Both ends are jobs; on 1.3 with one table, since with several their packets do not come up. */
  async jobs(): Promise<void> {
    const there = { jobs: this.#settings.jobs, users: USERS, switches: SWITCHES };
    const store = `${this.#directory}/load-jobs`;
    await fillStore(this.#ads, store, there.jobs, (number) => ({ user: number % USERS, ...placeOfJob(number, there) }));
    const policy = jobsPolicy(store, there);
    for (const version of VERSIONS) {
      const named = versionName(version);
      const kind: Kind = { ...LEARNING, traffic: { jobs: there } };
      const floor = await this.#peer('jobs', 'floor-learning', version, kind);
      const lark = await this.#lark('jobs', version, kind, policy);
      this.#ratio(`CPU an answer, jobs, ${named}: times floor-learning`, lark, floor, 4);
      const whole = await this.#lark('jobs, NO_BUFFER', version, { ...kind, isBuffered: false }, policy);
      this.#ratio(`CPU an answer, jobs, NO_BUFFER, ${named}: times buffered`, whole, lark, 1.5);
      await this.#lark('jobs and hosts', version, { ...kind, traffic: { jobs: there, hosts: HOSTS } }, policy);
    }
  }

  async latency(): Promise<void> {
    const kind: Kind = { switches: 1, window: 1, isBuffered: true, traffic: { hosts: HOSTS } };
    for (const version of VERSIONS) {
      const named = versionName(version);
      const floor = await this.#peer('latency', 'floor', version, kind);
      const lark = await this.#lark('latency', version, kind);
      const share = lark.answersPerSec / floor.answersPerSec;
      this.targets.push(atLeast(`answers a second, one at a time, ${named}: times the floor`, share, 0.85, 'times'));
      const times = lark.p99Us! / floor.p99Us!;
      this.targets.push(atMost(`p99, one at a time, ${named}: times the floor`, times, 1.5, 'times'));
    }
  }

  async idle(): Promise<void> {
    if (this.#settings.isBrief) return;
    const none: Kind = { switches: 1, window: 1, isBuffered: true, traffic: 'none' };
    for (const version of VERSIONS) {
      const few = await this.#lark('idle', version, none);
      const many = await this.#lark('idle', version, { ...none, switches: 1000 });
      const each = ((many.rssMiB - few.rssMiB) * 1024) / 999;
      this.targets.push(atMost(`memory of an idle switch, ${versionName(version)}`, each, 25, 'KiB'));
      this.targets.push(
        atMost(`connections dropped of 1,000, ${versionName(version)}`, many.dropped, 0, 'connections'),
      );
    }
  }

  #ratio(name: string, { cpuUsPerAnswer }: LoadResult, other: LoadResult | undefined, most: number): void {
    if (other?.cpuUsPerAnswer === undefined || cpuUsPerAnswer === undefined) return;
    this.targets.push(atMost(name, cpuUsPerAnswer / other.cpuUsPerAnswer, most, 'times'));
  }

  #peer(what: string, name: string, version: Version, kind: Kind): Promise<LoadResult> {
    return this.#measure(what, name, version, kind, () => peer(name).start());
  }

  #lark(what: string, version: Version, kind: Kind, policy = hostsPolicy()): Promise<LoadResult> {
    return this.#measure(what, 'lark', version, kind, () => startLark(policy));
  }

  async #measure(
    what: string,
    controller: string,
    version: Version,
    kind: Kind,
    start: () => Promise<RunningController>,
  ): Promise<LoadResult> {
    const { rounds, warmUpMs, measureMs } = this.#settings;
    const results: LoadResult[] = [];
    for (let round = 0; round < rounds; round++) {
      const running = await start();
      try {
        const { host, port, pid } = running;
        results.push(await runLoad({ controller: { host, port, pid }, version, ...kind, warmUpMs, measureMs }));
      } finally {
        await running.stop();
      }
    }
    const result = medians(results);
    const made: LoadCase = {
      case: what,
      controller,
      version: versionName(version),
      switches: kind.switches,
      answersPerSec: Math.round(result.answersPerSec),
      cpuUsPerAnswer: result.cpuUsPerAnswer === undefined ? null : Number(result.cpuUsPerAnswer.toFixed(3)),
      p50Us: result.p50Us === undefined ? null : Math.round(result.p50Us),
      p99Us: result.p99Us === undefined ? null : Math.round(result.p99Us),
      rssMiB: Math.round(result.rssMiB),
    };
    this.cases.push(made);
    this.#onCase(made);
    return result;
  }
}

function versionName(version: Version): '1.0' | '1.3' {
  return version === 1 ? '1.0' : '1.3';
}

function medians(results: readonly LoadResult[]): LoadResult {
  const of = (key: keyof LoadResult) => median(results.map((each) => each[key] ?? Number.NaN));
  const optional = (key: 'cpuUsPerAnswer' | 'p50Us' | 'p99Us') =>
    results[0]?.[key] === undefined ? undefined : of(key);
  return {
    answersPerSec: of('answersPerSec'),
    cpuUsPerAnswer: optional('cpuUsPerAnswer'),
    p50Us: optional('p50Us'),
    p99Us: optional('p99Us'),
    rssMiB: of('rssMiB'),
    dropped: Math.max(...results.map(({ dropped }) => dropped)),
    shareHeldBack: of('shareHeldBack'),
  };
}
