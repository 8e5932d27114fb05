// What a switch refuses, and the OpenFlow error that says so. Refusals are thrown while a request is read or carried out
// and caught in one place, where the request's first bytes are put into the answer; nothing has changed by then.

/** The `type` and `code` of an OFPT_ERROR message. */
export interface ErrorAnswer {
  readonly type: number;
  readonly code: number;
}

export class Refusal extends Error {
  readonly answer: ErrorAnswer;
  /** The refusal of another message that led to this one, and is answered first. */
  readonly first: { readonly xid: number; readonly answer: ErrorAnswer; readonly raw: Uint8Array } | undefined;
  constructor(type: number, code: number, message: string, first?: Refusal['first']) {
    super(message);
    this.name = 'Refusal';
    this.answer = { type, code };
    this.first = first;
  }
}

type Version = 1 | 4;

/** Refusals that both versions have, by each one's numbers (OF1.0.1 §5.4.4, OF1.3.5 §7.5.4). */
const refusals = {
  badType: { 1: [1, 1], 4: [1, 1] },
  badStat: { 1: [1, 2], 4: [1, 2] },
  badVendor: { 1: [1, 3], 4: [1, 3] },
  bufferUnknown: { 1: [1, 8], 4: [1, 8] },
  /** 1.0 has no code of its own for it; EPERM comes nearest. */
  badRequestPort: { 1: [1, 5], 4: [1, 11] },
  badAction: { 1: [2, 0], 4: [2, 0] },
  badOutPort: { 1: [2, 4], 4: [2, 4] },
  badArgument: { 1: [2, 5], 4: [2, 5] },
  tableFull: { 1: [3, 0], 4: [5, 1] },
  overlap: { 1: [3, 1], 4: [5, 3] },
  badCommand: { 1: [3, 4], 4: [5, 6] },
  badPort: { 1: [4, 0], 4: [7, 0] },
  badHwAddr: { 1: [4, 1], 4: [7, 1] },
  badQueuePort: { 1: [5, 0], 4: [9, 0] },
  badQueue: { 1: [5, 1], 4: [9, 1] },
} as const satisfies Record<string, Record<Version, readonly [type: number, code: number]>>;

export function refuse(version: Version, name: keyof typeof refusals, message: string): Refusal {
  const [type, code] = refusals[name][version];
  return new Refusal(type, code, message);
}
