// Promise 4 against random histories: requests, what the disk and the switches do, and crashes at any moment between. The
// switches keep their rules through crashes and say so at once if a job gets an address that they have for another.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Counters } from '../telemetry/counters.ts';
import { JobError } from './admission.ts';
import { AdmissionService } from './admission-service.ts';
import type { Job } from './job.ts';
import { ManualClock, turnOfTheLoop } from './testing/manual-clock.ts';
import { ALL, DPIDS, type Dpid, keyOf, ModelEngine, portNameOf, type Rules } from './testing/model-engine.ts';
import { type SampleJob, sampleJob } from './testing/sample-job.ts';
import { SimulatedStore } from './testing/simulated-store.ts';

const jobArbitrary = fc
  .record({
    id: fc.constantFrom('a', 'b'),
    machine: fc.constantFrom('wn1', 'wn2'),
    addresses: fc.subarray(['10.1.0.1', '2001:db8::1'], { minLength: 1 }),
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
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const), dpid: fc.constantFrom(...ALL) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mend' as const), dpid: fc.constantFrom(...ALL) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete-port' as const), job: jobArbitrary }) },
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
  /** Ports that admitted jobs were at, and that no process has been told are deleted. */
  readonly jobPorts = new Set<string>();
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
    this.engine = new ModelEngine(this.rules, connected, (memory) => this.service.remember(memory));
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
      const { dpid, portName } = admitted.location!;
      if (this.engine.jobPorts.of(dpid).has(portName!)) this.jobPorts.add(`${dpid} ${portName}`);
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

  /** The port that this job is at, or would be, is deleted. */
  deletePort(job: Job): void {
    const dpid = BigInt(`0x${DPIDS[job.registration.machine as keyof typeof DPIDS]}`);
    this.jobPorts.delete(`${dpid} ${portNameOf(job)}`);
    this.engine.jobPorts.set(dpid, portNameOf(job), false);
  }

  /** Disk and switches carry out what they have been given. */
  async settle(): Promise<void> {
    while (this.store.waiting + this.engine.unanswered > 0) {
      this.store.sync();
      this.engine.answer();
      await turnOfTheLoop();
    }
  }

  async crash(unacknowledged: number): Promise<void> {
    this.store = this.store.afterCrash(unacknowledged);
    await this.begin([]);
    for (const [key, job] of this.registered) {
      const found = this.service.byKey(key);
      expect(found?.job, `${key}, which was acknowledged`).toEqual(job);
    }
    for (const key of this.removed) expect(this.service.byKey(key), `${key}, which was removed`).toBeUndefined();
    for (const port of this.jobPorts) {
      const [dpid = '', ...name] = port.split(' ');
      expect(this.engine.jobPorts.of(BigInt(dpid)), `${port}, which was a job's`).toContain(name.join(' '));
    }
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
    case 'delete-port':
      history.deletePort(step.job);
      return;
    case 'sync':
      history.store.sync(step.count);
      return;
    case 'settle':
      await history.settle();
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

it('a crash at any step loses no acknowledged job, nor that its port is a job’s, revives none that was removed, and frees no address too early', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 20, maxLength: 60 }), async (steps) => {
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
    { numRuns: 500 },
  );
});
