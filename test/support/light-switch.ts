// A switch for load: it answers the handshake, barriers, echoes and statistics, and keeps of its rules no more than what
// tells them apart, so that a thousand of them fit into one process. What a packet's fate would be it does not know;
// mininet/model-switch does. OpenFlow 1.3 alone, and no rule ever leaves by itself.

import { connect, type Socket } from 'node:net';
import { encodeMessage, FrameSplitter, type Message } from 'node-openflow';

/** Places in a frame (OF1.3.5 §7.1, §7.3.4.1, §7.3.5). */
const At = {
  TYPE: 1,
  XID: 4,
  MULTIPART: 8,
  COOKIE: 8,
  COOKIE_MASK: 16,
  TABLE: 24,
  COMMAND: 25,
  PRIORITY: 30,
  MATCH: 48,
};
const Type = { HELLO: 0, ERROR: 1, ECHO: 2, EXPERIMENTER: 4, FEATURES: 5, FLOW_MOD: 14, MULTIPART: 18, BARRIER: 20 };
const Command = { ADD: 0, DELETE: 3, DELETE_STRICT: 4 };
const PORT_DESC = 13;
const BARRIER_REPLY = 21;
const EMPTY_MATCH_BYTES = 4;
const ALL_TABLES = 0xff;
/** Any pipeline has more from the start; what is only tried out is fewer. */
const FIRST_RULES = 5;

export interface LightSwitchEvents {
  /** It has answered a barrier, and has so many since it connected: the first ends the handshake. */
  readonly onBarrier?: (light: LightSwitch, count: number) => void;
  readonly onClosed?: (light: LightSwitch) => void;
}

export class LightSwitch {
  readonly dpid: bigint;
  /** By table, priority and match; the value is the cookie. */
  readonly rules = new Map<string, bigint>();
  flowMods = 0;
  barriers = 0;
  /** Its first rules are there, and were confirmed. */
  isMended = false;
  /** Errors that the controller sent. */
  errors = 0;
  readonly #ports: readonly string[];
  readonly #events: LightSwitchEvents;
  #socket: Socket | undefined;

  /** @param ports names; they are numbered from 1. */
  constructor(dpid: bigint, ports: readonly string[], events: LightSwitchEvents = {}) {
    this.dpid = dpid;
    this.#ports = ports;
    this.#events = events;
  }

  connect(controller: { readonly host: string; readonly port: number }): void {
    const socket = connect({ ...controller, noDelay: true });
    const splitter = new FrameSplitter();
    this.#socket = socket;
    this.barriers = 0;
    this.isMended = false;
    socket.on('data', (chunk) => {
      socket.cork();
      for (const frame of splitter.push(chunk)) this.#onFrame(frame);
      socket.uncork();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      // It may have connected anew already.
      if (this.#socket === socket) this.#socket = undefined;
      this.#events.onClosed?.(this);
    });
    this.#send({ version: 4, xid: 0, type: 'hello', elements: [] });
  }

  disconnect(): void {
    this.#socket?.destroy();
  }

  #onFrame(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const xid = view.getUint32(At.XID);
    switch (view.getUint8(At.TYPE)) {
      case Type.FLOW_MOD:
        this.flowMods++;
        this.#onFlowMod(frame, view);
        return;
      case Type.BARRIER:
        this.barriers++;
        this.isMended ||= this.rules.size >= FIRST_RULES;
        this.#socket?.write(replyHeader(BARRIER_REPLY, xid));
        this.#events.onBarrier?.(this, this.barriers);
        return;
      case Type.ECHO:
        this.#send({ version: 4, xid, type: 'echoReply', data: frame.slice(8) });
        return;
      case Type.FEATURES: {
        const features = {
          datapathId: this.dpid,
          nBuffers: 0,
          nTables: 254,
          auxiliaryId: 0,
          capabilities: 0x4f,
          reserved: 0,
        };
        this.#send({ version: 4, xid, type: 'featuresReply', ...features });
        return;
      }
      case Type.MULTIPART:
        this.#onMultipart(xid, view.getUint16(At.MULTIPART));
        return;
      case Type.EXPERIMENTER:
        // OFPET_BAD_REQUEST, OFPBRC_BAD_EXPERIMENTER
        this.#send({ version: 4, xid, type: 'error', errorType: 1, code: 3, data: frame.slice(0, 64) } as Message);
        return;
      case Type.ERROR:
        this.errors++;
    }
  }

  #onFlowMod(frame: Uint8Array, view: DataView): void {
    const length = view.getUint16(At.MATCH + 2);
    const command = view.getUint8(At.COMMAND);
    if (command === Command.DELETE) {
      // Those with a match are for rules that were decided for packets, and no packet was ever sent.
      if (length === EMPTY_MATCH_BYTES) this.#deleteAll(view);
      return;
    }
    const match = Buffer.from(frame.buffer, frame.byteOffset + At.MATCH, length);
    const key = `${view.getUint8(At.TABLE)} ${view.getUint16(At.PRIORITY)} ${match.toString('latin1')}`;
    if (command === Command.ADD) this.rules.set(key, view.getBigUint64(At.COOKIE));
    else if (command === Command.DELETE_STRICT) this.rules.delete(key);
  }

  #deleteAll(view: DataView): void {
    const [mask, table] = [view.getBigUint64(At.COOKIE_MASK), view.getUint8(At.TABLE)];
    const wanted = view.getBigUint64(At.COOKIE) & mask;
    for (const [key, cookie] of this.rules) {
      const isThere = table === ALL_TABLES || key.startsWith(`${table} `);
      if (isThere && (cookie & mask) === wanted) this.rules.delete(key);
    }
  }

  #onMultipart(xid: number, multipart: number): void {
    if (multipart !== PORT_DESC) {
      // An empty list of whatever was asked for.
      const reply = Buffer.alloc(16);
      replyHeader(Type.MULTIPART + 1, xid, 16).copy(reply);
      reply.writeUInt16BE(multipart, At.MULTIPART);
      this.#socket?.write(reply);
      return;
    }
    const common = { config: 0, state: 0, curr: 0, advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 };
    const entries = this.#ports.map((name, i) => ({ portNo: i + 1, hwAddr: 0x0e_00_00_00_00_00 + i, name, ...common }));
    this.#send({
      version: 4,
      xid,
      type: 'multipartReply',
      flags: 0,
      body: { multipart: 'portDesc', entries },
    } as Message);
  }

  #send(message: Message): void {
    this.#socket?.write(encodeMessage(message));
  }
}

function replyHeader(type: number, xid: number, length = 8): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(4, 0);
  header.writeUInt8(type, At.TYPE);
  header.writeUInt16BE(length, 2);
  header.writeUInt32BE(xid, At.XID);
  return header;
}
