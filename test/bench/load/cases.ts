// What is measured of the answers to PacketIns, and against what.

import { atLeast, atMost, type Target } from '../enforcement/case-result.ts';
import { fillStore } from '../enforcement/filled-store.ts';
import type { AdMaker } from '../enforcement/site.ts';
import { median } from '../measure.ts';
import { PEERS, peer, type RunningController, startLark } from './controllers.ts';
import { runLoad, runLoadInTurns } from './load-process.ts';
import type { LoadResult, LoadSpec } from './load-spec.ts';
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
/** V8 gives back what it took while a thousand connected when it has had little to do for a minute or so. */
const REST_MS = 150_000;
/** Latencies are measured for so many rounds in one, since they are made of what happens seldom. */
const LATENCY_ROUNDS = 2;
const VERSIONS: readonly Version[] = [1, 4];

type Kind = Pick<LoadSpec, 'switches' | 'window' | 'isBuffered' | 'isEachNew' | 'traffic'>;

/** A controller under one kind of load. */
interface Contender {
  readonly what: string;
  readonly controller: string;
  readonly kind: Kind;
  readonly start: () => Promise<RunningController>;
}

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
    const isBrief = this.#settings.isBrief;
    const isWanted = ({ name, isInstalled, mostSwitches }: (typeof PEERS)[number]) =>
      isInstalled && mostSwitches >= SWITCHES && (!isBrief || name === 'floor-learning');
    const peers = PEERS.filter(isWanted).map(({ name }) => ofPeer('learning', name, LEARNING));
    const floor = peers.find(({ controller }) => controller === 'floor-learning')!;
    const reference = peers.find(({ controller }) => controller === 'ovs-testcontroller');
    const lark = ofLark('learning', LEARNING);
    const whole = ofLark('learning, NO_BUFFER', { ...LEARNING, isBuffered: false });
    const many = ofLark('learning', { ...LEARNING, switches: 4 * SWITCHES });
    // What the short way for repeated packets does nothing for.
    const newFlows = { ...LEARNING, isEachNew: true };
    const others = [ofPeer('new flows', 'floor-learning', newFlows), ofLark('new flows', newFlows)];
    for (const version of VERSIONS) {
      const named = versionName(version);
      const compared = await this.#compare(version, [...peers, lark, whole, ...(isBrief ? [] : [many])]);
      this.#cpuRatio(`CPU an answer, learning, ${named}: times floor-learning`, compared, [lark, floor], 2.5);
      if (reference !== undefined) {
        const times = compared.ratio(lark, reference, 'answersPerSec');
        this.targets.push(atLeast(`answers a second, learning, ${named}: times ovs-testcontroller`, times, 5, 'times'));
      }
      this.#cpuRatio(`CPU an answer, learning, NO_BUFFER, ${named}: times buffered`, compared, [whole, lark], 1.5);
      if (!isBrief) {
        const share = compared.ratio(many, lark, 'answersPerSec');
        this.targets.push(atLeast(`answers a second, learning, ${named}, 64 switches: times 16`, share, 0.8, 'times'));
      }
      await this.#compare(version, others);
    }
  }

  /** Both ends are jobs; on 1.3 with one table, since with several their packets do not come up. */
  async jobs(): Promise<void> {
    const there = { jobs: this.#settings.jobs, users: USERS, switches: SWITCHES };
    const store = `${this.#directory}/load-jobs`;
    await fillStore(this.#ads, store, there.jobs, (number) => ({ user: number % USERS, ...placeOfJob(number, there) }));
    const policy = jobsPolicy(store, there);
    const kind: Kind = { ...LEARNING, traffic: { jobs: there } };
    const floor = ofPeer('jobs', 'floor-learning', kind);
    const lark = ofLark('jobs', kind, policy);
    const whole = ofLark('jobs, NO_BUFFER', { ...kind, isBuffered: false }, policy);
    const mix = ofLark('jobs and hosts', { ...kind, traffic: { jobs: there, hosts: HOSTS } }, policy);
    for (const version of VERSIONS) {
      const named = versionName(version);
      const compared = await this.#compare(version, [floor, lark, whole, mix]);
      this.#cpuRatio(`CPU an answer, jobs, ${named}: times floor-learning`, compared, [lark, floor], 4);
      this.#cpuRatio(`CPU an answer, jobs, NO_BUFFER, ${named}: times buffered`, compared, [whole, lark], 1.5);
    }
  }

  async latency(): Promise<void> {
    const kind: Kind = { switches: 1, window: 1, isBuffered: true, traffic: { hosts: HOSTS } };
    const [floor, lark] = [ofPeer('latency', 'floor', kind), ofLark('latency', kind)];
    for (const version of VERSIONS) {
      const named = versionName(version);
      const compared = await this.#compareAtWork(version, [floor, lark]);
      const share = compared.ratio(lark, floor, 'answersPerSec');
      this.targets.push(atLeast(`answers a second, one at a time, ${named}: times the floor`, share, 0.85, 'times'));
      const times = compared.ratio(lark, floor, 'p99Us');
      this.targets.push(atMost(`p99, one at a time, ${named}: times the floor`, times, 1.5, 'times'));
    }
  }

  /** All at once, since they have nothing to do: what one switch costs, and what each of a thousand adds. */
  async idle(): Promise<void> {
    if (this.#settings.isBrief) return;
    const none: Kind = { switches: 1, window: 1, isBuffered: true, traffic: 'none' };
    const [one, thousand] = [ofLark('idle', none), ofLark('idle', { ...none, switches: 1000 })];
    const run = (version: Version, contender: Contender) => this.#run(version, contender, REST_MS);
    const both = await Promise.all(VERSIONS.map((version) => Promise.all([run(version, one), run(version, thousand)])));
    for (const [i, [few, many]] of both.entries()) {
      const [version, named] = [VERSIONS[i]!, versionName(VERSIONS[i]!)];
      this.#note(version, one, few);
      this.#note(version, thousand, many);
      for (const [contender, result] of [
        [one, few],
        [thousand, many],
      ] as const) {
        const atFirst = { ...result, rssMiB: result.rssAtFirstMiB };
        this.#note(version, { ...contender, what: 'idle, just connected' }, atFirst);
      }
      const each = ((many.rssMiB - few.rssMiB) * 1024) / 999;
      this.targets.push(
        atMost(`memory of an idle switch, ${named}`, each, 25, 'KiB'),
        atMost(`connections dropped of 1,000, ${named}`, many.dropped, 0, 'connections'),
      );
    }
  }

  #cpuRatio(name: string, compared: Compared, [one, other]: readonly [Contender, Contender], most: number): void {
    this.targets.push(atMost(name, compared.ratio(one, other, 'cpuUsPerAnswer'), most, 'times'));
  }

  /** They take turns, so that a slow moment of the machine hits all of them. */
  async #compare(version: Version, contenders: readonly Contender[]): Promise<Compared> {
    const { rounds, measureMs } = this.#settings;
    const results = new Map(contenders.map((each) => [each, [] as LoadResult[]]));
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        results.get(contender)!.push(await this.#run(version, contender, measureMs));
      }
    }
    const compared = new Compared(results);
    for (const contender of contenders) this.#note(version, contender, compared.medians(contender));
    return compared;
  }

  /** Started once each, and asked in many turns: a pause of the machine is longer than what is measured here. */
  async #compareAtWork(version: Version, contenders: readonly Contender[]): Promise<Compared> {
    const { rounds, warmUpMs, measureMs } = this.#settings;
    const times = LATENCY_ROUNDS * rounds;
    const running: RunningController[] = [];
    try {
      for (const { start } of contenders) running.push(await start());
      const specs = contenders.map(({ kind }, i) => {
        const { host, port, pid } = running[i]!;
        const controller = { host, port, pid };
        return { controller, version, ...kind, warmUpMs: warmUpMs * times, measureMs: measureMs * times };
      });
      const results = await runLoadInTurns(specs);
      const compared = new Compared(new Map(contenders.map((each, i) => [each, [results[i]!]])));
      for (const contender of contenders) this.#note(version, contender, compared.medians(contender));
      return compared;
    } finally {
      for (const { stop } of running) await stop();
    }
  }

  async #run(version: Version, contender: Contender, measureMs: number): Promise<LoadResult> {
    const running = await contender.start();
    try {
      return await this.#ask(running, version, contender, measureMs);
    } finally {
      await running.stop();
    }
  }

  #ask(running: RunningController, version: Version, { kind }: Contender, measureMs: number): Promise<LoadResult> {
    const { host, port, pid } = running;
    const { warmUpMs } = this.#settings;
    return runLoad({ controller: { host, port, pid }, version, ...kind, warmUpMs, measureMs });
  }

  #note(version: Version, { what, controller, kind }: Contender, result: LoadResult): void {
    const { answersPerSec, cpuUsPerAnswer, p50Us, p99Us, rssMiB } = result;
    const made: LoadCase = {
      case: what,
      controller,
      version: versionName(version),
      switches: kind.switches,
      answersPerSec: Math.round(answersPerSec),
      cpuUsPerAnswer: cpuUsPerAnswer === undefined ? null : Number(cpuUsPerAnswer.toFixed(3)),
      p50Us: p50Us === undefined ? null : Math.round(p50Us),
      p99Us: p99Us === undefined ? null : Math.round(p99Us),
      rssMiB: Math.round(rssMiB),
    };
    this.cases.push(made);
    this.#onCase(made);
  }
}

/** What came out of contenders that took turns, by round. */
class Compared {
  readonly #results: ReadonlyMap<Contender, readonly LoadResult[]>;

  constructor(results: ReadonlyMap<Contender, readonly LoadResult[]>) {
    this.#results = results;
  }

  /** The median of what one is to the other in each round. */
  ratio(one: Contender, other: Contender, figure: 'answersPerSec' | 'cpuUsPerAnswer' | 'p99Us'): number {
    const of = (contender: Contender) => this.#of(contender).map((each) => each[figure] ?? Number.NaN);
    const [ones, others] = [of(one), of(other)];
    return median(ones.map((value, round) => value / others[round]!));
  }

  medians(contender: Contender): LoadResult {
    return medians(this.#of(contender));
  }

  #of(contender: Contender): readonly LoadResult[] {
    return this.#results.get(contender) ?? [];
  }
}

function ofPeer(what: string, name: string, kind: Kind): Contender {
  return { what, controller: name, kind, start: () => peer(name).start() };
}

function ofLark(what: string, kind: Kind, policy = hostsPolicy()): Contender {
  return { what, controller: 'lark', kind, start: () => startLark(policy) };
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
    rssAtFirstMiB: of('rssAtFirstMiB'),
    dropped: Math.max(...results.map(({ dropped }) => dropped)),
    shareHeldBack: of('shareHeldBack'),
  };
}
