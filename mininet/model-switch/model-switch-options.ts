// What a model switch is told, and what it tells.

import type { Message } from 'node-openflow';
import type { DatapathOptions } from './datapath.ts';

export interface ModelSwitchOptions extends DatapathOptions {
  /** What it speaks: OpenFlow 1.0 (1), 1.3 (4), or both. */
  readonly version: 1 | 4 | readonly (1 | 4)[];
  readonly controller: { readonly host: string; readonly port: number };
  /** Pauses between attempts, doubling from the first to the last. Default 50 ms to 2 s; false: one attempt only. */
  readonly reconnect?: { readonly firstMs: number; readonly lastMs: number } | false;
  /** An echo request after so long without a message, and the end of the connection after as long again. Default 5 s. */
  readonly echoIntervalMs?: number;
  /** Milliseconds from any origin. With a clock of one's own nothing times out by itself: call `tick`. */
  readonly clock?: () => number;
}

/** A frame on its way out of a port. */
export interface SentFrame {
  readonly portNo: number;
  readonly frame: Uint8Array;
  /** The queue that a rule chose; undefined for the port's default. */
  readonly queueId: number | undefined;
}

export interface ModelSwitchEvents {
  frame: [SentFrame];
  connected: [version: 1 | 4];
  /** With the reason, for people. */
  disconnected: [reason: string];
  /** A message from the controller, after it was carried out. */
  received: [Message];
  /** A message to the controller. */
  sent: [Message];
}

export type ModelSwitchPhase = 'idle' | 'connecting' | 'greeting' | 'connected' | 'pausing' | 'closed';
