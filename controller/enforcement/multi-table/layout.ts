// The multi-table pipeline's tables and how it uses the 64 bits of metadata to carry what is known of a packet from one
// to the next (OF1.3.5 §5.1). Only standard OpenFlow 1.3 is used, so hardware can have it, too.
//
//   0 INGRESS    what may come in by this port at all; whether the sender is a host that Lark has seen there
//   1 SENDER     who sends it: anti-spoofing, and the source's class
//   2 RECIPIENT  whom it is for: the destination's class, and for a job the port that it is at
//   3 VERDICT    what the policies say of the two classes: defaults and exceptions
//   4 REPLIES    where only replies may pass: what opens no connection (Open vSwitch; others ask about each packet)
//   5 SWITCHING  for those that are no jobs: the port that their MAC was seen at
//   6 OUTPUT     out of the port, in its queue
//
// The pipeline answers only what it is sure of: whatever it does not know goes to the controller, whose decision (see
// decide.ts) is the meaning of it all. So its soundness is one property: no packet that it handles by itself fares
// otherwise than `decide` says.

import type { MaskedMetadata } from '../../southbound/flow-rule.ts';

export const Table = { INGRESS: 0, SENDER: 1, RECIPIENT: 2, VERDICT: 3, REPLIES: 4, SWITCHING: 5, OUTPUT: 6 } as const;
/** A switch needs at least this many tables. */
export const TABLE_COUNT = 7;

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
/** Index of a port from 1, since port numbers have 32 bits. */
export const outPort = (index: number): MaskedMetadata => field(index, PORT_BITS, PORT_SHIFT);
export const queue = (index: number): MaskedMetadata => field(index, QUEUE_BITS, QUEUE_SHIFT);

/** It came in by a job's port. */
export const FROM_JOB_PORT: MaskedMetadata = field(1, 1n, 60n);
/** It came in by a fabric port, with the MAC of a job that is at another switch. */
export const FROM_REMOTE_JOB: MaskedMetadata = field(1, 1n, 61n);
/** It is for a job, and its port is known. */
export const HAS_OUT_PORT: MaskedMetadata = field(1, 1n, 62n);
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
