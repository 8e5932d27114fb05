// Who finally sees a frame in a tree of switches: what leaves one switch by a cable comes into the next, and what leaves by
// any other port is seen there.

import { parseFrame } from '../../protocols/packet/frame.ts';
import type { Facts } from './facts.ts';
import { judgeFrame, type Leaving } from './reference.ts';
import { CABLES, type SwitchName } from './site.ts';

export interface Seen extends Leaving {
  readonly at: SwitchName;
}

/** The switch and port at the other end of a cable; undefined where there is none, or where its switch is away. */
export function otherEnd(facts: Facts, at: SwitchName, portNo: number): { at: SwitchName; portNo: number } | undefined {
  const name = facts.switches.get(at)?.ports.get(portNo)?.name;
  const cable = CABLES.find((ends) => ends.some((end) => end === name));
  const other = cable?.find((end) => end !== name);
  for (const each of facts.switches.values()) {
    for (const [number, port] of each.ports) if (port.name === other && port.isUp) return { at: each.name, portNo: number };
  }
  return undefined;
}

export function whoSees(facts: Facts, at: SwitchName, bytes: Uint8Array, inPort: number): readonly Seen[] {
  const here = facts.switches.get(at);
  if (here === undefined) return [];
  return judgeFrame(facts, here, parseFrame(bytes), inPort).leaves.flatMap((leaving) => {
    if (here.ports.get(leaving.port)?.isUp !== true) return [];
    const next = otherEnd(facts, at, leaving.port);
    return next === undefined ? [{ ...leaving, at }] : whoSees(facts, next.at, bytes, next.portNo);
  });
}
