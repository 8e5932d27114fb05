// The instructions of OpenFlow 1.3 (OF1.3.5 §7.2.4).

import { readU16 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import {
  type Codec,
  constant,
  type Layout,
  length,
  list,
  type Named,
  pad,
  rest,
  u8,
  u16,
  u32,
  u64,
  type ValueOf,
} from '../wire/layout.ts';
import { action13 } from './actions.ts';

function instruction<const L extends Layout>(number: number, ...body: L): Variant<L> {
  return { number, head: [constant(2, number), length()], body };
}

const declared = choice(
  { name: 'instruction', key: 'type', fault: 'instruction', unit: 8, least: 4, numberAt: readU16, fallback: 'unknown' },
  {
    gotoTable: instruction(1, u8('tableId'), pad(3)),
    writeMetadata: instruction(2, pad(4), u64('metadata'), u64('metadataMask')),
    writeActions: instruction(3, pad(4), list('actions', action13)),
    applyActions: instruction(4, pad(4), list('actions', action13)),
    clearActions: instruction(5, pad(4)),
    meter: instruction(6, u32('meterId')),
    experimenter: instruction(0xffff, u32('experimenter'), rest('data')),
    unknown: { number: -1, head: [], body: [u16('instructionType'), length(), rest('data')] },
  },
);

export type Of13Instruction = Named<ValueOf<typeof declared>>;
export const instruction13: Codec<Of13Instruction> = declared;
