// An enforcement engine for two switches that keep their rules through crashes of the controller, and say so at once if a
// job gets an address that they still have for another. A job is at a port of its switch that is called like it.

import type { IpAddress } from '../../../protocols/packet/address.ts';
import { JobPortNames } from '../../network/job-port-names.ts';
import { formatDpid } from '../../network/switch-state.ts';
import type { Confirmation, Enforcer, Location, RestoredNetwork } from '../enforcer.ts';
import type { Job } from '../job.ts';
import type { Memory } from '../store/job-store.ts';

/** By machine, its switch. Each switch gets rules of every job. */
export const DPIDS = { wn1: '0000000000000001', wn2: '0000000000000002' } as const;
export type Dpid = (typeof DPIDS)[keyof typeof DPIDS];
export const ALL: readonly Dpid[] = Object.values(DPIDS);
export const keyOf = (job: Job) => job.key;
const dpidOf = (job: Job) => DPIDS[job.registration.machine as keyof typeof DPIDS];

export const portNameOf = (job: Job) => `port of ${job.registration.globalJobId}`;

/** Whose rules each switch has, by address. It outlives the controller. */
export type Rules = ReadonlyMap<Dpid, Map<IpAddress, string>>;

/** The enforcement engine of one process. */
export class ModelEngine implements Enforcer {
  readonly faults: string[] = [];
  readonly #rules: Rules;
  readonly #jobs = new Map<string, Job>();
  readonly #calls: ((silent: readonly Dpid[]) => void)[] = [];
  readonly #connected: Set<Dpid>;
  readonly #known: Set<string>;
  readonly #waiters = new Map<string, (() => void)[]>();
  readonly jobPorts: JobPortNames;

  /** @param remember as the engine's event of that name. */
  constructor(rules: Rules, connected: readonly Dpid[], remember: (memory: Memory) => void) {
    this.jobPorts = new JobPortNames((dpid, portName, isJobPort) =>
      remember({ kind: 'jobPort', dpid: formatDpid(dpid), portName, isJobPort }),
    );
    this.#rules = rules;
    this.#connected = new Set(connected);
    this.#known = new Set(connected);
  }

  get unanswered(): number {
    return this.#calls.length;
  }

  locate(job: Job): Location {
    const dpid = dpidOf(job);
    if (!this.#connected.has(dpid)) return { kind: 'away', message: 'not connected' };
    return { kind: 'port', dpid: BigInt(`0x${dpid}`), portNo: 7, portName: portNameOf(job) };
  }

  /** All of its jobs are of one class. */
  classLimitFor(): undefined {
    return undefined;
  }

  jobAdded(job: Job): Promise<Confirmation> {
    this.#take(job);
    this.jobPorts.set(BigInt(`0x${dpidOf(job)}`), portNameOf(job), true);
    for (const dpid of this.#connected) this.#install(job, dpid);
    return this.#answer(dpidOf(job), [], () => {});
  }

  jobRemoved(job: Job): Promise<Confirmation> {
    this.#jobs.delete(keyOf(job));
    const away = [...this.#known].filter((dpid) => !this.#connected.has(dpid as Dpid));
    return this.#answer(dpidOf(job), away, (dpid) => this.#deleteRules(job, dpid));
  }

  whenMended(dpid: string): Promise<void> {
    return new Promise((resolve) => this.#waiters.set(dpid, [...(this.#waiters.get(dpid) ?? []), resolve]));
  }

  restore({ jobs, switches, jobPorts }: RestoredNetwork): void {
    for (const dpid of switches) this.#known.add(dpid);
    for (const { dpid, portName } of jobPorts) this.jobPorts.restore(BigInt(`0x${dpid}`), portName);
    for (const { location } of jobs) this.jobPorts.set(location!.dpid, location!.portName!, true);
    for (const { job } of jobs) this.#take(job);
  }

  forget(): boolean {
    return false;
  }

  /** The oldest change is carried out by all connected switches but these, which are silent. */
  answer(silent: readonly Dpid[] = []): void {
    this.#calls.shift()?.(silent);
  }

  disconnect(dpid: Dpid): void {
    while (this.unanswered > 0) this.answer([dpid]);
    this.#connected.delete(dpid);
  }

  /** The switch connects (again) and is mended. */
  mend(dpid: Dpid): void {
    while (this.unanswered > 0) this.answer([dpid]);
    this.#connected.add(dpid);
    this.#known.add(dpid);
    this.#rules.get(dpid)?.clear();
    for (const job of this.#jobs.values()) this.#install(job, dpid);
    const waiters = this.#waiters.get(dpid) ?? [];
    this.#waiters.delete(dpid);
    for (const resolve of waiters) resolve();
  }

  #install(job: Job, dpid: Dpid): void {
    for (const address of job.addresses) this.#rules.get(dpid)?.set(address, keyOf(job));
  }

  #deleteRules(job: Job, dpid: Dpid): void {
    const rules = this.#rules.get(dpid);
    for (const address of job.addresses) if (rules?.get(address) === keyOf(job)) rules.delete(address);
  }

  #take(job: Job): void {
    for (const [dpid, rules] of this.#rules) {
      const others = job.addresses.map((address) => rules.get(address) ?? keyOf(job));
      if (others.some((key) => key !== keyOf(job))) this.faults.push(`${keyOf(job)}: ${dpid} has rules of ${others}`);
    }
    this.#jobs.set(keyOf(job), job);
  }

  #answer(edge: Dpid, away: readonly string[], carryOut: (dpid: Dpid) => void): Promise<Confirmation> {
    return new Promise((resolve) => {
      const asked = [...this.#connected];
      const call = (refusing: readonly Dpid[]) => {
        const silent = asked.filter((dpid) => refusing.includes(dpid));
        for (const dpid of asked) if (!silent.includes(dpid)) carryOut(dpid);
        resolve({ edgeConfirmed: asked.includes(edge) && !silent.includes(edge), silent, away });
      };
      if (asked.length === 0) call([]);
      else this.#calls.push(call);
    });
  }
}
