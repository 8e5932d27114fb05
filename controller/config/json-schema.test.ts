import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { policyCatalogue } from '../../policies/catalogue.ts';
import { type JsonSchema, policyFileSchema } from './json-schema.ts';
import { parseConfig } from './load-config.ts';
import type { ConfigProblem } from './problem.ts';
import { spoilt, valueFor } from './testing/schema-values.ts';

const schema = policyFileSchema();
const isValid = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false }).compile(
  schema,
);
const problemsOf = (value: unknown) => (isValid(value) ? [] : (isValid.errors ?? []));

const takesAnything = { kind: { summary: 'none', schema: z.unknown(), create: () => undefined } };
const MODULES = new Map(
  ['./a/b.mjs', './keep-out.js', './policies/keep-out.js'].map((path) => [path, takesAnything] as const),
);
const load = (text: string) => parseConfig('p.yaml', text, policyCatalogue, MODULES);

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const yamlBlocks = (text: string) => [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block ?? '');

describe('what it accepts', () => {
  const samples = [
    ['mininet/policy.yaml', read('mininet/policy.yaml')],
    ...['README.md', 'docs/policy-file.md'].flatMap((page) => yamlBlocks(read(page)).map((block) => [page, block])),
    ...yamlBlocks(read('docs/policies.md')).map((block) => ['docs/policies.md', `policies:\n${block}`]),
    ['addresses in every form', 'zones: { a: [10.0.0.0/8, 192.0.2.1, 2001:DB8::/32, "::ffff:192.0.2.7", "::"] }'],
    ['sections without anything', 'zones:\nswitches: { br0: }\npolicies:\njobs:\n'],
    [
      'what YAML reads as numbers',
      'openflow: { listen: 6653, versions: [1.3, 1.0] }\nswitches: { s: { dpid: 0x1aa } }',
    ],
    ['a module', 'policies: [{ module: ./a/b.mjs, options: { any: [thing] }, audit: true }, { default: drop }]'],
  ] as [string, string][];

  test.each(samples)('%s, as the YAML of editors reads it', (_, text) => {
    // An example may name queues and zones of another.
    expect((load(text).errors ?? []).filter(({ code }) => code !== 'CONFIG_NAME_UNDEFINED')).toEqual([]);
    expect(problemsOf(parse(text))).toEqual([]);
  });
});

describe('what it refuses, as `lark check` does', () => {
  test.each([
    ['an unknown section', 'polices: []', ''],
    ['an unknown key', 'jobs: { range: [10.0.0.0/8] }', '/jobs'],
    ['a version that is none', 'openflow: { versions: ["1.1"] }', '/openflow/versions/0'],
    ['no version', 'openflow: { versions: [] }', '/openflow/versions'],
    ['a listener that is a name', 'http: { listen: localhost }', '/http/listen'],
    ['a port beyond 65535', 'http: { listen: 70000 }', '/http/listen'],
    ['a duration without unit', 'jobs: { lease: 15 }', '/jobs/lease'],
    ['a duration in words', 'jobs: { lease: soon }', '/jobs/lease'],
    ['a word that is no choice', 'jobs: { unlocated: ignore }', '/jobs/unlocated'],
    ['a prefix alone where a list belongs', 'zones: { campus: 10.0.0.0/8 }', '/zones/campus'],
    ['a prefix that is a name', 'zones: { campus: [example.org] }', '/zones/campus/0'],
    ['a zone of a name that is taken', 'zones: { WAN: [10.0.0.0/8] }', '/zones'],
    ['a store without path', 'store: {}', '/store'],
    ['too few rules', 'switches: { s: { rules: 1 } }', '/switches/s/rules'],
    ['a name with a blank', 'switches: { "a b": {} }', '/switches'],
    ['a datapath id in decimal', 'switches: { s: { dpid: "12" } }', '/switches/s/dpid'],
    ['a WAN without port', 'switches: { s: { wan: {} } }', '/switches/s/wan'],
    [
      'rates of queues',
      'switches: { s: { wan: { port: p, queues: { a: { id: 1, maxRate: 1Mbps } } } } }',
      '/switches/s/wan/queues/a',
    ],
    [
      'the number of all queues',
      'switches: { s: { wan: { port: p, queues: { a: { id: 4294967295 } } } } }',
      '/switches/s/wan/queues/a/id',
    ],
    [
      'queues made by Lark',
      'switches: { s: { wan: { port: p, queues: { a: { id: 1, managed: true } } } } }',
      '/switches/s/wan/queues/a/managed',
    ],
    [
      'a multicast gateway',
      'switches: { s: { wan: { port: p, alternates: { a: { port: q, gateway: 01:00:00:00:00:03 } } } } }',
      '/switches/s/wan/alternates/a/gateway',
    ],
    ['a port of 16 bytes', 'switches: { s: { fabric: [abcdefghijklmnop] } }', '/switches/s/fabric/0'],
    ['a port below 1', 'switches: { s: { fabric: [-1] } }', '/switches/s/fabric/0'],
    ['a machine without ports', 'switches: { s: { machines: { m: [] } } }', '/switches/s/machines/m'],
    ['an unknown policy', 'policies: [block-user: [x]]', '/policies/0'],
    ['a policy without options', 'policies: [isolate-users]', '/policies/0'],
    ['two policies in one entry', 'policies: [{ isolate-users: true, block-users: [a] }]', '/policies/0'],
    ['audit alone', 'policies: [audit: true]', '/policies/0'],
    ['options without a module', 'policies: [{ isolate-users: true, options: 1 }]', '/policies/0'],
    ['a module that is TypeScript', 'policies: [module: ./own.ts]', '/policies/0/module'],
    ['a default that is none', 'policies: [default: deny]', '/policies/0/default'],
    ['a number for a truth value', 'policies: [isolate-users: 1]', '/policies/0/isolate-users'],
    ['a user alone where a list belongs', 'policies: [block-users: mallory]', '/policies/0/block-users'],
    ['a user with a blank', 'policies: [block-users: ["a b"]]', '/policies/0/block-users/0'],
    ['wan-access that does nothing', 'policies: [wan-access: { allow-anyway: [192.0.2.1] }]', '/policies/0/wan-access'],
    [
      'a redirect without via',
      'policies: [wan-access: { redirect: { users: [a] } }]',
      '/policies/0/wan-access/redirect',
    ],
    ['access for nobody', 'policies: [access: { zone: wan }]', '/policies/0/access'],
    ['a group with an empty part', 'policies: [queues: { a..b: q }]', '/policies/0/queues'],
    ['no group', 'policies: [queues: {}]', '/policies/0/queues'],
    ['a VLAN beyond 4094', 'policies: [vlan: { names: { a: 4095 } }]', '/policies/0/vlan/names/a'],
    ['a DSCP beyond 63', 'policies: [rule: { when: "true", then: { mark: 64 } }]', '/policies/0/rule/then/mark'],
    [
      'a DSCP that has no such name',
      'policies: [rule: { when: "true", then: { mark: af14 } }]',
      '/policies/0/rule/then/mark',
    ],
    ['a rule that says nothing', 'policies: [rule: { when: "true", then: {} }]', '/policies/0/rule/then'],
    ['a rule without when', 'policies: [rule: { then: drop }]', '/policies/0/rule'],
  ])('%s', (_, text, place) => {
    expect(load(text).errors ?? []).not.toEqual([]);
    expect(problemsOf(parse(text)).map(({ instancePath }) => instancePath)).toContain(place);
  });
});

/** Reasons that no schema can know: they are about several values, or about more than the form of one. */
function isBeyondSchemas({ code, message }: ConfigProblem): boolean {
  if (code !== 'CONFIG_VALUE_INVALID') {
    const needsName =
      code === 'CONFIG_VALUE_MISSING' && /so this switch needs a "dpid"|prefixLength is missing: a range/.test(message);
    return (
      needsName || ['CONFIG_CONFLICT', 'CONFIG_NAME_UNDEFINED', 'CONFIG_EXPRESSION', 'CONFIG_MODULE'].includes(code)
    );
  }
  return [
    /is no prefix|has host bits set/,
    /ends before it begins|in different IP versions/,
    /is no IP address|from 0 to 65535; found|put brackets around/,
    /expected a duration from/,
    /datapath id 0 is no switch|in decimal it would be ambiguous/,
    /is all zero/,
    /OpenFlow port number from 1|is too long: OpenFlow carries/,
    /letter case does not count/,
    /expected "1.3" or "1.0".*found the number 1$/,
  ].some((reason) => reason.test(message));
}

describe('random files', () => {
  const file = valueFor(schema);

  function agree(value: unknown): void {
    const { errors = [] } = load(JSON.stringify(value));
    // What JSON cannot say in a file, such as a number with a fraction, is not the same on both sides.
    const faults = problemsOf(JSON.parse(JSON.stringify(value)));
    if (errors.length === 0) expect(faults).toEqual([]);
    if (faults.length === 0) expect(errors.filter((error) => !isBeyondSchemas(error))).toEqual([]);
  }

  test('what the schema accepts, the loader takes, or refuses for what no schema can tell', () => {
    fc.assert(
      fc.property(file, (value) => {
        expect(problemsOf(value)).toEqual([]);
        agree(value);
      }),
      { numRuns: 200 },
    );
  });

  test('with a spoilt place: the loader takes nothing that the schema refuses, and so on', () => {
    fc.assert(fc.property(file.chain(spoilt), agree), { numRuns: 600 });
  });
});

test('every value has a form: only what a module says of its options is anything', () => {
  const anything: string[] = [];
  const walk = (each: JsonSchema, path: string) => {
    const { title, description, examples, default: _, ...keywords } = each;
    if (Object.keys(keywords).length === 0) anything.push(path);
    for (const [name, inner] of Object.entries(each.properties ?? {})) walk(inner, `${path}/${name}`);
    for (const inner of each.anyOf ?? []) if (inner.required === undefined) walk(inner, path);
    if (each.items) walk(each.items, `${path}/*`);
    if (each.additionalProperties) walk(each.additionalProperties, `${path}/*`);
  };
  walk(schema, '');
  expect(anything).toEqual(['/policies/*/options']);
});

test('every key says what it means', () => {
  const silent: string[] = [];
  const walk = (each: JsonSchema, path: string) => {
    for (const [name, inner] of Object.entries(each.properties ?? {})) {
      if (inner.description === undefined && inner.title === undefined) silent.push(`${path}/${name}`);
      walk(inner, `${path}/${name}`);
    }
    for (const inner of each.anyOf ?? []) walk(inner, path);
    if (each.items) walk(each.items, path);
    if (each.additionalProperties) walk(each.additionalProperties, `${path}/*`);
  };
  walk(schema, '');
  expect(silent).toEqual([]);
});
