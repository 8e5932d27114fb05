// The one error class of the codec. Every fault of a message, received or about to be sent, carries a stable code, the
// place (byte offset and field), a sentence that says what was expected, and, for what a peer sent, the OpenFlow error
// with which the specification wants it answered. Anything else that the codec throws is a bug in the codec.

/** Stable codes; texts may change, these do not. */
export type OpenflowErrorCode =
  /** The bytes end before the field does. */
  | 'OF_TRUNCATED'
  /** A length field contradicts the bytes around it, or is not one that the structure can have. */
  | 'OF_BAD_LENGTH'
  /** Neither OpenFlow 1.0 (1) nor 1.3 (4). */
  | 'OF_BAD_VERSION'
  /** A message type, action, instruction, … that does not exist (encoding: a `type` that is not in the tables). */
  | 'OF_BAD_TYPE'
  /** A value that does not fit its field. */
  | 'OF_BAD_VALUE'
  /** A match field without the fields that give it a meaning. */
  | 'OF_PREREQUISITE'
  /** A mask where none is allowed, or value bits outside the mask. */
  | 'OF_BAD_MASK'
  /** The same match field twice. */
  | 'OF_DUPLICATE_FIELD'
  /** More than the 65535 bytes that a length field can say. */
  | 'OF_TOO_LONG';

/** What a fault is a fault of: it decides the OpenFlow error type of the answer. */
export type Fault = 'request' | 'action' | 'instruction' | 'match' | 'bucket' | 'tableFeatures';

/** The `type` and `code` of an OFPT_ERROR message. */
export interface ErrorAnswer {
  readonly type: number;
  readonly code: number;
}

export interface ErrorPlace {
  /** Bytes from the start of the message (decoding) or of the bytes being written (encoding). */
  readonly offset?: number;
  readonly field?: string;
  readonly answer?: ErrorAnswer;
}

export class OpenflowError extends Error {
  readonly code: OpenflowErrorCode;
  readonly offset: number;
  readonly field: string;
  /** How the peer should be told (OF1.0.1 §5.4.4, OF1.3.5 §7.5.4). */
  readonly answer: ErrorAnswer;

  constructor(code: OpenflowErrorCode, message: string, place: ErrorPlace = {}) {
    super(message);
    this.name = 'OpenflowError';
    this.code = code;
    this.offset = place.offset ?? 0;
    this.field = place.field ?? '';
    this.answer = place.answer ?? answers.request.badLength;
  }
}

/** The numbers are equal in both versions where a version has the type at all. */
const answers = {
  request: { badLength: { type: 1, code: 6 }, badValue: { type: 1, code: 6 } },
  action: { badLength: { type: 2, code: 1 }, badValue: { type: 2, code: 5 } },
  instruction: { badLength: { type: 3, code: 7 }, badValue: { type: 3, code: 7 } },
  match: { badLength: { type: 4, code: 1 }, badValue: { type: 4, code: 7 } },
  bucket: { badLength: { type: 6, code: 12 }, badValue: { type: 6, code: 12 } },
  tableFeatures: { badLength: { type: 13, code: 3 }, badValue: { type: 13, code: 4 } },
} as const satisfies Record<Fault, Record<'badLength' | 'badValue', ErrorAnswer>>;

export function badLength(fault: Fault, field: string, offset: number, message: string): OpenflowError {
  const text = `${field} at byte ${offset}: ${message}`;
  return new OpenflowError('OF_BAD_LENGTH', text, { offset, field, answer: answers[fault].badLength });
}

export function truncated(fault: Fault, field: string, offset: number, end: number): OpenflowError {
  const text = `${field} at byte ${offset}: the bytes end at ${end}, before the field does`;
  return new OpenflowError('OF_TRUNCATED', text, { offset, field, answer: answers[fault].badLength });
}

export function badValue(field: string, offset: number, value: unknown, expected: string): OpenflowError {
  const text = `${field}: expected ${expected}, got ${printable(value)}`;
  return new OpenflowError('OF_BAD_VALUE', text, { offset, field, answer: answers.request.badValue });
}

export function tooLong(field: string, length: number): OpenflowError {
  const text = `${field}: ${length} bytes, but its length field holds at most 65535: split it`;
  return new OpenflowError('OF_TOO_LONG', text, { field });
}

function printable(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
