// Job requests that come one by one, each with its answer, as over HTTP: carried out by the desk that serves the feed, and
// counted with the feed's.

import { isLoopback, plainAddress } from '../config/socket-address.ts';
import type { AddressLease } from './addresses/address-lease.ts';
import type { AddressLeases } from './addresses/address-leases.ts';
import { type Admitted, JobError, type Removed } from './admission.ts';
import type { JobDesk, Peer } from './feed/job-desk.ts';
import type { RequestLog, RequestOutcome } from './feed/request-log.ts';
import { type MachineFields, withMachineFields } from './machine-fields.ts';

export interface JobRegistration {
  /** In any syntax. */
  readonly jobAd: string;
  readonly machineAd?: string;
  /** They count before what the machine ad says. */
  readonly fields: MachineFields;
  /** The policy file's lease if left out. */
  readonly leaseSec?: number;
}

/** Of a lease for which neither the request nor `jobs.lease` says how long: three of HTCondor's update intervals. */
const USUAL_LEASE_MS = 900_000;

/** Every method rejects with a JobError where the request is refused. */
export class JobRequests {
  readonly #desk: JobDesk;
  readonly #log: RequestLog;
  readonly #leases: AddressLeases;

  constructor(desk: JobDesk, log: RequestLog, leases: AddressLeases) {
    this.#desk = desk;
    this.#leases = leases;
    this.#log = log;
  }

  /** `from`: the IP address that asks. */
  register({ jobAd, machineAd, fields, leaseSec }: JobRegistration, from: string): Promise<Admitted> {
    return this.#answered('register', from, admissionOutcome, async (peer) =>
      this.#desk.register(jobAd, withMachineFields(machineAd, fields), this.#desk.leaseMsOf(leaseSec), peer),
    );
  }

  renew(key: string, leaseSec: number | undefined, from: string): Promise<Admitted> {
    return this.#answered('renew', from, admissionOutcome, (peer) => this.#desk.renew(key, leaseSec, peer));
  }

  remove(key: string, from: string): Promise<Removed> {
    return this.#answered('remove', from, removalOutcome, (peer) => this.#desk.remove(key, peer));
  }

  /** Leases addresses for a job that is to be registered; asked again, the same ones. */
  lease({ jobAd, machineAd, fields, leaseSec }: JobRegistration, from: string): Promise<AddressLease> {
    return this.#answered('lease', from, alwaysOk, async (peer) => {
      const registration = this.#desk.registrationOf(jobAd, withMachineFields(machineAd, fields));
      const { gate } = this.#desk;
      const leaseMs = this.#desk.leaseMsOf(leaseSec) ?? USUAL_LEASE_MS;
      return this.#leases.lease({
        registration,
        leaseMs,
        peer: peer.address,
        claim: (addresses) => gate.claim({ registration, addresses }, peer),
        guard: (lease) => gate.ownerOnly(peer)({ job: lease, peer: lease.peer }),
      });
    });
  }

  release(key: string, from: string): Promise<AddressLease> {
    return this.#answered('release', from, alwaysOk, (peer) =>
      this.#leases.release(key, (lease) => this.#desk.gate.ownerOnly(peer)({ job: lease, peer: lease.peer })),
    );
  }

  async #answered<Result>(
    verb: 'register' | 'renew' | 'remove' | 'lease' | 'release',
    from: string,
    outcomeOf: (result: Result) => RequestOutcome,
    carryOut: (peer: Peer) => Promise<Result>,
  ): Promise<Result> {
    const address = plainAddress(from);
    const peer = { address, since: this.#desk.nextSequence(), isOperator: isLoopback(address) };
    try {
      this.#desk.gate.listen(peer);
      const result = await carryOut(peer);
      const outcome = outcomeOf(result);
      this.#log.answered({ peer: address, verb, outcome, answer: outcome });
      return result;
    } catch (error) {
      if (error instanceof JobError) {
        this.#log.answered({ peer: address, verb, outcome: error.code, answer: error.message });
      }
      throw error;
    }
  }
}

function admissionOutcome({ enforcement }: Admitted): RequestOutcome {
  return enforcement === 'waiting' ? 'waiting' : 'ok';
}

function removalOutcome({ pendingSwitches }: Removed): RequestOutcome {
  return pendingSwitches.length === 0 ? 'ok' : 'pending';
}

function alwaysOk(): RequestOutcome {
  return 'ok';
}
