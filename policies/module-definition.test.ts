import { expect, test } from 'vitest';
import { readPolicyModule } from './module-definition.ts';
import type { PolicyContext } from './policy-kind.ts';

const context: PolicyContext = {
  number: 1,
  warn() {},
  usesQueue() {},
  usesAlternate() {},
  usesZone() {},
  usesMark() {},
};
const good = { name: 'own', significantAttributes: ['Owner'], judge: () => undefined };
const moduleWith = (policy: unknown) => ({ default: { summary: 'x', create: () => policy } });

function create(namespace: unknown, options: unknown = undefined) {
  const reading = readPolicyModule(namespace);
  if ('problem' in reading) throw new Error(reading.problem);
  return reading.value.create(options, context);
}

test('a definition becomes a kind whose policies are guarded', () => {
  const policy = create(
    { default: { summary: 'x', create: (options: unknown) => ({ ...good, name: String(options) }) } },
    'mine',
  );
  expect(policy).toMatchObject({ name: 'mine', tally: { failed: 0 } });
  expect(create(moduleWith(undefined))).toBeUndefined();
});

test.each<[string, unknown, string]>([
  ['nothing', {}, 'no default export: expected "export default {'],
  ['a named export alone', { policy: good }, 'no default export'],
  ['a function', { default: () => good }, 'its default export is a function'],
  ['no summary', { default: { create: () => good } }, 'no summary'],
  ['no create', { default: { summary: 'x' } }, 'no function create'],
  ['a schema that is none', { default: { summary: 'x', create: () => good, schema: {} } }, 'no function safeParse'],
])('a module that exports %s is refused', (_, namespace, words) => {
  const reading = readPolicyModule(namespace);
  expect('problem' in reading && reading.problem).toContain(words);
});

test.each<[string, unknown, string]>([
  ['no policy', 7, 'create returned the number 7: expected a policy'],
  ['one without a name', { ...good, name: undefined }, "the policy's name is nothing"],
  ['one with a name in capitals', { ...good, name: 'Own' }, 'expected one in lower case'],
  ['one without judge', { ...good, judge: 1 }, 'the policy own has no function judge'],
  ['one without attributes', { ...good, significantAttributes: 'Owner' }, 'no significantAttributes'],
  ['one whose attribute is no text', { ...good, significantAttributes: [1] }, 'holds the number 1'],
  ['one whose attribute is no name', { ...good, significantAttributes: ['MY.Owner'] }, '"MY.Owner" is no attribute'],
  ['one with an attribute twice', { ...good, significantAttributes: ['Owner', 'owner'] }, 'names owner twice'],
  ['one that would part every job', { ...good, significantAttributes: ['globalJobId'] }, 'may not read globalJobId'],
  ['one with an undeclared address set', { ...good, addressSets: { Lab: [] } }, 'the address set Lab is not among'],
  [
    'one with an address set of texts',
    { ...good, significantAttributes: ['Lab'], addressSets: { Lab: ['10.0.0.0/8'] } },
    'the address set Lab is no list of prefixes',
  ],
  ['one that needs what does not exist', { ...good, needs: ['colour'] }, 'expected a list of connections and vlan'],
])('a module whose create gives %s is refused', (_, policy, words) => {
  expect(() => create(moduleWith(policy))).toThrow(words);
});

test('address sets may have names that no attribute has', () => {
  const set = {
    ...good,
    significantAttributes: ['Lab#1'],
    addressSets: { 'Lab#1': [{ network: 0x0a000000, length: 8 }] },
  };
  expect(create(moduleWith(set))?.addressSets).toEqual(set.addressSets);
});
