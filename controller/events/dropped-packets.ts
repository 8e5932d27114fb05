// Packets that policies drop, summed for a second and told as one event for each policy and pair of ends: never an event a packet.
// The second begins with the first packet, so that nothing runs where nothing is dropped. What more than MOST kinds there are in a
// second is summed in one event that names neither.

import type { Clock } from '../jobs/clock.ts';
import type { EventName } from '../telemetry/event-names.ts';

export interface DroppedKind {
  readonly switch: string;
  /** Who counted: a packet that the switch asked about, or the switch's own rules. */
  readonly by: 'controller' | 'switch';
  readonly policy: string;
  /** `policy.yaml:12:5` */
  readonly place: string | null;
  /** `jobs of alice`, `zone campus`; null: of several. */
  readonly from: string | null;
  readonly to: string | null;
}

export interface DroppedPacketsParts {
  readonly clock: Clock;
  readonly add: (event: EventName, fields: Readonly<Record<string, unknown>>) => void;
}

const SUMMED_MS = 1000;
const MOST = 16;

export class DroppedPackets {
  readonly #parts: DroppedPacketsParts;
  readonly #sums = new Map<string, { readonly kind: DroppedKind; packets: number }>();
  #others = 0;
  #cancel: (() => void) | undefined;

  constructor(parts: DroppedPacketsParts) {
    this.#parts = parts;
  }

  note(kind: DroppedKind, packets: number): void {
    this.#cancel ??= this.#parts.clock.after(SUMMED_MS, () => this.#tell());
    const key = JSON.stringify([kind.switch, kind.by, kind.policy, kind.place, kind.from, kind.to]);
    const known = this.#sums.get(key);
    if (known !== undefined) known.packets += packets;
    else if (this.#sums.size < MOST) this.#sums.set(key, { kind, packets });
    else this.#others += packets;
  }

  stop(): void {
    this.#cancel?.();
  }

  #tell(): void {
    const { add } = this.#parts;
    for (const { kind, packets } of this.#sums.values()) add('packets.dropped', { ...kind, packets });
    if (this.#others > 0) add('packets.dropped', { policy: null, packets: this.#others });
    this.#sums.clear();
    this.#others = 0;
    this.#cancel = undefined;
  }
}
