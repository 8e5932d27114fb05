// What a stage must offer for the story to be played on it. There are two: real Open vSwitch with network namespaces,
// and the model switch for where there is no root.

import type { HostPort } from './lark-process.ts';
import type { DemoVersion, Scene } from './story.ts';

/** What really happened when a scene was played; nothing of it comes from Lark. */
export interface Observation {
  /** An echo reply came back. */
  readonly ping: boolean;
  /** The TCP transfer; `undefined` on a stage whose hosts have no TCP. */
  readonly transfer: { readonly whole: boolean; readonly detail: string } | undefined;
  /** Names of the actors at which the scene's one-way probes arrived. */
  readonly arrivedAt: readonly string[];
  /** The queue that the switch itself says the scene's packets take; `undefined`: the port's default, or not asked. */
  readonly queue: number | undefined;
}

export interface Stage {
  readonly kind: 'ovs' | 'model';
  readonly version: DemoVersion;
  /** Points the switch at Lark; who is connected, Lark itself tells. */
  connect(openflow: HostPort): Promise<void>;
  /**
   * Plays one scene: ping, transfer, probes, and a look at the queue where the scene is about one. Scenes of different
   * senders may run at once. `arrivedAt` is not known yet: `arrivals` tells after all have been played.
   */
  play(scene: Scene): Promise<Omit<Observation, 'arrivedAt'>>;
  /** By scene id, the actors at which probes arrived. */
  arrivals(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** The switch's flow rules as the switch itself prints them, a rule a line. */
  rules(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** How long a lost ping or a connection that is not answered is waited for. */
export const PATIENCE_MS = 700;
