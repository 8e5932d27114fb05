// Promise 4 against random histories: requests, what the disk and the switch do, and crashes at any moment between. The
// switch keeps its rules through crashes and says so at once if a job is given an address that another still has rules for.

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

const DPID = '0000000000000001';
const keyOf = (job: Job) => registrationKey(job.registration);

/** The one switch: whose rules it has, by address. It outlives the controller. */
type Rules = Map<IpAddress, string>;

/** The enforcement engine of one process. */
class ModelEngine implements Enforcer {
  readonly faults: string[] = [];
  readonly #rules: Rules;
  readonly #jobs = new Map<string, Job>();
  readonly #calls: ((isConfirmed: boolean) => void)[] = [];
  #isKnown: boolean;
  #waiters: (() => void)[] = [];
  isConnected: boolean;

  constructor(rules: Rules, isConnected: boolean) {
    this.#rules = rules;
    this.isConnected = isConnected;
    this.#isKnown = isConnected;
  }

  get unanswered(): number {
    return this.#calls.length;
  }

  locate(): Location {
    return this.isConnected ? { kind: 'port', dpid: 1n, portNo: 7 } : { kind: 'away', message: 'not connected' };
  }

  jobAdded(job: Job): Promise<Confirmation> {
    this.#take(job);
    if (!this.isConnected) return Promise.resolve({ edgeConfirmed: false, silent: [], away: [DPID] });
    for (const address of job.addresses) this.#rules.set(address, keyOf(job));
    return this.#answer(() => {});
  }

  jobRemoved(job: Job): Promise<Confirmation> {
    this.#jobs.delete(keyOf(job));
    if (!this.isConnected) {
      return Promise.resolve({ edgeConfirmed: false, silent: [], away: this.#isKnown ? [DPID] : [] });
    }
    return this.#answer(() => {
      for (const address of job.addresses) if (this.#rules.get(address) === keyOf(job)) this.#rules.delete(address);
    });
  }

  whenMended(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  restore(jobs: readonly RestoredJob[], dpids: readonly string[]): void {
    this.#isKnown = dpids.includes(DPID);
    for (const { job } of jobs) this.#take(job);
  }

  forget(): boolean {
    return !this.isConnected;
  }

  /** The switch carries the oldest change out, or is silent. */
  answer(isConfirmed: boolean): void {
    this.#calls.shift()?.(isConfirmed);
  }

  disconnect(): void {
    this.isConnected = false;
    while (this.unanswered > 0) this.answer(false);
  }

  /** The switch connects (again) and is mended. */
  mend(): void {
    while (this.unanswered > 0) this.answer(false);
    this.isConnected = true;
    this.#isKnown = true;
    this.#rules.clear();
    for (const [key, job] of this.#jobs) for (const address of job.addresses) this.#rules.set(address, key);
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  #take(job: Job): void {
    for (const address of job.addresses) {
      const other = this.#rules.get(address) ?? keyOf(job);
      if (other !== keyOf(job)) this.faults.push(`${keyOf(job)} got an address that the switch still has for ${other}`);
    }
    this.#jobs.set(keyOf(job), job);
  }

  #answer(carryOut: () => void): Promise<Confirmation> {
    return new Promise((resolve) =>
      this.#calls.push((isConfirmed) => {
        if (isConfirmed) carryOut();
        resolve({ edgeConfirmed: isConfirmed, silent: isConfirmed ? [] : [DPID], away: [] });
      }),
    );
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
    arbitrary: fc.record({ do: fc.constant('answer' as const), isConfirmed: fc.constantFrom(true, true, false) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mend' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), unacknowledged: fc.nat(3) }) },
);

/** One history: the process of now, and what clients were told by all processes so far. */
class History {
  readonly rules: Rules = new Map();
  readonly faults: unknown[] = [];
  /** Told that they are registered, and nothing has been asked since that could end them. */
  readonly registered = new Map<string, Job>();
  /** Told that they are removed, and not asked for again. */
  readonly removed = new Set<string>();
  store = new SimulatedStore();
  engine!: ModelEngine;
  service!: AdmissionService;
  #open = new Set<Promise<unknown>>();
  #life = 0;

  async begin(isConnected: boolean): Promise<void> {
    this.engine = new ModelEngine(this.rules, isConnected);
    const counters = new Counters();
    const { engine: enforcer, store } = this;
    this.service = new AdmissionService({ enforcer, clock: new ManualClock(), settleMs: () => 0, counters, store });
    this.service.restore(store.load());
    if (isConnected) await this.service.meetSwitch(DPID);
    store.isAutomatic = false;
    this.#open = new Set();
    this.#life += 1;
  }

  get open(): number {
    return this.#open.size;
  }

  register(job: Job): void {
    const key = keyOf(job);
    this.removed.delete(key);
    for (const [held, other] of this.registered) {
      if (held !== key && other.addresses.some((address) => job.addresses.includes(address)))
        this.registered.delete(held);
    }
    this.#follow(
      this.service.register(job, { leaseMs: undefined }).then((admitted) => {
        if (this.service.byKey(key)?.job === admitted.job) this.registered.set(key, admitted.job);
      }),
    );
  }

  remove(job: Job): void {
    const key = keyOf(job);
    const before = this.registered.get(key);
    this.registered.delete(key);
    this.#follow(
      this.service.remove(key).then(
        () => {
          if (this.service.byKey(key) === undefined) this.removed.add(key);
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
    await this.begin(false);
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
      history.engine.answer(step.isConfirmed);
      return;
    case 'disconnect':
      history.engine.disconnect();
      return;
    case 'mend':
      history.engine.mend();
      return;
    case 'crash':
      await history.crash(step.unacknowledged);
  }
}

it('a crash at any step loses no acknowledged job, revives none that was removed, and frees no address too early', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 5, maxLength: 50 }), async (steps) => {
      const history = new History();
      await history.begin(true);
      for (const step of steps) {
        await play(history, step);
        await turnOfTheLoop();
        expect([...history.faults, ...history.engine.faults]).toEqual([]);
      }
      // From here on disk and switch do their work: everything comes to its end, and nothing stays held back.
      history.store.isAutomatic = true;
      for (let quiet = 0; quiet < 3; quiet++) {
        history.store.sync();
        history.engine.mend();
        while (history.engine.unanswered > 0) history.engine.answer(true);
        await turnOfTheLoop();
        if (history.engine.unanswered > 0 || history.open > 0) quiet = 0;
      }
      expect([...history.faults, ...history.engine.faults]).toEqual([]);
      expect(history.service.heldBack.list()).toEqual([]);
      const listed = history.service
        .list()
        .flatMap(({ job }) => job.addresses.map((held) => [held, keyOf(job)] as const));
      expect(new Map(history.rules)).toEqual(new Map(listed));
      // And what is on the disk is what is in memory, once what was owed has been written.
      await history.service.meetSwitch(DPID);
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
