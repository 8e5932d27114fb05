// What stands between a policy's name in the file and a Policy: the schema of its options and the function that makes
// it. A kind checks its options as far as they go by themselves; what it says of names that other parts of the file
// must define (queues, alternates) it reports through the context, and the loader compares.

import type { z } from 'zod';
import type { Policy } from './policy.ts';

/** Where inside the policy's options something stands: keys and list indices; empty for the options as a whole. */
export type OptionPath = readonly (string | number)[];

/** What the loader lends a kind while it makes one policy. */
export interface PolicyContext {
  /** The entry's number in the file's list, from 1. No two entries of a file share one. */
  readonly number: number;
  /**
   * Something that is probably not meant, though it can be carried out. The loader adds the place: that of the option,
   * or of the character at `offset` of the option's text.
   */
  warn(path: OptionPath, message: string, offset?: number): void;
  /** The policy gives verdicts with this queue: some switch's WAN port must have it. */
  usesQueue(path: OptionPath, name: string): void;
  /** The policy gives verdicts with this `via`: some switch must have an alternate WAN port of that name. */
  usesAlternate(path: OptionPath, name: string): void;
  /** The policy is about this zone: the file must define it, unless it is `wan`. */
  usesZone(path: OptionPath, name: string): void;
  /** The policy gives verdicts with a DSCP, which not every switch can write into every packet. */
  usesMark(path: OptionPath): void;
}

export interface PolicyKind<Options = unknown> {
  /** What it does, in one line, for `lark check` and messages. */
  readonly summary: string;
  readonly schema: z.ZodType<Options>;
  /** Undefined: the options turn the policy off. Never called with options that the schema refuses. */
  create(options: Options, context: PolicyContext): Policy | undefined;
}
