// Nicira's connection tracking, as far as Lark uses it: one side's packets are committed, which makes the other side's
// packets replies; those are looked up and pass by what was found. All of it happens in a zone of Lark's own, so what the
// machine itself or others track is neither seen nor disturbed.

import { NICIRA, type Of13Action } from 'node-openflow';
import { type IpAddress, isIpv4 } from '../../protocols/packet/address.ts';
import { concatBytes } from '../../protocols/packet/bytes.ts';
import type { ConnectionState } from './flow-rule.ts';
import type { Outgoing } from './switch-connection.ts';

/** "La". */
export const CT_ZONE = 0x4c61;

const NO_TABLE = 0xff;
const COMMIT_FLAG = 1;

const ct = (flags: number, recircTable: number): Of13Action => ({
  ...{ type: 'ct', flags, zoneSrc: 0, zone: CT_ZONE, recircTable, alg: 0, actions: [] },
});

export const COMMIT: Of13Action = ct(COMMIT_FLAG, NO_TABLE);
export const lookUp = (table: number): Of13Action => ct(0, table);

/** Bits of NXM_NX_CT_STATE (ovs-fields(7)). */
const Ct = { EST: 0x02, REL: 0x04, RPL: 0x08, INV: 0x10, TRK: 0x20 } as const;

export const CT_STATES: Readonly<Record<ConnectionState, { readonly value: number; readonly mask: number }>> = {
  untracked: { value: 0, mask: Ct.TRK },
  tracked: { value: Ct.TRK, mask: Ct.TRK },
  reply: { value: Ct.TRK | Ct.EST | Ct.RPL, mask: Ct.TRK | Ct.EST | Ct.RPL | Ct.INV },
  error: { value: Ct.TRK | Ct.REL | Ct.RPL, mask: Ct.TRK | Ct.REL | Ct.RPL | Ct.INV },
};

/** NXT_CT_FLUSH of nicira-ext.h, since Open vSwitch 3.1. */
const CT_FLUSH = 32;
/** Properties: the tuple as it was opened, the zone; within the tuple the two addresses. */
const Property = { ORIGINAL: 0, ZONE: 2 } as const;
const Tuple = { SOURCE: 0, DESTINATION: 1 } as const;

/** Forgets all connections from and to an address, of whatever protocol. */
export function forgetConnections(address: IpAddress): readonly Outgoing[] {
  return [Tuple.SOURCE, Tuple.DESTINATION].map((end) => ({
    version: 4,
    type: 'experimenter',
    experimenter: NICIRA,
    expType: CT_FLUSH,
    data: concatBytes(
      // Of any IP protocol; the version shows in the address.
      new Uint8Array(8),
      property(Property.ORIGINAL, concatBytes(new Uint8Array(4), property(end, ipv6Bytes(address)))),
      property(Property.ZONE, Uint8Array.of(CT_ZONE >> 8, CT_ZONE & 0xff, 0, 0)),
    ),
  }));
}

/** Type and length, then the value, padded to eight bytes that the length leaves out. */
function property(type: number, value: Uint8Array): Uint8Array {
  const length = 4 + value.length;
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type);
  view.setUint16(2, length);
  bytes.set(value, 4);
  return bytes;
}

/** IPv4 addresses as ::ffff:0:0/96. */
function ipv6Bytes(address: IpAddress): Uint8Array {
  const bits = isIpv4(address) ? 0xffff_0000_0000n | BigInt(address) : address;
  return Uint8Array.from({ length: 16 }, (_, i) => Number((bits >> BigInt(8 * (15 - i))) & 0xffn));
}
