// One OpenFlow connection as a state machine:
//
//   hello     our HELLO is sent, the peer's is awaited
//   features  the version is agreed, FEATURES_REPLY is awaited
//   ports     1.3: the port description is awaited
//   config    SET_CONFIG and a barrier are sent: whole packets in PacketIns from here on
//   up        the switch is handed over; every message goes to its owner
//   closed    final
//
// Invariants: a message that the state does not expect ends this connection, with an OpenFlow error to the peer and one
// reason for the log, and touches no other. Nothing is sent after `closed`. Every request that waits for an answer is
// settled when the answer comes, when its time is up, or when the connection closes. What is not promised: that a
// message written just before the connection closes has reached the switch; only a barrier's reply says that.

import type { Socket } from 'node:net';
import { decodeMessage, encodeMessage, FrameSplitter, formatError, type Message, OpenflowError } from 'node-openflow';
import { isTlsHello } from '../listeners/secure-context.ts';
import { narrowPort } from '../network/port-numbers.ts';
import { negotiate, ourHello, type WireVersion } from './negotiation.ts';
import { OutBuffer } from './out-buffer.ts';
import { PACKET_IN, packetOutLength, writePacketOut, XID_AT } from './raw-packets.ts';
import { SharedBarrier } from './shared-barrier.ts';

export type ConnectionState = 'hello' | 'features' | 'ports' | 'config' | 'up' | 'closed';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** A message before the connection gives it its transaction id. */
export type Outgoing = DistributiveOmit<Message, 'xid'>;

export type FeaturesReply = Extract<Message, { type: 'featuresReply' }>;
export type PortDescription = Extract<FeaturesReply, { version: 1 }>['ports'][number] | Of13PortDescription;
type Of13MultipartReply = Extract<Message, { type: 'multipartReply' }>;
type Of13PortDescription = Extract<Of13MultipartReply['body'], { multipart: 'portDesc' }>['entries'][number];
export type StatsReply = Extract<Message, { type: 'statsReply' | 'multipartReply' }>;

export interface ConnectionOwner {
  /** The switch has told its features and ports and sends whole packets; messages follow from now on. */
  onUp(connection: SwitchConnection): void;
  /** PacketIn, FlowRemoved, PortStatus and errors, in their order. */
  onMessage(connection: SwitchConnection, message: Message): void;
  /** Called once, whatever state it was in. */
  onClosed(connection: SwitchConnection, reason: string): void;
}

export interface ConnectionOptions {
  readonly versions: readonly WireVersion[];
  readonly echoIntervalMs: number;
  readonly handshakeTimeoutMs: number;
  /** A peer without a HELLO has begun a TLS handshake on this plain connection, which ends by it. */
  readonly onTlsHello?: (peer: string) => void;
  /** The peer has not ended the handshake in time, and the connection ends by it. */
  readonly onSilent?: (peer: string) => void;
}

type QueueConfig = Extract<Message, { type: 'queueGetConfigReply' }>;
/** What a request may be answered by; `true`: only that it was. */
type Answer = readonly StatsReply[] | QueueConfig | true;

interface Waiting {
  readonly settle: (answer: Answer | undefined) => void;
  readonly parts: StatsReply[];
}

/** Above this the switch's messages are not read until it has taken what it was sent; above the second it is given up. */
const PAUSE_READING_BYTES = 4 * 1024 * 1024;
const GIVE_UP_BYTES = 64 * 1024 * 1024;
/** Parts of one statistics answer, and PortStatus messages kept until the handshake is over. */
const MAX_STATS_PARTS = 4096;
const MAX_EARLY_PORT_STATUS = 4096;
/** Ports that a switch may have. */
export const MOST_PORTS = 16_384;
/** OFPET_HELLO_FAILED / OFPHFC_INCOMPATIBLE; OFPET_BAD_REQUEST / OFPBRC_BAD_VERSION, BAD_TYPE (OF1.3.5 §7.5.4). */
const INCOMPATIBLE = { type: 0, code: 0 };
const BAD_VERSION = { type: 1, code: 0 };
const BAD_TYPE = { type: 1, code: 1 };
/** How much of an offending message an error carries (OF1.3.5 §7.5.4: at least 64 bytes). */
const ERROR_DATA_BYTES = 64;
const REQUEST_MORE = 1;
const LAST_WORDS_MS = 1000;

export class SwitchConnection {
  readonly peer: string;
  readonly connectedAt = new Date();
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly #splitter = new FrameSplitter();
  readonly #out: OutBuffer;
  /** Answers a PacketIn that need not be decoded for it; false for one that has to be. Asked only when the switch is up. */
  onRawPacketIn: ((message: Uint8Array) => boolean) | undefined;
  readonly #waiting = new Map<number, Waiting>();
  /** What is to be done if the request of this xid is refused. */
  readonly #attempts = new Map<number, () => void>();
  readonly #earlyPortStatus: Message[] = [];
  readonly #ports: PortDescription[] = [];
  #state: ConnectionState = 'hello';
  #version: WireVersion | undefined;
  #features: FeaturesReply | undefined;
  #nextXid = 1;
  #configBarrier = 0;
  #handshakeTimer: NodeJS.Timeout;
  #echoTimer: NodeJS.Timeout | undefined;
  #lastHeard = performance.now();
  #isEchoPending = false;
  #isHeld = false;
  #barrierOfTurn: SharedBarrier | undefined;

  constructor(socket: Socket, owner: ConnectionOwner, options: ConnectionOptions) {
    this.#socket = socket;
    this.#out = new OutBuffer(socket);
    this.#owner = owner;
    this.#options = options;
    this.peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', (error) => this.#finish(`the connection broke: ${error.message}`));
    socket.on('close', () => this.#finish('the switch closed the connection'));
    socket.on('drain', () => socket.resume());
    this.#handshakeTimer = setTimeout(() => {
      options.onSilent?.(this.peer);
      this.close(`no end of the handshake within ${options.handshakeTimeoutMs} ms (state ${this.#state})`);
    }, options.handshakeTimeoutMs);
    this.#echoTimer = setInterval(() => this.#checkAlive(), options.echoIntervalMs / 2);
    this.#write(ourHello(options.versions, this.#takeXid()));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Known from `features` on. */
  get version(): WireVersion {
    if (this.#version === undefined) throw new Error('the version is not agreed yet');
    return this.#version;
  }

  get features(): FeaturesReply {
    if (this.#features === undefined) throw new Error('the features are not known yet');
    return this.#features;
  }

  get ports(): readonly PortDescription[] {
    return this.#ports;
  }

  /** Sends a message of the agreed version; the answer is its xid, by which an error can name it. */
  send(message: Outgoing): number {
    const xid = this.#takeXid();
    this.#write({ ...message, xid } as Message);
    return xid;
  }

  /** The same of a message in bytes, which are copied, and whose xid is another then. */
  sendEncoded(message: Uint8Array): number {
    const xid = this.#takeXid();
    if (this.#isClosed) return xid;
    this.#holdWrites();
    const at = this.#out.reserve(message.length);
    this.#out.bytes.set(message, at);
    this.#out.bytes.writeUInt32BE(xid, at + XID_AT);
    this.#mindWaiting();
    return xid;
  }

  /** Sends a message that says its own xid in its body, too. */
  sendNumbered(make: (xid: number) => Message): number {
    const xid = this.#takeXid();
    this.#write(make(xid));
    return xid;
  }

  /** Answers a PacketIn by a PacketOut without data, whose xid and buffer are those that it takes. */
  answer(packetIn: Uint8Array, packetOut: Uint8Array): void {
    if (this.#isClosed) return;
    this.#holdWrites();
    const { version } = this;
    const at = this.#out.reserve(packetOutLength(version, packetOut, packetIn));
    writePacketOut(version, packetOut, packetIn, this.#out.bytes, at, this.#takeXid());
    this.#mindWaiting();
  }

  /** True when the switch has carried out all that was sent before; false when it did not say so in time. */
  barrier(timeoutMs: number): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    this.#barrierOfTurn ??= new SharedBarrier();
    this.#holdWrites();
    return this.#barrierOfTurn.wait(timeoutMs);
  }

  /** True when the peer has answered an echo request, which one that is no longer there does not. */
  echo(timeoutMs: number): Promise<boolean> {
    return this.request({ version: this.version, type: 'echoRequest', data: new Uint8Array(0) } as Outgoing, timeoutMs);
  }

  /** True when a request was answered; false when it was refused, or not answered in time. */
  request(message: Outgoing, timeoutMs: number): Promise<boolean> {
    return this.#ask(message, timeoutMs).then((answer) => answer !== undefined);
  }

  /** All parts of a statistics answer; undefined when it did not come in time. */
  statistics(request: Outgoing, timeoutMs: number): Promise<readonly StatsReply[] | undefined> {
    return this.#ask(request, timeoutMs).then((answer) => (Array.isArray(answer) ? answer : undefined));
  }

  /**
   * The ids of the queues that a port has (OF1.0 §5.3.4, OF1.3.5 §7.3.6); undefined when the switch refused, or did not say
   * in time. Open vSwitch names those that it could make on the network device, so none where the system has no
   * HTB or HFSC, whatever its database says.
   */
  async queues(portNo: number, timeoutMs: number): Promise<readonly number[] | undefined> {
    const port = this.version === 1 ? narrowPort(portNo) : portNo;
    const request = { version: this.version, type: 'queueGetConfigRequest', port } as Outgoing;
    const answer = await this.#ask(request, timeoutMs);
    return typeof answer === 'object' && 'queues' in answer ? answer.queues.map(({ queueId }) => queueId) : undefined;
  }

  /**
   * Sends requests that the switch may refuse: true when it has carried out all of them, false when it refused one or did
   * not say in time. The owner does not hear of the refusal.
   */
  async attempt(requests: readonly Outgoing[], timeoutMs: number): Promise<boolean> {
    let isRefused = false;
    const xids = requests.map((request) => this.send(request));
    for (const xid of xids) {
      this.#attempts.set(xid, () => {
        isRefused = true;
      });
    }
    const isAnswered = await this.barrier(timeoutMs);
    for (const xid of xids) this.#attempts.delete(xid);
    return isAnswered && !isRefused;
  }

  /** Ends the connection for a reason of ours. */
  close(reason: string): void {
    if (this.#state !== 'closed') {
      this.#out.flush();
      this.#socket.end();
    }
    this.#finish(reason);
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #ask(message: Outgoing, timeoutMs: number): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      if (this.#state === 'closed') {
        resolve(undefined);
        return;
      }
      const xid = this.send(message);
      const settle: Waiting['settle'] = (answer) => {
        this.#waiting.delete(xid);
        clearTimeout(timer);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(undefined), timeoutMs);
      this.#waiting.set(xid, { settle, parts: [] });
    });
  }

  #takeXid(): number {
    const xid = this.#nextXid;
    this.#nextXid = xid === 0xffffffff ? 1 : xid + 1;
    return xid;
  }

  #write(message: Message): void {
    if (this.#isClosed) return;
    this.#holdWrites();
    this.#out.write(encodeMessage(message));
    this.#mindWaiting();
  }

  #mindWaiting(): void {
    const { waiting } = this.#out;
    if (waiting > GIVE_UP_BYTES) this.close(`the switch does not take what it is sent: ${waiting} bytes wait`);
    else if (waiting > PAUSE_READING_BYTES) this.#socket.pause();
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed) return;
    if (this.#state === 'hello' && isTlsHello(chunk)) {
      this.#options.onTlsHello?.(this.peer);
      this.close('it speaks TLS, and this port speaks plain OpenFlow');
      return;
    }
    const isTurnOver = !this.#isHeld;
    this.#isHeld = true;
    try {
      let isHeard = false;
      for (const frame of this.#splitter.push(chunk)) {
        if (this.#isClosed) return;
        isHeard = true;
        this.#onFrame(frame);
      }
      // Of whole messages: one that comes a byte at a time is no sign of life.
      if (!isHeard) return;
      this.#lastHeard = performance.now();
      this.#isEchoPending = false;
    } catch (error) {
      if (!(error instanceof OpenflowError)) throw error;
      this.#refuse(`a message that is not OpenFlow: ${error.message}`, error.answer, chunk);
    } finally {
      if (isTurnOver) this.#endTurn();
    }
  }

  /** What is sent in one turn of the event loop goes out as one write. */
  #holdWrites(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    process.nextTick(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#sendBarrierOfTurn();
    this.#isHeld = false;
    this.#out.flush();
  }

  #sendBarrierOfTurn(): void {
    const barrier = this.#barrierOfTurn;
    if (barrier === undefined) return;
    this.#barrierOfTurn = undefined;
    const xid = this.#takeXid();
    const forget = () => this.#waiting.delete(xid);
    const settle: Waiting['settle'] = (answer) => {
      forget();
      barrier.settle(answer !== undefined);
    };
    barrier.onAbandoned = forget;
    this.#waiting.set(xid, { settle, parts: [] });
    this.#write({ version: this.version, xid, type: 'barrierRequest' });
  }

  #onFrame(frame: Uint8Array): void {
    const type = frame[1];
    if (this.#version !== undefined && frame[0] !== this.#version && type !== 0) {
      this.#refuse(`OpenFlow version ${frame[0]} after agreeing on ${this.#version}`, BAD_VERSION, frame);
      return;
    }
    if (type === PACKET_IN && this.#state === 'up' && this.onRawPacketIn?.(frame) === true) return;
    let message: Message;
    try {
      message = decodeMessage(frame);
    } catch (error) {
      if (!(error instanceof OpenflowError)) throw error;
      this.#refuse(`a malformed message (type ${type}): ${error.message}`, error.answer, frame);
      return;
    }
    this.#onMessage(message, frame);
  }

  #onMessage(message: Message, frame: Uint8Array): void {
    if (this.#state === 'hello') this.#onFirstMessage(message, frame);
    else if (message.type === 'echoRequest') {
      this.#write({ version: this.version, xid: message.xid, type: 'echoReply', data: message.data });
    } else if (message.type === 'echoReply') this.#waiting.get(message.xid)?.settle(true);
    else if (this.#state === 'up') this.#onMessageWhenUp(message, frame);
    else this.#onHandshakeMessage(message, frame);
  }

  #onFirstMessage(message: Message, frame: Uint8Array): void {
    if (message.type === 'error') {
      this.close(`the switch refused our HELLO: ${formatError(message)}`);
      return;
    }
    if (message.type !== 'hello') {
      this.#refuse(`${message.type} before HELLO`, BAD_TYPE, frame);
      return;
    }
    this.#version = negotiate(this.#options.versions, message);
    if (this.#version === undefined) {
      const spoken = this.#options.versions.map((version) => (version === 4 ? '1.3' : '1.0')).join(' and ');
      const text = `Lark speaks OpenFlow ${spoken} here`;
      this.#refuse(
        `no OpenFlow version in common: the switch offers ${message.version}, and ${text}`,
        INCOMPATIBLE,
        new TextEncoder().encode(text),
      );
      return;
    }
    this.#state = 'features';
    this.send({ version: this.#version, type: 'featuresRequest' } as Outgoing);
  }

  #onHandshakeMessage(message: Message, frame: Uint8Array): void {
    switch (message.type) {
      case 'featuresReply':
        if (this.#state !== 'features') break;
        this.#onFeatures(message);
        return;
      case 'multipartReply':
        if (this.#state === 'ports' && message.body.multipart === 'portDesc') {
          if (!this.#takePorts(message.body.entries)) return;
          if ((message.flags & REQUEST_MORE) === 0) this.#configure();
          return;
        }
        break;
      case 'barrierReply':
        if (this.#state !== 'config' || message.xid !== this.#configBarrier) break;
        this.#goUp();
        return;
      case 'portStatus':
        if (this.#state === 'config' && this.#earlyPortStatus.length < MAX_EARLY_PORT_STATUS) {
          this.#earlyPortStatus.push(message);
        }
        return;
      case 'error':
        this.close(`the switch refused the handshake (state ${this.#state}): ${formatError(message)}`);
        return;
      // What the switch says of its own accord may come at any time, and says nothing to anybody yet.
      case 'packetIn':
      case 'flowRemoved':
      case 'vendor':
      case 'experimenter':
        return;
    }
    this.#refuse(`${message.type} is out of order in state ${this.#state}`, BAD_TYPE, frame);
  }

  #onFeatures(features: FeaturesReply): void {
    this.#features = features;
    if (features.version === 1) {
      if (this.#takePorts(features.ports)) this.#configure();
      return;
    }
    this.#state = 'ports';
    this.send({ version: 4, type: 'multipartRequest', flags: 0, body: { multipart: 'portDesc' } } as Outgoing);
  }

  /** False: they are too many, and the connection has ended. */
  #takePorts(ports: readonly PortDescription[]): boolean {
    if (this.#ports.length + ports.length > MOST_PORTS) {
      this.close(`it says that it has more than ${MOST_PORTS} ports`);
      return false;
    }
    this.#ports.push(...ports);
    return true;
  }

  #configure(): void {
    this.#state = 'config';
    // Whole packets in PacketIns; fragments are handled like any packet (OFPC_FRAG_NORMAL).
    this.send({ version: this.version, type: 'setConfig', flags: 0, missSendLen: 0xffff } as Outgoing);
    this.#configBarrier = this.send({ version: this.version, type: 'barrierRequest' } as Outgoing);
  }

  #goUp(): void {
    this.#state = 'up';
    clearTimeout(this.#handshakeTimer);
    this.#owner.onUp(this);
    for (const message of this.#earlyPortStatus.splice(0)) this.#owner.onMessage(this, message);
  }

  #onMessageWhenUp(message: Message, frame: Uint8Array): void {
    switch (message.type) {
      case 'packetIn':
      case 'flowRemoved':
      case 'portStatus':
        this.#owner.onMessage(this, message);
        return;
      case 'error': {
        // An error that answers a request is for whoever waits for the answer.
        const waiting = this.#waiting.get(message.xid);
        const attempt = this.#attempts.get(message.xid);
        if (waiting !== undefined) waiting.settle(undefined);
        else if (attempt !== undefined) attempt();
        else this.#owner.onMessage(this, message);
        return;
      }
      case 'barrierReply':
      case 'bundleControl':
        // One that nobody waits for any more is merely late.
        this.#waiting.get(message.xid)?.settle(true);
        return;
      case 'queueGetConfigReply':
        this.#waiting.get(message.xid)?.settle(message);
        return;
      case 'statsReply':
      case 'multipartReply':
        this.#onStatistics(message);
        return;
      case 'getConfigReply':
      case 'vendor':
      case 'experimenter':
        return;
      default:
        this.#refuse(`${message.type} is out of order in state up`, BAD_TYPE, frame);
    }
  }

  #onStatistics(message: StatsReply): void {
    const waiting = this.#waiting.get(message.xid);
    if (waiting === undefined) return;
    waiting.parts.push(message);
    if ((message.flags & REQUEST_MORE) === 0) waiting.settle(waiting.parts);
    else if (waiting.parts.length >= MAX_STATS_PARTS) waiting.settle(undefined);
  }

  #checkAlive(): void {
    const silentMs = performance.now() - this.#lastHeard;
    if (silentMs >= 2 * this.#options.echoIntervalMs) {
      this.close(`silent for ${Math.round(silentMs)} ms, an echo request included`);
    } else if (silentMs >= this.#options.echoIntervalMs && !this.#isEchoPending && this.#version !== undefined) {
      this.#isEchoPending = true;
      this.send({ version: this.#version, type: 'echoRequest', data: new Uint8Array(0) } as Outgoing);
    }
  }

  /** Tells the peer what was wrong and closes. */
  #refuse(reason: string, answer: { readonly type: number; readonly code: number }, offending: Uint8Array): void {
    const version = this.#version ?? (Math.max(...this.#options.versions) as WireVersion);
    const data = Uint8Array.prototype.slice.call(offending, 0, ERROR_DATA_BYTES);
    const xid = offending.length >= 8 && answer !== INCOMPATIBLE ? readXid(offending) : this.#takeXid();
    this.#write({ version, xid, type: 'error', errorType: answer.type, code: answer.code, data } as unknown as Message);
    this.close(reason);
  }

  #finish(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#handshakeTimer);
    clearInterval(this.#echoTimer);
    this.#barrierOfTurn?.settle(false);
    for (const waiting of [...this.#waiting.values()]) waiting.settle(undefined);
    // The peer has this long to take the last words and to hang up.
    const lastWords = setTimeout(() => this.#socket.destroy(), LAST_WORDS_MS);
    this.#socket.once('close', () => clearTimeout(lastWords));
    this.#owner.onClosed(this, reason);
  }
}

function readXid(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(4);
}
