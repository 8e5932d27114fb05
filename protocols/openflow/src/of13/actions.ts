// The actions of OpenFlow 1.3 (OF1.3.5 §7.2.5), and the Nicira extensions among its experimenter actions.

import { niciraActions, niciraNumber } from '../nicira/actions.ts';
import { readU16 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import {
  type Codec,
  constant,
  type Layout,
  length,
  type Named,
  pad,
  part,
  rest,
  u8,
  u16,
  u32,
  type ValueOf,
} from '../wire/layout.ts';
import { setFieldBody } from './set-field.ts';

function action<const L extends Layout>(number: number, ...body: L): Variant<L> {
  return { number, head: [constant(2, number), length()], body };
}

const EXPERIMENTER = 0xffff;

const declared = choice(
  {
    name: 'action',
    key: 'type',
    fault: 'action',
    unit: 8,
    least: 8,
    numberAt: (bytes, at, end) => {
      const number = readU16(bytes, at);
      return number === EXPERIMENTER ? niciraNumber(bytes, at, end) : number;
    },
    fallback: 'unknown',
  },
  {
    output: action(0, u32('port'), u16('maxLen'), pad(6)),
    copyTtlOut: action(11, pad(4)),
    copyTtlIn: action(12, pad(4)),
    setMplsTtl: action(15, u8('mplsTtl'), pad(3)),
    decMplsTtl: action(16, pad(4)),
    pushVlan: action(17, u16('ethertype'), pad(2)),
    popVlan: action(18, pad(4)),
    pushMpls: action(19, u16('ethertype'), pad(2)),
    popMpls: action(20, u16('ethertype'), pad(2)),
    setQueue: action(21, u32('queueId')),
    group: action(22, u32('groupId')),
    setNwTtl: action(23, u8('nwTtl'), pad(3)),
    decNwTtl: action(24, pad(4)),
    setField: action(25, part('field', setFieldBody)),
    pushPbb: action(26, u16('ethertype'), pad(2)),
    popPbb: action(27, pad(4)),
    experimenter: action(EXPERIMENTER, u32('experimenter'), rest('data')),
    ...niciraActions,
    unknown: { number: -1, head: [], body: [u16('actionType'), length(), rest('data')] },
  },
);

export type Of13Action = Named<ValueOf<typeof declared>>;
export const action13: Codec<Of13Action> = declared;
