// A stretch of addresses of one IP version, as the policy file writes those that Lark leases: `10.1.0.0/24`, or
// `10.1.0.16-10.1.0.31`, both ends included.

import { readPrefix } from '../../policies/options/prefixes.ts';
import { describeValue, type Reading, readBy } from '../../policies/options/schema.ts';
import { formatIp, type IpAddress, isIpv4, parseIp } from '../../protocols/packet/address.ts';

export interface AddressRange {
  readonly first: IpAddress;
  /** Included; of the same version, and not before `first`. */
  readonly last: IpAddress;
}

export interface WrittenRange extends AddressRange {
  /** Where it was written as a prefix. */
  readonly prefixLength: number | undefined;
}

export function widthOf(address: IpAddress): 32 | 128 {
  return isIpv4(address) ? 32 : 128;
}

/** The address so far behind another; the caller knows that there is one. */
export function addressPlus(address: IpAddress, count: bigint): IpAddress {
  const sum = BigInt(address) + count;
  return (isIpv4(address) ? Number(sum) : sum) as IpAddress;
}

export function isIn({ first, last }: AddressRange, address: IpAddress): boolean {
  return isIpv4(first) === isIpv4(address) && first <= address && address <= last;
}

export function overlap(one: AddressRange, other: AddressRange): boolean {
  return isIpv4(one.first) === isIpv4(other.first) && one.first <= other.last && other.first <= one.last;
}

/** All addresses that share the first `length` bits with this one. */
export function networkAround(address: IpAddress, length: number): AddressRange {
  const hosts = 1n << BigInt(widthOf(address) - length);
  const offset = BigInt(address) % hosts;
  return { first: addressPlus(address, -offset), last: addressPlus(address, hosts - 1n - offset) };
}

export function formatRange({ first, last }: AddressRange): string {
  return `${formatIp(first)}-${formatIp(last)}`;
}

export function readRange(input: unknown): Reading<WrittenRange> {
  const expected = 'expected a prefix such as 10.1.0.0/24, or a range such as 10.1.0.16-10.1.0.31';
  if (typeof input !== 'string') return { problem: `${expected}; found ${describeValue(input)}` };
  const shown = JSON.stringify(input.slice(0, 100));
  const ends = input.split('-');
  if (ends.length === 1) {
    const reading = readPrefix(input);
    if (!('value' in reading)) return reading;
    const { network, length } = reading.value;
    return { value: { ...networkAround(network, length), prefixLength: length } };
  }
  const [first, last] = ends.map((end) => parseIp(end.trim()));
  if (ends.length !== 2 || first === undefined || last === undefined) {
    return { problem: `${shown} is no prefix and no range: ${expected}` };
  }
  if (isIpv4(first) !== isIpv4(last)) return { problem: `${shown} begins and ends in different IP versions` };
  if (last < first) return { problem: `${shown} ends before it begins: write the lower address first` };
  return { value: { first, last, prefixLength: undefined } };
}

const ADDRESS = '[0-9A-Fa-f:.]+';

export const addressRange = readBy(readRange, {
  title: 'a prefix, or two addresses with - between',
  type: 'string',
  pattern: `^${ADDRESS}(/\\d{1,3}| *- *${ADDRESS})?$`,
});

export const ipAddress = readBy(
  (input): Reading<IpAddress> => {
    const expected = 'expected one such as 10.1.0.1 or 2001:db8::1';
    if (typeof input !== 'string') return { problem: `${expected}, an IP address; found ${describeValue(input)}` };
    const address = parseIp(input);
    if (address !== undefined) return { value: address };
    return { problem: `${JSON.stringify(input.slice(0, 100))} is no IP address: ${expected}` };
  },
  { title: 'an IP address', type: 'string', pattern: `^${ADDRESS}$` },
);
