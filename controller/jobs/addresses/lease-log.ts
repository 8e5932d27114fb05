// What becomes of leased addresses, as lines of the log and as events.

import { formatIp } from '../../../protocols/packet/address.ts';
import type { AdmissionLog } from '../admission-log.ts';
import type { AddressLease } from './address-lease.ts';
import type { LeaseEvents } from './address-leases.ts';

/** As much of the leases as is listened to. */
export interface LeaseEventSource {
  on<Name extends keyof LeaseEvents>(name: Name, listener: (...args: LeaseEvents[Name]) => void): unknown;
}

export function logLeases(events: LeaseEventSource, log: Pick<AdmissionLog, 'info'>): void {
  events.on('leased', (lease) => {
    log.info({ ...fieldsOf(lease), leaseEndsAt: new Date(lease.endsAt).toISOString() }, 'address.leased');
  });
  events.on('ended', (lease, reason) => log.info({ ...fieldsOf(lease), reason }, 'address.released'));
}

function fieldsOf({ key, addresses }: AddressLease): object {
  return { job: key, addresses: addresses.map(({ address }) => formatIp(address)) };
}
