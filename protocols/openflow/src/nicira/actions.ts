// The Nicira actions that Lark's pipelines use, the same bytes in OpenFlow 1.0 (vendor) and 1.3 (experimenter). All others
// come back as vendor or experimenter actions that keep their bytes.

import { bitRange, shortOxmId } from '../of13/oxm-id.ts';
import { setFieldBody } from '../of13/set-field.ts';
import { readU16, readU32 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import {
  type Codec,
  constant,
  fixed,
  type Layout,
  length,
  list,
  type Named,
  pad,
  part,
  rest,
  u8,
  u16,
  u32,
  u64,
  type ValueOf,
} from '../wire/layout.ts';

export const NICIRA = 0x00002320;
const EXPERIMENTER = 0xffff;
const REG_MOVE = 6;
const REG_LOAD = 7;
/** Keeps Nicira's numbers apart from the standard ones. */
const BASE = 0x1000000;

function action<const L extends Layout>(subtype: number, ...body: L): Variant<L> {
  return {
    number: BASE + subtype,
    head: [constant(2, EXPERIMENTER), length(), constant(4, NICIRA), constant(2, subtype)],
    body,
  };
}

const registerActions = {
  /** Copies `bits` bits of `src`, from bit `srcOfs` on, to `dst`, from bit `dstOfs` on. */
  regMove: action(
    REG_MOVE,
    u16('bits'),
    u16('srcOfs'),
    u16('dstOfs'),
    fixed('src', shortOxmId),
    fixed('dst', shortOxmId),
  ),
  /** Puts `value` into a range of the bits of `dst`. */
  regLoad: action(REG_LOAD, fixed('range', bitRange), fixed('dst', shortOxmId), u64('value')),
} as const;

const registerNumbers = new Map(Object.values(registerActions).map(({ number }) => [number, 24]));

/** What `ct` does to a connection it commits: registers of the connection are set, addresses translated. */
const declared = choice(
  {
    name: 'ctAction',
    key: 'type',
    fault: 'action',
    unit: 8,
    least: 8,
    numberAt: (bytes, at, end) => {
      const number = readU16(bytes, at);
      return number === EXPERIMENTER ? lookUp(registerNumbers, bytes, at, end) : number;
    },
    fallback: 'unknown',
  },
  {
    ...registerActions,
    setField: { number: 25, head: [constant(2, 25), length()], body: [part('field', setFieldBody)] },
    experimenter: {
      number: EXPERIMENTER,
      head: [constant(2, EXPERIMENTER), length()],
      body: [u32('experimenter'), rest('data')],
    },
    unknown: { number: -1, head: [], body: [u16('actionType'), length(), rest('data')] },
  },
);

export type CtAction = Named<ValueOf<typeof declared>>;
export const ctAction: Codec<CtAction> = declared;

export const niciraActions = {
  ...registerActions,
  /** Goes on in another table as if the packet had come in by `inPort` (0xfff8: by its own). */
  resubmitTable: action(14, u16('inPort'), u8('tableId'), pad(3)),
  /** Sends to the port whose number, of 16 bits as in OpenFlow 1.0, stands in `src`. */
  outputReg: action(15, fixed('range', bitRange), fixed('src', shortOxmId), u16('maxLen'), pad(6)),
  /** `clause` counts from 0. */
  conjunction: action(34, u8('clause'), u8('clauseCount'), u32('id')),
  /**
   * Connection tracking. `zoneSrc` 0: `zone` is the zone itself; else the OXM header of a field, and `zone` the packed bit
   * range in it. `recircTable` 0xff: the packet does not come back. `alg`: 21 for FTP, 0 for none.
   */
  ct: action(
    35,
    u16('flags'),
    u32('zoneSrc'),
    u16('zone'),
    u8('recircTable'),
    pad(3),
    u16('alg'),
    list('actions', ctAction),
  ),
  ctClear: action(43, pad(6)),
} as const;

const lengths = new Map<number, number>([
  ...registerNumbers,
  ...Object.values(niciraActions)
    .filter(({ number }) => !registerNumbers.has(number))
    .map(({ number }): [number, number] => [number, 0]),
]);

/** The number of the experimenter action at `at`: one of Nicira's above, or the general 0xffff. */
export function niciraNumber(bytes: Uint8Array, at: number, end: number): number {
  return lookUp(lengths, bytes, at, end);
}

/** A register action of another length names an experimenter's field: it is kept as bytes. */
function lookUp(known: ReadonlyMap<number, number>, bytes: Uint8Array, at: number, end: number): number {
  const size = readU16(bytes, at + 2);
  if (end - at < 10 || size < 10 || readU32(bytes, at + 4) !== NICIRA) return EXPERIMENTER;
  const number = BASE + readU16(bytes, at + 8);
  const expected = known.get(number);
  return expected === undefined || (expected > 0 && expected !== size) ? EXPERIMENTER : number;
}
