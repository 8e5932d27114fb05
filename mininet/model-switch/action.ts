// Actions and instructions in normal form, one for both OpenFlow versions, with what rules need to know of them. Port
// numbers are those of OpenFlow 1.3 throughout; OpenFlow 1.0's reserved ports are the same with the upper half set.

import type { FieldName } from './fields.ts';

export type Action =
  | { readonly do: 'output'; readonly port: number; readonly maxLen: number }
  /** Output by one queue, for this output only (1.0). */
  | { readonly do: 'enqueue'; readonly port: number; readonly queueId: number }
  | { readonly do: 'setQueue'; readonly queueId: number }
  | { readonly do: 'group'; readonly groupId: number }
  /** `oxm` is the match field's OpenFlow 1.3 name, which tells `ipv4Src` from `arpSpa`. */
  | { readonly do: 'setField'; readonly field: FieldName; readonly value: bigint; readonly oxm: string }
  /** Copies `bits` of a field's bits to another's, from these offsets on (Nicira's). `oxm` is the source's 1.3 name. */
  | {
      readonly do: 'move';
      readonly from: FieldName;
      readonly fromBit: number;
      readonly to: FieldName;
      readonly toBit: number;
      readonly bits: number;
      readonly oxm: string;
    }
  /** Writes `bits` bits of a register, from `bit` on (Nicira's). */
  | {
      readonly do: 'load';
      readonly field: FieldName;
      readonly bit: number;
      readonly bits: number;
      readonly value: bigint;
    }
  /** 1.0's: these add a tag where there is none. */
  | { readonly do: 'setVlanVid'; readonly vlanVid: number }
  | { readonly do: 'setVlanPcp'; readonly vlanPcp: number }
  | { readonly do: 'pushVlan'; readonly tpid: number }
  | { readonly do: 'popVlan' }
  | { readonly do: 'setTtl'; readonly ttl: number }
  | { readonly do: 'decTtl' };

export interface Instructions {
  readonly meterId?: number;
  readonly apply: readonly Action[];
  readonly clear: boolean;
  readonly write: readonly Action[];
  readonly metadata?: { readonly value: bigint; readonly mask: bigint };
  readonly gotoTable?: number;
}

export const DROP: Instructions = { apply: [], clear: false, write: [] };

/** Port numbers with a meaning of their own (OF1.3.5 §7.2.1, `ofp_port_no`). */
export const Port = {
  MAX: 0xffffff00,
  IN_PORT: 0xfffffff8,
  TABLE: 0xfffffff9,
  NORMAL: 0xfffffffa,
  FLOOD: 0xfffffffb,
  ALL: 0xfffffffc,
  CONTROLLER: 0xfffffffd,
  LOCAL: 0xfffffffe,
  ANY: 0xffffffff,
} as const;

export const ANY_GROUP = 0xffffffff;
export const ALL_GROUPS = 0xfffffffc;
export const NO_BUFFER = 0xffffffff;

/** True if the rule sends packets to this port by name: what `out_port` of a delete or a statistics request asks. */
export function outputsTo({ apply, write }: Instructions, port: number): boolean {
  return [...apply, ...write].some(
    (action) => (action.do === 'output' || action.do === 'enqueue') && action.port === port,
  );
}

export function usesGroup({ apply, write }: Instructions, groupId: number): boolean {
  return [...apply, ...write].some((action) => action.do === 'group' && action.groupId === groupId);
}

/** What writes fields: in a set these keep the order in which they were written. */
const isSet = (action: Action) => action.do === 'setField' || action.do === 'move' || action.do === 'load';

/**
 * Merges written actions into an action set: one of each kind, one set-field of each field, the later in place of the
 * earlier (OF1.3.5 §5.10). Nicira's moves and loads are all kept, as are the set-fields beside them that they may read.
 */
export function mergeIntoSet(set: readonly Action[], written: readonly Action[]): readonly Action[] {
  const keepsAll = [...set, ...written].some(({ do: kind }) => kind === 'move' || kind === 'load');
  const kind = (action: Action) => {
    if (!isSet(action)) return action.do;
    return action.do === 'setField' && !keepsAll ? `setField ${action.field}` : action;
  };
  return written.reduce<readonly Action[]>(
    (merged, action) => [...merged.filter((other) => kind(other) !== kind(action)), action],
    set,
  );
}

const SET_ORDER = ['popVlan', 'pushVlan', 'decTtl', 'setTtl', 'setField', 'setQueue', 'group', 'output'] as const;

/** An action set in the order of its execution (OF1.3.5 §5.10). With a group no output; with neither no effect. */
export function orderedSet(set: readonly Action[]): readonly Action[] {
  const ordered = SET_ORDER.flatMap((kind) =>
    set.filter((action) => (kind === 'setField' ? isSet(action) : action.do === kind)),
  );
  const last = ordered.at(-1);
  if (last === undefined || (last.do !== 'output' && last.do !== 'group')) return [];
  const group = ordered.findIndex((action) => action.do === 'group');
  return group === -1 ? ordered : ordered.slice(0, group + 1);
}
