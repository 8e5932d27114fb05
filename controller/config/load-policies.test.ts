// The entries of a policy file that are more than a name and its options: expressions with places inside of them,
// modules, audit. What all entries share is tested with the file as a whole.

import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, parseConfig } from './load-config.ts';
import { formatProblem } from './problem.ts';

const HEAD = 'openflow: { versions: ["1.3"] }\njobs: { ranges: [10.1.0.0/16] }\n';
const ZONES = 'zones: { campus: [10.0.0.0/8], licences: [10.9.0.7] }\n';
const parse = (text: string) => parseConfig('p.yaml', text);
const errors = (text: string) => (parse(text).errors ?? []).map(formatProblem);
const suspicions = (text: string) =>
  parse(text)
    .warnings.filter(({ code }) => code === 'CONFIG_SUSPICIOUS')
    .map(formatProblem);

describe('expressions', () => {
  test.each([
    ['- rule: { when: "MY.a && time() > 1", then: drop }', 'p.yaml:2:28: policies.rule.when: time() cannot be used'],
    ["- rule:\n      when: 'MY.a == ''x'' && time() > 1'\n      then: drop", 'p.yaml:3:31: policies.rule.when: time()'],
    ['- rule:\n      when: "MY.a == \\"x\\" && time() > 1"\n      then: drop', 'p.yaml:3:31: '],
    ['- rule:\n      when: >-\n        MY.a &&\n        MY.b && time() > 1\n      then: drop', 'p.yaml:5:17: '],
    ['- rule:\n      when: MY.a\n        && MY.b == )\n      then: drop', "p.yaml:4:20: policies.rule.when: found ')'"],
    ['- access: { zone: wan, when: MY.a && random(2) == 1 }', 'p.yaml:2:40: policies.access.when: random()'],
    ['- rule: { when: "", then: drop }', 'p.yaml:2:19: policies.rule.when: expected a ClassAd expression such as'],
    ['- rule: { when: MY.a, then: accept }', 'p.yaml:2:31: policies.rule.then: expected drop, allow, or fields'],
    ['- rule: { when: MY.a, then: { colour: red } }', 'p.yaml:2:33: unknown key "colour"'],
    [
      '- rule: { when: MY.a, then: { mark: 64 } }',
      'p.yaml:2:39: policies.rule.then.mark: expected a DSCP, a whole number from 0',
    ],
    ['- rule: { when: MY.a, then: {} }', 'policies.rule.then: expected queue, via, mark or connections'],
    ['- rule: { when: MY.a, then: { connections: new } }', 'expected "replies"; found the text "new"'],
    ['- rule: { when: MY.a, then: { queue: fast } }', 'so there is no queue "fast"'],
    ['- rule: { then: drop }', 'missing key "when": expected a ClassAd expression'],
    ['- access: { zone: wan }', 'expected users, groups, when or several of them'],
    ['- access: { zone: licenses, users: [a] }', 'the file has no zone "licenses"; define it under zones'],
    ['- vlan: { names: { a: 4095 } }', 'expected a VLAN id, a whole number from 1 to 4094'],
    ['- vlan: { names: {} }', 'expected at least one name and its VLAN id'],
  ])('%s is refused', (entry, words) => {
    expect(errors(`policies:\n  ${entry}\n`).join('\n')).toContain(words);
  });

  test('errors in expressions have a code of their own', () => {
    const { errors: found } = parse('policies: [rule: { when: time(), then: drop }]');
    expect(found?.map(({ code }) => code)).toEqual(['CONFIG_EXPRESSION']);
  });

  test.each([
    ['Zone == "wan" && MY.a', 'Zone ==', 'Zone without a scope is the source’s, MY.Zone, and never'],
    ['MY.a && Owner =?= TARGET.owner', 'Owner', 'Owner without a scope is the source’s'],
    ['MY.GlobalJobId =?= "s#1"', 'GlobalJobId', 'GlobalJobId is of one job alone'],
    ['MY.a == undefined', 'undefined', 'a comparison with undefined by == or the like'],
    ['MY.a =?= true && null != MY.b', 'null', 'a comparison with undefined'],
  ])('%s is warned of', (when, at, words) => {
    const { warnings: found } = parse(`policies:\n- rule:\n    then: allow\n    when: ${when}\n`);
    // Some of these hold for nobody, which is told too.
    const suspicious = found.filter(
      ({ code, message }) => code === 'CONFIG_SUSPICIOUS' && !message.startsWith('never acts'),
    );
    expect(suspicious.map(({ message }) => message.replaceAll("'", '’'))).toEqual([expect.stringContaining(words)]);
    expect(suspicious[0]?.place).toMatchObject({ line: 4, column: 11 + when.indexOf(at) });
  });

  test('a bare name that is the source’s alone is not warned of', () => {
    expect(suspicions(`${HEAD}policies: [rule: { when: WantsFast =?= true, then: allow }]`)).toEqual([]);
  });
});

describe('audit', () => {
  test('stands beside a policy and beside the default', () => {
    const { config } = parse(
      'policies:\n  - isolate-users: true\n    audit: true\n  - default: drop\n    audit: true\n',
    );
    expect(config?.policies).toMatchObject([{ policy: { name: 'isolate-users' }, audit: true }]);
    expect(config?.default).toMatchObject({ action: 'drop', audit: true });
  });

  test('false is the same as none', () => {
    const { config } = parse('policies: [{ isolate-users: true, audit: false }]');
    expect(config?.policies[0]).not.toHaveProperty('audit');
  });

  test.each([
    ['{ isolate-users: true, audit: yes }', 'policies.audit: expected true or false; found the text "yes"'],
    ['{ audit: true }', 'expected a policy and its options; found audit alone'],
    ['{ isolate-users: true, options: [] }', '"options" belongs to a policy from a module'],
  ])('%s is refused', (entry, words) => {
    expect(errors(`policies: [${entry}]`).join('\n')).toContain(words);
  });
});

describe('a policy from a module', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lark-module-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const policyFile = (entry: string) => write('policy.yaml', `policies:\n  - module: ${entry}\n`);
  const load = async (entry: string) => loadConfig(policyFile(entry));
  const refusals = async (entry: string) => ((await load(entry)).errors ?? []).map(formatProblem).join('\n');

  const own = (name: string) => `export default {
    summary: 'drops what the options say',
    create(options, context) {
      if (!Array.isArray(options)) throw new Error('expected a list of users');
      if (options.length === 0) context.warn([], 'names nobody');
      return {
        name: '${name}',
        significantAttributes: ['Owner'],
        judge: (source) => options.includes(source.Owner) ? { action: 'drop', reason: 'own' } : undefined,
      };
    },
  };`;

  test('is loaded relative to the file, with its options, and judges', async () => {
    write('own.mjs', own('own'));
    const { config } = await load('./own.mjs\n    options: [eve]\n    audit: true');
    const [entry] = config?.policies ?? [];
    expect(entry).toMatchObject({ policy: { name: 'own' }, audit: true, place: { line: 2, column: 5 } });
    expect(entry?.policy.judge({ Owner: 'eve' }, {})).toEqual({ action: 'drop', reason: 'own' });
    expect(entry?.policy.judge({ Owner: 'bob' }, {})).toBeUndefined();
  });

  test('what it says of its options has their place', async () => {
    write('own.mjs', own('own'));
    expect(await refusals('./own.mjs\n    options: eve')).toMatch(
      /policy\.yaml:3:14: the module \.\/own\.mjs: expected a list of users$/,
    );
    const { warnings: found } = await load('./own.mjs\n    options: []');
    expect(found.map(formatProblem).join('\n')).toMatch(/policy\.yaml:3:14: warning: names nobody/);
  });

  test('a module that has changed is loaded anew, even where its time of change is the same', async () => {
    const writeThen = (content: string) => utimesSync(write('changing.mjs', content), 1_700_000_000, 1_700_000_000);
    writeThen(own('before'));
    expect((await load('./changing.mjs\n    options: [a]')).config?.policies[0]?.policy.name).toBe('before');
    writeThen(own('after'));
    expect((await load('./changing.mjs\n    options: [a]')).config?.policies[0]?.policy.name).toBe('after');
  });

  test.each([
    ['./none.mjs', /policy\.yaml:2:13: the module \.\/none\.mjs cannot be loaded: .*none\.mjs does not exist$/],
    ['own', /expected a path relative to this file, such as \.\/policies\/keep-out\.js/],
    ['./own.ts', /expected a JavaScript module, .*: compile it/],
    ['{ path: x }', /expected the path of a JavaScript module, .*found a mapping/],
  ])('%s is refused', async (entry, words) => {
    expect(await refusals(entry)).toMatch(words);
  });

  test.each([
    ['throws while it is loaded', 'throw new RangeError("no licence");', /cannot be loaded: RangeError: no licence/],
    ['exports nothing', 'export const x = 1;', /does not define a policy: it has no default export/],
    [
      'makes no policy',
      'export default { summary: "x", create: () => ({ name: "x" }) };',
      /the module \.\/bad.*: the policy x has no function judge/,
    ],
  ])('a module that %s is refused', async (what, text, words) => {
    const name = `bad-${what.replaceAll(' ', '-')}.mjs`;
    write(name, text);
    expect(await refusals(`./${name}`)).toMatch(words);
  });

  test('its code is CONFIG_MODULE; and without loading, a module is an error, never skipped', async () => {
    expect((await load('./none.mjs')).errors?.map(({ code }) => code)).toEqual(['CONFIG_MODULE']);
    expect(errors('policies: [module: ./own.mjs]')).toEqual([expect.stringContaining('was not loaded with this file')]);
  });
});

describe('what switches cannot carry out', () => {
  const of = (entry: string, versions: string) => parse(`openflow: { versions: [${versions}] }\npolicies: [${entry}]`);

  test('replies where 1.0 is spoken: a warning', () => {
    for (const entry of ['connectivity: true', 'rule: { when: MY.a, then: { connections: replies } }']) {
      expect(of(entry, '"1.0"').warnings.map(formatProblem).join('\n')).toMatch(
        /p\.yaml:2:12: warning: OpenFlow 1\.0 cannot match what tells a reply/,
      );
      expect(
        of(entry, '"1.3"')
          .warnings.map(({ message }) => message)
          .join(),
      ).not.toContain('replies');
    }
  });

  test('VLANs: everywhere', () => {
    expect(of('vlan: { names: { a: 7 } }', '"1.0", "1.3"').errors ?? []).toEqual([]);
  });
});

describe('what policies mean together', () => {
  const found = (policies: string) =>
    parse(
      `${HEAD}${ZONES}switches: { s: { wan: { port: 1, queues: { q: { id: 1 }, r: { id: 2 } }, alternates: { i2: { port: 2, gateway: 02:00:00:00:00:03 } } } } }\npolicies:\n${policies}`,
    );
  const said = (policies: string) => {
    const result = found(policies);
    expect(result.errors ?? []).toEqual([]);
    const suspicious = result.warnings.filter(
      ({ code, message }) => code === 'CONFIG_SUSPICIOUS' && !message.startsWith('no policy uses'),
    );
    return suspicious.map(({ message, place }) => `${place?.line}: ${message}`);
  };

  test.each([
    [
      '- rule: { when: true, then: drop }\n- isolate-users: true',
      /^7: never acts: rule \(p\.yaml:6:3\) decided before it/,
    ],
    ['- rule: { when: true, then: allow }\n- queues: { "*": q }', /^7: never acts: rule/],
    ['- block-users: [eve]\n- wan-access: { deny: [eve] }', /^7: never acts: block-users/],
    [
      '- block-users: [eve]\n- wan-access: { deny: [eve, bob] }',
      /^7: for user "eve" this never acts: block-users \(p\.yaml:6:3\)/,
    ],
    [
      '- wan-access: { deny: [eve] }\n- wan-access: { redirect: { users: [eve], via: i2 } }',
      /^7: never acts: wan-access/,
    ],
    ['- queues: { "*": q }\n- queues: { group_a: r }', /^7: never acts: queues/],
    [
      `- block-users: [${Array.from({ length: 60 }, (_, i) => `u${i}`)}]\n- connectivity: true\n- wan-access: { deny: [u7, zz] }`,
      /^8: for user "u7" this never acts: block-users/,
    ],
    ['- isolate-users: true\n- isolate-users: true', /^7: never acts: isolate-users/],
    [
      '- rule: { when: TARGET.Zone == "licences", then: drop }\n- access: { zone: licences, users: [a], when: \'regexp("x", MY.a)\' }\n- rule: { when: true, then: drop }\n- connectivity: true',
      /^9: never acts: rule .* and rule/,
    ],
    [
      '- rule: { when: MY.a =?= 1, then: drop }\n- rule: { when: MY.a =?= 1 && MY.b =?= 2, then: drop }',
      /^7: never acts/,
    ],
    ['- rule: { when: false, then: drop }', /^6: never acts: there are no source and destination of which/],
    ['- rule: { when: MY.a =?= 1 && MY.a =?= 2, then: drop }', /^6: never acts: there are no/],
    ['- rule: { when: MY.EndpointType =?= "job" && MY.Zone =?= "wan", then: allow }', /^6: never acts: there are no/],
    ['- rule: { when: undefined, then: allow }', /^6: never acts: there are no/],
    ['- rule: { when: 1 == 2, then: drop }', /^6: never acts: there are no/],
    ['- rule: { when: "-(2 - 2)", then: allow }', /^6: never acts: there are no/],
    ['- rule: { when: \'size("x") > 1 && MY.a =?= 1\', then: drop }', /^6: never acts: there are no/],
    ['- isolate-users: true\n- rule: { when: "!true", then: drop }', /^7: never acts: there are no/],
  ])('%s', (policies, words) => {
    expect(said(policies)).toEqual([expect.stringMatching(words)]);
  });

  test.each([
    '- wan-access: { deny: [eve] }\n- block-users: [eve]',
    '- wan-access: { deny: [eve], allow-anyway: [192.0.2.1] }\n- wan-access: { redirect: { users: [eve], via: i2 } }',
    '- queues: { group_a: q }\n- queues: { "*": r }',
    '- queues: { group_a: q, group_a.b: r }\n- rule: { when: MY.AcctGroup =?= "group_a.c", then: { via: i2, queue: r } }',
    '- isolate-users: true\n  audit: true\n- isolate-users: true',
    '- isolate-users: true\n- rule: { when: MY.Owner =!= "carol" && TARGET.Zone == "licences", then: drop }\n- access: { zone: campus, users: [alice] }\n- connectivity: true\n- queues: { "*": q }',
    '- block-users: [mallory]\n- rule: { when: MY.Owner =!= "mallory" && TARGET.Zone == "wan", then: { queue: q } }',
    '- rule: { when: MY.a =?= 1, then: drop }\n- rule: { when: MY.a == 1 || MY.a == 2, then: allow }',
    '- rule: { when: MY.Memory > 5, then: allow }\n- rule: { when: MY.Memory > 5, then: allow }',
    '- rule: { when: MY.Memory > 5 && MY.Memory < 7, then: allow }',
    '- rule: { when: 1 < 2 && MY.a =?= 1, then: allow }',
    '- rule: { when: 1 + 1 == MY.a && MY.a =!= 3, then: allow }',
    '- rule: { when: MY.a =?= 1 && TARGET.a =?= 2, then: drop }',
    '- rule: { when: MY.EndpointType =?= "job" && TARGET.Zone =?= "wan", then: allow }',
  ])('no alarm for: %s', (policies) => {
    expect(said(policies)).toEqual([]);
  });

  test('a drop whose condition is undefined for ends that can meet it', () => {
    expect(said('- rule: { when: MY.Owner == "carol", then: drop }')).toEqual([
      expect.stringMatching(
        /^6: when is undefined where the source is the zone campus and the destination a job \(no MY\.Owner\)/,
      ),
    ]);
    expect(said('- rule: { when: MY.AcctGroup == "g" && MY.EndpointType == "job", then: drop }')).toEqual([
      expect.stringContaining('where the source is a job and the destination a job (no MY.AcctGroup)'),
    ]);
  });

  test.each([
    '- rule: { when: MY.Owner =?= "carol", then: drop }',
    '- rule: { when: MY.EndpointType == "job" && MY.Owner == "carol", then: drop }',
    '- rule: { when: TARGET.Zone == "licences", then: drop }',
    '- rule: { when: MY.Owner == "carol", then: allow }',
    '- rule: { when: MY.EndpointType != "job", then: allow }\n- rule: { when: MY.Owner == "carol", then: drop }',
    '- rule: { when: MY.Owner == "carol", then: drop }\n  audit: true',
  ])('no doubt about: %s', (policies) => {
    expect(said(policies)).toEqual([]);
  });
});
