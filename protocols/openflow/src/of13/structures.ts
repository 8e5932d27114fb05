// Ports, queues, group buckets and meter bands of OpenFlow 1.3 (OF1.3.5 §7.2.1, §7.2.2, §7.3.4.2, §7.3.4.4).

import { readU16 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import { struct } from '../wire/compile.ts';
import {
  type Codec,
  constant,
  type Layout,
  length,
  list,
  mac,
  type Named,
  pad,
  rest,
  text,
  u8,
  u16,
  u32,
  type ValueOf,
} from '../wire/layout.ts';
import { action13 } from './actions.ts';

/** `ofp_port`, 64 bytes. Speeds are in kbit/s. */
export const port13 = struct('port', [
  u32('portNo'),
  pad(4),
  mac('hwAddr'),
  pad(2),
  text('name', 16),
  u32('config'),
  u32('state'),
  u32('curr'),
  u32('advertised'),
  u32('supported'),
  u32('peer'),
  u32('currSpeed'),
  u32('maxSpeed'),
]);
export type Of13Port = ValueOf<typeof port13>;

function property<const L extends Layout>(number: number, ...body: L): Variant<L> {
  return { number, head: [constant(2, number), length(), pad(4)], body };
}

/** Rates are in tenths of a per cent; more than 1000 means disabled. */
export const queueProperty13 = choice(
  { name: 'queueProperty', key: 'type', least: 8, numberAt: readU16, unit: 8, fallback: 'unknown' },
  {
    minRate: property(1, u16('rate'), pad(6)),
    maxRate: property(2, u16('rate'), pad(6)),
    experimenter: property(0xffff, u32('experimenter'), pad(4), rest('data')),
    unknown: { number: -1, head: [], body: [u16('propertyType'), length(), pad(4), rest('data')] },
  },
);

export const packetQueue13 = struct('packetQueue', [
  u32('queueId'),
  u32('port'),
  length(),
  pad(6),
  list('properties', queueProperty13),
]);
export type Of13PacketQueue = ValueOf<typeof packetQueue13>;

/** `ofp_bucket`. */
export const bucket13 = struct(
  'bucket',
  [length(), u16('weight'), u32('watchPort'), u32('watchGroup'), pad(4), list('actions', action13)],
  { fault: 'bucket', unit: 8 },
);
export type Of13Bucket = ValueOf<typeof bucket13>;

const band = [u32('rate'), u32('burstSize')] as const;

/** `ofp_meter_band_header` and what follows. The meter's flags say whether rates are kbit/s or packets/s. */
const bands = choice(
  { name: 'band', key: 'type', least: 12, numberAt: readU16, fallback: 'unknown' },
  {
    drop: {
      number: 1,
      head: [constant(2, 1), length()],
      body: [...band, pad(4)],
    },
    dscpRemark: {
      number: 2,
      head: [constant(2, 2), length()],
      body: [...band, u8('precLevel'), pad(3)],
    },
    experimenter: {
      number: 0xffff,
      head: [constant(2, 0xffff), length()],
      body: [...band, u32('experimenter'), rest('data')],
    },
    unknown: { number: -1, head: [], body: [u16('bandType'), length(), ...band, rest('data')] },
  },
);

export type Of13MeterBand = Named<ValueOf<typeof bands>>;
export const meterBand13: Codec<Of13MeterBand> = bands;
