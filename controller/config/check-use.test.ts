import { describe, expect, test } from 'vitest';
import { policyCatalogue } from '../../policies/catalogue.ts';
import { parseConfig } from './load-config.ts';

const SWITCH =
  'switches: { s: { wan: { port: 1, queues: { q: { id: 1 }, r: { id: 2 } }, alternates: { i2: { port: 2, gateway: 02:00:00:00:00:03 } } } } }\n';
const MODULES = new Map([['./own.js', { kind: policyCatalogue.get('isolate-users')! }]]);

/** `line:column: message` of each warning whose message has the words. */
function said(text: string, words: RegExp): string[] {
  const { errors = [], warnings } = parseConfig('p.yaml', text, policyCatalogue, MODULES);
  expect(errors).toEqual([]);
  const found = warnings.filter(({ message }) => words.test(message));
  return found.map(({ message, place }) => `${place?.line}:${place?.column}: ${message}`);
}

describe('zones that shadow', () => {
  const hidden = (text: string) => said(text, /never acts: remove it/);

  test('a prefix whose halves are in other zones', () => {
    expect(hidden('zones:\n  all: [10.0.0.0/8]\n  low: [10.0.0.0/9]\n  high: [10.128.0.0/9]\n')).toEqual([
      '2:9: every address of 10.0.0.0/8 is in a longer prefix (zone low, zone high), so this one never acts: remove it, or the longer ones',
    ]);
  });

  test('a job range hides what it leaves nothing of', () => {
    expect(hidden('jobs: { ranges: [10.0.0.0/9] }\nzones: { all: [10.0.0.0/8], high: [10.128.0.0/9] }')).toEqual([
      expect.stringMatching(/^2:16: every address of 10\.0\.0\.0\/8 .*\(jobs\.ranges, zone high\)/),
    ]);
  });

  test('within one zone the longer ones do as much', () => {
    expect(hidden('zones: { all: [10.0.0.0/8, 10.0.0.0/9, 10.128.0.0/9] }')).toEqual([
      expect.stringMatching(/\(zone all\), so this one never acts: remove it$/),
    ]);
  });

  test('a policy about a zone that has nothing left is told where it names it', () => {
    const about = (zones: string, ranges = '10.2.0.0/16') =>
      said(
        `jobs: { ranges: [${ranges}] }\nzones: ${zones}\npolicies: [access: { zone: a, users: [carol] }]`,
        /^no address is in zone/,
      );
    const expected = ['3:28: no address is in zone a, so this never acts: see its prefixes'];
    expect(about('{ a: [] }')).toEqual(expected);
    expect(about('{ a: [10.2.3.0/24] }')).toEqual(expected);
    expect(about('{ a: [10.3.0.0/24], b: [10.3.0.0/25, 10.3.0.128/25] }')).toEqual(expected);
    expect(about('{ a: [10.2.3.0/24, 10.4.0.0/16] }')).toEqual([]);
  });

  test('no alarm where an address is left', () => {
    expect(hidden('zones: { all: [10.0.0.0/8], most: [10.0.0.0/9, 10.128.0.0/10] }')).toEqual([]);
  });
});

describe('what no policy uses', () => {
  const unused = (policies: string) => said(`${SWITCH}policies: ${policies}`, /^no policy uses/);

  test('is told where it stands', () => {
    expect(unused('[queues: { "*": q }]')).toEqual([
      '1:58: no policy uses the queue "r": name it in "queues" or a rule, or remove it',
      '1:88: no policy uses the alternate "i2": name it in "redirect" of wan-access or in "via" of a rule, or remove it',
    ]);
  });

  test('no alarm where all is used, or where a module may use it', () => {
    expect(unused('[{ queues: { a: q, "*": r } }, { rule: { when: true, then: { via: i2 } } }]')).toEqual([]);
    expect(unused('[{ module: ./own.js, options: true }]')).toEqual([]);
  });

  test('nothing is said of a file that is refused', () => {
    const { errors = [], warnings } = parseConfig('p.yaml', `${SWITCH}policies: [queues: { a..b: q }]`);
    expect(errors).toHaveLength(1);
    expect(warnings.filter(({ message }) => message.startsWith('no policy uses'))).toEqual([]);
  });
});

describe('ends that cannot be', () => {
  const impossible = (when: string) =>
    said(`zones: { licences: [10.9.0.7] }\npolicies:\n  - rule:\n      when: ${when}\n      then: drop\n`, /^no end's/);

  test('a zone or kind of end that there is none of', () => {
    expect(impossible('MY.Owner =?= "a" && TARGET.Zone == "licence"')).toEqual([
      '4:13: no end\'s Zone is "licence"; did you mean "licences"?',
    ]);
    expect(impossible('MY.EndpointType == "host"')).toEqual([
      '4:13: no end\'s EndpointType is "host"; it is one of job, zone, local',
    ]);
  });

  test.each(['TARGET.Zone == "LICENCES"', 'TARGET.Zone == "wan"', 'MY.EndpointType == "job"', 'MY.Site == "nowhere"'])(
    'no alarm for %s',
    (when) => expect(impossible(when)).toEqual([]),
  );
});

describe('a DSCP where OpenFlow 1.0 is spoken', () => {
  const marks = (head: string) =>
    said(`${head}\npolicies: [rule: { when: true, then: { mark: ef } }]`, /cannot write a DSCP into IPv6/);

  test('is told where there is IPv6 to be marked', () => {
    expect(marks('jobs: { ranges: [2001:db8::/64] }')).toEqual([expect.stringMatching(/^2:46: OpenFlow 1\.0/)]);
  });

  test('no alarm without 1.0, or without IPv6', () => {
    expect(marks('jobs: { ranges: [10.0.0.0/24] }')).toEqual([]);
    expect(marks('openflow: { versions: ["1.3"] }\njobs: { ranges: [2001:db8::/64] }')).toEqual([]);
  });
});
