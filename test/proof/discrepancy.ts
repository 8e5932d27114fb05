// What does not agree, for people: the packet, the place, what left and what should have, and the facts and tables that it
// was so by.

import type { Effect } from '../../mininet/model-switch/datapath.ts';
import { dumpFlows } from '../../mininet/model-switch/dump-flows.ts';
import { formatIp, formatMac } from '../../protocols/packet/address.ts';
import { readU16, writeU16 } from '../../protocols/packet/bytes.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { EtherType } from '../../protocols/packet/protocol-numbers.ts';
import type { Facts } from './facts.ts';
import type { Arrival } from './play.ts';
import type { Leaving } from './reference.ts';
import type { SwitchName } from './site.ts';
import type { World } from './world.ts';

/** A copy that left, with its bytes. */
export interface Left extends Leaving {
  readonly frame: Uint8Array;
}

/** What left, each copy unchanged but for its destination MAC, its DSCP and its tag: any other change is a Discrepancy. */
export function leavingOf(effects: readonly Effect[], original: Uint8Array): Left[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'transmit') return [];
    const { portNo, queueId, frame } = effect;
    const { ethDst, ipTos, vlanVid: tag } = parseFrame(frame);
    if (Buffer.compare(settled(frame), settled(original)) !== 0)
      throw new Discrepancy(`a frame was altered: ${hex(original)} to ${hex(frame)}`);
    const dscp = ipTos === undefined ? undefined : ipTos >>> 2;
    return [{ port: portNo, queue: queueId, ethDst: ethDst as number, dscp, tag, frame }];
  });
}

/** Without what may be rewritten, and a single tag; of an IPv4 header what it sums up to, in place of its checksum, which follows the DSCP. */
function settled(frame: Uint8Array): Uint8Array {
  const parsed = parseFrame(frame);
  if (parsed.tagCount === 1) return settled(Uint8Array.of(...frame.subarray(0, 12), ...frame.subarray(16)));
  const { ipTos, l3Offset, matchType } = parsed;
  const bytes = frame.slice();
  bytes.fill(0, 0, 6);
  if (ipTos === undefined) return bytes;
  if (matchType === EtherType.IPV6) {
    bytes[l3Offset] = bytes[l3Offset]! & 0xf0;
    bytes[l3Offset + 1] = bytes[l3Offset + 1]! & 0x3f;
    return bytes;
  }
  let sum = 0;
  for (let at = 0; at < (bytes[l3Offset]! & 15) * 4; at += 2) sum += readU16(bytes, l3Offset + at);
  bytes[l3Offset + 1] = bytes[l3Offset + 1]! & 3;
  writeU16(bytes, l3Offset + 10, sum % 0xffff);
  return bytes;
}

const textOf = (leaves: readonly Leaving[]) =>
  leaves
    .map(({ port, queue, ethDst, dscp, tag }) => {
      const settings = `${queue === undefined ? '' : ` queue ${queue}`}${dscp ? ` DSCP ${dscp}` : ''}${tag === undefined ? '' : ` tag ${tag}`}`;
      return `${port}${settings} to ${formatMac(ethDst)}`;
    })
    .sort()
    .join(', ') || 'nowhere';

export function sameLeavings(a: readonly Leaving[], b: readonly Leaving[]): boolean {
  return a.length === b.length && textOf(a) === textOf(b);
}

interface Evidence {
  readonly facts: Facts;
  readonly left: readonly Leaving[];
  readonly expected: { readonly leaves: readonly Leaving[]; readonly why: string } | undefined;
  readonly tables: () => string;
}

export class Discrepancy extends Error {
  override readonly name = 'Discrepancy';

  static of(when: string, arrival: Arrival, { facts, left, expected, tables }: Evidence): Discrepancy {
    const wanted =
      expected === undefined ? 'nowhere (the switch is not known)' : `${textOf(expected.leaves)} (${expected.why})`;
    return new Discrepancy(
      [
        `${when}: left by ${textOf(left)}; should by ${wanted}`,
        describeFrame(arrival),
        describeFacts(facts, arrival.at),
        ...(process.env.PROVE_TABLES === undefined ? [] : [tables()]),
      ].join('\n'),
    );
  }
}

export function describeFrame({ at, portNo, frame }: Arrival): string {
  const { kind, ethSrc, ethDst, tagCount, ...rest } = parseFrame(frame);
  const source = rest.ipv4Src ?? rest.ipv6Src ?? rest.arpSpa;
  const destination = rest.ipv4Dst ?? rest.ipv6Dst ?? rest.arpTpa;
  const ends = [source, destination].map((each) => (each === undefined ? '?' : formatIp(each))).join(' > ');
  const details = Object.entries({
    proto: rest.ipProto,
    ports: rest.srcPort === undefined ? undefined : `${rest.srcPort}>${rest.dstPort}`,
    icmp: rest.icmpType,
    target: rest.ndTarget === undefined ? undefined : formatIp(rest.ndTarget),
    fault: rest.fault,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  const tags = tagCount === 0 ? '' : ` ${tagCount} tags`;
  return `  ${at} port ${portNo}: ${kind}${tags} ${formatMac(ethSrc)} > ${formatMac(ethDst)} ${ends} ${details.join(' ')}\n  ${hex(frame)}`;
}

function describeFacts(facts: Facts, at: SwitchName): string {
  const here = facts.switches.get(at);
  const jobs = facts.jobs.map((job) => {
    const mac = job.mac === undefined ? 'no MAC' : formatMac(job.mac);
    const place = job.at === undefined ? 'nowhere' : `${job.at.switch}:${job.at.port}`;
    return `  job ${job.key} of ${job.user} (${job.group ?? '-'}, ${job.net}) ${job.addresses.map(formatIp).join(' ')} ${mac} at ${place}`;
  });
  const hosts = [...(here?.hosts ?? [])].map(([mac, port]) => `${formatMac(mac)}@${port}`).join(' ');
  const ports = [...(here?.ports ?? [])]
    .map(([port, { name, isUp }]) => `${port}=${name}${isUp ? '' : '(down)'}`)
    .join(' ');
  const version = here?.version === 4 ? '1.3' : '1.0';
  return [
    ...jobs,
    `  ${at} (${version}) ports ${ports}; job ports ${[...(here?.jobPorts ?? [])]}; hosts ${hosts}`,
  ].join('\n');
}

/** Later, since it costs more than all the rest. */
export function describeTables(world: World, at: SwitchName): () => string {
  return () => dumpFlows(world.datapath(at), world.now());
}

function hex(frame: Uint8Array): string {
  return Buffer.from(frame).toString('hex');
}
