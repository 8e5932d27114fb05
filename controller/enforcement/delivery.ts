// Where a frame may leave: delivery is part of the verdict. A frame leaves by a job's port only if it is for that job,
// or is a broadcast or multicast whose sender may talk to every job there. Unknown unicast never reaches a job's port.

import type { PlacedJob } from '../network/job-table.ts';
import type { PortRole } from '../network/switch-state.ts';
import type { Output } from '../southbound/flow-rule.ts';
import type { JudgedEndpoint } from './endpoint-classes.ts';
import type { ForwardingView } from './ends.ts';
import { vlanOf } from './tags.ts';
import type { Verdict } from './verdict.ts';

/** Who sends it, and in which VLAN it is. */
interface Broadcast {
  readonly sender: JudgedEndpoint;
  readonly vlan: number | undefined;
}

/** Output to a port, in the verdict's queue where the port is the WAN port. */
export function outputTo(view: ForwardingView, portNo: number, verdict: Verdict | undefined): Output {
  const { wan } = view.state;
  if (wan?.portNo !== portNo || verdict?.action !== 'forward' || verdict.queue === undefined) return { port: portNo };
  const queue = wan.queues.get(verdict.queue.name);
  return queue === undefined ? { port: portNo } : { port: portNo, queueId: queue.id };
}

/**
 * Everywhere but to jobs: for unknown unicast, and for asking who has an address. Never back, never from one way out
 * of the site to another, and never to an alternate WAN port, which is for redirected traffic alone.
 */
export function floodPastJobs(view: ForwardingView, inPort: number, verdict: Verdict | undefined): Output[] {
  return portsFor(view, inPort, (role) => role !== 'job').map((portNo) => outputTo(view, portNo, verdict));
}

/** Towards other switches of Lark's, for a job that is at one of them. */
export function floodToFabric(view: ForwardingView, inPort: number): Output[] {
  return portsFor(view, inPort, (role) => role === 'fabric').map((port) => ({ port }));
}

/**
 * A broadcast or multicast: to every job's port whose jobs the sender may all talk to, and to the others if it may talk
 * to local addresses. `isBootstrap`: what an interface needs before it has an address (DHCP and router advertisements);
 * that may also enter ports where no job is registered yet.
 */
export function broadcastOutputs(
  view: ForwardingView,
  broadcast: Broadcast,
  inPort: number,
  isBootstrap: boolean,
): Output[] {
  const { sender } = broadcast;
  const verdict = view.policy.verdict(sender, { kind: 'local', address: undefined });
  return portsFor(view, inPort, (role, portNo) => {
    const jobs = jobsBehind(view, portNo);
    if (role === 'job' && jobs.length === 0) return isBootstrap && sender.kind !== 'job';
    if (role !== 'job' && !passesAll(verdict)) return false;
    return jobs.every((placed) => mayHear(view, broadcast, placed));
  }).map((portNo) => outputTo(view, portNo, verdict));
}

/** One with a tag, to the ports whose jobs are all in its VLAN. */
export function outputsToJobs(view: ForwardingView, broadcast: Broadcast, inPort: number): Output[] {
  return portsFor(view, inPort, (role, portNo) => {
    const jobs = jobsBehind(view, portNo);
    return role === 'job' && jobs.length > 0 && jobs.every((placed) => mayHear(view, broadcast, placed));
  }).map((port) => ({ port }));
}

/** True where no job of this switch, nor anyone else, may hear a broadcast of this sender. */
export function isUnheard(view: ForwardingView, sender: JudgedEndpoint): boolean {
  // Who is no job may be a DHCP server or a router, whom ports hear that have no job.
  if (sender.kind !== 'job') return false;
  if (passesAll(view.policy.verdict(sender, { kind: 'local', address: undefined }))) return false;
  for (const placed of view.jobs.all()) if (mayTalkTo(view, sender, placed)) return false;
  return true;
}

function mayHear({ policy }: ForwardingView, { sender, vlan }: Broadcast, { job }: PlacedJob): boolean {
  return job.addresses.every((address) => {
    const verdict = policy.verdict(sender, { kind: 'job', job, address });
    return passesAll(verdict) && vlanOf(verdict) === vlan;
  });
}

function mayTalkTo(view: ForwardingView, sender: JudgedEndpoint, { job }: PlacedJob): boolean {
  return job.addresses.every((address) => passesAll(view.policy.verdict(sender, { kind: 'job', job, address })));
}

/** A broadcast answers nobody: where only replies may pass, it may not. */
function passesAll(verdict: Verdict): boolean {
  return verdict.action === 'forward' && verdict.connections === undefined;
}

/** The jobs located at a port, and those without a known port whose MAC was last seen there. */
export function jobsBehind(view: ForwardingView, portNo: number): readonly PlacedJob[] {
  const located = [...view.jobs.at(view.state.dpid, portNo)];
  for (const mac of view.state.hosts.at(portNo)) {
    const placed = view.jobs.byMac(mac);
    if (placed !== undefined && placed.location === undefined) located.push(placed);
  }
  return located;
}

function portsFor(
  view: ForwardingView,
  inPort: number,
  isWanted: (role: PortRole, portNo: number) => boolean,
): number[] {
  const cameFromOutside = isWayOut(view.state.roleOf(inPort));
  const chosen: number[] = [];
  for (const { portNo, isUp } of view.state.ports()) {
    const role = view.state.roleOf(portNo);
    if (portNo === inPort || !isUp || role === undefined || role === 'alternate') continue;
    if (cameFromOutside && isWayOut(role)) continue;
    if (isWanted(role, portNo)) chosen.push(portNo);
  }
  return chosen;
}

function isWayOut(role: PortRole | undefined): boolean {
  return role === 'wan' || role === 'alternate';
}
