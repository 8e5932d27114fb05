// Frames that differ in one thing from one that was just sent: what a rule made for that one must not match, if it is as
// narrow as it has to be.

import type { Arrival } from './play.ts';
import { PEOPLE, SLOT_COUNT } from './site.ts';

const CHANGES: readonly ((arrival: Arrival, turn: number, ports: readonly number[]) => Arrival)[] = [
  (arrival, turn, ports) => ({ ...arrival, portNo: ports[turn % ports.length]! }),
  (arrival, turn) => ({ ...arrival, frame: withMac(arrival.frame, 0, turn) }),
  (arrival, turn) => ({ ...arrival, frame: withMac(arrival.frame, 6, turn) }),
  (arrival, turn) => ({ ...arrival, frame: tagged(arrival.frame, turn) }),
  (arrival, turn) => ({ ...arrival, frame: withLaterByte(arrival.frame, turn) }),
];

/**
 * @param turn chooses the change and its value.
 * @param ports of the same switch.
 */
export function neighbourOf(arrival: Arrival, turn: number, ports: readonly number[]): Arrival {
  return CHANGES[turn % CHANGES.length]!(arrival, Math.floor(turn / CHANGES.length), ports);
}

/** Somebody else's MAC as destination (at 0) or source (at 6). */
function withMac(frame: Uint8Array, at: number, turn: number): Uint8Array {
  const changed = frame.slice();
  new DataView(changed.buffer).setUint32(at + 2, PEOPLE[turn % PEOPLE.length]!.mac % 2 ** 32);
  return changed;
}

function tagged(frame: Uint8Array, turn: number): Uint8Array {
  return Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, turn % 2, ...frame.subarray(12));
}

/** The last byte of an address that IPv4 or ARP names: another job's, or nobody's. */
function withLaterByte(frame: Uint8Array, turn: number): Uint8Array {
  const changed = frame.slice();
  const isArp = frame[12] === 8 && frame[13] === 6;
  const places = isArp ? [31, 41] : [29, 33];
  const at = places[turn % 2]!;
  if (at < changed.length) changed[at] = 10 + (turn % (SLOT_COUNT + 1));
  return changed;
}
