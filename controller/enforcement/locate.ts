// Where a job's packets enter: by the interface that its machine ad names, by the file's ports of its machine, or by
// where its MAC was seen. A port that leads out of the site or to another switch is never a job's.

import type { Config } from '../config/config.ts';
import type { Location } from '../jobs/enforcer.ts';
import { workerOf } from '../jobs/feed/feed-gate.ts';
import type { Job } from '../jobs/job.ts';
import type { PortDirectory } from '../network/port-directory.ts';
import type { SwitchState } from '../network/switch-state.ts';

interface Candidate {
  readonly state: SwitchState;
  readonly portNo: number;
}

export function locateJob(job: Job, ports: PortDirectory, config: Config): Location {
  const switches = () => ports.switches();
  const isOwn = ownPorts(job, config);
  const found = firstUnambiguous([
    () => byInterface(job, ports).filter(isOwn),
    () => byMachine(job, switches()),
    () => byLearnedMac(job, switches()).filter(isOwn),
  ]);
  if (found !== undefined) {
    const { state, portNo } = found;
    return { kind: 'port', dpid: state.dpid, portNo, portName: state.port(portNo)?.name };
  }
  const away = config.switches.find(
    (entry) => entry.machines.has(job.registration.machine) && !switches().some((state) => state.config === entry),
  );
  if (away !== undefined) {
    const message = `the switch ${away.name} of machine ${job.registration.machine} is not connected; try again when it is`;
    return { kind: 'away', message };
  }
  if (switches().length === 0) return { kind: 'away', message: 'no switch is connected; try again when one is' };
  if (config.jobs.unlocated === 'by-address' && mayGoByAddress(job, config)) return { kind: 'by-address' };
  return { kind: 'unlocated', message: unlocatedMessage(job) };
}

/** Where claims are strict and the file lists ports of the machine, no other is its jobs'. */
function ownPorts(job: Job, { jobs, switches }: Config): (candidate: Candidate) => boolean {
  const { machine } = job.registration;
  if (jobs.claims !== 'strict' || !switches.some(({ machines }) => machines.has(machine))) return () => true;
  return ({ state, portNo }) => {
    const own = state.config?.machines.get(machine) ?? [];
    return own.includes(String(portNo)) || own.includes(state.port(portNo)?.name ?? '');
  };
}

/** A strict claim without ranges is to the machine's own ports: an address alone is none. */
function mayGoByAddress(job: Job, { jobs }: Config): boolean {
  const worker = workerOf(jobs, job.registration.machine);
  return jobs.claims !== 'strict' || (worker?.ranges.length ?? 0) > 0;
}

/** The first way that names exactly one port decides. */
function firstUnambiguous(ways: readonly (() => readonly Candidate[])[]): Candidate | undefined {
  for (const way of ways) {
    const candidates = way();
    if (candidates.length === 1) return candidates[0];
  }
  return undefined;
}

/** Worker nodes with a switch each may use the same interface names: then the file's machine, or the MAC, tells them apart. */
function byInterface(job: Job, ports: PortDirectory): readonly Candidate[] {
  const { externalInterface } = job;
  if (externalInterface === undefined) return [];
  const candidates = [...ports.switchesWith(externalInterface)].flatMap((state) => {
    const port = state.portNamed(externalInterface);
    return port !== undefined && mayHaveJobs(state, port.portNo) ? [{ state, portNo: port.portNo }] : [];
  });
  if (candidates.length < 2) return candidates;
  const ofMachine = candidates.filter(({ state }) => belongsTo(state, job.registration.machine));
  if (ofMachine.length === 1) return ofMachine;
  return candidates.filter(({ state, portNo }) => job.mac !== undefined && state.hosts.portOf(job.mac) === portNo);
}

function byMachine(job: Job, switches: readonly SwitchState[]): readonly Candidate[] {
  const candidates = switches.flatMap((state) =>
    (state.config?.machines.get(job.registration.machine) ?? []).flatMap((name) => {
      const port = state.portNamed(name);
      return port === undefined ? [] : [{ state, portNo: port.portNo }];
    }),
  );
  if (candidates.length < 2) return candidates;
  return candidates.filter(({ state, portNo }) => job.mac !== undefined && state.hosts.portOf(job.mac) === portNo);
}

function byLearnedMac(job: Job, switches: readonly SwitchState[]): readonly Candidate[] {
  const { mac } = job;
  if (mac === undefined) return [];
  return switches.flatMap((state) => {
    const portNo = state.hosts.portOf(mac);
    return portNo !== undefined && mayHaveJobs(state, portNo) ? [{ state, portNo }] : [];
  });
}

function mayHaveJobs(state: SwitchState, portNo: number): boolean {
  const role = state.roleOf(portNo);
  return role === 'edge' || role === 'job';
}

function belongsTo(state: SwitchState, machine: string): boolean {
  return state.config?.machines.has(machine) === true || state.name === machine || state.name === machine.split('.')[0];
}

function unlocatedMessage(job: Job): string {
  const { machine } = job.registration;
  const named =
    job.externalInterface === undefined
      ? 'its machine ad has no LarkExternalInterface'
      : `no connected switch has exactly one port called ${job.externalInterface} (its LarkExternalInterface) that may lead to jobs`;
  const seen =
    job.mac === undefined ? 'it has no LarkInnerMacAddress' : 'its LarkInnerMacAddress was not seen at a port';
  return (
    `the port of machine ${machine} is not known: ${named}, the file lists no port for it, and ${seen}; ` +
    `name its port under switches.NAME.machines, or set jobs.unlocated: by-address to admit jobs without anti-spoofing`
  );
}
