// Leased addresses, and the pools that they come from, as the HTTP API shows them.

import { formatIp } from '../protocols/packet/address.ts';
import { formatRange } from './config/address-range.ts';
import type { AddressLease } from './jobs/addresses/address-lease.ts';
import type { AddressLeases } from './jobs/addresses/address-leases.ts';
import type { AddressLeasesView, AddressLeaseView } from './northbound/lark-api.ts';

export function leaseView(lease: AddressLease, leases: AddressLeases): AddressLeaseView {
  const { key, registration, addresses, endsAt } = lease;
  const { machine, slot } = registration;
  const isInUse = leases.isInUse(lease);
  return {
    key,
    machine,
    slot,
    addresses: addresses.map(({ pool, address, prefixLength, gateway }) => ({
      pool,
      address: formatIp(address),
      prefixLength,
      gateway: gateway === undefined ? null : formatIp(gateway),
    })),
    isInUse,
    leaseEndsAt: isInUse ? null : new Date(endsAt).toISOString(),
  };
}

export function leasesView(leases: AddressLeases): AddressLeasesView {
  const all = leases.list();
  const leasedOf = (name: string) =>
    all.reduce((sum, { addresses }) => sum + addresses.filter(({ pool }) => pool === name).length, 0);
  const pools = leases.pools.map((pool) => ({
    name: pool.name,
    range: formatRange(pool),
    leased: leasedOf(pool.name),
  }));
  return { pools, leases: all.map((lease) => leaseView(lease, leases)) };
}
