// The body of SET_FIELD (OF1.3.5 §7.2.5): one OXM field without a mask, padded to the end of the action.

import { badLength, OpenflowError } from '../error.ts';
import { writeZeros } from '../wire/bytes.ts';
import type { Codec } from '../wire/layout.ts';
import { type OxmField, oxmCodec } from './oxm.ts';

const ACTION_HEADER = 4;

export const setFieldBody: Codec<OxmField> = {
  name: 'field',
  least: 4,
  declaration: { kind: 'own' },
  extent: (_bytes, at, end) => end - at,
  decode: (bytes, at, end) => {
    const size = oxmCodec.extent(bytes, at, end);
    if (end - at - size >= 8) throw badLength('action', 'setField', at, `${end - at - size} bytes of padding`);
    return oxmCodec.decode(bytes, at, at + size);
  },
  encode: (out, at, field) => {
    if (field.mask !== undefined || (field.field === 'unknown' && field.hasMask)) {
      const text = `setField ${field.field}: OpenFlow 1.3 sets whole fields; use regLoad for a part of one`;
      throw new OpenflowError('OF_BAD_MASK', text, { offset: at, field: field.field, answer: { type: 2, code: 15 } });
    }
    const end = oxmCodec.encode(out, at, field);
    const padding = (8 - ((end - at + ACTION_HEADER) % 8)) % 8;
    writeZeros(out, end, padding);
    return end + padding;
  },
};
