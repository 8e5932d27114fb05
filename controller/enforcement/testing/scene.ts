// A small site for tests of the forwarding decision: one switch with a port of every role, jobs of several users here
// and elsewhere, and the shipped policies in force.

import { type IpAddress, type MacAddress, parseIp, parseMac } from '../../../protocols/packet/address.ts';
import type { Config } from '../../config/config.ts';
import { parseConfig } from '../../config/load-config.ts';
import { type Job, registrationKey } from '../../jobs/job.ts';
import { JobTable, type PortLocation } from '../../network/job-table.ts';
import { LOCAL_PORT } from '../../network/port-numbers.ts';
import { SwitchState } from '../../network/switch-state.ts';
import type { ForwardingView } from '../ends.ts';
import { PolicyView } from '../policy-view.ts';

export const POLICY = `
jobs:
  ranges: [10.1.0.0/24, 2001:db8:1::/64]
  unlocated: by-address
zones:
  campus: [10.0.0.0/8, 2001:db8:1::/48]
switches:
  core:
    dpid: 0000000000000001
    fabric: [trunk]
    machines: { wn1: [rack] }
    wan:
      port: wan0
      queues: { default: { id: 0 }, physics: { id: 1 } }
      alternates: { i2: { port: alt0, gateway: 02:00:00:00:00:03 } }
policies:
  - block-users: [mallory]
  - isolate-users: true
  - wan-access: { deny: [eve], allow-anyway: [203.0.113.99], redirect: { users: [alice], via: i2 } }
  - queues: { group_physics: physics, "*": default }
`;

export const PORTS = {
  alice1: 1,
  alice2: 2,
  bob: 3,
  eve: 4,
  mallory: 5,
  host: 6,
  trunk: 7,
  wan0: 8,
  alt0: 9,
  dave: 10,
  rack: 11,
  empty: 12,
} as const;

export const CORE = 1n;
const LEAF = 2n;

export const ip = (text: string): IpAddress => parseIp(text)!;
export const mac = (text: string): MacAddress => parseMac(text)!;

export const MACS = {
  alice1: mac('02:00:00:01:00:01'),
  alice2: mac('02:00:00:01:00:02'),
  bob: mac('02:00:00:01:00:03'),
  eve: mac('02:00:00:01:00:04'),
  mallory: mac('02:00:00:01:00:05'),
  dave: mac('02:00:00:01:00:0a'),
  aliceAfar: mac('02:00:00:01:00:11'),
  bobAfar: mac('02:00:00:01:00:12'),
  carol: mac('02:00:00:01:00:13'),
  host: mac('02:00:00:00:00:06'),
  gateway: mac('02:00:00:00:00:02'),
  i2: mac('02:00:00:00:00:03'),
} as const;

interface JobSketch {
  readonly name: string;
  readonly user: string;
  readonly addresses: readonly string[];
  readonly mac?: MacAddress;
  readonly group?: string;
}

export function makeJob(sketch: JobSketch): Job {
  const registration = { globalJobId: sketch.name, start: '1', machine: 'wn1', slot: `slot@${sketch.name}` };
  return {
    key: registrationKey(registration),
    registration,
    user: sketch.user,
    accountingGroup: sketch.group,
    addresses: sketch.addresses.map(ip),
    mac: sketch.mac,
    externalInterface: undefined,
    attributes: new Map([
      ['owner', sketch.user],
      ['acctgroup', sketch.group],
    ]),
    ads: { job: '', machine: '' },
  };
}

const configs = new Map<string, Config>();

function configOf(policyText: string): Config {
  const known = configs.get(policyText);
  if (known !== undefined) return known;
  const { config, errors } = parseConfig('policy.yaml', policyText);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  configs.set(policyText, config);
  return config;
}

export function makeScene(version: 1 | 4, policyText = POLICY): ForwardingView & { readonly jobs: JobTable } {
  const config = configOf(policyText);
  const policy = new PolicyView(config);
  const jobs = new JobTable();
  const place = (sketch: JobSketch, location: PortLocation | undefined) =>
    policy.meet(jobs.add(makeJob(sketch), location).job);
  const here = (portNo: number) => ({ dpid: CORE, portNo });
  place(
    {
      name: 'a1',
      user: 'alice',
      addresses: ['10.1.0.11', '2001:db8:1::11'],
      mac: MACS.alice1,
      group: 'group_physics.cms',
    },
    here(PORTS.alice1),
  );
  place(
    { name: 'a2', user: 'alice', addresses: ['10.1.0.12', '2001:db8:1::12'], mac: MACS.alice2 },
    here(PORTS.alice2),
  );
  place(
    { name: 'b1', user: 'bob', addresses: ['10.1.0.13', '2001:db8:1::13'], mac: MACS.bob, group: 'group_physics' },
    here(PORTS.bob),
  );
  place({ name: 'e1', user: 'eve', addresses: ['10.1.0.14', '2001:db8:1::14'], mac: MACS.eve }, here(PORTS.eve));
  place(
    { name: 'm1', user: 'mallory', addresses: ['10.1.0.15', '2001:db8:1::15'], mac: MACS.mallory },
    here(PORTS.mallory),
  );
  place({ name: 'd1', user: 'dave', addresses: ['10.1.0.16', '2001:db8:1::16'] }, here(PORTS.dave));
  place(
    { name: 'a3', user: 'alice', addresses: ['10.1.0.21', '2001:db8:1::21'], mac: MACS.aliceAfar },
    { dpid: LEAF, portNo: 1 },
  );
  place(
    { name: 'b2', user: 'bob', addresses: ['10.1.0.22', '2001:db8:1::22'], mac: MACS.bobAfar },
    { dpid: LEAF, portNo: 2 },
  );
  place({ name: 'c1', user: 'carol', addresses: ['10.1.0.23', '2001:db8:1::23'], mac: MACS.carol }, undefined);

  const state = new SwitchState(
    { dpid: CORE, version, config: config.switches[0], canMatchArp: true, agesHosts: false },
    { now: () => 0 },
  );
  state.setPorts([
    ...Object.entries(PORTS).map(([name, portNo]) => ({ portNo, name, mac: portNo, isUp: true })),
    { portNo: LOCAL_PORT, name: 'core', mac: 99, isUp: true },
  ]);
  for (const placed of jobs.all()) if (placed.location?.dpid === CORE) state.markJobPort(placed.location.portNo);
  state.markJobPort(PORTS.empty);
  for (const [who, port] of [
    [MACS.host, PORTS.host],
    [MACS.gateway, PORTS.wan0],
    [MACS.aliceAfar, PORTS.trunk],
    [MACS.bobAfar, PORTS.trunk],
    [MACS.carol, PORTS.host],
  ] as const) {
    state.hosts.learn(who, port);
  }
  return { state, jobs, policy };
}
