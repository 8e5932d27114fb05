// Who finally sees a frame in a tree of switches: what leaves one switch by a cable comes into the next, and what leaves by
// any other port is seen there.

import { type Frame, parseFrame } from '../../protocols/packet/frame.ts';
import { type Facts, roleOf, withMacOf } from './facts.ts';
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
    for (const [number, port] of each.ports)
      if (port.name === other && port.isUp) return { at: each.name, portNo: number };
  }
  return undefined;
}

/** Undefined where a switch has a choice of ways. */
export function whoSees(facts: Facts, at: SwitchName, bytes: Uint8Array, inPort: number): readonly Seen[] | undefined {
  return whoSeesFrame(facts, at, parseFrame(bytes), inPort);
}

function whoSeesFrame(facts: Facts, at: SwitchName, frame: Frame, inPort: number): readonly Seen[] | undefined {
  const here = facts.switches.get(at);
  if (here === undefined) return [];
  const { leaves, orElse, binds } = judgeFrame(facts, here, frame, inPort);
  if (orElse !== undefined) return undefined;
  // The next switch knows already whose MAC this is.
  const onward = binds === undefined ? facts : withMacOf(facts, binds.key, frame.ethSrc);
  const seen = leaves.map((leaving) => {
    if (here.ports.get(leaving.port)?.isUp !== true) return [];
    const next = otherEnd(facts, at, leaving.port);
    if (next !== undefined) return whoSeesFrame(onward, next.at, asItLeft(frame, leaving), next.portNo);
    // A cable to a switch that is away leads to nobody.
    return roleOf(here, leaving.port) === 'fabric' ? [] : [{ ...leaving, at }];
  });
  return seen.every((each) => each !== undefined) ? seen.flat() : undefined;
}

/** As the next switch sees it. */
function asItLeft(frame: Frame, { dscp, tag }: Leaving): Frame {
  // What is beneath two tags is never retagged.
  const retagged = tag === frame.vlanVid ? frame : { ...frame, vlanVid: tag, tagCount: tag === undefined ? 0 : 1 };
  if (dscp === undefined || frame.ipTos === undefined) return retagged;
  return { ...retagged, ipTos: dscp * 4 + (frame.ipTos % 4) };
}
