import { describe, expect, it } from 'vitest';
import type { Config } from '../../config/config.ts';
import { parseConfig } from '../../config/load-config.ts';
import type { Job } from '../../jobs/job.ts';
import { sampleJob } from '../../jobs/testing/sample-job.ts';
import { PolicyView } from '../policy-view.ts';
import { Succession } from '../succession.ts';
import type { VerdictChanges } from './plan-values.ts';
import { verdictChanges } from './verdict-changes.ts';

const HEAD = 'jobs: { ranges: [10.1.0.0/16] }\nzones: { campus: [10.0.0.0/8] }\n';
const jobs = ['alice', 'alice', 'bob', 'carol'].map(
  (user, i): Job => sampleJob({ id: `s#${i}`, user, addresses: [`10.1.0.${i + 1}`] }),
);

function changesOf(before: string, after: string): VerdictChanges {
  const configOf = (text: string) => {
    const { config, errors } = parseConfig('p.yaml', text);
    if (config === undefined) throw new Error(JSON.stringify(errors));
    return config;
  };
  const former = new PolicyView(configOf(before));
  for (const job of jobs) former.meet(job);
  return changesFrom(former, configOf(after), jobs);
}

function changesFrom(former: PolicyView, config: Config, members: readonly Job[]): VerdictChanges {
  const succession = new Succession(former.sorted, config, members);
  const shifts = succession.shifts();
  return verdictChanges(former, former.successor(succession, shifts, former.numbers.copy()), shifts)!;
}

/** `before > after: source, … -> destination, …`, with `!` where an end with itself is left out. */
function told({ ends, changes }: VerdictChanges): string[] {
  const names = (indexes: readonly number[]) => indexes.map((index) => ends[index]?.label).join(', ');
  return changes.flatMap(({ before, after, pairs }) =>
    pairs.map(
      ({ sources, destinations, exceptItself }) =>
        `${before.effect} > ${after.effect}: ${names(sources)} -> ${names(destinations)}${exceptItself ? ' !' : ''}`,
    ),
  );
}

describe('the verdicts that change', () => {
  it('are none where the file says the same in other words', () => {
    const changes = changesOf(
      `${HEAD}policies: [isolate-users: true]`,
      `${HEAD}policies: [rule: { when: 'MY.Owner =!= TARGET.Owner && MY.EndpointType == "job" && TARGET.EndpointType == "job"', then: drop }]`,
    );
    expect([changes.changes, changes.jobs, changes.users]).toEqual([[], 0, []]);
  });

  it('tell of one user, and of the policy and the line that make the difference', () => {
    const text = `${HEAD}policies:\n  - isolate-users: true\n`;
    const changes = changesOf(text, text.replace('  - iso', '  - block-users: [bob]\n  - iso'));
    expect([changes.jobs, changes.users]).toEqual([1, ['bob']]);
    expect(changes.changes[0]?.after).toMatchObject({ action: 'drop', policy: 'block-users', place: 'p.yaml:4:5' });
    expect(told(changes)).toEqual([
      'forward > drop: zone campus, wan, local addresses -> jobs of bob',
      'forward > drop: jobs of bob -> jobs of bob, zone campus, wan, local addresses',
    ]);
  });

  it('say of users that are isolated from each other that they are, and not each pair', () => {
    const changes = changesOf(`${HEAD}policies: []`, `${HEAD}policies: [isolate-users: true]`);
    expect(told(changes)).toEqual([
      'forward > drop: jobs of alice, jobs of bob, jobs of carol -> jobs of alice, jobs of bob, jobs of carol !',
    ]);
    expect([changes.jobs, changes.users]).toEqual([4, ['alice', 'bob', 'carol']]);
  });

  it('follow addresses from zone to zone, and into the ranges of jobs', () => {
    const changes = changesOf(
      `${HEAD}policies: [rule: { when: TARGET.Zone == "campus", then: drop }]`,
      `jobs: { ranges: [10.1.0.0/16, 10.2.0.0/16] }\nzones: { campus: [10.0.0.0/8], lab: [10.3.0.0/16] }\n` +
        'policies: [rule: { when: TARGET.Zone == "campus", then: drop }]',
    );
    const lab = '10.3.0.0/16, zone campus and then zone lab';
    const range = '10.2.0.0/16, zone campus and then addresses of jobs.ranges without a job';
    const texts = told(changes);
    expect(texts.some((text) => text.startsWith('drop > forward:') && text.endsWith(`-> ${lab}`))).toBe(true);
    expect(texts.some((text) => text.startsWith(`forward > drop: ${range} ->`))).toBe(true);
  });

  it('tell two classes of one user apart by what else the policies look at', () => {
    const first = jobs[0]!;
    const attributes = new Map([...first.attributes, ['site', 'x']] as const);
    const both: Job[] = [{ ...first, attributes }, jobs[1]!];
    const { config } = parseConfig('p.yaml', 'policies: [rule: { when: MY.Site == "x", then: drop }]');
    const former = new PolicyView(parseConfig('p.yaml', 'policies: []').config!);
    for (const job of both) former.meet(job);
    const labels = changesFrom(former, config!, both).ends.map(({ label }) => label);
    expect(labels).toContain('jobs of alice (Site = "x")');
    expect(labels).toContain('jobs of alice (Site = undefined)');
  });
});
