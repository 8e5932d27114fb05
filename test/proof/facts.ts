// What is so, as far as the fate of packets depends on it: the registered jobs with their places and MACs, the connected
// switches' ports and what was seen behind them. A value that never changes: each event makes a new one, so that the
// fates before and after a change can be asked for side by side.

import type { IpAddress } from '../../protocols/packet/address.ts';
import { LOCAL_PORT, PLAN, type PolicyFacts, type SwitchName, type Who } from './site.ts';

export type Role = 'job' | 'edge' | 'fabric' | 'wan' | 'alternate' | 'local';

export interface JobFacts extends Who {
  readonly key: string;
  readonly addresses: readonly IpAddress[];
  /** Registered, or used first. */
  readonly mac: number | undefined;
  /** Undefined: enforced by its address alone. */
  readonly at: { readonly switch: SwitchName; readonly port: number } | undefined;
}

export interface SwitchFacts {
  readonly name: SwitchName;
  /** OpenFlow's wire version. */
  readonly version: 1 | 4;
  readonly ports: ReadonlyMap<number, { readonly name: string; readonly isUp: boolean }>;
  /** A port that a job was at stays one until it is deleted. */
  readonly jobPorts: ReadonlySet<number>;
  /** Where each MAC was last seen sending what it may send. */
  readonly hosts: ReadonlyMap<number, number>;
}

export interface Facts {
  readonly policy: PolicyFacts;
  readonly jobs: readonly JobFacts[];
  /** Those that are connected. */
  readonly switches: ReadonlyMap<SwitchName, SwitchFacts>;
}

export function roleOf(facts: SwitchFacts, portNo: number): Role | undefined {
  const port = facts.ports.get(portNo);
  const plan = PLAN.get(facts.name)!;
  if (port === undefined) return undefined;
  if (port.name === plan.wan) return 'wan';
  if ([...plan.alternates.values()].some((alternate) => alternate.port === port.name)) return 'alternate';
  if (plan.fabric.includes(port.name)) return 'fabric';
  if (portNo === LOCAL_PORT) return 'local';
  return facts.jobPorts.has(portNo) || isMachinePort(facts, portNo) ? 'job' : 'edge';
}

/** The file itself says that the port leads to a machine's jobs. */
export function isMachinePort(facts: SwitchFacts, portNo: number): boolean {
  const name = facts.ports.get(portNo)?.name;
  return name !== undefined && [...PLAN.get(facts.name)!.machines.values()].flat().includes(name);
}

export function portNamed(facts: SwitchFacts, name: string): number | undefined {
  return [...facts.ports].find(([, port]) => port.name === name)?.[0];
}

export function jobsAt(facts: Facts, at: SwitchName, portNo: number): readonly JobFacts[] {
  return facts.jobs.filter((job) => job.at?.switch === at && job.at.port === portNo);
}

/** A copy with one switch changed. */
export function withSwitch(facts: Facts, changed: SwitchFacts): Facts {
  return { ...facts, switches: new Map([...facts.switches, [changed.name, changed]]) };
}

/** A copy in which no switch knows the place of this MAC. */
export function withoutHost(facts: Facts, mac: number): Facts {
  let left = facts;
  for (const each of facts.switches.values()) {
    if (!each.hosts.has(mac)) continue;
    left = withSwitch(left, { ...each, hosts: new Map([...each.hosts].filter(([known]) => known !== mac)) });
  }
  return left;
}

export function withHost(facts: Facts, at: SwitchName, mac: number, portNo: number): Facts {
  const known = facts.switches.get(at);
  if (known === undefined || known.hosts.get(mac) === portNo) return facts;
  return withSwitch(facts, { ...known, hosts: new Map([...known.hosts, [mac, portNo]]) });
}

/** A job that registered without a MAC has used one, unless that is another job's: from now on it is the job's own. */
export function withMacOf(facts: Facts, key: string, mac: number): Facts {
  if (facts.jobs.some((job) => job.mac === mac)) return facts;
  return { ...withoutHost(facts, mac), jobs: facts.jobs.map((job) => (job.key === key ? { ...job, mac } : job)) };
}
