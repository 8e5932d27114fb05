// MAC and IP addresses as plain scalars: a MAC is a 48-bit number, an IPv4 address a 32-bit number, an IPv6 address a
// 128-bit bigint. So addresses compare with ===, key a Map by value, and mask with arithmetic; which IP version an
// address has is its `typeof`. Text is made and read only at the edges, by the functions here.

import ipaddr from 'ipaddr.js';

declare const brand: unique symbol;

/** A 48-bit MAC address, first octet highest: `02:00:00:00:00:01` is `0x020000000001`. */
export type MacAddress = number & { readonly [brand]: 'MacAddress' };
/** An IPv4 address as an unsigned 32-bit number in host order: `10.0.0.1` is `0x0a000001`. */
export type Ipv4Address = number & { readonly [brand]: 'Ipv4Address' };
/** An IPv6 address as a 128-bit bigint. */
export type Ipv6Address = bigint & { readonly [brand]: 'Ipv6Address' };
export type IpAddress = Ipv4Address | Ipv6Address;

export const BROADCAST_MAC = 0xffffffffffff as MacAddress;

export function isIpv4(address: IpAddress): address is Ipv4Address {
  return typeof address === 'number';
}

/** `02:00:00:00:00:01` (or with `-`) to a MAC address; `undefined` if the text is none. */
export function parseMac(text: string): MacAddress | undefined {
  const octets =
    /^([0-9a-f]{2})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})$/i.exec(
      text.trim(),
    );
  return octets === null ? undefined : (Number.parseInt(octets.slice(1).join(''), 16) as MacAddress);
}

export function formatMac(mac: MacAddress | number): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:');
}

/** True for broadcast and multicast: the lowest bit of the first octet (IEEE 802 §8.2). */
export function isGroupMac(mac: MacAddress | number): boolean {
  return Math.floor(mac / 0x10000000000) % 2 === 1;
}

/** `10.0.0.1` or `2001:db8::1` to an address; `undefined` if the text is none (octal, short or zoned forms included). */
export function parseIp(text: string): IpAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipv4FromBytes(ipaddr.IPv4.parse(text).octets);
  if (!text.includes('%') && ipaddr.IPv6.isValid(text)) return ipv6FromBytes(ipaddr.IPv6.parse(text).toByteArray());
  return undefined;
}

function ipv4FromBytes(octets: readonly number[]): Ipv4Address {
  return octets.reduce((sum, octet) => sum * 256 + octet, 0) as Ipv4Address;
}

function ipv6FromBytes(octets: readonly number[]): Ipv6Address {
  return octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n) as Ipv6Address;
}

/** An address in its usual text form (RFC 5952 for IPv6). */
export function formatIp(address: IpAddress): string {
  if (isIpv4(address)) {
    return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
  }
  const octets = Array.from({ length: 16 }, (_, i) => Number((address >> BigInt(8 * (15 - i))) & 255n));
  return new ipaddr.IPv6(octets).toRFC5952String();
}

/** A block of addresses. `network` has its host bits clear. */
export interface Prefix {
  readonly network: IpAddress;
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly length: number;
}

/** `10.0.0.0/8`, or an address alone for a block of one; `undefined` if the text is none or has host bits set. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText = '', lengthText, ...rest] = text.split('/');
  const address = parseIp(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const width = isIpv4(address) ? 32 : 128;
  if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) return undefined;
  const length = lengthText === undefined ? width : Number(lengthText);
  if (length > width || networkOf(address, length) !== address) return undefined;
  return { network: address, length };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatIp(prefix.network)}/${prefix.length}`;
}

/** The address with all but its first `length` bits clear. */
export function networkOf(address: IpAddress, length: number): IpAddress {
  if (isIpv4(address)) return (length === 0 ? 0 : (address & (-1 << (32 - length))) >>> 0) as Ipv4Address;
  const hostBits = BigInt(128 - length);
  return ((address >> hostBits) << hostBits) as Ipv6Address;
}

export function prefixContains(prefix: Prefix, address: IpAddress): boolean {
  return isIpv4(prefix.network) === isIpv4(address) && networkOf(address, prefix.length) === prefix.network;
}

/**
 * Addresses that mean something only on their own link, or nothing at all: unspecified, loopback, link-local, multicast
 * and broadcast. DESIGN's endpoint kind `local`; a packet never reaches another network by them.
 */
export function isLocalAddress(address: IpAddress): boolean {
  if (isIpv4(address)) {
    const first = address >>> 24;
    return first === 0 || first === 127 || first >= 224 || address >>> 16 === 0xa9fe;
  }
  return address <= 1n || address >> 120n === 0xffn || address >> 118n === 0x3fan;
}
