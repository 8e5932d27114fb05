// The group table (OF1.3.5 §5.6): groups of type ALL (a copy of the packet to each bucket) and INDIRECT (one bucket).

import { type Action, ALL_GROUPS } from './action.ts';
import { Refusal } from './refusal.ts';

export const GroupType = { ALL: 0, INDIRECT: 2 } as const;

export interface Group {
  readonly groupId: number;
  readonly groupType: number;
  readonly buckets: readonly (readonly Action[])[];
  readonly createdAt: number;
  packets: bigint;
  bytes: bigint;
  /** By bucket. */
  readonly bucketCounters: readonly { packets: bigint; bytes: bigint }[];
}

const COMMANDS = ['add', 'modify', 'delete'] as const;
const MAX_GROUP = 0xffffff00;

export interface GroupChange {
  /** `ofp_group_mod_command` */
  readonly command: number;
  readonly groupType: number;
  readonly groupId: number;
  readonly buckets: readonly (readonly Action[])[];
}

export class Groups {
  readonly #groups = new Map<number, Group>();

  get(groupId: number): Group | undefined {
    return this.#groups.get(groupId);
  }

  all(): readonly Group[] {
    return [...this.#groups.values()].sort((a, b) => a.groupId - b.groupId);
  }

  clear(): void {
    this.#groups.clear();
  }

  /** Returns the ids of the groups that are gone; throws a Refusal with a GROUP_MOD_FAILED code. */
  change(change: GroupChange, now: number): readonly number[] {
    const { groupId } = change;
    const command = COMMANDS[change.command];
    if (command === undefined) throw new Refusal(6, 11, `no group command ${change.command}`);
    if (command === 'delete') {
      if (change.buckets.length > 0) throw new Refusal(6, 1, 'a delete has no buckets');
      return this.#delete(groupId);
    }
    if (groupId > MAX_GROUP) throw new Refusal(6, 1, `group ids end at ${MAX_GROUP}`);
    const isThere = this.#groups.has(groupId);
    if (command === 'add' && isThere) throw new Refusal(6, 0, `group ${groupId} is there already`);
    if (command === 'modify' && !isThere) throw new Refusal(6, 8, `there is no group ${groupId}`);
    if (change.groupType !== GroupType.ALL && change.groupType !== GroupType.INDIRECT) {
      throw new Refusal(6, 10, `this switch has groups of type ALL and INDIRECT, not ${change.groupType}`);
    }
    if (change.groupType === GroupType.INDIRECT && change.buckets.length !== 1) {
      throw new Refusal(6, 1, 'an INDIRECT group has one bucket');
    }
    if (this.#reaches(change.buckets, groupId)) throw new Refusal(6, 7, `group ${groupId} would lead to itself`);
    this.#groups.set(groupId, {
      groupId,
      groupType: change.groupType,
      buckets: change.buckets,
      createdAt: now,
      packets: 0n,
      bytes: 0n,
      bucketCounters: change.buckets.map(() => ({ packets: 0n, bytes: 0n })),
    });
    return [];
  }

  #delete(groupId: number): readonly number[] {
    const gone = groupId === ALL_GROUPS ? [...this.#groups.keys()] : this.#groups.has(groupId) ? [groupId] : [];
    for (const id of gone) this.#groups.delete(id);
    return gone;
  }

  /** True if the buckets lead to the group, through other groups too. There are no loops among those, so this ends. */
  #reaches(buckets: readonly (readonly Action[])[], groupId: number): boolean {
    return buckets.flat().some((action) => {
      if (action.do !== 'group') return false;
      return action.groupId === groupId || this.#reaches(this.#groups.get(action.groupId)?.buckets ?? [], groupId);
    });
  }
}
