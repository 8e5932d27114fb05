// Ports and queues of OpenFlow 1.0 (OF1.0.1 §5.2.1, §5.2.2).

import { readU16 } from '../wire/bytes.ts';
import { choice, type Variant } from '../wire/choice.ts';
import { struct } from '../wire/compile.ts';
import { constant, type Layout, length, list, mac, pad, rest, text, u16, u32, type ValueOf } from '../wire/layout.ts';

/** `ofp_phy_port`, 48 bytes. */
export const port10 = struct('port', [
  u16('portNo'),
  mac('hwAddr'),
  text('name', 16),
  u32('config'),
  u32('state'),
  u32('curr'),
  u32('advertised'),
  u32('supported'),
  u32('peer'),
]);
export type Of10Port = ValueOf<typeof port10>;

function property<const L extends Layout>(number: number, ...body: L): Variant<L> {
  return { number, head: [constant(2, number), length(), pad(4)], body };
}

/** `ofp_queue_prop_header` and what follows. Rates are in tenths of a per cent; more than 1000 means disabled. */
export const queueProperty10 = choice(
  { name: 'queueProperty', key: 'type', least: 8, numberAt: readU16, unit: 8, fallback: 'unknown' },
  {
    none: property(0),
    minRate: property(1, u16('rate'), pad(6)),
    unknown: { number: -1, head: [], body: [u16('propertyType'), length(), pad(4), rest('data')] },
  },
);

/** `ofp_packet_queue`. */
export const packetQueue10 = struct('packetQueue', [
  u32('queueId'),
  length(),
  pad(2),
  list('properties', queueProperty10),
]);
export type Of10PacketQueue = ValueOf<typeof packetQueue10>;
