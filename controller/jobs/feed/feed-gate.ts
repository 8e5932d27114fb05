// Who may say what of jobs, on the feed and over HTTP: who is listened to at all (`jobs.from`, and never a job), which jobs a worker node may claim
// (`jobs.claims: strict`), and whose jobs it may end. The rules are those of the file in force at the moment of the request.
// Where a strict claim's port has to be the machine's own is enforced where jobs are located (enforcement/locate.ts).

import { formatIp, type IpAddress, type Prefix, parseIp } from '../../../protocols/packet/address.ts';
import type { Config, WorkerConfig } from '../../config/config.ts';
import { inAnyPrefix } from '../../config/zones.ts';
import { type Admitted, type JobAdmission, JobError } from '../admission.ts';
import type { Job } from '../job.ts';
import type { Peer } from './job-desk.ts';

export type FeedRules = Pick<Config['jobs'], 'ranges' | 'from' | 'claims' | 'workers' | 'tls'>;

export interface FeedGateParts {
  /** Asked for each request, so that a reload counts. */
  readonly rules: () => FeedRules;
  readonly admission: Pick<JobAdmission, 'byAddress'>;
  /** Whether the file lists ports of this machine. */
  readonly hasPorts: (machine: string) => boolean;
}

type Lookup = ReturnType<typeof inAnyPrefix>;

interface Compiled {
  readonly rules: FeedRules;
  readonly isJobs: Lookup;
  /** Undefined: everyone. */
  readonly isSender: Lookup | undefined;
}

export class FeedGate {
  readonly #parts: FeedGateParts;
  #compiled: Compiled | undefined;

  constructor(parts: FeedGateParts) {
    this.#parts = parts;
  }

  /** Throws JOB_SENDER_REFUSED for who is not listened to. */
  listen({ address: text, isOperator }: Peer): void {
    if (isOperator === true) return;
    const { isJobs, isSender } = this.#rules();
    const address = addressIn(text);
    if (address === undefined) {
      if (isSender !== undefined) throw refused(`${text} is not in jobs.from`);
      return;
    }
    if (this.#parts.admission.byAddress(address) !== undefined) {
      throw refused(`${text} is the address of a registered job, and jobs are not listened to`);
    }
    if (isJobs(address)) throw refused(`${text} is in jobs.ranges, and jobs are not listened to`);
    if (isSender?.(address) === false) throw refused(`${text} is not in jobs.from`);
  }

  /** Throws JOB_CLAIM_REFUSED for a job that is not the sender's to register. */
  claim(job: Pick<Job, 'registration' | 'addresses'>, peer: Peer): void {
    const { rules } = this.#rules();
    if (rules.claims !== 'strict' || peer.isOperator === true) return;
    const { machine } = job.registration;
    const worker = workerOf(rules, machine);
    this.#proveMachine(machine, worker, peer);
    const ranges = worker?.ranges ?? [];
    if (ranges.length === 0) {
      if (this.#parts.hasPorts(machine) || job.addresses.length === 0) return;
      throw claimRefused(
        `the policy file says neither which addresses (jobs.workers.${machine}.ranges) nor which ports (switches.NAME.machines) ${machine} has`,
      );
    }
    const isOwn = inAnyPrefix(ranges);
    const foreign = job.addresses.find((address) => !isOwn(address));
    if (foreign !== undefined) {
      throw claimRefused(`${formatIp(foreign)} is not in the ranges of ${machine} (jobs.workers.${machine}.ranges)`);
    }
  }

  /** Of a job that is to be ended or renewed: throws JOB_NOT_YOURS unless this peer, or its machine, registered it. */
  ownerOnly(peer: Peer): (held: Pick<Admitted, 'peer'> & { readonly job: Pick<Job, 'registration'> }) => void {
    return ({ job, peer: sender }) => {
      const { globalJobId, machine } = job.registration;
      if (sender === undefined || sender === peer.address || peer.isOperator === true) return;
      if (peer.isMachine?.(machine) === true) return;
      throw new JobError(
        'JOB_NOT_YOURS',
        `Job ${globalJobId} of machine ${machine} was registered by ${sender}: only that host may change or end it.`,
      );
    };
  }

  /** By the certificate where there is one, and by the source address where the file names those of the machine. */
  #proveMachine(machine: string, worker: WorkerConfig | undefined, { address: text, isMachine }: Peer): void {
    if (isMachine !== undefined && !isMachine(machine)) {
      throw claimRefused(`the sender's certificate is not for ${machine}, the machine of the ad`);
    }
    const from = worker?.from ?? [];
    if (from.length === 0) {
      if (isMachine !== undefined) return;
      throw claimRefused(
        `nothing proves that ${text} is ${machine}: name its addresses under jobs.workers.${machine}.from`,
      );
    }
    const address = addressIn(text);
    if (address === undefined || !inAnyPrefix(from)(address)) {
      throw claimRefused(`${text} is not an address of ${machine} (jobs.workers.${machine}.from)`);
    }
  }

  #rules(): Compiled {
    const rules = this.#parts.rules();
    if (this.#compiled?.rules !== rules) {
      const from = senders(rules);
      this.#compiled = { rules, isJobs: inAnyPrefix(rules.ranges), isSender: from && inAnyPrefix(from) };
    }
    return this.#compiled as Compiled;
  }
}

/** Machine names are those of hosts: letter case does not count. */
export function workerOf({ workers }: Pick<FeedRules, 'workers'>, machine: string): WorkerConfig | undefined {
  return workers.get(machine.toLowerCase());
}

/** Of a link-local peer without its interface. */
function addressIn(text: string): IpAddress | undefined {
  return parseIp(text.replace(/%.*$/, ''));
}

/** Without `from`: the worker nodes, where strict claims go by their addresses; else everyone. */
function senders({ from, claims, workers, tls }: FeedRules): readonly Prefix[] | undefined {
  if (from !== undefined || claims !== 'strict' || tls !== undefined) return from;
  return [...workers.values()].flatMap((worker) => worker.from);
}

function refused(reason: string): JobError {
  return new JobError('JOB_SENDER_REFUSED', `The feed takes no requests from this host: ${reason}.`);
}

function claimRefused(reason: string): JobError {
  return new JobError('JOB_CLAIM_REFUSED', `This job is not the sender's to register: ${reason}.`);
}
