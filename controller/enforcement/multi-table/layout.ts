// The multi-table pipeline's tables and how it uses the 64 bits of metadata to carry what is known of a packet from one
// to the next (OF1.3.5 §5.1). Standard OpenFlow 1.3 is enough, so hardware can have it, too; where the switch has Nicira's
// registers, as Open vSwitch does, what IP and ARP say in different fields is put into registers first, and one rule
// serves both.
//
//   0 INGRESS    what may come in by this port at all; whether the sender is a host that Lark has seen there
//   1 ADDRESSES  registers only: copies the addresses of IPv4 and ARP, and the MAC that the sender says it has
//   2 SENDER     who sends it: anti-spoofing, and the source's class
//   3 RECIPIENT  whom it is for: the destination's class, and for a job the port that it is at
//   4 VERDICT    what the policies say of the two classes: defaults and exceptions
//   5 REPLIES    where only replies may pass: what opens no connection (Open vSwitch; others ask about each packet)
//   6 SWITCHING  for those that are no jobs: the port that their MAC was seen at
//   7 OUTPUT     out of the port, in its queue; with registers, to a job only with the job's own MAC or as a question
//
// The pipeline answers only what it is sure of: whatever it does not know goes to the controller, whose decision (see
// decide.ts) is the meaning of it all. So its soundness is one property: no packet that it handles by itself fares
// otherwise than `decide` says.

import type { MaskedMetadata } from '../../southbound/flow-rule.ts';

export const Table = {
  INGRESS: 0,
  ADDRESSES: 1,
  SENDER: 2,
  RECIPIENT: 3,
  VERDICT: 4,
  REPLIES: 5,
  SWITCHING: 6,
  OUTPUT: 7,
} as const;
/** A switch needs at least this many tables. */
export const TABLE_COUNT = 8;

const CLASS_BITS = 20n;
const PORT_BITS = 12n;
const QUEUE_BITS = 8n;
const DESTINATION_SHIFT = CLASS_BITS;
const PORT_SHIFT = 2n * CLASS_BITS;
const QUEUE_SHIFT = PORT_SHIFT + PORT_BITS;

/** Numbers that fit; 0 means "none" in every field. */
export const MAX_CLASS = 2 ** Number(CLASS_BITS) - 2;
export const MAX_PORT_INDEX = 2 ** Number(PORT_BITS) - 1;
export const MAX_QUEUE_INDEX = 2 ** Number(QUEUE_BITS) - 1;

function field(value: number, bits: bigint, shift: bigint): MaskedMetadata {
  return { value: BigInt(value) << shift, mask: ((1n << bits) - 1n) << shift };
}

/** Class numbers count from 0. */
export const sourceClass = (id: number): MaskedMetadata => field(id + 1, CLASS_BITS, 0n);
export const destinationClass = (id: number): MaskedMetadata => field(id + 1, CLASS_BITS, DESTINATION_SHIFT);
/** The classes that a match names, each undefined where it leaves it open. */
export function classesOf({ value, mask }: MaskedMetadata): {
  readonly source: number | undefined;
  readonly destination: number | undefined;
} {
  const whole = (1n << CLASS_BITS) - 1n;
  const classAt = (shift: bigint) =>
    ((mask >> shift) & whole) === whole ? Number((value >> shift) & whole) - 1 : undefined;
  return { source: classAt(0n), destination: classAt(DESTINATION_SHIFT) };
}

/** Index of a port from 1, since port numbers have 32 bits. */
export const outPort = (index: number): MaskedMetadata => field(index, PORT_BITS, PORT_SHIFT);
export const queue = (index: number): MaskedMetadata => field(index, QUEUE_BITS, QUEUE_SHIFT);

/** It came in by a job's port. */
export const FROM_JOB_PORT: MaskedMetadata = field(1, 1n, 60n);
/** It came in by a fabric port, with the MAC of a job that is at another switch. */
export const FROM_REMOTE_JOB: MaskedMetadata = field(1, 1n, 61n);
/** It is for a job, and its port is known. */
export const HAS_OUT_PORT: MaskedMetadata = field(1, 1n, 62n);
/** With registers: an ARP message or a neighbour solicitation to more than one, which asks for who has an address. */
export const IS_QUESTION: MaskedMetadata = field(1, 1n, 63n);
/** Neither of the two senders above. */
export const FROM_HOST: MaskedMetadata = {
  value: 0n,
  mask: FROM_JOB_PORT.mask | FROM_REMOTE_JOB.mask,
};

export function both(...parts: readonly MaskedMetadata[]): MaskedMetadata {
  return {
    value: parts.reduce((value, part) => value | part.value, 0n),
    mask: parts.reduce((mask, part) => mask | part.mask, 0n),
  };
}
