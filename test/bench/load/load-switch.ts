// A switch that does nothing but ask: it keeps a number of PacketIns unanswered, and sends another for each answer. An
// answer is told by its buffer id, or by the number in its frame where nothing is buffered, so that a FlowMod and a PacketOut for
// one PacketIn count once. It shakes hands with any controller, and has as many rules as it is told, which is none.

import { connect, type Socket } from 'node:net';
import { encodeMessage, type Message } from 'node-openflow';
import type { Latencies } from './latencies.ts';
import { packetIn, type Traffic } from './traffic.ts';
import { BUFFER_AT, LAYOUT, Messages, NO_BUFFER, NUMBER_AT, putU32, u16, u32, type Version } from './wire.ts';

const Type = { ERROR: 1, ECHO: 2, EXPERIMENTER: 4, CONFIG: 7, ROLE: 24 };
const PORT_DESC = 13;
const XID_AT = 4;
const STATS_AT = 8;

export interface LoadSwitchParts {
  readonly version: Version;
  readonly dpid: bigint;
  readonly ports: number;
  readonly traffic: Traffic;
  /** How many PacketIns are unanswered at a time. */
  readonly window: number;
  /** False: whole frames with NO_BUFFER. */
  readonly isBuffered: boolean;
  /** No two packets are of one flow: each is from another IP address of its host, of which there are so many. */
  readonly newSources?: number;
  /** Where it is kept how long each answer took. */
  readonly latencies?: Latencies;
}

export class LoadSwitch {
  answers = 0;
  /** Of any kind, by the clock of `performance.now`. */
  lastHeard = 0;
  hasFeatures = false;
  isClosed = false;
  readonly #parts: LoadSwitchParts;
  readonly #packets: readonly Buffer[];
  /** The number that each place of the window waits for. */
  readonly #waiting: Uint32Array;
  readonly #messages = new Messages();
  #socket: Socket | undefined;
  #nextPacket = 0;
  #sent = 0;
  #isAsking = false;
  /** Called when nothing is unanswered any more. */
  #onLast: (() => void) | undefined;
  /** When each place of the window was asked for, where that matters. */
  readonly #sentAt: Float64Array;
  #offered = 0;
  /** Asked and not answered yet, in order. */
  readonly #echoes: { readonly sentAt: number; readonly onReply: (ms: number) => void }[] = [];
  /** What goes out after the chunk that is being read. */
  #out = Buffer.allocUnsafe(OUT_BYTES);
  #used = 0;

  constructor(parts: LoadSwitchParts) {
    this.#parts = parts;
    this.#packets = parts.traffic.flows.map((flow) => packetIn(parts.version, flow));
    this.#waiting = new Uint32Array(parts.window).fill(NO_BUFFER);
    this.#sentAt = new Float64Array(parts.latencies === undefined ? 0 : parts.window);
  }

  connect(controller: { readonly host: string; readonly port: number }): void {
    const onChunk = (length: number, bytes: Uint8Array) => {
      this.#onData((bytes as Buffer).subarray(0, length));
      return true;
    };
    const socket = connect({ ...controller, noDelay: true, onread: { buffer: READ, callback: onChunk } });
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.#onLast?.();
    });
    this.#send({ version: this.#parts.version, xid: 0, type: 'hello', elements: [] });
  }

  /** How many different packets it sends. */
  get flows(): number {
    return this.#packets.length;
  }

  disconnect(): void {
    this.#socket?.destroy();
  }

  /** Has the controller hear from every destination. */
  teach(): void {
    const { traffic, version } = this.#parts;
    for (const flow of traffic.taught) this.#socket?.write(packetIn(version, flow));
  }

  /** Fills the window. */
  ask(): void {
    this.#isAsking = true;
    const { window } = this.#parts;
    for (let place = 0; place < window; place++) this.#askAt(place, place);
    this.#flush();
  }

  /**
   * So many more, whatever is still unanswered: for load at a given rate, instead of `ask`. How many were sent; none beyond the
   * window.
   */
  offer(count: number): number {
    let sent = 0;
    for (; sent < count; sent++) {
      const place = this.#offered % this.#parts.window;
      if (this.#waiting[place] !== NO_BUFFER) break;
      this.#askAt(place, this.#offered);
      // Back to the first place before numbers end.
      this.#offered = this.#offered + 1 < HIGHEST ? this.#offered + 1 : 0;
    }
    this.#flush();
    return sent;
  }

  /** Sends an echo request; `onReply` is called with how many milliseconds the reply took. */
  echo(onReply: (ms: number) => void): void {
    this.#echoes.push({ sentAt: performance.now(), onReply });
    this.#reply(Type.ECHO, 0);
    this.#flush();
  }

  /** No answer is followed by another PacketIn. `onLast` is called when none is unanswered, or never will be answered. */
  stopAsking(onLast: () => void): void {
    this.#isAsking = false;
    if (this.isClosed) onLast();
    else this.#onLast = onLast;
  }

  #askAt(place: number, number: number): void {
    this.#waiting[place] = number;
    const packet = this.#packets[this.#nextPacket]!;
    this.#nextPacket = this.#nextPacket + 1 === this.#packets.length ? 0 : this.#nextPacket + 1;
    const at = this.#append(packet);
    if (this.#parts.isBuffered) putU32(this.#out, at + BUFFER_AT, number);
    const frame = at + packet.length - FRAME_BYTES;
    putU32(this.#out, frame + NUMBER_AT, number);
    const { newSources } = this.#parts;
    if (newSources !== undefined) putU32(this.#out, frame + IP_SRC_AT, FIRST_SOURCE + (this.#sent++ % newSources));
    if (this.#parts.latencies !== undefined) this.#sentAt[place] = performance.now();
  }

  /** Where it is in `#out`. */
  #append(message: Buffer): number {
    if (this.#used + message.length > this.#out.length) this.#flush();
    const at = this.#used;
    this.#out.set(message, at);
    this.#used += message.length;
    return at;
  }

  #flush(): void {
    if (this.#used === 0 || this.#socket === undefined) return;
    this.#socket.write(this.#out.subarray(0, this.#used));
    // What has not left yet must not be overwritten.
    if (this.#socket.writableLength > 0) this.#out = Buffer.allocUnsafe(OUT_BYTES);
    this.#used = 0;
  }

  #onData(chunk: Buffer): void {
    this.lastHeard = performance.now();
    this.#messages.push(chunk, this.#onEach);
    this.#flush();
  }

  readonly #onEach = (bytes: Buffer, at: number, length: number) => this.#onMessage(bytes, at, length);

  #onMessage(bytes: Buffer, at: number, length: number): void {
    const { version, isBuffered } = this.#parts;
    const { type: types, flowModBuffer, actions, actionsLength } = LAYOUT[version];
    const type = bytes[at + 1]!;
    if (type === types.flowMod) {
      if (isBuffered) this.#onAnswer(u32(bytes, at + flowModBuffer));
    } else if (type === types.packetOut) {
      if (isBuffered) this.#onAnswer(u32(bytes, at + BUFFER_AT));
      else {
        const number = at + actions + u16(bytes, at + actionsLength) + NUMBER_AT;
        if (number + 4 <= at + length) this.#onAnswer(u32(bytes, number));
      }
    } else this.#onOther(type, bytes, at, length);
  }

  #onAnswer(number: number): void {
    const { window, latencies } = this.#parts;
    if (number === NO_BUFFER) return;
    const place = number % window;
    if (this.#waiting[place] !== number) return;
    this.answers++;
    latencies?.add(performance.now() - this.#sentAt[place]!);
    // Far below NO_BUFFER, and always of the same place.
    const next = number + window;
    if (this.#isAsking) this.#askAt(place, next < HIGHEST ? next : place);
    else this.#forget(place);
  }

  #forget(place: number): void {
    this.#waiting[place] = NO_BUFFER;
    if (this.#onLast === undefined || this.#waiting.some((number) => number !== NO_BUFFER)) return;
    this.#onLast();
    this.#onLast = undefined;
  }

  #onOther(type: number, bytes: Buffer, at: number, length: number): void {
    const { version } = this.#parts;
    const xid = u32(bytes, at + XID_AT);
    const types = LAYOUT[version].type;
    const message = bytes.subarray(at, at + length);
    if (type === Type.ECHO) this.#reply(Type.ECHO + 1, xid, message.subarray(8));
    else if (type === Type.ECHO + 1) this.#onEcho();
    else if (type === types.featuresRequest) this.#sendFeatures(xid);
    else if (type === types.barrierRequest) this.#reply(types.barrierRequest + 1, xid);
    else if (type === Type.CONFIG) this.#reply(Type.CONFIG + 1, xid, Buffer.from([0, 0, 0xff, 0xff]));
    else if (type === types.statsRequest) this.#sendStatistics(xid, u16(message, STATS_AT));
    else if (type === Type.ROLE && version === 4) this.#reply(Type.ROLE + 1, xid, message.subarray(8));
    else if (type === Type.EXPERIMENTER) {
      // OFPBRC_BAD_VENDOR, OFPBRC_BAD_EXPERIMENTER
      this.#reply(Type.ERROR, xid, Buffer.concat([Buffer.from([0, 1, 0, 3]), message.subarray(0, 64)]));
    }
  }

  #onEcho(): void {
    const echo = this.#echoes.shift();
    echo?.onReply(performance.now() - echo.sentAt);
  }

  #sendFeatures(xid: number): void {
    const { version, dpid, isBuffered } = this.#parts;
    const nBuffers = isBuffered ? 256 : 0;
    this.hasFeatures = true;
    if (version === 4) {
      const rest = { nTables: 254, auxiliaryId: 0, capabilities: 0x4f, reserved: 0 };
      this.#send({ version, xid, type: 'featuresReply', datapathId: dpid, nBuffers, ...rest });
      return;
    }
    const ports = this.#ports().map((port) => ({ ...port, curr: 0, advertised: 0, supported: 0, peer: 0 }));
    const rest = { nTables: 1, capabilities: 0x87, actions: 0xfff, ports };
    this.#send({ version, xid, type: 'featuresReply', datapathId: dpid, nBuffers, ...rest });
  }

  #sendStatistics(xid: number, kind: number): void {
    const { version } = this.#parts;
    if (version === 4 && kind === PORT_DESC) {
      const common = { curr: 0, advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 };
      const entries = this.#ports().map((port) => ({ ...port, ...common }));
      this.#send({ version, xid, type: 'multipartReply', flags: 0, body: { multipart: 'portDesc', entries } });
      return;
    }
    // An empty list of whatever was asked for.
    const body = Buffer.alloc(version === 4 ? 8 : 4);
    body.writeUInt16BE(kind, 0);
    this.#reply(LAYOUT[version].type.statsRequest + 1, xid, body);
  }

  #ports() {
    const { dpid, ports } = this.#parts;
    return Array.from({ length: ports }, (_, i) => ({
      portNo: i + 1,
      hwAddr: 0x0e_00_00_00_00_00 + Number(dpid) * 0x1_00_00 + i,
      name: `s${dpid}p${i + 1}`,
      config: 0,
      state: 0,
    }));
  }

  #reply(type: number, xid: number, body: Buffer = NOTHING): void {
    const message = Buffer.alloc(8 + body.length);
    message.writeUInt8(this.#parts.version, 0);
    message.writeUInt8(type, 1);
    message.writeUInt16BE(message.length, 2);
    message.writeUInt32BE(xid, XID_AT);
    body.copy(message, 8);
    this.#append(message);
  }

  #send(message: Message): void {
    this.#socket?.write(encodeMessage(message));
  }
}

const NOTHING = Buffer.alloc(0);
/** Read into by all: what comes is used up before more is read. */
const READ = Buffer.allocUnsafeSlow(64 * 1024);
const OUT_BYTES = 256 * 1024;
const HIGHEST = 0xffff_0000;
/** In an untagged IPv4 frame. */
const IP_SRC_AT = 26;
/** 50.0.0.0 and on. */
const FIRST_SOURCE = 0x32_00_00_00;
/** Of a packet of the load, see traffic.ts. */
const FRAME_BYTES = 60;
