// A packet on its way through the tables: its bytes and, beside them, the fields that a match sees. As in Open vSwitch the
// fields are read once and then carried along, not read again after a change: an IP packet that gets a second tag on
// the way still matches as IP. Checksums are kept right by difference, so one that was wrong stays wrong.

import { concatBytes, readU16, writeIpv6, writeMac, writeU16, writeU32 } from '../../protocols/packet/bytes.ts';
import { adjustChecksum, sumWords } from '../../protocols/packet/checksum.ts';
import { type Frame, parseFrame } from '../../protocols/packet/frame.ts';
import { EtherType, IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { type FieldName, type FlowKey, flowKey, hasPorts, isIpKey, isRegister, VLAN_PRESENT } from './fields.ts';

interface Tag {
  readonly vlanVid: bigint;
  readonly vlanPcp: bigint;
}

const NO_TAG: Tag = { vlanVid: 0n, vlanPcp: 0n };
const TAG_AT = 12;
const TAG_LENGTH = 4;

export class Packet {
  readonly key: FlowKey;
  readonly inPort: number;
  /** The queue that later outputs go to; undefined is the port's default. */
  queueId: number | undefined;
  #bytes: Uint8Array;
  /** The bytes belong to whoever gave them until the first change. */
  #isOwned = false;
  readonly #frame: Frame;
  /** How far the headers after the tags have moved since the frame was read. */
  #shift = 0;
  /** Tags under the outermost, innermost first, that pops bring to light again. */
  #hiddenTags: Tag[] = [];

  constructor(bytes: Uint8Array, inPort: number) {
    this.#bytes = bytes;
    this.inPort = inPort;
    this.#frame = parseFrame(bytes);
    this.key = flowKey(this.#frame, inPort);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The bytes as they are now, for someone to keep: later changes go to a copy. */
  snapshot(): Uint8Array {
    this.#isOwned = false;
    return this.#bytes;
  }

  /** A copy that can be changed without changing this one. */
  clone(): Packet {
    const copy = new Packet(this.#frame.bytes, this.inPort);
    copy.#bytes = this.snapshot();
    copy.#shift = this.#shift;
    copy.#hiddenTags = [...this.#hiddenTags];
    copy.queueId = this.queueId;
    Object.assign(copy.key, this.key);
    return copy;
  }

  pushVlan(tpid: number): void {
    const tag = new Uint8Array(TAG_LENGTH);
    writeU16(tag, 0, tpid);
    this.#bytes = concatBytes(this.#bytes.subarray(0, TAG_AT), tag, this.#bytes.subarray(TAG_AT));
    this.#isOwned = true;
    this.#shift += TAG_LENGTH;
    if (this.isTagged) this.#hiddenTags.push({ vlanVid: this.key.vlanVid, vlanPcp: this.key.vlanPcp });
    this.key.vlanVid = VLAN_PRESENT;
    this.key.vlanPcp = 0n;
  }

  /** Takes the outermost tag off; nothing without one. */
  popVlan(): void {
    if (!this.isTagged) return;
    this.#bytes = concatBytes(this.#bytes.subarray(0, TAG_AT), this.#bytes.subarray(TAG_AT + TAG_LENGTH));
    this.#isOwned = true;
    this.#shift -= TAG_LENGTH;
    Object.assign(this.key, this.#hiddenTags.pop() ?? NO_TAG);
  }

  get isTagged(): boolean {
    return (this.key.vlanVid & VLAN_PRESENT) !== 0n;
  }

  /** Writes a field where the packet has it; a packet without that header stays as it is. */
  setField(field: FieldName, value: bigint): void {
    const write = this.#writer(field, value);
    if (write === undefined) return;
    this.key[field] = value;
    if (!this.#isOwned) this.#bytes = this.#bytes.slice();
    this.#isOwned = true;
    write();
  }

  /** Writes some bits of a field, from `bit` on. */
  setBits(field: FieldName, bit: number, bits: number, value: bigint): void {
    const mask = ((1n << BigInt(bits)) - 1n) << BigInt(bit);
    this.setField(field, (this.key[field] & ~mask) | ((value << BigInt(bit)) & mask));
  }

  /** False if the packet's time to live would end; then it must go no further. */
  decrementTtl(): boolean {
    if (!isIpKey(this.key) || this.#frame.ipTtl === undefined) return true;
    const at = this.#ttlAt();
    if (this.#bytes[at]! <= 1) return false;
    this.setTtl(this.#bytes[at]! - 1);
    return true;
  }

  setTtl(ttl: number): void {
    if (!isIpKey(this.key) || this.#frame.ipTtl === undefined) return;
    if (!this.#isOwned) this.#bytes = this.#bytes.slice();
    this.#isOwned = true;
    this.#patch(this.#ttlAt(), 1, (bytes, at) => {
      bytes[at] = ttl;
    });
  }

  #ttlAt(): number {
    return this.#l3 + (this.#isIpv4 ? 8 : 7);
  }

  get #isIpv4(): boolean {
    return this.key.ethType === BigInt(EtherType.IPV4);
  }

  get #l3(): number {
    return this.#frame.l3Offset + this.#shift;
  }

  /** What writes the field into the bytes, or undefined if the packet has no such field. */
  #writer(field: FieldName, value: bigint): (() => void) | undefined {
    const number = Number(value & 0xffff_ffff_ffffn);
    if (isRegister(field)) return () => {};
    switch (field) {
      case 'ethDst':
        return () => writeMac(this.#bytes, 0, number);
      case 'ethSrc':
        return () => writeMac(this.#bytes, 6, number);
      case 'vlanVid':
        return this.isTagged ? () => this.#writeTagControl(0xf000, number & 0xfff) : undefined;
      case 'vlanPcp':
        return this.isTagged ? () => this.#writeTagControl(0x1fff, number << 13) : undefined;
      case 'metadata':
        return () => {};
    }
    if (this.key.ethType === BigInt(EtherType.ARP)) return this.#arpWriter(field, number);
    if (isIpKey(this.key) && this.#frame.ipTos !== undefined) return this.#ipWriter(field, value);
    return undefined;
  }

  #writeTagControl(keep: number, bits: number): void {
    writeU16(this.#bytes, TAG_AT + 2, (readU16(this.#bytes, TAG_AT + 2) & keep) | bits);
  }

  #arpWriter(field: FieldName, value: number): (() => void) | undefined {
    if (this.#frame.arpOp === undefined) return undefined;
    const at = this.#l3;
    switch (field) {
      case 'nwProto':
        return () => writeU16(this.#bytes, at + 6, value);
      case 'arpSha':
        return () => writeMac(this.#bytes, at + 8, value);
      case 'nwSrc':
        return () => writeU32(this.#bytes, at + 14, value);
      case 'arpTha':
        return () => writeMac(this.#bytes, at + 18, value);
      case 'nwDst':
        return () => writeU32(this.#bytes, at + 24, value);
    }
    return undefined;
  }

  #ipWriter(field: FieldName, value: bigint): (() => void) | undefined {
    const at = this.#l3;
    const number = Number(value & 0xffff_ffffn);
    switch (field) {
      case 'ipDscp':
        return () => this.#writeTos(0x03, number << 2);
      case 'ipEcn':
        return () => this.#writeTos(0xfc, number);
      case 'nwSrc':
      case 'nwDst': {
        const addressAt = at + (field === 'nwSrc' ? 12 : 16);
        return this.#isIpv4
          ? () => this.#patch(addressAt, 4, (bytes) => writeU32(bytes, addressAt, number))
          : undefined;
      }
      case 'ipv6Src':
      case 'ipv6Dst': {
        const addressAt = at + (field === 'ipv6Src' ? 8 : 24);
        return this.#isIpv4
          ? undefined
          : () => this.#patch(addressAt, 16, (bytes) => writeIpv6(bytes, addressAt, value));
      }
      case 'ipv6Flabel':
        return this.#isIpv4
          ? undefined
          : () =>
              writeU32(
                this.#bytes,
                at,
                ((this.#bytes[at]! << 24) >>> 0) + (this.#bytes[at + 1]! & 0xf0) * 0x10000 + number,
              );
      case 'tpSrc':
      case 'tpDst': {
        if (!hasPorts(this.key) || this.#frame.srcPort === undefined) return undefined;
        const portAt = this.#frame.l4Offset! + this.#shift + (field === 'tpSrc' ? 0 : 2);
        return () => this.#patch(portAt, 2, (bytes) => writeU16(bytes, portAt, number));
      }
    }
    return undefined;
  }

  #writeTos(keep: number, bits: number): void {
    const at = this.#l3;
    if (this.#isIpv4) {
      this.#patch(at + 1, 1, (bytes) => {
        bytes[at + 1] = (bytes[at + 1]! & keep) | bits;
      });
      return;
    }
    const tos = ((readU16(this.#bytes, at) >>> 4) & keep) | bits;
    writeU16(this.#bytes, at, (readU16(this.#bytes, at) & 0xf00f) | (tos << 4));
  }

  /** Changes bytes of an IP packet and mends the checksums that cover them. `length` is 1 or even. */
  #patch(at: number, length: number, change: (bytes: Uint8Array, at: number) => void): void {
    const bytes = this.#bytes;
    // Checksums sum words: of a single byte the whole word, which begins at an even distance from the header.
    const from = at - ((at - this.#l3) % 2);
    const to = at + length + ((at + length - this.#l3) % 2);
    const before = sumWords(bytes, from, to);
    change(bytes, at);
    const after = sumWords(bytes, from, to);
    const l4 = this.#frame.l4Offset === undefined ? Number.POSITIVE_INFINITY : this.#frame.l4Offset + this.#shift;
    if (this.#isIpv4 && at < l4) this.#mend(this.#l3 + 10, before, after);
    const isInPseudoHeader = length >= 4;
    if (isInPseudoHeader || at >= l4) this.#mendTransport(l4, before, after);
  }

  #mendTransport(l4: number, before: number, after: number): void {
    if (this.#frame.fragment === 'later' || this.#frame.fault !== undefined) return;
    switch (Number(this.key.nwProto)) {
      case IpProto.TCP:
        this.#mend(l4 + 16, before, after);
        return;
      case IpProto.UDP:
        // 0 says that the sender made no checksum; so a sum that comes to 0 is written as its other form (RFC 768).
        if (readU16(this.#bytes, l4 + 6) === 0) return;
        this.#mend(l4 + 6, before, after);
        if (readU16(this.#bytes, l4 + 6) === 0) writeU16(this.#bytes, l4 + 6, 0xffff);
        return;
      case IpProto.ICMPV6:
        if (!this.#isIpv4) this.#mend(l4 + 2, before, after);
    }
  }

  #mend(checksumAt: number, before: number, after: number): void {
    writeU16(this.#bytes, checksumAt, adjustChecksum(readU16(this.#bytes, checksumAt), before, after));
  }
}
