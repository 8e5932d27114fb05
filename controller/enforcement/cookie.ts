// Structured cookies mark which rules on a switch are Lark's, and of which kind: 32 bits of owner, 8 of kind, 24 of an
// id that tells rules decided for packets apart and is 0 for all others (OF1.3.5 §7.3.4.1: the cookie is opaque to the
// switch, and deletes can filter by it from 1.1 on).

const OWNER = 0x4c61726bn; // "Lark"

/** The bits of a cookie that say whose a rule is. */
export const OWNER_MASK = 0xffffffff_00000000n;
export const OWNER_COOKIE = OWNER << 32n;

/**
 * `forward` and `drop` were decided for a packet, and share a bit, so that a delete can ask for the two together. The
 * others follow from what is known: the file, a port, a job, a host, the verdicts between classes; but for `storm`, which
 * holds a port for a while.
 */
export const RuleKind = {
  BASE: 0x01,
  GATE: 0x02,
  JOB: 0x03,
  HOST: 0x04,
  VERDICT: 0x05,
  STORM: 0x06,
  FORWARD: 0x11,
  DROP: 0x12,
} as const;
export type RuleKind = (typeof RuleKind)[keyof typeof RuleKind];

const KIND_SHIFT = 24n;
const DECIDED_BIT = 0x10n << KIND_SHIFT;
/** For deletes in 1.3: all rules of Lark's, and those decided for packets. */
export const ANY_OF_LARKS = { value: OWNER_COOKIE, mask: OWNER_MASK } as const;
export const DECIDED_RULES = { value: OWNER_COOKIE | DECIDED_BIT, mask: OWNER_MASK | DECIDED_BIT } as const;

/** For statistics in 1.3: all rules of a kind. */
export function ofKind(kind: RuleKind): { readonly value: bigint; readonly mask: bigint } {
  return { value: makeCookie(kind), mask: OWNER_MASK | (0xffn << KIND_SHIFT) };
}

export function makeCookie(kind: RuleKind): bigint {
  return OWNER_COOKIE | (BigInt(kind) << KIND_SHIFT);
}

/** How many ids there are. */
export const COOKIE_IDS = 2 ** Number(KIND_SHIFT);
const ID_MASK = (1n << KIND_SHIFT) - 1n;

export function withId(cookie: bigint, id: number): bigint {
  return (cookie & ~ID_MASK) | BigInt(id);
}

export function idOf(cookie: bigint): number {
  return Number(cookie & ID_MASK);
}

export function isLarks(cookie: bigint): boolean {
  return (cookie & OWNER_MASK) === OWNER_COOKIE;
}

/** True for a rule that was decided for a packet. */
export function isDecided(cookie: bigint): boolean {
  return (cookie & DECIDED_RULES.mask) === DECIDED_RULES.value;
}

/** `base`, `gate`, `forward` or `drop`; undefined for a rule that is not Lark's. */
export function kindOf(cookie: bigint): string | undefined {
  const kind = isLarks(cookie) ? Number((cookie >> KIND_SHIFT) & 0xffn) : 0;
  return Object.entries(RuleKind)
    .find(([, value]) => value === kind)?.[0]
    .toLowerCase();
}
