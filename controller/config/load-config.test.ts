import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkReport } from './check-report.ts';
import type { Config } from './config.ts';
import { defaultConfig, loadConfig, parseConfig } from './load-config.ts';
import { formatProblem } from './problem.ts';

const errors = (text: string) => (parseConfig('p.yaml', text).errors ?? []).map(formatProblem);
const warnings = (text: string) => parseConfig('p.yaml', text).warnings.map(formatProblem);

function config(text: string): Config {
  const result = parseConfig('p.yaml', text);
  if (result.config === undefined) throw new Error(checkReport(result));
  return result.config;
}

const RANGES = 'jobs: { ranges: [10.1.0.0/16] }\n';
const WAN = `switches:
  core:
    wan:
      port: eth0
      queues: { default: { id: 0 }, cms: { id: 1, managed: false } }
      alternates: { i2: { port: eth1, gateway: 02:00:00:00:00:03 } }
`;

test('without a file everything has its documented default', () => {
  expect(defaultConfig()).toEqual({
    file: '(defaults)',
    openflow: {
      listen: { host: '0.0.0.0', port: 6653 },
      versions: [4, 1],
      echoIntervalMs: 5000,
      foreign: 'leave',
      packetInLimit: { perSec: 1000, burst: 2000, holdSec: 10 },
    },
    http: { listen: { host: '127.0.0.1', port: 8080 } },
    jobs: {
      listen: { host: '127.0.0.1', port: 9620 },
      ranges: [],
      leaseMs: undefined,
      claims: 'open',
      workers: new Map(),
      unlocated: 'refuse',
      notConnected: 'refuse',
      nat: 'refuse',
      settleMs: 200,
      confirmTimeoutMs: 2000,
    },
    store: undefined,
    limits: { classes: 4096, rules: 1_000_000 },
    addresses: [],
    zones: [],
    switches: [],
    policies: [],
    default: { action: 'forward', place: undefined },
  });
});

test('every section of a whole file arrives', () => {
  const { openflow, jobs, switches, policies, ...rest } = config(`
openflow: { listen: "[::]:6653", versions: [1.3], echoInterval: 2s, packetInLimit: { rate: off } }
jobs: { listen: 9000, ranges: [10.1.0.0/16], lease: 1h30m, unlocated: by-address, nat: unenforced, settle: 0, confirmTimeout: 1s }
zones: { campus: [10.0.0.0/8] }
switches:
  core:
    dpid: 00:00:00:00:00:00:00:0a
    wan: { port: 1, queues: { default: { id: 0 } } }
    fabric: [eth7]
    machines: { wn1.example.edu: [veth1, veth2] }
  000000000000000b:
policies:
  - isolate-users: true
  - isolate-users: false
  - default: drop
`);
  expect(openflow).toEqual({
    listen: { host: '::', port: 6653 },
    versions: [4],
    echoIntervalMs: 2000,
    foreign: 'leave',
    packetInLimit: undefined,
  });
  expect(jobs).toMatchObject({ leaseMs: 5_400_000, unlocated: 'by-address', nat: 'unenforced', settleMs: 0 });
  expect(switches).toEqual([
    {
      name: 'core',
      dpid: 10n,
      wan: { port: '1', queues: new Map([['default', { id: 0 }]]), alternates: new Map() },
      fabric: ['eth7'],
      machines: new Map([['wn1.example.edu', ['veth1', 'veth2']]]),
    },
    { name: '000000000000000b', dpid: 11n, wan: undefined, fabric: [], machines: new Map() },
  ]);
  expect(policies.map(({ policy, place }) => [policy.name, place.line, place.column])).toEqual([
    ['isolate-users', 13, 5],
  ]);
  expect(rest.default).toEqual({ action: 'drop', place: { file: 'p.yaml', line: 15, column: 5 } });
});

test('sections with nothing in them mean the same as none', () => {
  expect(config('zones:\nswitches:\npolicies:\njobs:\n')).toMatchObject({ zones: [], switches: [], policies: [] });
});

test('an empty file says so', () => {
  for (const text of ['', '\n# nothing\n', '---\n']) {
    expect(errors(text)).toEqual([expect.stringContaining('p.yaml: is empty')]);
  }
});

test('a byte order mark and Windows line ends change nothing', () => {
  expect(config(`\ufeffjobs:\r\n  lease: 15m\r\n`).jobs.leaseMs).toBe(900_000);
  expect(errors('\ufeffjbos: 1\r\n')).toEqual(['p.yaml:1:1: unknown key "jbos"; did you mean "jobs"?']);
});

test('a file over 1 MiB, in UTF-16 or in no encoding is refused', () => {
  expect(errors(`# ${'x'.repeat(1024 * 1024)}`)).toEqual([expect.stringContaining('larger than 1 MiB')]);
  const of = (...bytes: number[]) => parseConfig('p.yaml', Uint8Array.from(bytes)).errors?.map(formatProblem);
  expect(of(0xff, 0xfe, 0x61, 0)).toEqual(['p.yaml: is UTF-16: save it as UTF-8']);
  expect(of(0x61, 0xff)).toEqual(['p.yaml: is not UTF-8 text: save it as UTF-8']);
});

test('a path that cannot be read is an error like any other', async () => {
  const { errors: missing } = await loadConfig('no/such/policy.yaml');
  expect(missing?.map(formatProblem)).toEqual(['no/such/policy.yaml: does not exist: check the path']);
  const { errors: directory } = await loadConfig(import.meta.dirname);
  expect(directory?.[0]?.message).toContain('is a directory');
});

test('all errors of a file are reported at once, in its order', () => {
  const text = `openflow: { listen: 70000 }
http: { lisen: 80 }
jobs: { ranges: [10.1.0.5/24], lease: soon }
zones:
  wan: [192.0.2.0/24]
  a: [10.0.0.0/33]
switches:
  core:
    wna: { port: eth0 }
  edge:
    dpid: 12
policies:
  - block-user: [x]
  - isolate-users: 1
`;
  expect(errors(text).map((line) => line.replace(/^p.yaml:/, ''))).toEqual([
    '1:21: openflow.listen: expected a port from 0 to 65535; found 70000',
    '2:9: unknown key "lisen"; did you mean "listen"?',
    '3:18: jobs.ranges: "10.1.0.5/24" has host bits set: write 10.1.0.0/24 for the whole network, or 10.1.0.5 for that one address',
    '3:39: jobs.lease: expected a duration such as 200ms, 15m or 1h30m; found the text "soon"',
    '5:3: "wan" cannot name a zone: it stands for all addresses that no zone covers',
    '6:7: zones.a: "10.0.0.0/33" is no prefix: expected a length from 0 to 32 after the slash, such as 10.0.0.0/32',
    '9:5: unknown key "wna"; did you mean "wan"?',
    '11:11: switches.edge.dpid: expected a datapath id such as 00:00:00:1a:a0:09:fb:c9 or 0000001aa009fbc9; found the number 12; in decimal it would be ambiguous, so write 0xc',
    '13:5: unknown policy "block-user"; did you mean "block-users"?',
    '14:20: policies.isolate-users: expected true or false; found the number 1',
  ]);
});

test.each([
  [
    'two zones with one prefix',
    'zones:\n  a: [10.0.0.0/8]\n  b: [10.0.0.0/8]',
    'p.yaml:3:7: 10.0.0.0/8 belongs to zone a already (p.yaml:2:7)',
  ],
  [
    'two switches with one datapath id',
    'switches:\n  a: { dpid: 0x1 }\n  b: { dpid: 00:00:00:00:00:00:00:01 }',
    'p.yaml:3:14: switch "a" has this datapath id already',
  ],
  [
    'two queues with one id',
    'switches: { s: { wan: { port: p, queues: { a: { id: 1 }, b: { id: 1 } } } } }',
    'queue id 1 already belongs to "a"',
  ],
  [
    'an alternate on the WAN port',
    'switches: { s: { wan: { port: p, alternates: { x: { port: p, gateway: 02:00:00:00:00:01 } } } } }',
    'port p is already the WAN port',
  ],
  [
    'a job port that is a fabric port',
    'switches: { s: { fabric: [p], machines: { m: [p] } } }',
    'port p is already a fabric port',
  ],
  [
    'a machine at two switches',
    'switches: { s: { machines: { wn: [p] } }, t: { machines: { WN: [p] } } }',
    'switch "s" claims WN already',
  ],
  ['two listeners on one port', 'http: { listen: 0.0.0.0:9620 }', 'jobs and http both listen on port 9620'],
  [
    'rates of queues',
    'switches: { s: { wan: { port: p, queues: { a: { id: 1, maxRate: 1Mbps } } } } }',
    'this version does not set rates',
  ],
  [
    'queues made by Lark',
    'switches: { s: { wan: { port: p, queues: { a: { id: 1, managed: true } } } } }',
    'this version does not make queues',
  ],
  [
    'a queue without id',
    'switches: { s: { wan: { port: p, queues: { a: {} } } } }',
    'missing key "id": expected a queue id',
  ],
  [
    'the number of all queues',
    'switches: { s: { wan: { port: p, queues: { a: { id: 4294967295 } } } } }',
    'from 0 to 4294967294',
  ],
  ['a long name without datapath id', 'switches: { a-switch-in-the-basement: {} }', 'needs a "dpid"'],
])('%s: refused', (_, text, words) => {
  expect(errors(text).join('\n')).toContain(words);
});

test('a queue or alternate that no switch has is an error with the nearest name', () => {
  const policies = `policies:
  - queues: { group_a: cmss, "*": default }
  - wan-access: { redirect: { users: [alice], via: internet2 } }
`;
  expect(errors(RANGES + WAN + policies)).toEqual([
    'p.yaml:9:24: no switch\'s wan has a queue "cmss"; did you mean "cms"?',
    'p.yaml:10:52: no switch\'s wan has an alternate "internet2"; define it under switches.NAME.wan.alternates',
  ]);
  expect(errors(RANGES + policies).join('\n')).toContain(
    'no switch of this file has a wan, so there is no queue "default"',
  );
});

test('names are not called undefined where a switch that may define them was refused', () => {
  const text = `switches: { s: { wan: { prot: eth0 } } }\npolicies:\n  - queues: { "*": default }\n`;
  expect(errors(text)).toHaveLength(2);
  expect(errors(text).join()).not.toContain('queue "default"');
});

test('a switch whose wan lacks what a policy names is a warning', () => {
  const text = `${RANGES}${WAN}  edge: { wan: { port: eth9 } }\npolicies:\n  - queues: { "*": default }\n`;
  const found = warnings(`${text}\nstore: { path: /var/lib/lark }`).filter((line) => !line.includes('no policy uses'));
  expect(found).toEqual([
    'p.yaml:10:20: warning: switch edge has a wan without queue "default": traffic that leaves there goes without',
  ]);
});

test.each([
  [
    'a policy of a later version',
    '- tunnels: { to: x }',
    'unknown policy "tunnels"; this version has block-users, isolate-users, wan-access, access, connectivity, queues, vlan, rule, module, default',
  ],
  ['a policy without options', '- isolate-users', 'such as "- isolate-users: …"; found the text "isolate-users"'],
  [
    'two policies in one entry',
    '- isolate-users: true\n    block-users: [a]',
    'p.yaml:3:5: "block-users" stands in the entry of "isolate-users": put "- " before it',
  ],
  [
    'an entry after the default',
    '- default: drop\n  - isolate-users: true',
    'p.yaml:2:5: default must be the last entry',
  ],
  ['a default that is none', '- default: deny', 'expected "drop" or "forward"; found the text "deny"'],
  ['an entry without anything', '- {}', 'found an empty mapping'],
  [
    'wan-access that does nothing',
    '- wan-access: { allow-anyway: [192.0.2.1] }',
    'expected "deny", "redirect" or both',
  ],
  ['a user name that is a number', '- block-users: [1234]', 'put quotes around it: "1234"'],
  [
    'a user alone where a list belongs',
    '- block-users: mallory',
    'expected a list such as [a, b]; found the text "mallory"',
  ],
  [
    'one group in two spellings',
    '- queues: { group_a: x, Group_A: y }',
    'p.yaml:2:36: policies.queues.Group_A: "Group_A" and "group_a" are one group',
  ],
])('policies: %s: refused', (_, entry, words) => {
  expect(errors(`policies:\n  ${entry}\n`).join('\n')).toContain(words);
});

test.each([
  [
    'a user with a domain',
    'policies: [block-users: [alice@example.org]]',
    'a job\'s Owner has no domain; write "alice"',
  ],
  ['no names at all', 'policies: [block-users: []]', 'acts for nobody'],
  [
    'a user denied and redirected',
    `${WAN}policies: [wan-access: { deny: [a], redirect: { users: [a], via: i2 } }]`,
    '"a" is denied the WAN above',
  ],
  [
    'exceptions from nothing',
    `${WAN}policies: [wan-access: { allow-anyway: [192.0.2.1], redirect: { users: [a], via: i2 } }]`,
    'has no effect without "deny"',
  ],
  ['no job ranges', 'policies: [isolate-users: true]', 'no jobs.ranges: the address of a job that has ended counts as'],
  ['unlocated jobs', 'jobs: { unlocated: by-address }', 'any host can send from their address'],
  [
    'fail mode standalone',
    'switches: { a: { dpid: "000000000000000a", failMode: standalone } }',
    'forwards everything',
  ],
  ['IPv6 on OpenFlow 1.0', 'zones: { a: [2001:db8::/32] }', 'OpenFlow 1.0 cannot match IPv6 addresses'],
  ['a zone within the job ranges', `${RANGES}zones: { a: [10.1.2.0/24] }`, 'never acts as zone a'],
  ['a zone of local addresses', 'zones: { a: [fe80::/64] }', 'has only local addresses'],
  ['a zone that leaves nothing to wan', 'zones: { all: [0.0.0.0/0] }', 'none is in the zone wan'],
  ['a job range that is the whole Internet', 'jobs: { ranges: [0.0.0.0/0] }', 'makes every address a job'],
])('%s: a warning, and the file can be used', (_, text, words) => {
  expect(errors(text)).toEqual([]);
  expect(warnings(text).join('\n')).toContain(words);
});

test('OpenFlow 1.3 alone needs no warning about IPv6, and IPv4 alone none about 1.0', () => {
  expect(warnings('openflow: { versions: ["1.3"] }\nzones: { a: [2001:db8::/32] }')).toEqual([]);
  expect(warnings('zones: { a: [192.0.2.0/24] }')).toEqual([]);
});

test('an error under an anchor is reported once, however often it is used', () => {
  expect(errors('zones:\n  a: &p [10.0.0.1/8]\n  b: *p\n')).toEqual([expect.stringContaining('p.yaml:2:10: ')]);
});

test('the same policy given twice acts twice, in the order of the file', () => {
  const { policies } = config('policies:\n  - block-users: [a]\n  - block-users: [b]\n');
  expect(policies.map(({ place }) => place.line)).toEqual([2, 3]);
});

const samplePath = new URL('../../mininet/policy.yaml', import.meta.url).pathname;

test('the demonstration’s policy loads, and its warnings are about IPv6 on OpenFlow 1.0 and registrations in memory', async () => {
  const result = await loadConfig(samplePath);
  const messages = result.warnings.map(({ message }) => message).sort();
  expect(messages).toEqual([
    expect.stringContaining('OpenFlow 1.0 cannot match IPv6'),
    expect.stringContaining('no store'),
  ]);
  expect(result.config?.policies.map(({ policy }) => policy.name)).toEqual([
    'block-users',
    'isolate-users',
    'wan-access',
    'queues',
  ]);
  const [demo] = result.config?.switches ?? [];
  expect(demo).toMatchObject({ name: 'larkdemo', dpid: undefined, wan: { port: 'wan0' } });
  expect(demo?.wan?.alternates.get('i2')).toEqual({ port: 'alt0', gateway: 0x020000000003 });
});

test('no edit of a file, however wild, makes loading throw or give a place outside it', () => {
  const sample = readFileSync(samplePath, 'utf8');
  const lineCount = sample.split('\n').length;
  const snippet = fc.constantFrom(
    ':',
    '-',
    '{',
    ']',
    '*x',
    '&x ',
    '!!',
    '\t',
    '\n',
    '"',
    '#',
    '? ',
    '---\n',
    '~',
    '0x',
    '|',
    '%',
    '\u0000',
  );
  const edit = fc.tuple(fc.nat(sample.length), fc.nat(12), fc.array(snippet, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const text = edits.reduce((t, [at, cut, add]) => t.slice(0, at) + add.join('') + t.slice(at + cut), sample);
      const { errors: found = [], warnings: warned } = parseConfig('p.yaml', text);
      for (const { place, message } of [...found, ...warned]) {
        expect(message).not.toBe('');
        expect(place?.line ?? 1).toBeLessThanOrEqual(lineCount + 10);
        expect(place?.line ?? 1).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 100 },
  );
});

test('broken YAML gets one error a line, and 20 at most', () => {
  expect(errors(']'.repeat(2000))).toHaveLength(1);
  expect(errors('a: *\n'.repeat(2000))).toHaveLength(20);
});

test('ten thousand errors are told, each in its place, without a search of the file for each', () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => `wrong${i}: 1`).join('\n');
  const found = errors(keys);
  expect(found).toHaveLength(10_000);
  expect(found.at(-1)).toMatch(/^p\.yaml:10000:1: unknown key "wrong9999"/);
});

test('thousands of prefixes in zones and ranges are checked against each other quickly', () => {
  const prefixes = (first: number) =>
    Array.from({ length: 5000 }, (_, i) => `${first}.${i >> 8}.${i & 255}.0/24`).join(', ');
  const text = `jobs: { ranges: [${prefixes(10)}] }\nzones: { a: [${prefixes(11)}], b: [${prefixes(12)}] }`;
  expect(config(text).zones.map((zone) => zone.prefixes.length)).toEqual([5000, 5000]);
});

test('the store’s directory is taken from the policy file’s own', () => {
  const store = (path: string) => parseConfig('/etc/lark/policy.yaml', `store: { path: ${path} }`).config?.store;
  expect(store('/var/lib/lark')).toEqual({ path: '/var/lib/lark' });
  expect(store('store')).toEqual({ path: '/etc/lark/store' });
  expect(parseConfig('p.yaml', 'store:').config?.store).toBeUndefined();
});

test.each(['store: {}', 'store: { path: "" }', 'store: { path: 7 }', 'store: [a]', 'store: { dir: a }'])(
  '%s is refused',
  (text) => expect(parseConfig('p.yaml', text).errors).toHaveLength(text.includes('dir') ? 2 : 1),
);

test.each([
  [
    'jobs: { listen: 0.0.0.0:9620, ranges: [10.1.0.0/16] }',
    /1:17: warning: whoever reaches this address can register jobs/,
  ],
  ['jobs: { listen: "[2001:db8::1]:9620", ranges: [10.1.0.0/16] }', /1:17: warning: whoever reaches this address/],
  [
    'jobs: { workers: { wn1: { from: [10.0.0.1] } } }',
    /1:9: warning: jobs.workers has no effect without jobs.claims: strict/,
  ],
  [
    'jobs: { claims: strict, workers: { wn1: { ranges: [10.1.0.0/24] } } }',
    /1:17: warning: no job can be registered: nothing/,
  ],
])('a feed that listens to anyone, or to nobody, is warned of: %s', (text, message) => {
  expect(warnings(text)).toEqual([expect.stringMatching(message)]);
});

test.each([
  'jobs: { listen: 127.0.0.1:9620 }',
  'jobs: { listen: 0.0.0.0:9620, from: [10.0.0.0/24] }',
  'jobs: { listen: 0.0.0.0:9620, tls: { certificate: a, key: b, clientCa: c } }',
  'jobs: { listen: 0.0.0.0:9620, claims: strict, workers: { wn1: { from: [10.0.0.1], ranges: [10.1.0.0/24] } } }',
])('a feed that knows whom it listens to is not: %s', (text) => {
  expect(warnings(text)).toEqual([]);
});

test('machines of workers are compared without letter case', () => {
  expect([
    ...config('jobs: { claims: strict, workers: { WN1.Example.edu: { from: [10.0.0.1] } } }').jobs.workers.keys(),
  ]).toEqual(['wn1.example.edu']);
  expect(errors('jobs: { from: [] }')[0]).toMatch(/1:15: jobs.from: expected at least one prefix/);
});
