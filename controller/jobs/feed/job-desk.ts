// What both dialects of the feed, and the HTTP API, do with a job: the rules of who may end which, in one place. It
// remembers for each job where its registration came from, since CLEAN names no job but an address, and an address
// outlives its job.

import { formatIp, type IpAddress, parseIp } from '../../../protocols/packet/address.ts';
import type { Config } from '../../config/config.ts';
import { jobFromAds, registrationFromAds } from '../ad-to-job.ts';
import { type Admitted, type JobAdmission, JobError, type Removed } from '../admission.ts';
import type { Job, Registration } from '../job.ts';
import type { JobPage } from '../registry.ts';
import type { FeedGate } from './feed-gate.ts';

/** What the desk needs of the admission service beyond what everyone may do. */
export interface FeedAdmission extends JobAdmission {
  /** The removal under way of the job that held the address last. */
  removalOf(address: IpAddress): Promise<Removed> | undefined;
  page(cursor: number, limit: number): JobPage;
}

export interface Peer {
  /** The IP address that the request came from; an IPv4 address as such, however the socket was bound. */
  readonly address: string;
  /** Counts up: of two requests, the one whose connection was opened first has the lower number. */
  readonly since: number;
  /** Whether its certificate is for this machine; undefined where it showed none. */
  readonly isMachine?: ((machine: string) => boolean) | undefined;
  /** Somebody on Lark's own host who may write to the HTTP API: every job is theirs. */
  readonly isOperator?: boolean;
}

export interface JobDeskOptions {
  readonly admission: FeedAdmission;
  readonly gate: FeedGate;
  /** Asked for each request, so that a reload counts. */
  readonly config: () => Pick<Config['jobs'], 'leaseMs' | 'calloutLeaseMs' | 'nat'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class JobDesk {
  readonly admission: FeedAdmission;
  readonly gate: FeedGate;
  readonly #config: JobDeskOptions['config'];
  readonly #now: JobDeskOptions['now'];
  /** `Peer.since` of each job's registration; those of before a restart are older than any. */
  readonly #registeredAt = new WeakMap<Job, number>();
  /**
   * Jobs in NAT mode by sender and inner address: no address stands for them, but CLEAN and the machine's next
   * registration name them by it. Entries of jobs that have ended otherwise are replaced or skipped.
   */
  readonly #natJobs = new Map<string, Job>();
  #sequence = 0;

  constructor(options: JobDeskOptions) {
    this.admission = options.admission;
    this.gate = options.gate;
    this.#config = options.config;
    this.#now = options.now;
    for (const admitted of this.admission.list()) this.#remember(admitted);
  }

  /** For `Peer.since`. */
  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** The lease that a client of the modern form gets: what it says, or what the file does. */
  leaseMsOf(leaseSec: number | undefined): number | undefined {
    return leaseSec === undefined ? this.#config().leaseMs : leaseSec * 1000;
  }

  /** The lease that an original callout gets. */
  get calloutLeaseMs(): number | undefined {
    return this.#config().calloutLeaseMs;
  }

  /** Which registration two ads stand for. Throws what `jobFromAds` throws of them, but for addresses. */
  registrationOf(jobAd: string, machineAd: string): Registration {
    return registrationFromAds(jobAd, machineAd, this.#now());
  }

  async register(jobAd: string, machineAd: string, leaseMs: number | undefined, peer: Peer): Promise<Admitted> {
    const { job, natAddress } = jobFromAds(jobAd, machineAd, { nat: this.#config().nat, now: this.#now() });
    this.gate.claim(job, peer);
    this.#registeredAt.set(job, peer.since);
    const from = { leaseMs, peer: peer.address, guard: this.gate.ownerOnly(peer) };
    if (natAddress === undefined) return this.admission.register(job, from);
    const place = natPlace(peer.address, natAddress);
    const former = this.#natJob(place);
    if (former !== undefined && former.key !== job.key) {
      await this.admission.remove(former.key);
    }
    const admitted = await this.admission.register(job, from);
    this.#natJobs.set(place, admitted.job);
    return admitted;
  }

  /** As `remove`. Where the client does not say how long, by the file's lease; where there is none, by the one that the job has. */
  async renew(key: string, leaseSec: number | undefined, peer: Peer): Promise<Admitted> {
    const known = this.admission.byKey(key);
    if (known !== undefined) this.gate.ownerOnly(peer)(known);
    const leaseMs = this.leaseMsOf(leaseSec) ?? known?.leaseMs;
    if (leaseMs !== undefined) return this.admission.renew(key, leaseMs);
    throw new JobError(
      'JOB_REQUEST_MALFORMED',
      'leaseSec is missing, and neither the policy file nor the registration gives a lease.',
    );
  }

  /** CLEAN: ends the job that holds the address, if it is this peer's and this request is about it. */
  async clean(addressText: string, peer: Peer): Promise<Removed> {
    const address = parseAddress(addressText);
    const nat = this.#natJob(natPlace(peer.address, address));
    const admitted = this.admission.byAddress(address) ?? (nat && this.admission.byKey(nat.key));
    if (admitted === undefined) {
      const removal = this.admission.removalOf(address);
      if (removal !== undefined) return removal;
      throw new JobError('JOB_NOT_FOUND', `No job is registered with the address ${formatIp(address)}.`);
    }
    const { job: holder } = admitted;
    const { globalJobId } = holder.registration;
    const guard = this.gate.ownerOnly(peer);
    guard(admitted);
    if ((this.#registeredAt.get(holder) ?? 0) > peer.since) {
      throw new JobError(
        'JOB_NOT_YOURS',
        `This CLEAN of ${formatIp(address)} was begun before its present holder, job ${globalJobId}, registered: it was meant for a former one.`,
      );
    }
    this.#natJobs.delete(natPlace(peer.address, address));
    return this.admission.remove(holder.key, guard);
  }

  /** By registration; only the host that registered it, or its machine, may. */
  remove(key: string, peer: Peer): Promise<Removed> {
    return this.admission.remove(key, this.gate.ownerOnly(peer));
  }

  /** REQUEST: the job that holds the address. */
  find(addressText: string): Admitted | undefined {
    return this.admission.byAddress(parseAddress(addressText));
  }

  /** A job of before a restart: where it is in NAT mode, by what address its machine will name it. */
  #remember({ job, peer }: Admitted): void {
    if (job.addresses.length > 0 || peer === undefined) return;
    const inner = job.attributes.get('machine.larkinneraddressipv4');
    const natAddress = typeof inner === 'string' ? parseIp(inner) : undefined;
    if (natAddress !== undefined) this.#natJobs.set(natPlace(peer, natAddress), job);
  }

  #natJob(place: string): Job | undefined {
    const job = this.#natJobs.get(place);
    if (job === undefined || this.admission.byKey(job.key)?.job === job) return job;
    this.#natJobs.delete(place);
    return undefined;
  }
}

function natPlace(peerAddress: string, address: IpAddress): string {
  return `${peerAddress} ${formatIp(address)}`;
}

function parseAddress(text: string): IpAddress {
  const address = parseIp(text);
  if (address !== undefined) return address;
  throw new JobError(
    'JOB_REQUEST_MALFORMED',
    'The line after the verb is no IP address: expected one such as 10.1.0.7 or 2001:db8::7.',
  );
}
