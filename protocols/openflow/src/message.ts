// Whole messages of both versions. The header says how long a message is and which declaration it follows; everything
// else follows from the tables.

import { badLength, OpenflowError, truncated } from './error.ts';
import { type Hello, hello } from './hello.ts';
import { NICIRA } from './nicira/actions.ts';
import { type Of10Message, table10 } from './of10/messages.ts';
import { type Of13Message, table13 } from './of13/messages.ts';
import { ONF } from './of13/oxm-fields.ts';
import { readU16, readU32 } from './wire/bytes.ts';
import type { Codec } from './wire/layout.ts';
import { collect } from './wire/output.ts';

export type Message = Hello | Of10Message | Of13Message;

export const OF10 = 1;
export const OF13 = 4;
export const HEADER_LENGTH = 8;
export const MAX_MESSAGE_LENGTH = 65535;
const HELLO = 0;
/** VENDOR in 1.0, EXPERIMENTER in 1.3. */
const EXTENSION = 4;

/**
 * Decodes one whole message. Byte runs in the result are views of `bytes`.
 * @throws OpenflowError for anything that is not exactly one message of OpenFlow 1.0 or 1.3, or a HELLO.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  if (bytes.length < HEADER_LENGTH) throw truncated('request', 'header', 0, bytes.length);
  const length = readU16(bytes, 2);
  if (length !== bytes.length) {
    if (length > bytes.length) throw truncated('request', 'message', 0, bytes.length);
    throw badLength('request', 'message', 2, `its length field says ${length}, but there are ${bytes.length} bytes`);
  }
  return codecFor(bytes).decode(bytes, 0, length) as Message;
}

function codecFor(bytes: Uint8Array): Codec<unknown> {
  const version = bytes[0]!;
  const type = bytes[1]!;
  if (type === HELLO && version > 0) return hello;
  if (version !== OF10 && version !== OF13) {
    throw new OpenflowError('OF_BAD_VERSION', `version ${version}, expected 1 (OpenFlow 1.0) or 4 (1.3)`, {
      field: 'version',
      answer: { type: 1, code: 0 },
    });
  }
  const table = version === OF10 ? table10.byNumber : table13.byNumber;
  const codec = table.get(type === EXTENSION ? extensionNumber(bytes) : type);
  if (codec !== undefined) return codec;
  throw new OpenflowError('OF_BAD_TYPE', `OpenFlow ${version === OF10 ? '1.0' : '1.3'} has no message type ${type}`, {
    offset: 1,
    field: 'type',
    answer: { type: 1, code: 1 },
  });
}

/** The table's number for a vendor or experimenter message: one of an extension known in detail, or the general one. */
function extensionNumber(bytes: Uint8Array): number {
  if (bytes.length < 16) return EXTENSION;
  const owner = readU32(bytes, 8);
  const subtype = readU32(bytes, 12);
  if (bytes[0] === OF10 && owner === NICIRA) {
    // Other lengths are not the role messages; they stay what they are, bytes.
    if (bytes.length === 20 && (subtype === 10 || subtype === 11)) return EXTENSION + subtype * 0x100;
  } else if (bytes[0] === OF13 && owner === ONF && bytes.length >= 24) {
    if (subtype === 2300) return EXTENSION + 0x100;
    if (subtype === 2301) return EXTENSION + 0x200;
  }
  return EXTENSION;
}

/**
 * Encodes a message. The result may share its ArrayBuffer with other messages.
 * @throws OpenflowError for a message that does not fit its declaration, is longer than 65535 bytes, or that a switch
 * would misread, such as a match without its prerequisites.
 */
export function encodeMessage(message: Message): Uint8Array {
  const codec = message.type === 'hello' ? hello : tableFor(message.version)[message.type];
  if (codec === undefined) {
    const text = `OpenFlow wire version ${message.version} has no message called ${JSON.stringify(message.type)}`;
    throw new OpenflowError('OF_BAD_TYPE', text, { field: 'type' });
  }
  return collect(codec as Codec<unknown>, message);
}

function tableFor(version: number): Readonly<Record<string, Codec<unknown>>> {
  if (version === OF10) return table10.byName as Readonly<Record<string, Codec<unknown>>>;
  if (version === OF13) return table13.byName as Readonly<Record<string, Codec<unknown>>>;
  throw new OpenflowError('OF_BAD_VERSION', `version ${version}, expected 1 (OpenFlow 1.0) or 4 (1.3)`, {
    field: 'version',
  });
}

/** The error message that answers a faulty one: with its xid, and at least its first 64 bytes (OF1.3.5 §7.5.4). */
export function errorAnswering(fault: OpenflowError, bytes: Uint8Array, version: 1 | 4): Message {
  const { type: errorType, code } = fault.answer;
  const xid = bytes.length >= HEADER_LENGTH ? readU32(bytes, 4) : 0;
  return { version, type: 'error', xid, errorType, code, data: bytes.slice(0, 64) };
}
