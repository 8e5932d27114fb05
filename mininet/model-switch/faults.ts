// How a test makes a model switch misbehave, as real ones do: slow or silent barriers, refused rules, deaf ears.

import type { Message } from 'node-openflow';

type FlowMod = Extract<Message, { type: 'flowMod' }>;

export interface Faults {
  /** Barrier replies: never sent, sent late, or kept until `releaseBarriers()`. Everything else goes on meanwhile. */
  readonly barrierReply?: 'drop' | 'hold' | { readonly delayMs: number };
  /** Refuses each `every`th FlowMod of this switch, of all or of those for which `only` holds, with this error, and does not carry it out. */
  readonly refuseFlowMod?: {
    readonly every: number;
    readonly type: number;
    readonly code: number;
    readonly only?: (flowMod: FlowMod) => boolean;
  };
  /** True for messages that the switch shall take no notice of. */
  readonly ignore?: (message: Message) => boolean;
}
