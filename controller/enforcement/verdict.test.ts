// What policies say together, over policies made for the test: first answers win, audited drops are recorded and not
// enforced. Endpoint classes come from the engine itself, so that what is tested is what runs.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AttributeValue, Opinion, Policy } from '../../policies/policy.ts';
import type { Config, PolicyEntry } from '../config/config.ts';
import { parseConfig } from '../config/load-config.ts';
import { type Job, registrationKey } from '../jobs/job.ts';
import { countClasses } from './class-count.ts';
import { VerdictEngine } from './endpoint-classes.ts';

const place = (line: number) => ({ file: 'p.yaml', line, column: 5 });
const forward: Config['default'] = { action: 'forward', place: undefined };

function always(opinion: Opinion | undefined, line: number, audit?: boolean): PolicyEntry {
  const policy: Policy = { name: `p${line}`, significantAttributes: [], judge: () => opinion };
  return { policy, place: place(line), ...(audit !== undefined && { audit }) };
}

const wan = { kind: 'zone', zone: 'wan', address: undefined } as const;
const verdictOf = (policies: readonly PolicyEntry[], fallback = forward) =>
  new VerdictEngine({ policies, default: fallback }).verdict(wan, wan);
const origin = (line: number) => ({ policy: `p${line}`, place: place(line) });

describe('the order of the file', () => {
  test('of each field the first policy to set it keeps it, with its origin', () => {
    const verdict = verdictOf([
      always({ action: 'forward', vlan: 120 }, 1),
      always({ action: 'forward', vlan: 7, connections: 'replies', mark: 46, queue: 'q' }, 2),
      always({ action: 'forward', mark: 0, queue: 'r', via: 'i2' }, 3),
    ]);
    expect(verdict).toEqual({
      action: 'forward',
      origin: undefined,
      vlan: { value: 120, origin: origin(1) },
      connections: { value: 'replies', origin: origin(2) },
      mark: { value: 46, origin: origin(2) },
      queue: { name: 'q', origin: origin(2) },
      via: { name: 'i2', origin: origin(3) },
      audited: [],
    });
  });

  test('allow ends the search and keeps what was set before', () => {
    const policies = [
      always({ action: 'forward', connections: 'replies' }, 1),
      always({ action: 'allow' }, 2),
      always({ action: 'drop', reason: 'x' }, 3),
    ];
    expect(verdictOf(policies)).toMatchObject({
      action: 'forward',
      origin: origin(2),
      connections: { value: 'replies' },
    });
  });
});

describe('audit', () => {
  test('a drop is recorded and the search goes on; a later drop holds', () => {
    const drop = (line: number, audit?: boolean) => always({ action: 'drop', reason: `r${line}` }, line, audit);
    expect(verdictOf([drop(1, true), drop(2, true)])).toMatchObject({
      action: 'forward',
      audited: [
        { reason: 'r1', origin: origin(1) },
        { reason: 'r2', origin: origin(2) },
      ],
    });
    expect(verdictOf([drop(1, true), drop(2, false)])).toEqual({
      action: 'drop',
      reason: 'r2',
      origin: origin(2),
      audited: [{ reason: 'r1', origin: origin(1) }],
    });
  });

  test('a narrowing to replies is recorded; other fields and allow hold', () => {
    const narrowed = verdictOf([always({ action: 'forward', connections: 'replies', queue: 'q' }, 1, true)]);
    expect(narrowed).toMatchObject({ connections: undefined, queue: { name: 'q' } });
    expect(narrowed.audited).toEqual([{ reason: expect.stringContaining('only replies'), origin: origin(1) }]);
    const allowed = [always({ action: 'allow' }, 1, true), always({ action: 'drop', reason: 'x' }, 2)];
    expect(verdictOf(allowed)).toMatchObject({ action: 'forward', origin: origin(1), audited: [] });
  });

  test('the file’s own default may be audited', () => {
    const verdict = verdictOf([], { action: 'drop', place: place(9), audit: true });
    expect(verdict).toMatchObject({ action: 'forward', audited: [{ origin: { policy: 'default', place: place(9) } }] });
  });
});

const FILE = `openflow: { versions: ["1.3"] }
zones: { licences: [10.9.0.7] }
policies:
  - block-users: [mallory]
  - isolate-users: true
    audit: true
  - access: { zone: licences, users: [alice], when: MY.Licences > 0 }
  - connectivity: true
  - rule: { when: MY.Machine.Site =!= TARGET.Machine.Site && TARGET.EndpointType == "job", then: { connections: replies } }
`;
const { config } = parseConfig('p.yaml', FILE);
if (config === undefined) throw new Error('the file of this test does not load');

let serial = 0;
function job(attributes: Readonly<Record<string, AttributeValue>>): Job {
  const registration = { globalJobId: `s#${++serial}`, start: '1', machine: 'm', slot: 's' };
  return {
    key: registrationKey(registration),
    registration,
    user: String(attributes.owner),
    accountingGroup: undefined,
    addresses: [],
    mac: undefined,
    externalInterface: undefined,
    attributes: new Map(Object.entries(attributes)),
    ads: { job: '', machine: '' },
  };
}

describe('endpoint classes', () => {
  const value = fc.constantFrom<AttributeValue>(undefined, true, false, 0, 1, 'physics', 'x');
  const attributes = fc.record({
    owner: fc.constantFrom('alice', 'bob', 'mallory'),
    licences: value,
    inboundconnectivity: value,
    outboundconnectivity: value,
    'machine.site': value,
  });
  const end = (each: Job) => ({ kind: 'job', job: each, address: undefined }) as const;

  test('verdicts depend on the declared attributes alone, and classes are equal where those are', () => {
    const [engine, other] = [new VerdictEngine(config), new VerdictEngine(config)];
    const undeclared = fc.record({ cmd: value, zone: fc.constantFrom('licences', 'wan'), my: value, target: value });
    fc.assert(
      fc.property(attributes, attributes, undeclared, (source, destination, more) => {
        const [a, b] = [job(source), job(destination)];
        const b2 = job({ ...destination, ...more, globaljobid: `s#${serial}`, endpointtype: 'zone' });
        expect(engine.classOf(end(b2)) === engine.classOf(end(b))).toBe(true);
        // An engine of its own, so that no answer is the first engine's memory.
        expect(other.verdict(end(a), end(b2))).toEqual(engine.verdict(end(a), end(b)));
        expect(other.verdict(end(b2), end(a))).toEqual(engine.verdict(end(b), end(a)));
      }),
      { numRuns: 500 },
    );
  });

  test('a job’s Zone is job, whatever its ad says, so that zones compare with an answer', () => {
    const seen = new VerdictEngine(config).classOf(end(job({ owner: 'a', zone: 'licences' })));
    expect(seen.attributes.get('Zone')).toBe('job');
    expect(seen.attributes.get('EndpointType')).toBe('job');
  });
});

describe('counting classes', () => {
  test('jobs that are alike to the policies are one class; zones, wan and local are one each', () => {
    const jobs = ['alice', 'alice', 'bob', 'mallory'].map((owner) => job({ owner, cmd: String(++serial) }));
    const count = countClasses(config, jobs);
    expect(count).toMatchObject({ jobs: 4, jobClasses: 3, classes: 6, pairs: 36 });
    // mallory's 11 pairs; bob with the licence server, both ways.
    expect(count.verdicts).toEqual({ distinct: 2, dropped: 13, audited: 2 });
  });

  test('addresses that a policy tells apart are classes of their own', () => {
    const text = 'policies: [wan-access: { deny: [eve], allow-anyway: [192.0.2.1, 198.51.100.0/24] }]';
    expect(countClasses(parseConfig('p.yaml', text).config!, [])).toMatchObject({ jobs: 0, jobClasses: 0, classes: 3 });
  });
});
