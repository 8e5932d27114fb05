// Promise 4 against random histories: requests, what the disk and the switches do, and crashes at any moment between. The
// switches keep their rules through crashes and say so at once if a job gets an address that they have for another.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { IpAddress } from '../../protocols/packet/address.ts';
import { Counters } from '../telemetry/counters.ts';
import { JobError } from './admission.ts';
import { AdmissionService } from './admission-service.ts';
import type { Confirmation, Enforcer, Location, RestoredJob } from './enforcer.ts';
import { type Job, registrationKey } from './job.ts';
import { ManualClock, turnOfTheLoop } from './testing/manual-clock.ts';
import { type SampleJob, sampleJob } from './testing/sample-job.ts';
import { SimulatedStore } from './testing/simulated-store.ts';

/** By machine, its switch. Each switch gets rules of every job. */
const DPIDS = { wn1: '0000000000000001', wn2: '0000000000000002' } as const;
type Dpid = (typeof DPIDS)[keyof typeof DPIDS];
const ALL: readonly Dpid[] = Object.values(DPIDS);
const keyOf = (job: Job) => registrationKey(job.registration);
const dpidOf = (job: Job) => DPIDS[job.registration.machine as keyof typeof DPIDS];

/** Whose rules each switch has, by address. It outlives the controller. */
type Rules = ReadonlyMap<Dpid, Map<IpAddress, string>>;

/** The enforcement engine of one process. */
class ModelEngine implements Enforcer {
  readonly faults: string[] = [];
  readonly #rules: Rules;
  readonly #jobs = new Map<string, Job>();
  readonly #calls: ((silent: readonly Dpid[]) => void)[] = [];
  readonly #connected: Set<Dpid>;
  readonly #known: Set<string>;
  readonly #waiters = new Map<string, (() => void)[]>();

  constructor(rules: Rules, connected: readonly Dpid[]) {
    this.#rules = rules;
    this.#connected = new Set(connected);
    this.#known = new Set(connected);
  }

  get unanswered(): number {
    return this.#calls.length;
  }

  locate(job: Job): Location {
    const dpid = dpidOf(job);
    if (!this.#connected.has(dpid)) return { kind: 'away', message: 'not connected' };
    return { kind: 'port', dpid: BigInt(`0x${dpid}`), portNo: 7 };
  }

  jobAdded(job: Job): Promise<Confirmation> {
    this.#take(job);
    for (const dpid of this.#connected) this.#install(job, dpid);
    return this.#answer(dpidOf(job), [], () => {});
  }

  jobRemoved(job: Job): Promise<Confirmation> {
    this.#jobs.delete(keyOf(job));
    const away = [...this.#known].filter((dpid) => !this.#connected.has(dpid as Dpid));
    return this.#answer(dpidOf(job), away, (dpid) => this.#deleteRules(job, dpid));
  }

  whenMended(dpid: string): Promise<void> {
    return new Promise((resolve) => this.#waiters.set(dpid, [...(this.#waiters.get(dpid) ?? []), resolve]));
  }

  restore(jobs: readonly RestoredJob[], dpids: readonly string[]): void {
    for (const dpid of dpids) this.#known.add(dpid);
    for (const { job } of jobs) this.#take(job);
  }

  forget(): boolean {
    return false;
  }

  /** The oldest change is carried out by all connected switches but these, which are silent. */
  answer(silent: readonly Dpid[] = []): void {
    this.#calls.shift()?.(silent);
  }

  disconnect(dpid: Dpid): void {
    while (this.unanswered > 0) this.answer([dpid]);
    this.#connected.delete(dpid);
  }

  /** The switch connects (again) and is mended. */
  mend(dpid: Dpid): void {
    while (this.unanswered > 0) this.answer([dpid]);
    this.#connected.add(dpid);
    this.#known.add(dpid);
    this.#rules.get(dpid)?.clear();
    for (const job of this.#jobs.values()) this.#install(job, dpid);
    const waiters = this.#waiters.get(dpid) ?? [];
    this.#waiters.delete(dpid);
    for (const resolve of waiters) resolve();
  }

  #install(job: Job, dpid: Dpid): void {
    for (const address of job.addresses) this.#rules.get(dpid)?.set(address, keyOf(job));
  }

  #deleteRules(job: Job, dpid: Dpid): void {
    const rules = this.#rules.get(dpid);
    for (const address of job.addresses) if (rules?.get(address) === keyOf(job)) rules.delete(address);
  }

  #take(job: Job): void {
    for (const [dpid, rules] of this.#rules) {
      const others = job.addresses.map((address) => rules.get(address) ?? keyOf(job));
      if (others.some((key) => key !== keyOf(job))) this.faults.push(`${keyOf(job)}: ${dpid} has rules of ${others}`);
    }
    this.#jobs.set(keyOf(job), job);
  }

  #answer(edge: Dpid, away: readonly string[], carryOut: (dpid: Dpid) => void): Promise<Confirmation> {
    return new Promise((resolve) => {
      const asked = [...this.#connected];
      const call = (refusing: readonly Dpid[]) => {
        const silent = asked.filter((dpid) => refusing.includes(dpid));
        for (const dpid of asked) if (!silent.includes(dpid)) carryOut(dpid);
        resolve({ edgeConfirmed: asked.includes(edge) && !silent.includes(edge), silent, away });
      };
      if (asked.length === 0) call([]);
      else this.#calls.push(call);
    });
  }
}

const jobArbitrary = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    machine: fc.constantFrom('wn1', 'wn2'),
    addresses: fc.subarray(['10.1.0.1', '10.1.0.2', '2001:db8::1'], { minLength: 1 }),
  })
  .map((sample: SampleJob) => sampleJob(sample));

const stepArbitrary = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('register' as const), job: jobArbitrary }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), job: jobArbitrary }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('sync' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('answer' as const), silent: fc.subarray([...ALL], { maxLength: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const), dpid: fc.constantFrom(...ALL) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mend' as const), dpid: fc.constantFrom(...ALL) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), unacknowledged: fc.nat(3) }) },
);

/** One history: the process of now, and what clients were told by all processes so far. */
class History {
  readonly rules: Rules = new Map(ALL.map((dpid) => [dpid, new Map()]));
  readonly faults: unknown[] = [];
  /** Told that they are registered, and nothing has been asked since that could end them. */
  readonly registered = new Map<string, Job>();
  /** Told that they are removed, and not asked for again. */
  readonly removed = new Set<string>();
  store = new SimulatedStore();
  engine!: ModelEngine;
  service!: AdmissionService;
  /** Registrations whose outcome is not known. */
  readonly #asked = new Set<Job>();
  /** Keys of removals whose outcome is not known. */
  readonly #ending: string[] = [];
  #open = new Set<Promise<unknown>>();
  #life = 0;

  async begin(connected: readonly Dpid[]): Promise<void> {
    this.engine = new ModelEngine(this.rules, connected);
    const counters = new Counters();
    const { engine: enforcer, store } = this;
    this.service = new AdmissionService({ enforcer, clock: new ManualClock(), settleMs: () => 0, counters, store });
    this.service.restore(store.load());
    for (const dpid of connected) await this.service.meetSwitch(dpid);
    store.isAutomatic = false;
    this.#open = new Set();
    this.#asked.clear();
    this.#ending.length = 0;
    this.#life += 1;
  }

  get open(): number {
    return this.#open.size;
  }

  register(job: Job): void {
    const key = keyOf(job);
    this.removed.delete(key);
    const contends = (other: Job) =>
      keyOf(other) !== key && other.addresses.some((address) => job.addresses.includes(address));
    for (const [held, other] of this.registered) if (contends(other)) this.registered.delete(held);
    this.#asked.add(job);
    const outcome = this.service.register(job, { leaseMs: undefined }).then((admitted) => {
      const isContested = [...this.#asked].some(contends) || this.#ending.includes(key);
      if (!isContested && this.service.byKey(key)?.job === admitted.job) this.registered.set(key, admitted.job);
    });
    this.#follow(outcome.finally(() => this.#asked.delete(job)));
  }

  remove(job: Job): void {
    const key = keyOf(job);
    const before = this.registered.get(key);
    this.#ending.push(key);
    this.registered.delete(key);
    const done = () => this.#ending.splice(this.#ending.indexOf(key), 1);
    this.#follow(
      this.service
        .remove(key)
        .finally(done)
        .then(
          () => {
            const isAskedAnew = [...this.#asked].some((asked) => keyOf(asked) === key);
            if (!isAskedAnew && this.service.byKey(key) === undefined) this.removed.add(key);
          },
          (error: unknown) => {
            const isRefused = error instanceof JobError && error.code === 'JOB_STORE_FAILED';
            if (isRefused && before !== undefined && this.service.byKey(key) === undefined)
              this.faults.push('not kept', key);
            throw error;
          },
        ),
    );
  }

  async crash(unacknowledged: number): Promise<void> {
    this.store = this.store.afterCrash(unacknowledged);
    await this.begin([]);
    for (const [key, job] of this.registered) {
      const found = this.service.byKey(key);
      expect(found?.job, `${key}, which was acknowledged`).toEqual(job);
    }
    for (const key of this.removed) expect(this.service.byKey(key), `${key}, which was removed`).toBeUndefined();
  }

  #follow(promise: Promise<unknown>): void {
    const life = this.#life;
    const open = this.#open;
    open.add(promise);
    promise.then(
      () => open.delete(promise),
      (error: unknown) => {
        open.delete(promise);
        if (life === this.#life && !(error instanceof JobError)) this.faults.push(error);
      },
    );
  }
}

type Step = typeof stepArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

async function play(history: History, step: Step): Promise<void> {
  switch (step.do) {
    case 'register':
      history.register(step.job);
      return;
    case 'remove':
      history.remove(step.job);
      return;
    case 'sync':
      history.store.sync(step.count);
      return;
    case 'fail':
      history.store.fail();
      return;
    case 'answer':
      history.engine.answer(step.silent);
      return;
    case 'disconnect':
      history.engine.disconnect(step.dpid);
      return;
    case 'mend':
      history.engine.mend(step.dpid);
      return;
    case 'crash':
      await history.crash(step.unacknowledged);
  }
}

it('a crash at any step loses no acknowledged job, revives none that was removed, and frees no address too early', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 5, maxLength: 50 }), async (steps) => {
      const history = new History();
      await history.begin(ALL);
      for (const step of steps) {
        await play(history, step);
        await turnOfTheLoop();
        expect([...history.faults, ...history.engine.faults]).toEqual([]);
      }
      // From here on disk and switch do their work: everything comes to its end, and nothing stays held back.
      history.store.isAutomatic = true;
      for (let quiet = 0; quiet < 3; quiet++) {
        history.store.sync();
        for (const dpid of ALL) history.engine.mend(dpid);
        while (history.engine.unanswered > 0) history.engine.answer();
        await turnOfTheLoop();
        if (history.engine.unanswered > 0 || history.open > 0) quiet = 0;
      }
      expect([...history.faults, ...history.engine.faults]).toEqual([]);
      expect(history.service.heldBack.list()).toEqual([]);
      const listed = history.service
        .list()
        .flatMap(({ job }) => job.addresses.map((held) => [held, keyOf(job)] as const));
      for (const rules of history.rules.values()) expect(new Map(rules)).toEqual(new Map(listed));
      // And what is on the disk is what is in memory, once what was owed has been written.
      await history.service.meetSwitch(DPIDS.wn1);
      await history.crash(0);
      expect(
        history.service
          .list()
          .map(({ job }) => keyOf(job))
          .sort(),
      ).toEqual([...new Set(listed.map(([, key]) => key))].sort());
      expect(history.service.heldBack.list()).toEqual([]);
    }),
    { numRuns: Number(process.env.RUNS ?? 400) },
  );
});
