// Nicira's connection tracking, as far as Lark uses it: one side's packets are committed, which makes the other side's
// packets replies; those are looked up and pass by what was found. All of it happens in a zone of Lark's own, so what the
// machine itself or others track is neither seen nor disturbed.

import type { Of13Action } from 'node-openflow';
import type { ConnectionState } from './flow-rule.ts';

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
