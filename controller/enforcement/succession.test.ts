import fc from 'fast-check';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/load-config.ts';
import type { Job } from '../jobs/job.ts';
import { sampleJob } from '../jobs/testing/sample-job.ts';
import { Counters } from '../telemetry/counters.ts';
import { EnforcementEngine } from './engine.ts';
import { PolicyView } from './policy-view.ts';
import { SortedJobs } from './sorted-jobs.ts';
import { heirsOf, type Shift, Succession } from './succession.ts';

const POLICIES = [
  '- isolate-users: true',
  '- block-users: [bob]',
  `- rule: { when: 'MY.Site =!= TARGET.Site', then: drop }`,
  `- rule: { when: 'MY.Size > 1 && TARGET.Zone == "wan"', then: drop }`,
  // Tells a job's addresses apart; the last two look at the same, whatever they make of it.
  '- wan-access: { deny: [carol], allow-anyway: [10.1.0.0/29, 2001:db8::4/126] }',
  '- wan-access: { deny: [alice], allow-anyway: [10.1.0.4/30] }',
  '- wan-access: { deny: [bob], allow-anyway: [10.1.0.4/30] }',
];
const anyConfig = fc.subarray(POLICIES).map(configOf);

function configOf(policies: readonly string[]): Config {
  const text = `jobs: { ranges: [10.1.0.0/16] }\npolicies: [${policies.map((each) => `{ ${each.slice(2)} }`).join(', ')}]`;
  const { config, errors } = parseConfig('policy.yaml', text);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  return config;
}

/** Few keys, so that jobs come again as others. */
const anyJob = fc
  .record({
    key: fc.integer({ min: 0, max: 9 }),
    owner: fc.constantFrom('alice', 'bob', 'carol'),
    site: fc.constantFrom('x', 'y'),
    size: fc.constantFrom(1, 2),
    isOutside: fc.boolean(),
  })
  .map(({ key, isOutside, ...attributes }): Job => {
    const addresses = [isOutside ? `10.9.0.${key}` : `10.1.0.${key}`, `2001:db8::${key}`];
    const job = sampleJob({ id: `s#${key}`, user: attributes.owner, addresses });
    return { ...job, attributes: new Map(Object.entries(attributes)) };
  });

type Step = { readonly come: Job } | { readonly go: Job };
const anySteps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: anyJob.map((come): Step => ({ come })) },
    { weight: 1, arbitrary: anyJob.map((go): Step => ({ go })) },
  ),
  { maxLength: 30 },
);

/** By what is in the classes, not by which objects they are. */
function told(shifts: readonly Shift[]): unknown {
  const classText = ({ attributes }: { attributes: ReadonlyMap<string, unknown> }) => [...attributes].join(' ');
  return shifts
    .map(({ before, after, jobs, users }) => ({
      users: [...users].sort(),
      before: before.map(classText),
      after: after.map(classText),
      jobs: [...jobs.values()].map((job) => `${job.key} ${[...job.attributes].join()}`).sort(),
    }))
    .map((shift) => JSON.stringify(shift))
    .sort();
}

/** Which jobs are together, and what is in the classes of their addresses. */
function sorted(jobs: SortedJobs): readonly string[] {
  const texts = Array.from(jobs.cohorts(), ({ classes, keys }) => {
    const attributes = classes.map((each) => [...each.attributes].join());
    return JSON.stringify([attributes, [...keys].sort()]);
  });
  return texts.sort();
}

describe('a succession', () => {
  it('that jobs were put into while they came and went is that of the jobs that there are in the end', () => {
    const property = fc.property(anyConfig, anyConfig, anySteps, fc.nat(), (before, after, steps, cut) => {
      const former = new PolicyView(before);
      const jobs = new Map<string, Job>();
      const succession = new Succession(former.sorted, after);
      for (const [i, step] of steps.entries()) {
        // Up to some step it is not known that a succession is wanted; then those that there are are put in.
        const isOpen = i >= cut % (steps.length + 1);
        if (i === cut % (steps.length + 1)) for (const job of jobs.values()) succession.put(job);
        if ('come' in step) {
          if (isOpen) succession.remove(step.come);
          former.meet(step.come);
          jobs.set(step.come.key, step.come);
          if (isOpen) succession.put(step.come);
          continue;
        }
        const job = jobs.get(step.go.key);
        if (job === undefined) continue;
        if (isOpen) succession.remove(job);
        former.leave(job);
        jobs.delete(job.key);
      }
      // Those that a slice meets late are put in twice.
      for (const job of jobs.values()) succession.put(job);
      const atOnce = new Succession(former.sorted, after, jobs.values());
      expect(told(succession.shifts())).toEqual(told(atOnce.shifts()));
      // What has no former classes to go by.
      const afresh = new SortedJobs(after, jobs.values());
      expect(succession.next.outsideRanges).toEqual(afresh.outsideRanges);
      expect(sorted(succession.next)).toEqual(sorted(afresh));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('says into which class the jobs of a class went, or that they went into several', () => {
    const property = fc.property(anyConfig, anyConfig, fc.array(anyJob), (before, after, listed) => {
      const jobs = [...new Map(listed.map((job) => [job.key, job])).values()];
      const former = new PolicyView(before);
      for (const job of jobs) former.meet(job);
      const succession = new Succession(former.sorted, after, jobs);
      const heirs = heirsOf(succession.shifts());
      for (const was of former.presentClasses()) {
        const members = jobs.flatMap((job) =>
          former
            .classesOf(job)
            .flatMap((each, i) => (each === was ? [succession.next.cohortOf(job.key)?.classes[i]] : [])),
        );
        const now = new Set(members);
        expect(heirs.get(was)).toBe(now.size === 0 ? undefined : now.size === 1 ? [...now][0] : 'several');
      }
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('the engine, while another file is tried out', () => {
  const jobOf = (number: number, user: string) =>
    sampleJob({ id: `s#${number}`, user, addresses: [`10.1.0.${number}`] });

  it('keeps up with the jobs that come and go until it is prepared', async () => {
    const before = configOf(['- isolate-users: true']);
    const engine = new EnforcementEngine({ config: before, counters: new Counters(), log: pino({ level: 'silent' }) });
    const first = Array.from({ length: 200 }, (_, i) => jobOf(i, i % 2 === 0 ? 'alice' : 'bob'));
    for (const job of first) await engine.jobAdded(job, 'by-address');
    const sorting = engine.sortJobs(configOf(['- block-users: [bob]']));
    const come = jobOf(250, 'carol');
    await Promise.all([engine.jobAdded(come, 'by-address'), engine.jobRemoved(first[0]!, 'by-address')]);
    const sorted = await sorting;
    await engine.jobRemoved(first[1]!, 'by-address');
    const prepared = engine.prepare(sorted);
    const known = prepared.shifts.flatMap(({ jobs }) => [...jobs.keys()]);
    const wanted = [...first.slice(2), come].map(({ key }) => key);
    expect(known.sort()).toEqual(wanted.sort());
    for (const job of [...first.slice(2), come]) expect(prepared.policy.numbersOf(job)).not.toEqual([]);
    // From here on it is the reload's business: what comes now does not change what was prepared.
    await engine.jobAdded(jobOf(251, 'dave'), 'by-address');
    expect(prepared.policy.numbersOf(jobOf(251, 'dave'))).toEqual([]);
  });

  it('begins anew where another file has come into force meanwhile', async () => {
    const [before, other, planned] = [[], ['- isolate-users: true'], ['- block-users: [bob]']].map(configOf);
    const engine = new EnforcementEngine({ config: before!, counters: new Counters(), log: pino({ level: 'silent' }) });
    const jobs = [jobOf(1, 'alice'), jobOf(2, 'bob')];
    for (const job of jobs) await engine.jobAdded(job, 'by-address');
    const toBePlanned = await engine.sortJobs(planned!);
    await engine.reload(engine.prepare(await engine.sortJobs(other!)));
    const { shifts, policy } = engine.prepare(toBePlanned);
    for (const job of jobs) {
      expect(shifts.find((shift) => shift.jobs.has(job.key))?.before).toEqual(engine.policy.classesOf(job));
      expect(policy.classesOf(job)).not.toEqual(engine.policy.classesOf(job));
    }
  });
});
