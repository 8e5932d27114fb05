// The network that the proof plays on: a tree of up to three switches, the people behind their ports, and the policy
// file, as text for Lark and as plain facts for the reference evaluator. The two are written side by side so that a
// reader can hold one against the other.

import {
  formatPrefix,
  type IpAddress,
  type MacAddress,
  type Prefix,
  parseIp,
  parseMac,
  parsePrefix,
} from '../../protocols/packet/address.ts';

export type SwitchName = 'core' | 'leaf' | 'far';
/** `registers`: multi-table on a switch that has Nicira's registers. */
export type PipelineName = 'single-table' | 'multi-table' | 'registers';

/** What is special about a switch. */
export interface SwitchSpec {
  readonly version: 1 | 4;
  readonly pipeline: PipelineName;
  /** Takes bundles; false if left out. */
  readonly bundles?: boolean;
  /** How many rules a table of it holds; undefined: as many as come. */
  readonly room?: number | undefined;
}

export const ip = (text: string): IpAddress => parseIp(text)!;
export const mac = (text: string): MacAddress => parseMac(text)!;
const prefix = (text: string): Prefix => parsePrefix(text)!;

/** OFPP_LOCAL, 32 bits wide as everywhere in the proof. */
export const LOCAL_PORT = 0xfffffffe;

export interface SwitchPlan {
  readonly dpid: bigint;
  /** Names by number. */
  readonly ports: ReadonlyMap<number, string>;
  readonly wan: string | undefined;
  readonly queues: ReadonlyMap<string, number>;
  readonly alternates: ReadonlyMap<string, { readonly port: string; readonly gateway: number }>;
  readonly fabric: readonly string[];
  /** Port names by machine. */
  readonly machines: ReadonlyMap<string, readonly string[]>;
}

const ALTERNATE_GATEWAY = mac('02:00:00:00:00:03');

export const PLAN: ReadonlyMap<SwitchName, SwitchPlan> = new Map([
  [
    'core',
    {
      dpid: 1n,
      ports: new Map([
        [1, 'c1'],
        [2, 'c2'],
        [3, 'c3'],
        [4, 'rack'],
        [5, 'chost'],
        [6, 'down1'],
        [7, 'down2'],
        [8, 'wan0'],
        [9, 'alt0'],
        [LOCAL_PORT, 'core'],
      ]),
      wan: 'wan0',
      queues: new Map([
        ['default', 0],
        ['physics', 1],
      ]),
      alternates: new Map([['i2', { port: 'alt0', gateway: ALTERNATE_GATEWAY }]]),
      fabric: ['down1', 'down2'],
      machines: new Map([['rack-node', ['rack']]]),
    },
  ],
  ['leaf', outer(2n, 'l', 'leaf')],
  ['far', outer(3n, 'f', 'far')],
]);

function outer(dpid: bigint, letter: string, name: string): SwitchPlan {
  return {
    dpid,
    ports: new Map([
      [1, `${letter}1`],
      [2, `${letter}2`],
      [4, `${letter}host`],
      [7, `${letter}up`],
      [LOCAL_PORT, name],
    ]),
    wan: undefined,
    queues: new Map(),
    alternates: new Map(),
    fabric: [`${letter}up`],
    machines: new Map(),
  };
}

/** Both ends of each cable between switches, as port names. */
export const CABLES: readonly (readonly [string, string])[] = [
  ['down1', 'lup'],
  ['down2', 'fup'],
];

/** The ports by which jobs may be attached, as `LarkExternalInterface` names them. */
export const JOB_PORTS = ['c1', 'c2', 'c3', 'rack', 'l1', 'l2', 'f1', 'f2'] as const;

/** Who has a job, and what it asks of the network: all that policies look at. */
export interface Who {
  readonly user: string;
  readonly group: string | undefined;
  /** By `OutboundConnectivity` and `InboundConnectivity`: may open connections, may be opened ones, both or neither. */
  readonly net: Net;
}
export const NETS = ['all', 'out', 'in', 'none'] as const;
export type Net = (typeof NETS)[number];

/** What the shipped policies are told, in the order of the file. */
export interface PolicyFacts {
  readonly ranges: readonly Prefix[];
  readonly zones: readonly (readonly [name: string, prefix: Prefix])[];
  readonly blocked: readonly string[];
  /** Audited: what it would drop passes. */
  readonly isolates: boolean | 'audit';
  readonly wanDeny: readonly string[];
  readonly wanAllowAnyway: readonly Prefix[];
  readonly redirected: readonly string[];
  readonly redirectVia: string;
  /** Jobs' wishes count. */
  readonly connectivity: boolean;
  /** Who alone may reach the zone `lab`. */
  readonly access: { readonly users: readonly string[]; readonly group: string } | undefined;
  /** What zones send to these users' jobs is replies. */
  readonly repliesTo: readonly string[];
  /** What these users' jobs send to `wan` goes by the queue `physics`, whatever their group. */
  readonly hasty: readonly string[];
  /** The DSCP that what these users' jobs, or anybody, sends there gets: to a zone, to a `job` or to `local` addresses. */
  readonly marks: readonly { readonly from?: string; readonly to?: string; readonly dscp: number }[];
  /** VLAN by accounting group: its jobs are in that one, those of no group in none. Undefined: no VLANs. */
  readonly vlans: ReadonlyMap<string, number> | undefined;
  /** Queue by accounting group; `*` for the rest. */
  readonly queues: ReadonlyMap<string, string>;
  /** Anybody may talk to these users' jobs, where nothing above says no. */
  readonly allowedTo: readonly string[];
  readonly dropsByDefault: boolean;
}

const ZONES = [
  ['campus', prefix('10.0.0.0/8')],
  ['campus', prefix('2001:db8:1::/48')],
  ['lab', prefix('10.9.0.0/24')],
] as const;
const OTHER_ZONES = [
  ['campus', prefix('10.0.0.0/8')],
  ['campus', prefix('2001:db8:1::/48')],
  ['lab', prefix('10.0.0.4/30')],
] as const;
const QUEUES = new Map([
  ['group_physics', 'physics'],
  ['*', 'default'],
]);
const FULL: PolicyFacts = {
  ranges: [prefix('10.1.0.0/24'), prefix('2001:db8:1::/64')],
  zones: ZONES,
  blocked: ['mallory'],
  isolates: true,
  wanDeny: ['eve'],
  wanAllowAnyway: [prefix('203.0.113.99')],
  redirected: ['alice'],
  redirectVia: 'i2',
  connectivity: false,
  access: undefined,
  repliesTo: [],
  hasty: [],
  marks: [],
  vlans: undefined,
  queues: QUEUES,
  allowedTo: [],
  dropsByDefault: false,
};

/** Policy files by what is special about them. */
export const POLICIES = {
  full: FULL,
  /** Nothing is denied to most jobs, so that OpenFlow 1.0 lets IPv6 pass. */
  open: { ...FULL, isolates: false, blocked: [], wanDeny: [], wanAllowAnyway: [] },
  /** The address of a job that has ended is a zone's again. */
  rangeless: { ...FULL, ranges: [] },
  closed: { ...FULL, dropsByDefault: true },
  /** Whose broadcasts nobody hears is heard as soon as alice has a job. */
  listening: { ...FULL, isolates: false, allowedTo: ['alice'], dropsByDefault: true },
  /** Who may open connections to whom, and who may reach what. */
  narrow: {
    ...FULL,
    blocked: [],
    isolates: 'audit',
    connectivity: true,
    access: { users: ['alice'], group: 'group_physics' },
    repliesTo: ['eve'],
    hasty: ['bob'],
    marks: [{ to: 'wan', dscp: 12 }],
  },
  /** What goes where, and what some send, is marked. */
  marked: {
    ...FULL,
    isolates: false,
    blocked: [],
    marks: [
      { from: 'bob', dscp: 46 },
      { from: 'alice', to: 'wan', dscp: 10 },
      { to: 'job', dscp: 0 },
      { to: 'lab', dscp: 63 },
    ],
  },
  /** As full, for other people and other places. */
  other: {
    ...FULL,
    zones: OTHER_ZONES,
    blocked: ['eve'],
    wanDeny: ['bob'],
    redirected: ['mallory'],
    access: { users: ['alice'], group: 'group_physics' },
  },
  /** Jobs of two VLANs and of none. */
  vlans: {
    ...FULL,
    isolates: false,
    blocked: [],
    wanDeny: [],
    marks: [{ from: 'bob', dscp: 46 }],
    vlans: new Map([
      ['group_physics', 1],
      ['group_physics.cms', 2],
    ]),
  },
} as const satisfies Record<string, PolicyFacts>;
export type PolicyName = keyof typeof POLICIES;

/** The policy file that says what `POLICIES[policyName]` and `PLAN` say. */
export function policyText(policyName: PolicyName, pipelines: ReadonlyMap<SwitchName, PipelineName>): string {
  const policy: PolicyFacts = POLICIES[policyName];
  const { ranges, zones, blocked, isolates, wanDeny, redirected, allowedTo, dropsByDefault } = policy;
  const prefixesOf = (zone: string) => zones.flatMap(([name, each]) => (name === zone ? [formatPrefix(each)] : []));
  const pipeline = (switchName: SwitchName) => {
    const name = pipelines.get(switchName) ?? 'single-table';
    return name === 'registers' ? 'multi-table' : name;
  };
  return `
jobs: { ${ranges.length > 0 ? 'ranges: [10.1.0.0/24, 2001:db8:1::/64], ' : ''}unlocated: by-address, settle: 0ms, confirmTimeout: 2s }
zones:
  campus: [${prefixesOf('campus').join(', ')}]
  lab: [${prefixesOf('lab').join(', ')}]
switches:
  core:
    dpid: "0000000000000001"
    pipeline: ${pipeline('core')}
    fabric: [down1, down2]
    machines: { rack-node: [rack] }
    wan:
      port: wan0
      queues: { default: { id: 0 }, physics: { id: 1 } }
      alternates: { i2: { port: alt0, gateway: "02:00:00:00:00:03" } }
  leaf: { dpid: "0000000000000002", pipeline: ${pipeline('leaf')}, fabric: [lup] }
  far: { dpid: "0000000000000003", pipeline: ${pipeline('far')}, fabric: [fup] }
policies:
${blocked.length > 0 ? `  - block-users: [${blocked}]\n` : ''}${isolates === false ? '' : `  - isolate-users: true\n${isolates === 'audit' ? '    audit: true\n' : ''}`}  - wan-access: { ${wanDeny.length > 0 ? `deny: [${wanDeny}], allow-anyway: [203.0.113.99], ` : ''}redirect: { users: [${redirected}], via: i2 } }
${narrowText(policy)}  - queues: { group_physics: physics, "*": default }
${allowedTo.map((user) => `  - rule: { when: 'TARGET.Owner =?= "${user}"', then: allow }\n`).join('')}${dropsByDefault ? '  - default: drop\n' : ''}`;
}

function narrowText({ connectivity, access, repliesTo, hasty, marks, vlans }: PolicyFacts): string {
  const lines = [
    ...(vlans === undefined
      ? []
      : [`vlan: { attribute: AcctGroup, names: { ${[...vlans].map(([name, id]) => `${name}: ${id}`).join(', ')} } }`]),
    ...(connectivity ? ['connectivity: true'] : []),
    ...(access === undefined ? [] : [`access: { zone: lab, users: [${access.users}], groups: [${access.group}] }`]),
    ...repliesTo.map(
      (user) =>
        `rule: { when: 'MY.EndpointType == "zone" && TARGET.Owner == "${user}"', then: { connections: replies } }`,
    ),
    ...hasty.map(
      (user) => `rule: { when: 'MY.Owner =?= "${user}" && TARGET.Zone == "wan"', then: { queue: physics } }`,
    ),
    ...marks.map(({ from, to, dscp }) => {
      const ofUser = from === undefined ? [] : [`MY.Owner =?= "${from}"`];
      const toPlace = to === undefined ? [] : [`TARGET.Zone == "${to}"`];
      return `rule: { when: '${[...ofUser, ...toPlace].join(' && ')}', then: { mark: ${dscp} } }`;
    }),
  ];
  return lines.map((line) => `  - ${line}\n`).join('');
}

export const USERS = ['alice', 'bob', 'eve', 'mallory'] as const;
export const GROUPS = [undefined, 'group_physics', 'group_physics.cms', 'Group_Physics2'] as const;

/** Somebody who sends and is sent to, with the port that they are at unless a job's registration says otherwise. */
export interface Person {
  readonly name: string;
  readonly mac: number;
  readonly ipv4: IpAddress;
  readonly ipv6: IpAddress;
  readonly port: string;
}

export const SLOT_COUNT = 7;

/** Who holds a job's address, whether the job is registered or not. */
const TENANTS: readonly Person[] = Array.from({ length: SLOT_COUNT }, (_, slot) => ({
  name: `slot${slot}`,
  mac: 0x020000000110 + slot,
  ipv4: ip(`10.1.0.${10 + slot}`),
  ipv6: ip(`2001:db8:1::${10 + slot}`),
  port: JOB_PORTS[slot % JOB_PORTS.length]!,
}));

/** Job slots first, so that the number of a slot is that of its person. */
export const PEOPLE: readonly Person[] = [
  ...TENANTS,
  person('campus1', '02:00:00:00:00:21', '10.0.0.5', '2001:db8:1:ffff::5', 'chost'),
  person('campus2', '02:00:00:00:00:22', '10.0.0.6', '2001:db8:1:ffff::6', 'lhost'),
  person('lab', '02:00:00:00:00:23', '10.9.0.7', '2001:db8:1:ffff::7', 'fhost'),
  person('bridge', '02:00:00:00:00:24', '10.0.0.9', '2001:db8:1:ffff::9', 'core'),
  person('wan', '02:00:00:00:00:02', '203.0.113.10', '2001:db8:ffff::10', 'wan0'),
  person('wan99', '02:00:00:00:00:02', '203.0.113.99', '2001:db8:ffff::99', 'wan0'),
  person('i2', '02:00:00:00:00:03', '198.51.100.1', '2001:db8:ffff::1', 'alt0'),
  // Guests at ports that may become jobs'.
  person('guest1', '02:00:00:00:00:41', '10.0.0.41', '2001:db8:1:ffff::41', 'c1'),
  person('guest2', '02:00:00:00:00:42', '10.0.0.42', '2001:db8:1:ffff::42', 'l1'),
  person('stranger', '02:00:00:00:00:31', '10.1.0.99', '2001:db8:1::99', 'c3'),
];

function person(name: string, macText: string, ipv4: string, ipv6: string, port: string): Person {
  return { name, mac: mac(macText), ipv4: ip(ipv4), ipv6: ip(ipv6), port };
}
