// Which address of a pool is leased next. Addresses go round, so that one that was given back is the last to be given again:
// what others remember of its former holder (ARP, connections) has the longest time to fade.

import type { IpAddress } from '../../../protocols/packet/address.ts';
import { type AddressRange, addressPlus, isIn } from '../../config/address-range.ts';
import type { AddressPool } from '../../config/config.ts';

/**
 * An address that this machine may have, nobody has and that is not kept for others; undefined where there is none. It takes one
 * step for each address that is taken.
 * @param after the one that was given last, if any.
 */
export function freeAddress(
  pool: AddressPool,
  machine: string,
  after: IpAddress | undefined,
  isTaken: (address: IpAddress) => boolean,
): IpAddress | undefined {
  const own = pool.workers.get(machine.toLowerCase());
  const range = own ?? pool;
  const others = own === undefined ? [...pool.workers.values()] : [];
  const isFree = (address: IpAddress) => !pool.never.has(address) && !isTaken(address);
  const hasAfter = after !== undefined && isIn(range, after) && after < range.last;
  if (!hasAfter) return firstFree(range, others, isFree);
  const later = firstFree({ first: addressPlus(after, 1n), last: range.last }, others, isFree);
  return later ?? firstFree({ first: range.first, last: after }, others, isFree);
}

function firstFree(
  { first, last }: AddressRange,
  others: readonly AddressRange[],
  isFree: (address: IpAddress) => boolean,
): IpAddress | undefined {
  for (let address = first; address <= last; address = addressPlus(address, 1n)) {
    const kept = others.find((each) => isIn(each, address));
    // The loop goes on behind it. The end of all addresses is no address.
    if (kept !== undefined) address = kept.last;
    else if (isFree(address)) return address;
    if (address === last) return undefined;
  }
  return undefined;
}
