// Addresses and numbers as Open vSwitch prints them.

export function formatMac(value: number): string {
  return value
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:');
}

export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** As inet_ntop does: the first longest run of zeros is `::`, and the last 32 bits are dotted after `::` or `::ffff:`. */
export function formatIpv6(value: bigint): string {
  const words = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(16 * (7 - i))) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const isMapped = best.start === 0 && best.length === 5 && words[5] === 0xffff;
  if (isMapped || (best.start === 0 && best.length === 6)) {
    return `${isMapped ? '::ffff:' : '::'}${formatIpv4(Number(value & 0xffffffffn))}`;
  }
  const text = words.map((word) => word.toString(16));
  if (best.start < 0) return text.join(':');
  return `${text.slice(0, best.start).join(':')}::${text.slice(best.start + best.length).join(':')}`;
}

/** C's `%#x`: a zero has no prefix. */
export function formatHex(value: number | bigint): string {
  return value === 0 || value === 0n ? '0' : `0x${value.toString(16)}`;
}

/** `/8` for a contiguous mask of `bits` bits, the mask as an address for any other, nothing for all ones. */
export function formatPrefixMask(mask: bigint, bits: number, asAddress: (mask: bigint) => string): string {
  const all = (1n << BigInt(bits)) - 1n;
  if (mask === all) return '';
  const hostBits = (all ^ mask) + 1n;
  if ((hostBits & (hostBits - 1n)) !== 0n) return `/${asAddress(mask)}`;
  return `/${bits - (hostBits.toString(2).length - 1)}`;
}

/** `syn|ack` when every known bit is given, `+syn-ack` when only some are. `names` by bit, lowest first. */
export function formatFlags(names: readonly string[], value: number, mask: number | undefined): string {
  const known = 2 ** names.length - 1;
  if (mask === undefined || (mask & known) === known) {
    const set = names.filter((_, bit) => (value >>> bit) & 1);
    return set.length === 0 ? '0' : set.join('|');
  }
  return names.map((name, bit) => ((mask >>> bit) & 1 ? `${(value >>> bit) & 1 ? '+' : '-'}${name}` : '')).join('');
}
