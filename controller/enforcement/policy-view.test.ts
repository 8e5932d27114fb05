import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/load-config.ts';
import type { Job } from '../jobs/job.ts';
import { sampleJob } from '../jobs/testing/sample-job.ts';
import { ClassNumbers, isClassNumber } from './class-numbers.ts';
import { PolicyView } from './policy-view.ts';
import { isRenumbered, Succession } from './succession.ts';

/** Not how long it takes, but how long it may take where much else is done. */
vi.setConfig({ testTimeout: 60_000 });

const RUNS = { numRuns: 40 };

const POLICIES = [
  '- isolate-users: true',
  '- block-users: [mallory]',
  '- queues: { group_a: fast, "*": slow }',
  `- rule: { when: 'MY.Site =!= TARGET.Site', then: drop }`,
  '- wan-access: { deny: [eve], allow-anyway: [10.9.0.0/16, 10.1.0.3] }',
];
const ZONES = ['campus: [10.0.0.0/8]', 'licences: [10.9.0.7]', 'lab: [10.9.0.0/16, 192.0.2.0/24]'];

const configs = new Map<string, Config>();

function configOf(policies: readonly string[], zones: readonly string[]): Config {
  const text = `
zones: { ${zones.join(', ')} }
switches: { core: { wan: { port: eth0, queues: { fast: { id: 1 }, slow: { id: 0 } } } } }
policies: [${policies.map((policy) => `{ ${policy.slice(2)} }`).join(', ')}]`;
  const { config, errors } = configs.has(text) ? { config: configs.get(text) } : parseConfig('policy.yaml', text);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  configs.set(text, config);
  return config;
}

const anyConfig = fc
  .tuple(fc.subarray(POLICIES), fc.subarray(ZONES))
  .map(([policies, zones]) => configOf(policies, zones));
const anyJobs = fc
  .array(
    fc.record({
      owner: fc.constantFrom('alice', 'bob', 'mallory', 'eve'),
      acctgroup: fc.constantFrom('group_a', undefined),
      site: fc.constantFrom('x', 'y'),
    }),
    { maxLength: 12 },
  )
  .map((sketches) =>
    sketches.map((attributes, i): Job => {
      const job = sampleJob({ id: `s#${i}`, user: attributes.owner, addresses: [`10.1.0.${i}`] });
      return { ...job, attributes: new Map(Object.entries(attributes)) };
    }),
  );

function numbersIn(view: PolicyView): number[] {
  return [...view.engine.live()].map(({ id }) => id);
}

function successorOf(former: PolicyView, config: Config, jobs: readonly Job[]) {
  const succession = new Succession(former.sorted, config, jobs);
  const shifts = succession.shifts();
  return { next: former.successor(succession, shifts, former.numbers.copy()), shifts };
}

describe('the successor of a policy view', () => {
  it('gives no two classes one number, and none that a former class may still have on a switch', () => {
    fc.assert(
      fc.property(anyConfig, anyConfig, anyJobs, (before, after, jobs) => {
        const former = new PolicyView(before);
        for (const job of jobs) former.meet(job);
        const { next } = successorOf(former, after, jobs);
        const numbers = numbersIn(next);
        expect(new Set(numbers).size).toBe(numbers.length);
        // A number that was in use is kept only by a class that has members of the class which had it.
        const had = new Map<number, Set<string>>();
        for (const job of jobs) {
          for (const id of former.numbersOf(job))
            had.set(id, (had.get(id) ?? new Set()).add(job.registration.globalJobId));
        }
        for (const job of jobs) {
          for (const id of next.numbersOf(job)) {
            const members = had.get(id);
            if (members === undefined) continue;
            const now = jobs.filter((each) => next.numbersOf(each).includes(id));
            expect(now.some(({ registration }) => members.has(registration.globalJobId))).toBe(true);
          }
        }
      }),
      RUNS,
    );
  });

  it('keeps every number where the file tells endpoints apart as before', () => {
    fc.assert(
      fc.property(anyConfig, anyJobs, (config, jobs) => {
        const former = new PolicyView(config);
        for (const job of jobs) former.meet(job);
        const { next, shifts } = successorOf(former, config, jobs);
        expect(shifts.filter(isRenumbered)).toEqual([]);
        expect(jobs.map((job) => next.numbersOf(job))).toEqual(jobs.map((job) => former.numbersOf(job)));
        expect(next.blocks().map(({ endpointClass }) => endpointClass.id)).toEqual(
          former.blocks().map(({ endpointClass }) => endpointClass.id),
        );
      }),
      RUNS,
    );
  });
});

describe('a policy view after a restart', () => {
  /** What was written down of a view, by a Lark that forgets nothing. */
  const writtenOf = (view: PolicyView) =>
    new Map([...view.engine.live()].map((each) => [view.engine.fingerprintOf(each), each.id]));

  it('has every class under the number that was written down, whatever order the jobs are read in', () => {
    const property = fc.property(anyConfig, anyJobs, anyJobs, (config, gone, jobs) => {
      const before = new PolicyView(config);
      for (const job of gone) before.meet({ ...job, key: 'gone' });
      for (const job of jobs) before.meet(job);
      const after = PolicyView.restored(config, [...jobs].reverse(), writtenOf(before));
      for (const job of jobs) expect(after.numbersOf(job)).toEqual(before.numbersOf(job));
      expect(after.blocks().map(({ endpointClass }) => endpointClass.id)).toEqual(
        before.blocks().map(({ endpointClass }) => endpointClass.id),
      );
    });
    fc.assert(property, RUNS);
  });

  it('gives no two classes one number, whatever was written down, and takes the others from what is free', () => {
    const number = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(-1, 1.5, Number.NaN, 2 ** 40));
    const property = fc.property(anyConfig, anyJobs, fc.array(number), (config, jobs, numbers) => {
      const first = PolicyView.restored(config, jobs, new Map());
      const keys = [...first.engine.live()].map((each) => first.engine.fingerprintOf(each));
      const after = PolicyView.restored(
        config,
        jobs,
        new Map(numbers.map((each, i) => [keys[i] ?? `other ${i}`, each])),
      );
      const given = numbersIn(after);
      expect(new Set(given).size).toBe(given.length);
      for (const each of given) expect(isClassNumber(each)).toBe(true);
      const fresh = Array.from({ length: 20 }, () => after.numbers.take());
      expect(new Set([...given, ...fresh]).size).toBe(given.length + 20);
    });
    fc.assert(property, RUNS);
  });
});

describe('the classes of a policy view', () => {
  it('live as long as they have members, whatever comes and goes', () => {
    fc.assert(
      fc.property(anyConfig, anyJobs, fc.array(fc.nat(11)), (config, jobs, toggles) => {
        const view = new PolicyView(config);
        const present = new Set<Job>();
        for (const index of toggles) {
          const job = jobs[index];
          if (job === undefined) continue;
          if (present.delete(job)) {
            for (const number of view.leave(job)) view.numbers.retire(number, []);
          } else {
            present.add(job);
            const added = view.classesAddedBy(job);
            const before = view.engine.live().size;
            view.meet(job);
            expect(view.engine.live().size).toBe(before + added);
          }
          const fresh = new PolicyView(config, new ClassNumbers());
          for (const each of present) fresh.meet(each);
          expect(view.engine.live().size).toBe(fresh.engine.live().size);
          expect(new Set(numbersIn(view)).size).toBe(view.engine.live().size);
        }
      }),
      RUNS,
    );
  });

  it('tell of the number that is free when the last member is gone', () => {
    const view = new PolicyView(configOf(['- isolate-users: true'], []));
    const [first, second] = [sampleJob(), sampleJob({ id: 's#2', addresses: ['10.1.0.2'] })];
    view.meet(first);
    view.meet(second);
    const [number] = view.numbersOf(first);
    expect(view.leave(first)).toEqual([]);
    expect(view.leave(second)).toEqual([number]);
  });
});
