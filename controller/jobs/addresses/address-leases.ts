// The addresses that Lark has leased to jobs which are yet to be registered, and to those that are. What it promises:
// - an address is never leased that a lease, a registered job, one that is being registered or is leaving has, nor one that is
//   held back for a switch; and no other job may be registered with a leased one (`holderOf`);
// - a lease is in the store before it is answered, and so is the end that somebody asks for; the same registration gets the
//   same addresses, as often as it asks;
// - a lease ends with its job, or with its time where no such job is registered. A slot runs one job: the lease of its former
//   one, if that is not registered, ends when the next is given.
// A crash after a lease was written leaves a lease that ends with its time. The ends of a job and of its lease are one write,
// so a crash leaves both or neither.

import { EventEmitter } from 'node:events';
import { type IpAddress, isIpv4 } from '../../../protocols/packet/address.ts';
import type { AddressPool } from '../../config/config.ts';
import type { Clock } from '../clock.ts';
import { type Registration, registrationKey } from '../job.ts';
import { LeaseTimer } from '../lease-timer.ts';
import * as refuse from '../refusals.ts';
import type { AddressLease, LeasedAddress } from './address-lease.ts';
import { freeAddress } from './address-pool.ts';

export type LeaseChange =
  | { readonly kind: 'lease'; readonly lease: AddressLease }
  | { readonly kind: 'leaseEnded'; readonly number: number };

/** `asked`: released. `job`: its job has ended. `replaced`: its slot has another. `time`: nobody registered the job. */
export type LeaseEnd = 'asked' | 'job' | 'replaced' | 'time';

export interface LeaseEvents {
  leased: [lease: AddressLease];
  ended: [lease: AddressLease, how: LeaseEnd];
}

/** What it needs of the admission service. */
export interface LeaseAdmission {
  /** Whether no job has the address, is getting or leaving it, and no switch is in its way. */
  isFree(address: IpAddress): boolean;
  byKey(key: string): unknown;
  /** Rejects with JOB_STORE_FAILED, in which case nothing was written. */
  writeLeases(changes: readonly LeaseChange[]): Promise<void>;
  /** Written before anything that is written later. */
  leaseEnded(number: number): void;
}

export interface LeaseRequest {
  readonly registration: Registration;
  readonly leaseMs: number;
  readonly peer: string;
  /** Throws where the sender may not have these for this registration. */
  readonly claim: (addresses: readonly IpAddress[]) => void;
  /** Throws where a lease is not the sender's to renew or replace. */
  readonly guard: (lease: AddressLease) => void;
}

/** As many as jobs may be registered. */
const MOST_LEASES = 250_000;
/** How often a lease whose time is over, and whose job is registered, is looked at. */
const IN_USE_AGAIN_MS = 60_000;

export class AddressLeases {
  readonly events = new EventEmitter<LeaseEvents>();
  readonly #admission: LeaseAdmission;
  readonly #clock: Clock;
  readonly #pools: () => readonly AddressPool[];
  readonly #timer: LeaseTimer;
  readonly #byKey = new Map<string, AddressLease>();
  readonly #byAddress = new Map<IpAddress, AddressLease>();
  readonly #bySlot = new Map<string, AddressLease>();
  /** Changes of a registration's lease under way: the next waits for it. */
  readonly #changing = new Map<string, Promise<unknown>>();
  /** By pool, the address that was given last. */
  readonly #last = new Map<string, IpAddress>();
  #lastNumber = 0;

  constructor(admission: LeaseAdmission, clock: Clock, pools: () => readonly AddressPool[]) {
    this.#admission = admission;
    this.#clock = clock;
    this.#pools = pools;
    this.#timer = new LeaseTimer(clock, () => this.look());
  }

  /** Takes up what was there before a restart; the jobs must be there already. */
  restore(leases: readonly AddressLease[]): void {
    for (const lease of [...leases].sort((a, b) => a.number - b.number)) this.#add(lease);
    this.look();
  }

  get pools(): readonly AddressPool[] {
    return this.#pools();
  }

  /** In the order in which they were given. */
  list(): readonly AddressLease[] {
    return [...this.#byKey.values()];
  }

  /** The registration that has leased an address. */
  holderOf(address: IpAddress): string | undefined {
    return this.#byAddress.get(address)?.key;
  }

  /** The number under which a registration's lease is in the store. */
  numberOf(key: string): number | undefined {
    return this.#byKey.get(key)?.number;
  }

  isInUse({ key }: AddressLease): boolean {
    return this.#admission.byKey(key) !== undefined;
  }

  /** Rejects with a JobError, in which case nothing has changed. */
  lease(request: LeaseRequest): Promise<AddressLease> {
    return this.#inTurn(request.registration, () => this.#lease(request));
  }

  /** Rejects with a JobError, in which case nothing has changed. */
  async release(key: string, guard: LeaseRequest['guard']): Promise<AddressLease> {
    const known = this.#byKey.get(key);
    if (known === undefined) throw refuse.notLeased(key);
    return this.#inTurn(known.registration, async () => {
      const lease = this.#byKey.get(key);
      if (lease === undefined) throw refuse.notLeased(key);
      guard(lease);
      if (this.isInUse(lease)) throw refuse.inUse(key);
      await this.#admission.writeLeases([{ kind: 'leaseEnded', number: lease.number }]);
      // Its time may have been over meanwhile.
      if (this.#byKey.get(key) === lease) this.#end(lease, 'asked');
      return lease;
    });
  }

  /** The job has ended, and with it the lease: in the store already, but where it was asked for once more meanwhile. */
  jobRemoved(key: string): void {
    const lease = this.#byKey.get(key);
    if (lease !== undefined) this.#endAnyway(lease, 'job');
  }

  /** Ends those whose time is over. The timer calls it. */
  look(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const lease of this.list()) {
      if (lease.endsAt > now) next = Math.min(next, lease.endsAt);
      else if (!this.isInUse(lease)) this.#endAnyway(lease, 'time');
      // A job that comes to nothing before it was admitted tells nobody of its end.
      else next = Math.min(next, now + IN_USE_AGAIN_MS);
    }
    if (next < Number.POSITIVE_INFINITY) this.#timer.arm(next);
  }

  stop(): void {
    this.#timer.stop();
  }

  async #lease(request: LeaseRequest): Promise<AddressLease> {
    const { registration, leaseMs, peer, claim, guard } = request;
    const key = registrationKey(registration);
    const endsAt = this.#clock.now() + leaseMs;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      guard(known);
      const renewed = { ...known, endsAt };
      await this.#admission.writeLeases([{ kind: 'lease', lease: renewed }]);
      // It may have ended meanwhile, and its addresses be others' by now.
      if (this.#byKey.get(key) !== known) return this.#lease(request);
      this.#add(renewed);
      return renewed;
    }
    const former = this.#bySlot.get(slotOf(registration));
    const replaced = former !== undefined && !this.isInUse(former) ? former : undefined;
    if (replaced !== undefined) guard(replaced);
    const addresses = this.#choose(registration.machine);
    claim(addresses.map(({ address }) => address));
    this.#lastNumber += 1;
    const lease = { number: this.#lastNumber, key, registration, addresses, endsAt, peer };
    // Taken from now on, whatever becomes of it.
    for (const { address } of addresses) this.#byAddress.set(address, lease);
    const ended: LeaseChange[] = replaced === undefined ? [] : [{ kind: 'leaseEnded', number: replaced.number }];
    try {
      await this.#admission.writeLeases([{ kind: 'lease', lease }, ...ended]);
    } catch (error) {
      this.#forgetAddresses(lease);
      throw error;
    }
    if (replaced !== undefined && this.#byKey.get(replaced.key) === replaced) this.#end(replaced, 'replaced');
    this.#add(lease);
    for (const { pool, address } of addresses) this.#last.set(pool, address);
    this.events.emit('leased', lease);
    return lease;
  }

  /** One address of each version that there are pools of, or none at all. */
  #choose(machine: string): readonly LeasedAddress[] {
    const pools = this.#pools();
    if (pools.length === 0) throw refuse.noPool();
    const noneFree = (of: readonly AddressPool[]) =>
      refuse.noneFree(
        of.map(({ name }) => name),
        machine,
      );
    if (this.#byKey.size >= MOST_LEASES) throw noneFree(pools);
    const isTaken = (address: IpAddress) => this.#byAddress.has(address) || !this.#admission.isFree(address);
    return [true, false].flatMap((isVersion4): LeasedAddress[] => {
      const ofVersion = pools.filter(({ first }) => isIpv4(first) === isVersion4);
      for (const pool of ofVersion) {
        const address = freeAddress(pool, machine, this.#last.get(pool.name), isTaken);
        const { name, prefixLength, gateway } = pool;
        if (address !== undefined) return [{ pool: name, address, prefixLength, gateway }];
      }
      if (ofVersion.length === 0) return [];
      throw noneFree(ofVersion);
    });
  }

  #add(lease: AddressLease): void {
    this.#byKey.set(lease.key, lease);
    this.#bySlot.set(slotOf(lease.registration), lease);
    for (const { address } of lease.addresses) this.#byAddress.set(address, lease);
    this.#lastNumber = Math.max(this.#lastNumber, lease.number);
    this.#timer.arm(lease.endsAt);
  }

  #end(lease: AddressLease, how: LeaseEnd): void {
    this.#byKey.delete(lease.key);
    const slot = slotOf(lease.registration);
    if (this.#bySlot.get(slot)?.key === lease.key) this.#bySlot.delete(slot);
    this.#forgetAddresses(lease);
    this.events.emit('ended', lease, how);
  }

  #endAnyway(lease: AddressLease, how: LeaseEnd): void {
    this.#admission.leaseEnded(lease.number);
    this.#end(lease, how);
  }

  #forgetAddresses({ key, addresses }: AddressLease): void {
    for (const { address } of addresses) {
      if (this.#byAddress.get(address)?.key === key) this.#byAddress.delete(address);
    }
  }

  /** What is asked for one slot goes one after the other, since each may be about the lease of the one before. */
  async #inTurn<Result>(registration: Registration, change: () => Promise<Result>): Promise<Result> {
    const slot = slotOf(registration);
    const before = this.#changing.get(slot);
    const turn = (before ?? Promise.resolve()).then(change, change);
    this.#changing.set(slot, turn);
    try {
      return await turn;
    } finally {
      if (this.#changing.get(slot) === turn) this.#changing.delete(slot);
    }
  }
}

function slotOf({ machine, slot }: Registration): string {
  return `${machine.toLowerCase()}|${slot}`;
}
