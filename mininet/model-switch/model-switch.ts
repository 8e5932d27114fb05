// The model switch on a socket: it connects to a controller, agrees on a version, and carries the datapath's effects
// out. A connection that is lost is made again, with growing pauses; the flows stay meanwhile, as in a switch whose fail
// mode is secure. What it promises to tests is that nothing is hidden: every frame that leaves is an event, and faults
// can be switched on (see Faults).
//
// States: idle → connecting → greeting → connected → (pausing → connecting …) → closed. `close` ends it from any state.

import { EventEmitter } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { decodeMessage, encodeMessage, FrameSplitter, type Hello, type Message, OpenflowError } from 'node-openflow';
import { Datapath, type Effect } from './datapath.ts';
import { dumpFlows } from './dump-flows.ts';
import type { Faults } from './faults.ts';
import { agreeOnVersion, greeting, helloFailed } from './greeting.ts';
import { KeepAlive } from './keep-alive.ts';
import type { ModelSwitchEvents, ModelSwitchOptions, ModelSwitchPhase } from './model-switch-options.ts';
import type { PortSpec } from './ports.ts';

export type { ModelSwitchOptions, ModelSwitchPhase, SentFrame } from './model-switch-options.ts';

export class ModelSwitch extends EventEmitter<ModelSwitchEvents> {
  readonly datapath: Datapath;
  /** Misbehaviour for tests, changed at any time. */
  faults: Faults = {};
  readonly #options: ModelSwitchOptions;
  readonly #versions: readonly (1 | 4)[];
  readonly #clock: () => number;
  #phase: ModelSwitchPhase = 'idle';
  #socket: Socket | undefined;
  #pauseMs: number;
  #pauseTimer: NodeJS.Timeout | undefined;
  #expiryTimer: NodeJS.Timeout | undefined;
  readonly #delayTimers = new Set<NodeJS.Timeout>();
  readonly #keepAlive: KeepAlive;
  #flowModCount = 0;
  readonly #heldBarriers: Message[] = [];
  /** Frames that came in while another was on its way through: they wait their turn, so that order is kept. */
  readonly #arrivals: { readonly portNo: number; readonly frame: Uint8Array }[] = [];
  #isProcessing = false;

  constructor(options: ModelSwitchOptions) {
    super();
    this.#options = options;
    this.#versions = typeof options.version === 'number' ? [options.version] : options.version;
    this.#clock = options.clock ?? (() => performance.now());
    this.#pauseMs = this.#firstPauseMs;
    this.datapath = new Datapath(options, this.#clock());
    this.#keepAlive = new KeepAlive({
      intervalMs: options.echoIntervalMs ?? 5000,
      ask: () => this.#sendEcho(),
      giveUp: () => this.#socket?.destroy(new Error('the controller did not answer an echo request')),
    });
  }

  get phase(): ModelSwitchPhase {
    return this.#phase;
  }

  /**
   * Starts connecting; resolves when a version is agreed on. Rejects when the switch is closed first, when
   * `reconnect` is false and the attempt fails, or after `deadlineMs`, in which case it goes on trying.
   */
  connect(deadlineMs = 10_000): Promise<void> {
    if (this.#phase === 'connected') return Promise.resolve();
    if (this.#phase === 'closed') return Promise.reject(new Error('the switch is closed: make a new one'));
    return new Promise((resolve, reject) => {
      const end = (error?: Error) => {
        clearTimeout(timer);
        this.off('connected', onConnected);
        this.off('disconnected', onDisconnected);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onConnected = () => end();
      const onDisconnected = (reason: string) => {
        if (this.#phase === 'closed' || this.#options.reconnect === false) end(new Error(`not connected: ${reason}`));
      };
      const { host, port } = this.#options.controller;
      const timer = setTimeout(
        () => end(new Error(`no controller at ${host}:${port} in ${deadlineMs} ms`)),
        deadlineMs,
      );
      this.on('connected', onConnected);
      this.on('disconnected', onDisconnected);
      if (this.#phase === 'idle') this.#open();
    });
  }

  /** Ends the connection and every timer. The promise settles when the socket is closed. */
  close(): Promise<void> {
    const socket = this.#socket;
    this.#phase = 'closed';
    clearTimeout(this.#pauseTimer);
    clearTimeout(this.#expiryTimer);
    this.#lose(socket, 'closed by close()');
    if (socket === undefined || socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }

  /** Breaks the connection off, as a fault of the network would; the switch connects again after its pause. */
  disconnect(): void {
    this.#socket?.destroy();
    this.#lose(this.#socket, 'disconnected by the test');
  }

  /** A frame arrives at a port. Whatever it causes has happened when this returns, or happens in turn. */
  inject(portNo: number, frame: Uint8Array): void {
    this.#arrivals.push({ portNo, frame });
    if (this.#isProcessing) return;
    this.#isProcessing = true;
    try {
      for (let next = this.#arrivals.shift(); next !== undefined; next = this.#arrivals.shift()) {
        this.#perform(this.datapath.receive(next.portNo, next.frame, this.#clock()));
      }
    } finally {
      this.#isProcessing = false;
    }
  }

  addPort(spec: PortSpec): void {
    this.#perform(this.datapath.addPort(spec, this.#clock()));
  }

  removePort(portNo: number): void {
    this.#perform(this.datapath.removePort(portNo));
  }

  setPortUp(portNo: number, isUp: boolean): void {
    this.#perform(this.datapath.setPortUp(portNo, isUp));
  }

  /** Takes out the flows that have timed out by the clock. */
  tick(): void {
    this.#perform(this.datapath.tick(this.#clock()));
  }

  /** The flows, one a line, as `ovs-ofctl dump-flows` writes them. */
  dumpFlows(): string {
    return dumpFlows(this.datapath, this.#clock());
  }

  /** Sends the barrier replies that `faults.barrierReply: 'hold'` kept back, oldest first. */
  releaseBarriers(): void {
    for (const message of this.#heldBarriers.splice(0)) this.#send(message);
  }

  get #firstPauseMs(): number {
    return this.#options.reconnect === false ? 0 : (this.#options.reconnect?.firstMs ?? 50);
  }

  #open(): void {
    const splitter = new FrameSplitter();
    const socket = connectSocket({ ...this.#options.controller, noDelay: true });
    this.#phase = 'connecting';
    this.#socket = socket;
    let failure = 'the controller closed the connection';
    socket.on('connect', () => {
      this.#phase = 'greeting';
      this.#send(greeting(this.#versions));
      this.#keepAlive.heard();
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of splitter.push(chunk)) this.#takeFrame(socket, frame);
      } catch (error) {
        if (!(error instanceof OpenflowError)) throw error;
        failure = error.message;
        socket.destroy();
      }
    });
    socket.on('error', (error) => {
      failure = error.message;
    });
    socket.on('close', () => this.#lose(socket, failure));
  }

  /** The connection is gone; does nothing if that is known already. */
  #lose(socket: Socket | undefined, reason: string): void {
    if (socket === undefined || socket !== this.#socket) return;
    this.#socket = undefined;
    this.datapath.controllerDisconnected();
    this.#keepAlive.stop();
    for (const timer of this.#delayTimers) clearTimeout(timer);
    this.#delayTimers.clear();
    this.#heldBarriers.length = 0;
    if (this.#phase !== 'closed') this.#pause();
    this.emit('disconnected', reason);
  }

  #pause(): void {
    const { reconnect } = this.#options;
    if (reconnect === false) {
      this.#phase = 'idle';
      return;
    }
    this.#phase = 'pausing';
    this.#pauseTimer = setTimeout(() => this.#open(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, reconnect?.lastMs ?? 2000);
  }

  #takeFrame(socket: Socket, frame: Uint8Array): void {
    // A message may have ended the connection while later ones of the same chunk were waiting.
    if (this.#socket !== socket) return;
    this.#keepAlive.heard();
    let message: Message;
    try {
      message = decodeMessage(frame);
    } catch (error) {
      if (!(error instanceof OpenflowError)) throw error;
      const xid = new DataView(frame.buffer, frame.byteOffset).getUint32(4);
      this.#perform([this.datapath.errorEffect(xid, error.answer, frame)]);
      return;
    }
    if (this.#phase === 'greeting') this.#takeHello(socket, message);
    else this.#take(message, frame);
    this.emit('received', message);
  }

  #takeHello(socket: Socket, message: Message): void {
    const version = message.type === 'hello' ? agreeOnVersion(this.#versions, message as Hello) : undefined;
    if (version === undefined) {
      this.#send(helloFailed(this.#versions, message));
      socket.destroySoon();
      this.#lose(socket, 'no common OpenFlow version');
      return;
    }
    this.#phase = 'connected';
    this.#pauseMs = this.#firstPauseMs;
    this.datapath.controllerConnected(version);
    this.emit('connected', version);
  }

  #take(message: Message, raw: Uint8Array): void {
    if (this.faults.ignore?.(message) === true) return;
    if (message.type === 'flowMod') {
      const { refuseFlowMod } = this.faults;
      const isMeant = refuseFlowMod !== undefined && (refuseFlowMod.only?.(message) ?? true);
      if (isMeant) this.#flowModCount++;
      if (isMeant && this.#flowModCount % refuseFlowMod.every === 0) {
        this.#perform([this.datapath.errorEffect(message.xid, refuseFlowMod, raw)]);
        return;
      }
    }
    this.#perform(this.datapath.handleMessage(message, this.#clock(), raw));
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'transmit') this.emit('frame', effect);
      else if (effect.message.type === 'barrierReply') this.#answerBarrier(effect.message);
      else this.#send(effect.message);
    }
    this.#armExpiry();
  }

  #answerBarrier(message: Message): void {
    const { barrierReply } = this.faults;
    if (barrierReply === undefined) this.#send(message);
    else if (barrierReply === 'hold') this.#heldBarriers.push(message);
    else if (barrierReply !== 'drop') {
      const timer = setTimeout(() => {
        this.#delayTimers.delete(timer);
        this.#send(message);
      }, barrierReply.delayMs);
      this.#delayTimers.add(timer);
    }
  }

  #send(message: Message): void {
    const socket = this.#socket;
    if (socket === undefined || !socket.writable) return;
    socket.write(encodeMessage(message));
    this.emit('sent', message);
  }

  /** Before versions are agreed on there is none to ask in; silence alone counts then. */
  #sendEcho(): void {
    if (this.#phase !== 'connected') return;
    this.#send({ version: this.datapath.version, type: 'echoRequest', xid: 0, data: new Uint8Array(0) });
  }

  #armExpiry(): void {
    if (this.#options.clock !== undefined || this.#phase === 'closed') return;
    clearTimeout(this.#expiryTimer);
    const deadline = this.datapath.nextDeadline();
    if (deadline === Number.POSITIVE_INFINITY) return;
    // Timers hold at most 2^31 - 1 ms; this one is set anew at each of its ends anyway.
    const waitMs = Math.min(Math.max(deadline - this.#clock(), 1), 0x7fff_ffff);
    this.#expiryTimer = setTimeout(() => this.tick(), Math.ceil(waitMs));
    this.#expiryTimer.unref();
  }
}
