// A host behind a port of a model switch: it answers ARP, neighbour solicitations, pings and TCP connections for its own
// addresses, and can ping and knock at others. It receives as Linux does: only what is for its MAC address or a group,
// and through any number of VLAN tags as long as every VID is 0; frames in other VLANs are not for it.

import type { IpAddress, Ipv4Address, Ipv6Address, MacAddress, Prefix } from '../../protocols/packet/address.ts';
import { isGroupMac, isIpv4, networkOf, prefixContains } from '../../protocols/packet/address.ts';
import { buildArp, buildTcp, type EthernetOptions, type IpOptions, TcpFlags } from '../../protocols/packet/build.ts';
import {
  buildIcmpEcho,
  buildNeighborAdvertisement,
  buildNeighborSolicitation,
} from '../../protocols/packet/build-control.ts';
import { readU16 } from '../../protocols/packet/bytes.ts';
import { type Frame, parseFrame } from '../../protocols/packet/frame.ts';
import { ArpOp, IcmpType, Icmpv6Type, IpProto } from '../../protocols/packet/protocol-numbers.ts';

export interface ModelHostOptions {
  readonly mac: MacAddress;
  /** Its addresses, each with the length of the prefix that is on the same link. */
  readonly addresses: readonly { readonly address: IpAddress; readonly prefixLength: number }[];
  /** Where to send what is on no prefix of its own, one of each IP version at most. */
  readonly gateways?: readonly IpAddress[];
  /** TCP ports that it accepts connections on. */
  readonly listens?: readonly number[];
  /** Puts a frame on the wire. */
  readonly send: (frame: Uint8Array) => void;
  /** Sees every frame that the host accepts, after it has been answered. */
  readonly onFrame?: (frame: Frame) => void;
}

export type ProbeResult =
  | { readonly ok: true; readonly ms: number }
  /** `unresolved`: nobody answered ARP or neighbour discovery. `unreachable`: no route. */
  | { readonly ok: false; readonly reason: 'unresolved' | 'unreachable' | 'no-answer' | 'refused' };

export interface ProbeOptions {
  /** Default 1000. */
  readonly deadlineMs?: number;
  /** One of the host's addresses; default the one that suits the destination. */
  readonly from?: IpAddress;
}

/** Asked again this often while the deadline lasts. */
const RESOLVE_EVERY_MS = 250;
const FIRST_LOCAL_PORT = 32768;

/** What a waiting probe hears of; true ends its wait. */
type Answer =
  | { readonly kind: 'resolved'; readonly address: IpAddress }
  | { readonly kind: 'frame'; readonly frame: Frame };

export class ModelHost {
  readonly #options: ModelHostOptions;
  readonly #neighbors = new Map<IpAddress, MacAddress>();
  readonly #waiting = new Set<(answer: Answer) => void>();
  #probeCount = 0;

  constructor(options: ModelHostOptions) {
    this.#options = options;
  }

  get mac(): MacAddress {
    return this.#options.mac;
  }

  /** A frame arrives by the wire. */
  receive(bytes: Uint8Array): void {
    const frame = parseFrame(bytes);
    if (!this.#accepts(frame)) return;
    if (frame.kind === 'arp') this.#receiveArp(frame);
    else if (frame.icmpType !== undefined) this.#receiveIcmp(frame);
    else if (frame.tcpFlags !== undefined) this.#receiveTcp(frame);
    this.#tell({ kind: 'frame', frame });
    this.#options.onFrame?.(frame);
  }

  /** One echo request; resolves at the reply or at the deadline, never rejects. */
  ping(to: IpAddress, options: ProbeOptions = {}): Promise<ProbeResult> {
    const identifier = ++this.#probeCount & 0xffff;
    return this.#probe(
      to,
      options,
      (ethernet, ip) => buildIcmpEcho(ethernet, ip, { identifier, sequence: 1, data: new Uint8Array(48) }),
      (frame) => (isEchoReplyTo(frame, to, identifier) ? 'answered' : undefined),
    );
  }

  /** Opens a TCP connection as far as the SYN-ACK: `ok` if the port listens, `refused` on a reset. */
  connectTcp(to: IpAddress, port: number, options: ProbeOptions = {}): Promise<ProbeResult> {
    const srcPort = FIRST_LOCAL_PORT + (++this.#probeCount % 16384);
    return this.#probe(
      to,
      options,
      (ethernet, ip) => buildTcp(ethernet, ip, { srcPort, dstPort: port, sequence: 1 }),
      (frame) => {
        const isAnswer = frame.srcPort === port && frame.dstPort === srcPort && sourceOf(frame) === to;
        if (!isAnswer || frame.tcpFlags === undefined) return undefined;
        return (frame.tcpFlags & TcpFlags.RST) === 0 ? 'answered' : 'refused';
      },
    );
  }

  /** Forgets whose MAC address is whose, so that the next packet asks again. */
  forgetNeighbors(): void {
    this.#neighbors.clear();
  }

  async #probe(
    to: IpAddress,
    { deadlineMs = 1000, from }: ProbeOptions,
    build: (ethernet: EthernetOptions, ip: IpOptions) => Uint8Array,
    judge: (frame: Frame) => 'answered' | 'refused' | undefined,
  ): Promise<ProbeResult> {
    const start = performance.now();
    const route = this.#route(to, from);
    if (route === undefined) return { ok: false, reason: 'unreachable' };
    const mac = await this.#resolve(route.nextHop, route.src, start + deadlineMs);
    if (mac === undefined) return { ok: false, reason: 'unresolved' };
    const verdict = await this.#waitFor(
      start + deadlineMs,
      (answer) => (answer.kind === 'frame' ? judge(answer.frame) : undefined),
      () => this.#options.send(build({ ethDst: mac, ethSrc: this.mac }, { src: route.src, dst: to })),
    );
    if (verdict === 'answered') return { ok: true, ms: performance.now() - start };
    return { ok: false, reason: verdict ?? 'no-answer' };
  }

  /** The source address, and the neighbour that the packet is handed to. */
  #route(to: IpAddress, from: IpAddress | undefined) {
    const own = this.#options.addresses.filter(({ address }) => isIpv4(address) === isIpv4(to));
    const onLink = own.find((entry) => prefixContains(prefixOf(entry), to));
    const gateway = this.#options.gateways?.find((address) => isIpv4(address) === isIpv4(to));
    const nextHop = onLink === undefined ? gateway : to;
    const src = from ?? onLink?.address ?? own[0]?.address;
    return nextHop === undefined || src === undefined ? undefined : { src, nextHop };
  }

  async #resolve(address: IpAddress, src: IpAddress, deadline: number): Promise<MacAddress | undefined> {
    while (!this.#neighbors.has(address) && performance.now() < deadline) {
      const until = Math.min(deadline, performance.now() + RESOLVE_EVERY_MS);
      const isResolved = (answer: Answer) => answer.kind === 'resolved' && answer.address === address;
      await this.#waitFor(
        until,
        (answer) => isResolved(answer) || undefined,
        () => this.#ask(address, src),
      );
    }
    return this.#neighbors.get(address);
  }

  #ask(address: IpAddress, src: IpAddress): void {
    const frame = isIpv4(address)
      ? buildArp({ sha: this.mac, spa: src as Ipv4Address, tpa: address })
      : buildNeighborSolicitation({ ethSrc: this.mac, src: src as Ipv6Address, target: address, sll: this.mac });
    this.#options.send(frame);
  }

  /** Sends, then resolves with the first thing that `judge` makes of an answer, or undefined at the deadline. */
  #waitFor<T>(deadline: number, judge: (answer: Answer) => T | undefined, send: () => void): Promise<T | undefined> {
    return new Promise((resolve) => {
      const end = (result: T | undefined) => {
        clearTimeout(timer);
        this.#waiting.delete(listen);
        resolve(result);
      };
      const listen = (answer: Answer) => {
        const result = judge(answer);
        if (result !== undefined) end(result);
      };
      const timer = setTimeout(() => end(undefined), Math.max(0, deadline - performance.now()));
      this.#waiting.add(listen);
      send();
    });
  }

  #tell(answer: Answer): void {
    for (const listen of [...this.#waiting]) listen(answer);
  }

  #accepts(frame: Frame): boolean {
    const isForUs = frame.ethDst === this.mac || isGroupMac(frame.ethDst);
    return isForUs && frame.ethSrc !== this.mac && frame.kind !== 'malformed' && hasOnlyPriorityTags(frame);
  }

  #owns(address: IpAddress | undefined): boolean {
    return this.#options.addresses.some((own) => own.address === address);
  }

  #learn(address: IpAddress, mac: MacAddress): void {
    this.#neighbors.set(address, mac);
    this.#tell({ kind: 'resolved', address });
  }

  #receiveArp(frame: Frame): void {
    if (!this.#owns(frame.arpTpa)) return;
    this.#learn(frame.arpSpa!, frame.arpSha!);
    if (frame.arpOp !== ArpOp.REQUEST) return;
    const { arpSha: tha, arpSpa: tpa, arpTpa: spa } = frame;
    this.#options.send(buildArp({ op: ArpOp.REPLY, sha: this.mac, spa: spa!, tha: tha!, tpa: tpa! }));
  }

  #receiveIcmp(frame: Frame): void {
    const type = frame.icmpType!;
    if (frame.kind === 'ipv6' && type === Icmpv6Type.NEIGHBOR_SOLICITATION) this.#receiveSolicitation(frame);
    if (frame.kind === 'ipv6' && type === Icmpv6Type.NEIGHBOR_ADVERTISEMENT) {
      if (frame.ndTarget !== undefined && frame.ndTll !== undefined) this.#learn(frame.ndTarget, frame.ndTll);
    }
    const isRequest = type === (frame.kind === 'ipv4' ? IcmpType.ECHO_REQUEST : Icmpv6Type.ECHO_REQUEST);
    const to = destinationOf(frame);
    if (!isRequest || frame.fragment !== 'none' || !this.#owns(to)) return;
    const body = frame.bytes.slice(frame.l4Offset! + 4, frame.l4End);
    const echo = {
      kind: 'reply',
      identifier: readU16(body, 0),
      sequence: readU16(body, 2),
      data: body.slice(4),
    } as const;
    this.#options.send(buildIcmpEcho(this.#backTo(frame), { src: to!, dst: sourceOf(frame)! }, echo));
  }

  #receiveSolicitation({ ndTarget, ndSll, ipv6Src, ethSrc }: Frame): void {
    if (ndTarget === undefined || ipv6Src === undefined || !this.#owns(ndTarget)) return;
    if (ndSll !== undefined && ipv6Src !== 0n) this.#learn(ipv6Src, ndSll);
    // Duplicate address detection asks from ::, and is answered to all nodes (RFC 4861 §7.2.4).
    const answer = { ethSrc: this.mac, src: ndTarget, target: ndTarget, tll: this.mac, isOverride: true };
    this.#options.send(
      ipv6Src === 0n
        ? buildNeighborAdvertisement(answer)
        : buildNeighborAdvertisement({ ...answer, ethDst: ndSll ?? ethSrc, dst: ipv6Src, isSolicited: true }),
    );
  }

  #receiveTcp(frame: Frame): void {
    const isOpening = (frame.tcpFlags! & (TcpFlags.SYN | TcpFlags.ACK)) === TcpFlags.SYN;
    const to = destinationOf(frame);
    if (!isOpening || !this.#owns(to)) return;
    const flags = (this.#options.listens?.includes(frame.dstPort!) ? TcpFlags.SYN : TcpFlags.RST) | TcpFlags.ACK;
    const answer = { srcPort: frame.dstPort!, dstPort: frame.srcPort!, flags, acknowledgment: 2 };
    this.#options.send(buildTcp(this.#backTo(frame), { src: to!, dst: sourceOf(frame)! }, answer));
  }

  /** Answers go back to where the question came from. */
  #backTo(frame: Frame): EthernetOptions {
    return { ethDst: frame.ethSrc, ethSrc: this.mac };
  }
}

function prefixOf({ address, prefixLength }: ModelHostOptions['addresses'][number]): Prefix {
  return { network: networkOf(address, prefixLength), length: prefixLength };
}

function sourceOf(frame: Frame): IpAddress | undefined {
  return frame.ipv4Src ?? frame.ipv6Src;
}

function destinationOf(frame: Frame): IpAddress | undefined {
  return frame.ipv4Dst ?? frame.ipv6Dst;
}

function isEchoReplyTo(frame: Frame, to: IpAddress, identifier: number): boolean {
  const isReply =
    (frame.ipProto === IpProto.ICMP && frame.icmpType === IcmpType.ECHO_REPLY) ||
    (frame.ipProto === IpProto.ICMPV6 && frame.icmpType === Icmpv6Type.ECHO_REPLY);
  return isReply && sourceOf(frame) === to && readU16(frame.bytes, frame.l4Offset! + 4) === identifier;
}

function hasOnlyPriorityTags({ bytes, tagCount }: Frame): boolean {
  for (let i = 0; i < tagCount; i++) {
    if ((readU16(bytes, 14 + 4 * i) & 0xfff) !== 0) return false;
  }
  return true;
}
