// `ofp_match` of OpenFlow 1.3 (OF1.3.5 §7.2.3.1): OXM fields behind a type and a length, padded to eight bytes. The
// length leaves the padding out.

import { badLength, OpenflowError, truncated } from '../error.ts';
import { readU16, writeU16, writeZeros } from '../wire/bytes.ts';
import type { Codec } from '../wire/layout.ts';
import { finishLength, listDecoder, listEncoder } from '../wire/sequence.ts';
import { type Match13, oxmCodec } from './oxm.ts';
import { checkMatch13 } from './oxm-prerequisites.ts';

const OXM = 1;
const HEADER = 4;
const decodeFields = listDecoder(oxmCodec);
const encodeFields = listEncoder(oxmCodec);

function extent(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 2 * HEADER) throw truncated('match', 'match', at, end);
  const type = readU16(bytes, at);
  if (type !== OXM) {
    throw new OpenflowError('OF_BAD_TYPE', `match at byte ${at}: type ${type}, expected 1 (OXM)`, {
      offset: at,
      field: 'match',
      answer: { type: 4, code: 0 },
    });
  }
  const length = readU16(bytes, at + 2);
  const padded = (length + 7) & ~7;
  if (length < HEADER) throw badLength('match', 'match', at, `its length says ${length}, expected at least ${HEADER}`);
  if (padded > end - at)
    throw badLength('match', 'match', at, `length ${length} overruns the ${end - at} bytes there are`);
  return padded;
}

function encode(out: Uint8Array, at: number, match: Match13): number {
  writeU16(out, at, OXM);
  const end = encodeFields(out, at + HEADER, match, 'match');
  finishLength(out, at + 2, end - at, 'match');
  const padding = (8 - ((end - at) % 8)) % 8;
  writeZeros(out, end, padding);
  return end + padding;
}

/** Not checked: what a switch reports. */
export const match13: Codec<Match13> = {
  name: 'match',
  least: 2 * HEADER,
  declaration: { kind: 'own' },
  extent,
  decode: (bytes, at) => decodeFields(bytes, at + HEADER, at + readU16(bytes, at + 2)),
  encode,
};

/** Checked when encoded: what a controller asks for. */
export const checkedMatch13: Codec<Match13> = {
  ...match13,
  encode: (out, at, match) => {
    const end = encode(out, at, match);
    checkMatch13(match);
    return end;
  },
};
