// Which zone an address belongs to: that of the longest prefix which holds it, or `wan`. A lookup tries each prefix
// length that occurs, longest first, in a map of that length's networks; so thousands of prefixes cost no more than a
// few, and at most 33 (IPv4) or 129 (IPv6) map lookups.

import { type IpAddress, isIpv4, networkOf, type Prefix } from '../../protocols/packet/address.ts';
import type { ZoneConfig } from './config.ts';

/** The zone of all addresses that no zone of the file covers. */
export const WAN_ZONE = 'wan';
/** The zone of local addresses, such as link-local and multicast ones; never the result of a lookup here. */
export const LOCAL_ZONE = 'local';
/** What a job's `Zone` says; never the result of a lookup here. */
export const JOB_ZONE = 'job';

interface LengthTable<T> {
  readonly length: number;
  readonly byNetwork: Map<IpAddress, T>;
}

/**
 * The name of the zone of an address, `wan` where none covers it; with `longest` only prefixes up to that length count.
 * Local addresses are the caller's to tell apart.
 */
export function zoneLookup(zones: readonly ZoneConfig[]): (address: IpAddress, longest?: number) => string {
  const find = longestPrefixLookup(
    zones.flatMap(({ name, prefixes }) => prefixes.map((prefix) => [prefix, name] as const)),
  );
  return (address, longest) => find(address, longest) ?? WAN_ZONE;
}

/** Whether an address is in any of the prefixes. */
export function inAnyPrefix(prefixes: readonly Prefix[]): (address: IpAddress) => boolean {
  const find = longestPrefixLookup(prefixes.map((prefix) => [prefix, true] as const));
  return (address) => find(address) === true;
}

/** The longest of `prefixes` that holds all of another prefix, itself included. */
export function enclosingPrefix(prefixes: readonly Prefix[]): (inner: Prefix) => Prefix | undefined {
  const find = longestPrefixLookup(prefixes.map((prefix) => [prefix, prefix] as const));
  return (inner) => find(inner.network, inner.length);
}

/** The lookup answers with the value of the longest prefix that holds the address and is no longer than `longest`. */
function longestPrefixLookup<T>(entries: readonly (readonly [Prefix, T])[]) {
  const ofVersion = (wantsIpv4: boolean) => tables(entries.filter(([{ network }]) => isIpv4(network) === wantsIpv4));
  const [ipv4, ipv6] = [ofVersion(true), ofVersion(false)];
  return (address: IpAddress, longest = 128): T | undefined => {
    for (const { length, byNetwork } of isIpv4(address) ? ipv4 : ipv6) {
      const value = length <= longest ? byNetwork.get(networkOf(address, length)) : undefined;
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

/** By length, longest first. Of two values for one prefix the first keeps it; the file's check refuses such. */
function tables<T>(entries: readonly (readonly [Prefix, T])[]): readonly LengthTable<T>[] {
  const byLength = new Map<number, Map<IpAddress, T>>();
  for (const [prefix, value] of entries) {
    const byNetwork = byLength.get(prefix.length) ?? new Map<IpAddress, T>();
    byLength.set(prefix.length, byNetwork);
    if (!byNetwork.has(prefix.network)) byNetwork.set(prefix.network, value);
  }
  return [...byLength].map(([length, byNetwork]) => ({ length, byNetwork })).sort((a, b) => b.length - a.length);
}
