// How many rules a policy file makes of a set of jobs on one switch that has all of them, each with an IPv4 and a MAC address
// of its own: the most that any switch could get from the start. A pure function of the file and the jobs. Rules that are
// decided for single packets, and those of hosts, come on top.

import { type IpAddress, isIpv4, type MacAddress } from '../../protocols/packet/address.ts';
import type { Config } from '../config/config.ts';
import type { Job } from '../jobs/job.ts';
import { JobTable } from '../network/job-table.ts';
import { SwitchState } from '../network/switch-state.ts';
import { MultiTablePipeline } from './multi-table/multi-table.ts';
import type { Pipeline } from './pipeline.ts';
import { PolicyView } from './policy-view.ts';
import { SingleTablePipeline } from './single-table.ts';

const DPID = 1n;
/** A switch has so many ports for jobs; more jobs share them. */
const MOST_PORTS = 1024;
/** Where the file has no ranges. */
const SOME_NETWORK = 0x0a000000;
const FIRST_MAC = 0x02_00_00_00_00_00;

/** By the pipelines that a switch can get under this file. */
export function countRules(config: Config, jobs: readonly Job[]): ReadonlyMap<Pipeline['name'], number> {
  return new Map(pipelinesOf(config).map((name) => [name, rulesOf(name, config, jobs)]));
}

function pipelinesOf({ openflow, switches }: Config): readonly Pipeline['name'][] {
  if (!openflow.versions.includes(4)) return ['single-table'];
  const wanted = switches.map(({ pipeline }) => pipeline);
  const isNamed = (name: Pipeline['name']) => wanted.length > 0 && wanted.every((each) => each === name);
  if (isNamed('single-table')) return ['single-table'];
  return openflow.versions.includes(1) ? ['multi-table', 'single-table'] : ['multi-table'];
}

function rulesOf(name: Pipeline['name'], config: Config, jobs: readonly Job[]): number {
  const policy = new PolicyView(config);
  const table = new JobTable();
  const identity = { dpid: DPID, version: name === 'multi-table' ? 4 : 1, config: undefined } as const;
  const state = new SwitchState({ ...identity, canMatchArp: true, agesHosts: false }, { now: () => 0 });
  const ports = Array.from({ length: Math.min(jobs.length, MOST_PORTS) }, (_, i) => i + 1);
  state.setPorts(ports.map((portNo) => ({ portNo, name: `port${portNo}`, mac: 0, isUp: true })));
  for (const portNo of ports) state.markJobPort(portNo);
  const network = config.jobs.ranges.map((range) => range.network).find(isIpv4) ?? SOME_NETWORK;
  for (const [i, job] of jobs.entries()) {
    const address = (Number(network) + 1 + i) as IpAddress;
    const placed = { ...job, addresses: [address], mac: (FIRST_MAC + i) as MacAddress };
    // Two ads of one job are one registration, of which the later holds.
    table.add(placed, { dpid: DPID, portNo: (i % MOST_PORTS) + 1 });
    policy.meet(placed);
  }
  const view = { state, jobs: table, policy };
  const pipeline = name === 'multi-table' ? new MultiTablePipeline(view) : new SingleTablePipeline(view);
  let count = 0;
  for (const group of pipeline.groups()) count += pipeline.rulesOf(group).length;
  return count;
}
