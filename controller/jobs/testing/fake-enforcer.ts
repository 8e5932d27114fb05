// An enforcer without switches: it remembers what it was told and answers when, and as, the test says. It keeps what a
// switch would still forward for, and throws when a job is added while another's rules for the same address stand.

import { formatIp, type IpAddress } from '../../../protocols/packet/address.ts';
import type { Enforcement } from '../admission.ts';
import type { Confirmation, Enforcer, Location, RestoredJob, RestoredNetwork } from '../enforcer.ts';
import type { Job } from '../job.ts';

export const CONFIRMED: Confirmation = { edgeConfirmed: true, silent: [], away: [] };
export const REFUSED: Confirmation = { edgeConfirmed: false, silent: [], away: [] };
export const DPID = '0000000000000001';
export const SILENT: Confirmation = { edgeConfirmed: false, silent: [DPID], away: [] };

export interface EnforcerCall {
  readonly kind: 'added' | 'removed';
  readonly job: Job;
  readonly enforcement: Enforcement;
  readonly answer: (confirmation: Confirmation) => void;
}

export class FakeEnforcer implements Enforcer {
  location: (job: Job) => Location = () => ({ kind: 'port', dpid: 1n, portNo: 7 });
  /** The limit that a job would be beyond. */
  classLimit: (job: Job) => number | undefined = () => undefined;
  /** What it answers at once; undefined: each call waits in `waiting` for the test's answer. */
  automatic: Confirmation | undefined = CONFIRMED;
  readonly waiting: EnforcerCall[] = [];
  /** `added KEY` and `removed KEY`, in order. */
  readonly log: string[] = [];
  /** The job whose rules the switches have, by address. */
  readonly onSwitches = new Map<IpAddress, Job>();
  #mended: (() => void)[] = [];

  locate(job: Job): Location {
    return this.location(job);
  }

  classLimitFor(job: Job): number | undefined {
    return this.classLimit(job);
  }

  jobAdded(job: Job, enforcement: Enforcement): Promise<Confirmation> {
    for (const address of job.addresses) {
      const former = this.onSwitches.get(address);
      if (former !== undefined) {
        throw new Error(`${formatIp(address)} is still ${former.key} on the switches`);
      }
      this.onSwitches.set(address, job);
    }
    return this.#call('added', job, enforcement);
  }

  async jobRemoved(job: Job, enforcement: Enforcement): Promise<Confirmation> {
    const confirmation = await this.#call('removed', job, enforcement);
    if (confirmation.silent.length === 0 && confirmation.away.length === 0) this.#forget(job);
    else this.#mended.push(() => this.#forget(job));
    return confirmation;
  }

  #mendWaiters: (() => void)[] = [];

  whenMended(): Promise<void> {
    return new Promise((resolve) => this.#mendWaiters.push(resolve));
  }

  restored: readonly RestoredJob[] = [];
  knownSwitches: readonly string[] = [];
  /** Datapath ids that `forget` refuses. */
  readonly connected = new Set<string>();

  restore({ jobs, switches }: RestoredNetwork): void {
    this.restored = jobs;
    this.knownSwitches = switches;
    for (const { job } of jobs) for (const address of job.addresses) this.onSwitches.set(address, job);
  }

  forget(dpid: string): boolean {
    return !this.connected.has(dpid);
  }

  /** Every switch has connected and been mended. */
  mend(): void {
    for (const forget of this.#mended.splice(0)) forget();
    for (const resolve of this.#mendWaiters.splice(0)) resolve();
  }

  #forget(job: Job): void {
    for (const address of job.addresses) if (this.onSwitches.get(address) === job) this.onSwitches.delete(address);
  }

  #call(kind: 'added' | 'removed', job: Job, enforcement: Enforcement): Promise<Confirmation> {
    this.log.push(`${kind} ${job.key}`);
    if (this.automatic !== undefined) return Promise.resolve(this.automatic);
    return new Promise((resolve) => this.waiting.push({ kind, job, enforcement, answer: resolve }));
  }
}
