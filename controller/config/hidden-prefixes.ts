// Prefixes that no address can belong to, since every address of theirs is in a longer one. Prefixes nest or are apart, so
// the longest that lie directly within one are apart from each other, and hide it where their sizes add up to its own.

import { type IpAddress, isIpv4, type Prefix } from '../../protocols/packet/address.ts';

/** By what they are in the list: those of `prefixes` that longer ones hide, with the ones that lie directly within. */
export function hiddenPrefixes<P extends Prefix>(prefixes: readonly P[]): Map<P, readonly P[]> {
  const hidden = new Map<P, readonly P[]>();
  for (const version of [true, false]) {
    const sorted = prefixes.filter(({ network }) => isIpv4(network) === version).sort(byPlace);
    const around: { readonly prefix: P; readonly within: P[] }[] = [];
    const leave = () => {
      const { prefix, within } = around.pop()!;
      if (within.reduce((sum, inner) => sum + sizeOf(inner), 0n) === sizeOf(prefix)) hidden.set(prefix, within);
    };
    for (const prefix of sorted) {
      for (let last = around.at(-1); last !== undefined && endOf(last.prefix) <= startOf(prefix); last = around.at(-1))
        leave();
      const parent = around.at(-1);
      // One that is listed twice is told elsewhere, and hides nothing.
      if (parent !== undefined && isSame(parent.prefix, prefix)) continue;
      parent?.within.push(prefix);
      around.push({ prefix, within: [] });
    }
    while (around.length > 0) leave();
  }
  return hidden;
}

function byPlace(a: Prefix, b: Prefix): number {
  if (startOf(a) !== startOf(b)) return startOf(a) < startOf(b) ? -1 : 1;
  return a.length - b.length;
}

function isSame(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && a.network === b.network;
}

function startOf({ network }: { readonly network: IpAddress }): bigint {
  return BigInt(network);
}

function sizeOf({ network, length }: Prefix): bigint {
  return 1n << BigInt((isIpv4(network) ? 32 : 128) - length);
}

function endOf(prefix: Prefix): bigint {
  return startOf(prefix) + sizeOf(prefix);
}
