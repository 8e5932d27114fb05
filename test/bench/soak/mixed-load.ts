// Everything at once, for as long as it is to last: packets of hosts that were seen before and of new flows, on switches of
// both versions; jobs that come and go; reloads; switches that lose their connection. Meanwhile somebody asks for echoes, and
// from time to time how much memory is in use after a collection.

import { JobError } from '../../../controller/jobs/admission.ts';
import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { eventually } from '../../support/eventually.ts';
import { LightSwitch } from '../../support/light-switch.ts';
import { BenchLark } from '../enforcement/bench-lark.ts';
import { type AdMaker, policyText, portName, userName } from '../enforcement/site.ts';
import { LoadSwitch } from '../load/load-switch.ts';
import { Offering } from '../load/offering.ts';
import { unknownHosts } from '../load/traffic.ts';

export interface SoakSettings {
  readonly seconds: number;
  /** How often memory is looked at. */
  readonly samples: number;
}

export interface SoakResult {
  /** Bytes in use after a collection, at even intervals. */
  readonly used: readonly number[];
  /** Of the intervals the worst. */
  readonly heldUp: { readonly longestMs: number; readonly p99Ms: number };
  readonly echoesMs: readonly number[];
  readonly packetIns: number;
  readonly registered: number;
  readonly removed: number;
  /** How often for which reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly reloads: number;
  readonly reconnects: number;
  /** Of the switches that send packets: none is to be. */
  readonly dropped: number;
}

const PACKET_SWITCHES = 8;
const JOB_SWITCHES = 10;
const JOBS_AT_ONCE = 200;
const HOSTS = 100;
/** IP addresses of each host: flows that are new at first, and met again when all have been. With as many hosts these are 500 flows a switch. */
const NEW_FLOWS = 250;
const WINDOW = 4096;
const PER_SEC = 2000;
const JOB_MS = 25;
const ECHO_MS = 20;
const RELOAD_MS = 3000;
const RECONNECT_MS = 1000;
const USERS = 20;

/** A job's switch and port by its number: the same again when as many jobs have come as there are places. */
function place(number: number) {
  const at = number % (2 * JOBS_AT_ONCE);
  return { number: at, user: at % USERS, dpid: 101 + (at % JOB_SWITCHES), portNo: 1 + Math.floor(at / JOB_SWITCHES) };
}

export class MixedLoad {
  readonly #lark: BenchLark;
  readonly #ads: AdMaker;
  /** Where its job store is. */
  readonly #directory: string;
  readonly #feed: JobFeedClient;
  readonly #packetSwitches: readonly LoadSwitch[];
  readonly #lights: readonly LightSwitch[];
  readonly #timers: NodeJS.Timeout[] = [];
  /** Keys of jobs that are registered, the oldest first. */
  readonly #there: string[] = [];
  readonly #under: Set<Promise<unknown>> = new Set();
  readonly #counts = { registered: 0, removed: 0, reloads: 0, reconnects: 0 };
  readonly #refused: Record<string, number> = {};
  readonly #echoesMs: number[] = [];
  #next = 0;
  #isCollecting = true;
  #failure: unknown;

  private constructor(lark: BenchLark, ads: AdMaker, directory: string, feed: JobFeedClient) {
    this.#lark = lark;
    this.#directory = directory;
    this.#ads = ads;
    this.#feed = feed;
    this.#packetSwitches = Array.from({ length: PACKET_SWITCHES }, (_, i) => {
      const isNew = i % 4 > 1;
      return new LoadSwitch({
        version: i % 2 === 0 ? 1 : 4,
        dpid: BigInt(i + 1),
        ports: 3,
        traffic: unknownHosts(i + 1, HOSTS),
        window: WINDOW,
        isBuffered: true,
        ...(isNew && { newSources: NEW_FLOWS }),
      });
    });
    const ports = (dpid: number) =>
      Array.from({ length: (2 * JOBS_AT_ONCE) / JOB_SWITCHES }, (_, port) => portName(dpid, port + 1));
    this.#lights = Array.from({ length: JOB_SWITCHES }, (_, i) => new LightSwitch(BigInt(101 + i), ports(101 + i)));
  }

  static async run(ads: AdMaker, directory: string, settings: SoakSettings): Promise<SoakResult> {
    const lark = await BenchLark.start(policyText({ store: directory, blocked: ['nobody'] }));
    try {
      const load = new MixedLoad(lark, ads, directory, await JobFeedClient.connect(lark.addresses.jobs));
      return await load.#run(settings);
    } finally {
      await lark.stop();
    }
  }

  async #run({ seconds, samples }: SoakSettings): Promise<SoakResult> {
    for (const each of [...this.#packetSwitches, ...this.#lights]) each.connect(this.#lark.addresses.openflow);
    await eventually('the switches to be mended', () => this.#lights.every(({ isMended }) => isMended), 30_000);
    for (const each of this.#packetSwitches) each.teach();
    const offering = new Offering(this.#packetSwitches, PER_SEC);
    offering.start();
    this.#every(JOB_MS, () => this.#changeJobs());
    this.#every(RELOAD_MS, () => this.#reload());
    this.#every(RECONNECT_MS, () => this.#reconnect());
    this.#timers.push(setInterval(() => this.#echo(), ECHO_MS));
    const used: number[] = [];
    const heldUp = { longestMs: 0, p99Ms: 0 };
    for (let i = 0; i < samples; i++) {
      this.#isCollecting = false;
      await this.#lark.heldUp();
      await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / samples));
      if (this.#failure !== undefined) throw this.#failure;
      const { longestMs, p99Ms } = await this.#lark.heldUp();
      heldUp.longestMs = Math.max(heldUp.longestMs, longestMs);
      heldUp.p99Ms = Math.max(heldUp.p99Ms, p99Ms);
      // Collections that nobody asks for but here.
      this.#isCollecting = true;
      used.push((await this.#lark.memory()).used);
    }
    for (const timer of this.#timers) clearInterval(timer);
    offering.stop();
    await Promise.all(this.#under);
    const dropped = this.#packetSwitches.filter(({ isClosed }) => isClosed).length;
    const packetIns = this.#packetSwitches.reduce((sum, { answers }) => sum + answers, 0);
    for (const each of [...this.#packetSwitches, ...this.#lights]) each.disconnect();
    await this.#feed.close();
    return { used, heldUp, echoesMs: this.#echoesMs, packetIns, ...this.#counts, refused: this.#refused, dropped };
  }

  /** Begins it again and again; what has not ended by the next time is waited for. */
  #every(ms: number, begin: () => Promise<void>): void {
    const start = () => {
      const under = begin()
        .catch((error: unknown) => {
          this.#failure ??= error;
        })
        .finally(() => this.#under.delete(under));
      this.#under.add(under);
    };
    this.#timers.push(setInterval(start, ms));
  }

  /** One job more, and one less once there are many. A switch that is away right then is a reason to be refused. */
  async #changeJobs(): Promise<void> {
    const { jobAd, machineAd } = this.#ads.make(place(this.#next++));
    const oldest = this.#there.length >= JOBS_AT_ONCE ? this.#there.shift() : undefined;
    if (oldest !== undefined) {
      const isRemoved = await this.#unlessRefused(() => this.#feed.remove(oldest));
      if (isRemoved !== undefined) this.#counts.removed++;
    }
    const job = await this.#unlessRefused(() => this.#feed.register(jobAd, machineAd));
    if (job === undefined) return;
    this.#counts.registered++;
    this.#there.push(job.key);
  }

  async #unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.#refused[error.code] = (this.#refused[error.code] ?? 0) + 1;
      return undefined;
    }
  }

  async #reload(): Promise<void> {
    const blocked = userName(this.#counts.reloads++ % USERS);
    // One that is away gets the file's verdicts when it is back.
    await this.#lark.reload(policyText({ store: this.#directory, blocked: ['nobody', blocked] }));
  }

  async #reconnect(): Promise<void> {
    const light = this.#lights[this.#counts.reconnects++ % JOB_SWITCHES]!;
    light.disconnect();
    light.connect(this.#lark.addresses.openflow);
  }

  #echo(): void {
    if (this.#isCollecting) return;
    this.#packetSwitches[0]!.echo((ms) => {
      if (!this.#isCollecting) this.#echoesMs.push(ms);
    });
  }
}
