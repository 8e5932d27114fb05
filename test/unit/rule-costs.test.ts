// What the multi-table pipeline costs in rules, counted on the pipeline itself: docs/pipeline.md has this very table.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseConfig } from '../../controller/config/load-config.ts';
import type { ForwardingView } from '../../controller/enforcement/ends.ts';
import { MultiTablePipeline } from '../../controller/enforcement/multi-table/multi-table.ts';
import { PolicyView } from '../../controller/enforcement/policy-view.ts';
import { CORE, mac, makeJob } from '../../controller/enforcement/testing/scene.ts';
import { JobTable, type PortLocation } from '../../controller/network/job-table.ts';
import { SwitchState } from '../../controller/network/switch-state.ts';
import { type Capabilities, STANDARD } from '../../controller/southbound/capabilities.ts';

const OPEN_VSWITCH: Capabilities = { registers: true, connections: true };
const OWN_PORT = { dpid: CORE, portNo: 1 };
const SHARED_PORT = { dpid: CORE, portNo: 2 };
const HOST_PORT = 3;
const FABRIC_PORT = 4;
const ELSEWHERE = { dpid: CORE + 1n, portNo: 1 };
const IPV4 = ['10.1.0.11'];
const IPV6 = ['2001:db8:1::11'];
const JOB_MAC = mac('02:00:00:01:00:11');
const HOST_MAC = mac('02:00:00:00:00:02');

interface Site {
  readonly capabilities: Capabilities;
  readonly policies?: string;
  readonly zones?: readonly string[];
  readonly jobs?: readonly {
    readonly user: string;
    readonly addresses: readonly string[];
    readonly at?: PortLocation;
  }[];
  readonly host?: boolean;
}

/** How many rules each kind of thing takes there. */
function count({ capabilities, policies = '[]', zones = ['10.0.0.0/8'], jobs = [], host = false }: Site) {
  const text = `
jobs: { ranges: [10.1.0.0/16, 2001:db8:1::/64], unlocated: by-address }
zones: { campus: [${zones.join(', ')}] }
switches: { s: { dpid: "${CORE.toString(16).padStart(16, '0')}", machines: { wn: [shared] }, fabric: [trunk] } }
policies: ${policies}`;
  const { config, errors } = parseConfig('policy.yaml', text);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  const table = new JobTable();
  const identity = { dpid: CORE, version: 4, config: config.switches[0], canMatchArp: true, agesHosts: false } as const;
  const state = new SwitchState(identity, { now: () => 0 });
  const names = ['own', 'shared', 'host', 'trunk'];
  state.setPorts(names.map((name, i) => ({ portNo: i + 1, name, mac: 0, isUp: true })));
  const view: ForwardingView = { state, jobs: table, policy: new PolicyView(config) };
  for (const [i, { user, addresses, at = OWN_PORT }] of jobs.entries()) {
    const job = makeJob({ name: `${i}`, user, addresses, mac: (JOB_MAC + i) as typeof JOB_MAC });
    table.add(job, at);
    view.policy.meet(job);
    if (at.dpid !== CORE) state.hosts.learn(job.mac!, FABRIC_PORT);
    else state.markJobPort(at.portNo);
  }
  if (host) state.hosts.learn(HOST_MAC, HOST_PORT);
  const pipeline = new MultiTablePipeline(view);
  pipeline.adapt(capabilities);
  const rules = [...pipeline.groups()].flatMap((group) => pipeline.rulesOf(group).map((rule) => ({ group, rule })));
  return (start: string) => rules.filter(({ group }) => group.startsWith(start)).length;
}

const job = (addresses: readonly string[], at?: PortLocation, user = 'alice') => ({
  user,
  addresses,
  ...(at && { at }),
});
/** Of two sites, how many rules more the second takes. */
const more = (start: string, less: Site, than: Site) => count(than)(start) - count(less)(start);
const isolated = (capabilities: Capabilities, users: number): Site => ({
  ...{ capabilities, policies: '[isolate-users: true]' },
  jobs: Array.from({ length: users }, (_, i) => job([`10.1.${i >> 8}.${i & 255}`], undefined, `user${i}`)),
});
const withPolicies = (capabilities: Capabilities, policies: string): Site => ({
  ...isolated(capabilities, 50),
  policies: `[isolate-users: true${policies}]`,
});

type Cost = (capabilities: Capabilities) => number;
const ROWS: readonly (readonly [string, Cost])[] = [
  ['job with an IPv4 address', (capabilities) => count({ capabilities, jobs: [job(IPV4)] })('job')],
  ['job with an IPv6 address', (capabilities) => count({ capabilities, jobs: [job(IPV6)] })('job')],
  ['job with both', (capabilities) => count({ capabilities, jobs: [job([...IPV4, ...IPV6])] })('job')],
  [
    'another IPv4 address of a job',
    (capabilities) =>
      more('job', { capabilities, jobs: [job(IPV4)] }, { capabilities, jobs: [job([...IPV4, '10.1.0.12'])] }),
  ],
  [
    'job with an IPv4 address at another switch, that jobs here may talk to or hear from',
    (capabilities) =>
      more('', { capabilities, jobs: [job(IPV4)] }, { capabilities, jobs: [job(IPV4), job(['10.1.0.12'], ELSEWHERE)] }),
  ],
  [
    'any other job at another switch, where it was heard of',
    (capabilities) => more('', { capabilities }, { capabilities, jobs: [job(IPV4, ELSEWHERE)] }),
  ],
  ["job's port of its own", (capabilities) => count({ capabilities, jobs: [job(IPV4)] })('port:1')],
  [
    "port that machine's jobs share",
    (capabilities) => count({ capabilities, jobs: [job(IPV4, SHARED_PORT)] })('port:2'),
  ],
  ['port of others', (capabilities) => count({ capabilities })('port:3')],
  ['host that is no job', (capabilities) => count({ capabilities, host: true })('host')],
  [
    'prefix of a zone',
    (capabilities) => more('base', { capabilities }, { capabilities, zones: ['10.0.0.0/8', '172.16.0.0/12'] }),
  ],
  ['the file itself', (capabilities) => count({ capabilities })('base')],
  ['verdicts of 50 users isolated from each other', (capabilities) => count(isolated(capabilities, 50))('verdicts')],
  ['verdicts of 200 such users', (capabilities) => count(isolated(capabilities, 200))('verdicts')],
  [
    'with 50: `block-users` for one of them, more',
    (capabilities) => more('', withPolicies(capabilities, ''), withPolicies(capabilities, ', {block-users: [user7]}')),
  ],
  [
    'with 50: `wan-access` that denies one and allows a prefix anyway, more',
    (capabilities) =>
      more(
        '',
        withPolicies(capabilities, ''),
        withPolicies(capabilities, ', {wan-access: {deny: [user7], allow-anyway: [192.0.2.0/24]}}'),
      ),
  ],
  [
    'with 50: `connectivity`, where no job asks for less than all, more',
    (capabilities) => more('', withPolicies(capabilities, ''), withPolicies(capabilities, ', {connectivity: true}')),
  ],
  [
    'with 50: `rule` that marks what one of them sends, more',
    (capabilities) =>
      more(
        '',
        withPolicies(capabilities, ''),
        withPolicies(capabilities, `, {rule: {when: 'MY.Owner =?= "user7"', then: {mark: ef}}}`),
      ),
  ],
];

const HEADER = '| for each | Open vSwitch | standard 1.3 |';

it('docs/pipeline.md says how many rules each thing costs, with registers and without', () => {
  const lines = ROWS.map(([what, cost]) => `| ${what} | ${cost(OPEN_VSWITCH)} | ${cost(STANDARD)} |`);
  const table = [HEADER, '|---|---|---|', ...lines].join('\n');
  const text = readFileSync(new URL('../../docs/pipeline.md', import.meta.url), 'utf8');
  const [found] = text.slice(text.indexOf(HEADER)).split('\n\n');
  expect(found).toBe(table);
});
