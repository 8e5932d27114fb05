// The packets that the load consists of: UDP over IPv4 in the shortest frames that have room for a number, each from another
// host to a destination that was heard before.

import { encodeMessage, oxm } from 'node-openflow';
import { type IpAddress, type Ipv4Address, type MacAddress, parseIp } from '../../../protocols/packet/address.ts';
import { buildUdp } from '../../../protocols/packet/build.ts';
import { addressText } from '../enforcement/site.ts';
import { NO_BUFFER, type Version } from './wire.ts';

/** Of an untagged UDP frame over IPv4. */
const CHECKSUM_AT = 40;

/** One who sends and whom to, at one switch. */
export interface Flow {
  readonly inPort: number;
  readonly ethSrc: number;
  readonly ethDst: number;
  readonly src: IpAddress;
  readonly dst: IpAddress;
}

export interface Traffic {
  /** From the destinations, so that they are known. */
  readonly taught: readonly Flow[];
  readonly flows: readonly Flow[];
}

/** A job of the benchmarks (see `AdMaker`), by its number. */
const jobMac = (number: number) => 0x02_00_00_00_00_00 + number + 1;
const jobAddress = (number: number) => parseIp(addressText(number))!;
const zoneAddress = (host: number) => parseIp(`198.18.${(host >> 8) & 255}.${host & 255}`)!;
const hostMac = (dpid: number, host: number) => 0x06_00_00_00_00_00 + dpid * 0x1_00_00 + host;

/** Hosts that no job and no zone of the file claims, in by one port, to one at the next. */
export function unknownHosts(dpid: number, hosts: number, inPort = 1): Traffic {
  const destination = { ethSrc: hostMac(dpid, 0), src: zoneAddress(0) };
  const flow = (host: number): Flow => ({
    inPort,
    ethSrc: hostMac(dpid, host + 1),
    src: zoneAddress(host + 1),
    ethDst: destination.ethSrc,
    dst: destination.src,
  });
  const flows = Array.from({ length: hosts }, (_, host) => flow(host));
  const first = flows[0]!;
  return { taught: [{ inPort: inPort + 1, ...destination, ethDst: first.ethSrc, dst: first.src }], flows };
}

export interface JobsThere {
  readonly jobs: number;
  readonly users: number;
  readonly switches: number;
  /** How many jobs of each switch send; all that can, if left out. */
  readonly senders?: number;
}

/** Where a job is: users have jobs at every switch. */
export function placeOfJob(
  number: number,
  { switches }: JobsThere,
): { readonly dpid: number; readonly portNo: number } {
  return { dpid: 1 + (number % switches), portNo: 1 + Math.floor(number / switches) };
}

/** A port of each switch beyond those of jobs and the way out. */
export function portForHosts({ jobs, switches }: JobsThere): number {
  return 2 + Math.ceil(jobs / switches);
}

/** Each job of a switch to the next one of the same user there. */
export function knownJobs(dpid: number, there: JobsThere): Traffic {
  const byUser = new Map<number, number[]>();
  for (let number = dpid - 1; number < there.jobs; number += there.switches) {
    const user = number % there.users;
    byUser.set(user, [...(byUser.get(user) ?? []), number]);
  }
  const flows = [...byUser.values()].flatMap((numbers) =>
    numbers.map((number, i): Flow => {
      const peer = numbers[(i + 1) % numbers.length]!;
      const { portNo } = placeOfJob(number, there);
      const [ethSrc, ethDst] = [jobMac(number), jobMac(peer)];
      return { inPort: portNo, ethSrc, ethDst, src: jobAddress(number), dst: jobAddress(peer) };
    }),
  );
  return { taught: [], flows: flows.filter(({ ethSrc, ethDst }) => ethSrc !== ethDst).slice(0, there.senders) };
}

/** One flow of each in turn, until all have been. */
export function mixed(parts: readonly Traffic[]): Traffic {
  const most = Math.max(0, ...parts.map(({ flows }) => flows.length));
  const flows = Array.from({ length: most }, (_, i) => parts.flatMap((part) => part.flows.slice(i, i + 1))).flat();
  return { taught: parts.flatMap(({ taught }) => taught), flows };
}

export function packetIn(version: Version, { inPort, ethSrc, ethDst, src, dst }: Flow): Buffer {
  const ethernet = { ethSrc: ethSrc as MacAddress, ethDst: ethDst as MacAddress };
  const ends = { src: src as Ipv4Address, dst: dst as Ipv4Address };
  const data = buildUdp(ethernet, ends, { srcPort: 4000, dstPort: 4001, data: new Uint8Array(18) });
  // No checksum: the number in it changes.
  data.fill(0, CHECKSUM_AT, CHECKSUM_AT + 2);
  const common = { xid: 0, type: 'packetIn', bufferId: NO_BUFFER, totalLen: data.length, reason: 0, data } as const;
  const match = [oxm('inPort', inPort)];
  return Buffer.from(
    version === 1
      ? encodeMessage({ version, ...common, inPort })
      : encodeMessage({ version, ...common, tableId: 0, cookie: 0n, match }),
  );
}
