// The pools of addresses that Lark leases: each checked by itself, against its own parts and against the others.

import { formatIp, type IpAddress, isIpv4, prefixContains } from '../../protocols/packet/address.ts';
import { type AddressRange, formatRange, isIn, networkAround, overlap, widthOf } from './address-range.ts';
import type { AddressPool, Config } from './config.ts';
import type { Findings } from './findings.ts';
import { nameProblem, poolEntry } from './schema.ts';

export function loadAddresses(entries: Readonly<Record<string, unknown>>, findings: Findings): readonly AddressPool[] {
  const pools: AddressPool[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const pool = loadPool(name, entry, findings);
    if (pool === undefined) continue;
    const other = pools.find((each) => overlap(each, pool));
    if (other === undefined) pools.push(pool);
    else
      findings.error(
        'CONFIG_CONFLICT',
        ['addresses', name, 'range'],
        `${formatRange(pool)} is in part in the pool "${other.name}", too`,
      );
  }
  return pools;
}

function loadPool(name: string, entry: unknown, findings: Findings): AddressPool | undefined {
  const at = ['addresses', name];
  const problem = nameProblem('pool', name);
  if (problem !== undefined) {
    findings.error('CONFIG_VALUE_INVALID', at, problem);
    return undefined;
  }
  const read = findings.check(poolEntry, at, entry ?? {});
  if (read === undefined) return undefined;
  const { range, gateway } = read;
  const prefixLength = read.prefixLength ?? range.prefixLength;
  const conflict = (key: string, message: string) => {
    findings.error('CONFIG_CONFLICT', [...at, ...key.split(' ')], message);
    return undefined;
  };
  if (prefixLength === undefined) {
    const message = 'prefixLength is missing: a range does not say how large the network is that its addresses are in';
    findings.error('CONFIG_VALUE_MISSING', at, message);
    return undefined;
  }
  const width = widthOf(range.first);
  if (prefixLength > width) return conflict('prefixLength', `IPv4 addresses have ${width} bits; found ${prefixLength}`);
  const network = networkAround(range.first, prefixLength);
  if (!isIn(network, range.last)) {
    return conflict('range', `${formatRange(range)} is not within one network of prefixLength ${prefixLength}`);
  }
  if (gateway !== undefined && !isIn(network, gateway)) {
    return conflict('gateway', `${formatIp(gateway)} is not in the network of the pool, ${formatRange(network)}`);
  }
  const workers = new Map<string, AddressRange>();
  for (const [machine, own] of Object.entries(read.workers)) {
    const before = [...workers].find(([, each]) => overlap(each, own));
    if (!isIn(range, own.first) || !isIn(range, own.last)) {
      conflict(`workers ${machine}`, `${formatRange(own)} is not within the pool, ${formatRange(range)}`);
    } else if (before !== undefined) {
      conflict(`workers ${machine}`, `${formatRange(own)} is in part that of ${before[0]}, too`);
    } else workers.set(machine.toLowerCase(), { first: own.first, last: own.last });
  }
  const { first, last } = range;
  return { name, first, last, prefixLength, gateway, never: neverLeased(network, prefixLength, gateway), workers };
}

/** Of a network itself, its broadcast address, and the gateway's. IPv6 has no broadcast; its first address is any router's. */
function neverLeased(
  network: AddressRange,
  prefixLength: number,
  gateway: IpAddress | undefined,
): ReadonlySet<IpAddress> {
  const hasNone = widthOf(network.first) - prefixLength < 2;
  const ends = hasNone ? [] : isIpv4(network.first) ? [network.first, network.last] : [network.first];
  return new Set(gateway === undefined ? ends : [...ends, gateway]);
}

/** An address that is no job's range would count as a zone's before its job is registered. */
export function checkPoolsInRanges(
  pools: readonly AddressPool[],
  ranges: Config['jobs']['ranges'],
  findings: Findings,
): void {
  for (const pool of pools) {
    if (ranges.some((prefix) => prefixContains(prefix, pool.first) && prefixContains(prefix, pool.last))) continue;
    const message = `${formatRange(pool)} is not within one prefix of jobs.ranges: what Lark leases has to be addresses that only jobs get`;
    findings.error('CONFIG_CONFLICT', ['addresses', pool.name, 'range'], message);
  }
}
