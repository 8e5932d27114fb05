// Random histories of requests and of what switches answer to them, against the promises of the admission service. The
// fake enforcer throws when a job is added while another's rules for its address stand on a switch.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Counters } from '../telemetry/counters.ts';
import { JobError } from './admission.ts';
import { AdmissionService } from './admission-service.ts';
import type { Confirmation } from './enforcer.ts';
import type { Job } from './job.ts';
import { CONFIRMED, type EnforcerCall, FakeEnforcer, REFUSED, SILENT } from './testing/fake-enforcer.ts';
import { ManualClock, turnOfTheLoop } from './testing/manual-clock.ts';
import { sampleJob } from './testing/sample-job.ts';

const ADDRESSES = ['10.1.0.1', '10.1.0.2', '2001:db8::1'];

const jobArbitrary = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    machine: fc.constantFrom('wn1', 'wn2'),
    addresses: fc.subarray(ADDRESSES, { minLength: 1 }),
    mac: fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:02'),
  })
  .map((sample) => sampleJob(sample));

const stepArbitrary = fc.oneof(
  fc.record({ do: fc.constant('register' as const), job: jobArbitrary, lease: fc.constantFrom(undefined, 500) }),
  fc.record({ do: fc.constant('remove' as const), job: jobArbitrary }),
  fc.record({
    do: fc.constant('answer' as const),
    which: fc.nat(5),
    confirmation: fc.constantFrom(CONFIRMED, CONFIRMED, CONFIRMED, REFUSED, SILENT),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(50, 200, 600) }),
  fc.record({ do: fc.constant('mend' as const) }),
);

/** No address and no MAC address is held twice, and looking one up finds its holder. */
function expectOneHolderEach(service: AdmissionService): void {
  const holders = service.list();
  const addresses = holders.flatMap((admitted) => admitted.job.addresses);
  expect(new Set(addresses).size).toBe(addresses.length);
  expect(new Set(holders.map((admitted) => admitted.job.mac)).size).toBe(holders.length);
  for (const admitted of holders) {
    for (const held of admitted.job.addresses) expect(service.byAddress(held)).toBe(admitted);
  }
}

it('keeps its promises whatever the order of requests, answers, leases and mended switches', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 5, maxLength: 40 }), async (steps) => {
      const clock = new ManualClock();
      const enforcer = new FakeEnforcer();
      enforcer.automatic = undefined;
      const service = new AdmissionService({ enforcer, clock, settleMs: () => 100, counters: new Counters() });
      const open = new Set<Promise<unknown>>();

      const follow = (promise: Promise<unknown>, settled: (error: unknown) => void) => {
        open.add(promise);
        const close = (error?: unknown) => {
          open.delete(promise);
          settled(error);
        };
        promise.then(() => close(), close);
      };
      const faults: unknown[] = [];
      const confirmed = new Set<Job>();
      const answer = (call: EnforcerCall | undefined, confirmation: Confirmation) => {
        if (call?.kind === 'added' && confirmation.edgeConfirmed) confirmed.add(call.job);
        call?.answer(confirmation);
      };
      const onlyJobErrors = (error: unknown) => {
        if (error !== undefined && !(error instanceof JobError)) faults.push(error);
      };
      const register = (job: Job, leaseMs: number | undefined) => {
        const outcome = service.register(job, { leaseMs }).then((admitted) => {
          if (!confirmed.has(admitted.job)) faults.push('not confirmed', admitted);
        });
        follow(outcome, (error) => {
          onlyJobErrors(error);
          if (error !== undefined && service.list().some((admitted) => admitted.job === job)) faults.push('kept', job);
        });
      };
      const remove = (job: Job) => {
        const held = service.byKey(job.key)?.job;
        follow(service.remove(job.key), (error) => {
          onlyJobErrors(error);
          if (held !== undefined && service.list().some((admitted) => admitted.job === held))
            faults.push('stayed', held);
        });
      };

      for (const step of steps) {
        if (step.do === 'register') register(step.job, step.lease);
        else if (step.do === 'remove') remove(step.job);
        else if (step.do === 'answer') answer(enforcer.waiting.splice(step.which, 1)[0], step.confirmation);
        else if (step.do === 'wait') await clock.advance(step.ms);
        else enforcer.mend();
        await turnOfTheLoop();
        expectOneHolderEach(service);
        expect(faults).toEqual([]);
      }

      // From here on the switches answer, and everything that was asked must come to its end.
      for (let quiet = 0; quiet < 3; quiet++) {
        for (const call of enforcer.waiting.splice(0)) answer(call, CONFIRMED);
        await clock.advance(1000);
        if (enforcer.waiting.length > 0) quiet = 0;
      }
      expect(open.size).toBe(0);
      enforcer.mend();
      await turnOfTheLoop();
      expect(service.heldBack.list()).toEqual([]);
      expect(faults).toEqual([]);

      // What the switches have is what the registry says, address by address.
      const registered = service.list().flatMap(({ job }) => job.addresses.map((held) => [held, job] as const));
      expect(new Map(enforcer.onSwitches)).toEqual(new Map(registered));
    }),
    { numRuns: 150 },
  );
});

it('changes nothing when it refuses a registration without asking a switch', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(jobArbitrary, { maxLength: 4 }),
      jobArbitrary,
      fc.boolean(),
      async (jobs, last, found) => {
        const clock = new ManualClock();
        const enforcer = new FakeEnforcer();
        const service = new AdmissionService({ enforcer, clock, settleMs: () => 0, counters: new Counters() });
        for (const job of jobs) await service.register(job, { leaseMs: undefined }).catch(() => undefined);
        if (!found) enforcer.location = () => ({ kind: 'unlocated', message: 'not found' });
        const [before, calls] = [service.list(), enforcer.log.length];
        const refusal = await service.register(last, { leaseMs: undefined }).then(
          () => undefined,
          (error: JobError) => error.code,
        );
        if (refusal === undefined) return;
        expect(service.list()).toEqual(before);
        expect(enforcer.log).toHaveLength(calls);
        expect(service.heldBack.list()).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});
