// What must hold for every policy that ships, whatever its options: a policy added to the catalogue is held to it too,
// once it has an example here.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyCatalogue } from './catalogue.ts';
import type { AttributeValue, EndpointView, Policy } from './policy.ts';

const examples: Readonly<Record<string, unknown>> = {
  'block-users': ['mallory', 'alice'],
  'isolate-users': true,
  'wan-access': { deny: ['eve'], 'allow-anyway': ['192.0.2.10'], redirect: { users: ['alice', 'eve'], via: 'i2' } },
  access: { zone: 'wan', users: ['alice'], groups: ['group_a'], when: 'MY.Trusted' },
  connectivity: true,
  queues: { group_a: 'one', 'group_a.b': 'two', '*': 'rest' },
  vlan: { names: { alice: 120, eve: 7 } },
  // biome-ignore lint/suspicious/noThenProperty: the file's word.
  rule: { when: 'MY.Owner == "alice" && TARGET.Machine.Site != "eve"', then: 'drop' },
};

const context = { number: 1, warn() {}, usesQueue() {}, usesAlternate() {}, usesZone() {}, usesMark() {} };

function make(name: string): Policy {
  const kind = policyCatalogue.get(name)!;
  const policy = kind.create(kind.schema.parse(examples[name]), context);
  if (policy === undefined) throw new Error(`the example of ${name} turns it off`);
  return policy;
}

const value = fc.constantFrom<AttributeValue>(
  'job',
  'zone',
  'local',
  'wan',
  'alice',
  'eve',
  'group_a.b',
  true,
  undefined,
);
const kindOfEnd = fc.constantFrom('job', 'zone', 'local');

function view(policy: Policy): fc.Arbitrary<EndpointView<string>> {
  const attributes = Object.fromEntries(policy.significantAttributes.map((attribute) => [attribute, value]));
  return fc.record({ ...attributes, EndpointType: kindOfEnd });
}

/** Throws where anything but a declared attribute is read. */
function guarded(policy: Policy, end: EndpointView<string>): EndpointView<string> {
  return new Proxy(end, {
    get(target, key) {
      if (typeof key !== 'string' || !policy.significantAttributes.includes(key)) {
        throw new Error(`${policy.name} reads ${String(key)}, which it does not declare`);
      }
      return target[key];
    },
  });
}

test('every policy of the catalogue has an example here', () => {
  expect(Object.keys(examples)).toEqual([...policyCatalogue.keys()]);
});

test.each([...policyCatalogue.keys()])(
  '%s reads declared attributes only, and the same ends get the same verdict',
  (name) => {
    const policy = make(name);
    expect(policy.name).toBe(name);
    const end = view(policy);
    const fresh = make(name);
    fc.assert(
      fc.property(end, end, (source, destination) => {
        const first = policy.judge(guarded(policy, source), guarded(policy, destination));
        expect(fresh.judge({ ...source, Irrelevant: 1 }, { ...destination, Irrelevant: 2 })).toEqual(first);
      }),
      { numRuns: 200 },
    );
  },
);

test.each([...policyCatalogue.keys()])('%s declares the name of each address set as an attribute', (name) => {
  const policy = make(name);
  for (const set of Object.keys(policy.addressSets ?? {})) expect(policy.significantAttributes).toContain(set);
});
