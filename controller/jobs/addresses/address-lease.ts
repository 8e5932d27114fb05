// What a job has leased before it is registered.

import type { IpAddress } from '../../../protocols/packet/address.ts';
import type { Registration } from '../job.ts';

export interface LeasedAddress {
  /** The pool's name in the policy file. */
  readonly pool: string;
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly gateway: IpAddress | undefined;
}

export interface AddressLease {
  /** Counts up, is never given twice while one is there, and names the record. */
  readonly number: number;
  /** `registrationKey` of the registration. */
  readonly key: string;
  readonly registration: Registration;
  /** One of each IP version that the file has pools of. */
  readonly addresses: readonly LeasedAddress[];
  /** Wall-clock milliseconds. After it the lease goes on as long as its job is registered. */
  readonly endsAt: number;
  /** The IP address that asked. */
  readonly peer: string;
}
