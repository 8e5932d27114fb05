// The actions of OpenFlow 1.0 (OF1.0.1 §5.2.4), and the Nicira extensions among its vendor actions.

import { niciraActions, niciraNumber } from '../nicira/actions.ts';
import { readU16 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import {
  type Codec,
  constant,
  type Layout,
  length,
  mac,
  type Named,
  pad,
  rest,
  u8,
  u16,
  u32,
  type ValueOf,
} from '../wire/layout.ts';

function action<const L extends Layout>(number: number, ...body: L): Variant<L> {
  return { number, head: [constant(2, number), length()], body };
}

const VENDOR = 0xffff;

const declared = choice(
  {
    name: 'action',
    key: 'type',
    fault: 'action',
    unit: 8,
    least: 8,
    numberAt: (bytes, at, end) => {
      const number = readU16(bytes, at);
      return number === VENDOR ? niciraNumber(bytes, at, end) : number;
    },
    fallback: 'unknown',
  },
  {
    output: action(0, u16('port'), u16('maxLen')),
    setVlanVid: action(1, u16('vlanVid'), pad(2)),
    setVlanPcp: action(2, u8('vlanPcp'), pad(3)),
    stripVlan: action(3, pad(4)),
    setDlSrc: action(4, mac('dlAddr'), pad(6)),
    setDlDst: action(5, mac('dlAddr'), pad(6)),
    setNwSrc: action(6, u32('nwAddr')),
    setNwDst: action(7, u32('nwAddr')),
    setNwTos: action(8, u8('nwTos'), pad(3)),
    setTpSrc: action(9, u16('tpPort'), pad(2)),
    setTpDst: action(10, u16('tpPort'), pad(2)),
    enqueue: action(11, u16('port'), pad(6), u32('queueId')),
    vendor: action(VENDOR, u32('vendor'), rest('data')),
    ...niciraActions,
    unknown: { number: -1, head: [], body: [u16('actionType'), length(), rest('data')] },
  },
);

export type Of10Action = Named<ValueOf<typeof declared>>;
export const action10: Codec<Of10Action> = declared;
