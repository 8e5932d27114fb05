// A scene's probe as a whole frame: a datagram whose payload is the scene's id, from the sender's own addresses to the
// MAC address that a sender who knows its way would use. The model stage sends it, the real stage asks what the switch
// would do with it.

import { type IpAddress, type MacAddress, parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildUdp } from '../../protocols/packet/build.ts';
import { PROBE_PORT } from './agent-protocol.ts';
import { actor, nextHop, type Scene } from './story.ts';

const SOURCE_PORT = 40_000;

export function probeFrame(scene: Scene): Uint8Array {
  return buildUdp(
    { ethSrc: mac(actor(scene.from).mac), ethDst: mac(nextHop(scene).mac) },
    { src: ip(scene.source), dst: ip(scene.destination) },
    { srcPort: SOURCE_PORT, dstPort: PROBE_PORT, data: new TextEncoder().encode(scene.id) },
  );
}

/** An address that stands in the story; anything else there is a bug. */
export function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`"${text}" is no IP address`);
  return address;
}

export function mac(text: string): MacAddress {
  const address = parseMac(text);
  if (address === undefined) throw new Error(`"${text}" is no MAC address`);
  return address;
}
