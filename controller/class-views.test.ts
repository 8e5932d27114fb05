import { expect, it } from 'vitest';
import { classViews } from './class-views.ts';
import { parseConfig } from './config/load-config.ts';
import { PolicyView } from './enforcement/policy-view.ts';
import { sampleJob } from './jobs/testing/sample-job.ts';

it('shows each class once, with its jobs and blocks, by number', () => {
  const text = 'zones: { campus: [10.0.0.0/8] }\npolicies:\n  - isolate-users: true\n';
  const { config } = parseConfig('policy.yaml', text);
  const view = new PolicyView(config!);
  for (const [i, user] of ['alice', 'alice', 'bob'].entries())
    view.meet(sampleJob({ user, id: `submit#${i}.0#1`, addresses: [`10.1.0.${i + 1}`] }));
  const views = classViews(view);
  const numbers = views.map(({ number }) => number);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  const owners = views.flatMap(({ attributes, jobs }) => (jobs > 0 ? [[attributes.Owner, jobs]] : []));
  expect(owners).toEqual([
    ['alice', 2],
    ['bob', 1],
  ]);
  expect(views.flatMap(({ addresses }) => addresses).sort()).toEqual(['0.0.0.0/0', '10.0.0.0/8', '::/0']);
});
