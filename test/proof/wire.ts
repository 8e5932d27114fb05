// The wire between the engine and one model switch, without sockets: both directions are queues of encoded messages, and
// nothing moves until the sequence says so. The engine's end has what SwitchConnection has and means the same.

import { decodeMessage, encodeMessage, type Message } from 'node-openflow';
import { packetOutLength, writePacketOut, XID_AT } from '../../controller/southbound/raw-packets.ts';
import type {
  FeaturesReply,
  Outgoing,
  PortDescription,
  StatsReply,
  SwitchConnection,
} from '../../controller/southbound/switch-connection.ts';
import type { Datapath, Effect } from '../../mininet/model-switch/datapath.ts';

type Answer = readonly StatsReply[] | true | undefined;

/** What the wire tells whoever plays the network. */
export interface WireOwner {
  now(): number;
  /** The number of the present facts. */
  epoch(): number;
  /** The switch has carried out a message, whose bytes are `raw`. */
  onCarriedOut(wire: Wire, message: Message, raw: Uint8Array): void;
  /** The switch has refused a rule for lack of room. */
  onTableFull(wire: Wire): void;
  onMessage(wire: Wire, message: Message): void;
  /** The engine has the answer to what it asked, whole. */
  onStatistics(wire: Wire, answer: readonly StatsReply[]): void;
  onClosed(wire: Wire, reason: string): void;
}

export class Wire {
  readonly datapath: Datapath;
  readonly version: 1 | 4;
  readonly #owner: WireOwner;
  readonly #waiting = new Map<number, { settle: (answer: Answer) => void; parts: StatsReply[] }>();
  /** By xid: whether it was refused. */
  readonly #attempts = new Map<number, boolean>();
  readonly #toSwitch: Uint8Array[] = [];
  readonly #toController: Uint8Array[] = [];
  /** All that was sent while these facts were so has been confirmed by a barrier. */
  confirmedEpoch = -1;
  /** Barrier replies are kept while this is so. */
  holdsBarriers = false;
  readonly #heldBarriers: Uint8Array[] = [];
  /** What the engine is being handed. */
  #taken: Uint8Array = new Uint8Array(0);
  #state: 'up' | 'closed' = 'up';
  /** Settles when the engine has been told of it. */
  readonly whenManaged: Promise<void>;
  becomesManaged: () => void = () => {};
  #nextXid = 1;
  readonly #features: FeaturesReply;
  readonly #ports: PortDescription[] = [];

  constructor(datapath: Datapath, version: 1 | 4, owner: WireOwner) {
    this.whenManaged = new Promise((resolve) => {
      this.becomesManaged = resolve;
    });
    this.datapath = datapath;
    this.version = version;
    this.#owner = owner;
    datapath.controllerConnected(version);
    const ask = (request: object) => {
      const message = { version, xid: 0, ...request } as Message;
      const effects = datapath.handleMessage(decodeMessage(encodeMessage(message)), owner.now());
      return effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));
    };
    this.#features = ask({ type: 'featuresRequest' }).find(
      (answer) => answer.type === 'featuresReply',
    ) as FeaturesReply;
    if (this.#features.version === 1) this.#ports.push(...this.#features.ports);
    else {
      for (const answer of ask({ type: 'multipartRequest', flags: 0, body: { multipart: 'portDesc' } })) {
        if (answer.type === 'multipartReply' && answer.body.multipart === 'portDesc')
          this.#ports.push(...answer.body.entries);
      }
    }
    ask({ type: 'setConfig', flags: 0, missSendLen: 0xffff });
  }

  /** The engine's end. */
  readonly connection = this as unknown as SwitchConnection;
  readonly peer = 'model';
  readonly connectedAt = new Date(0);

  get state(): 'up' | 'closed' {
    return this.#state;
  }

  get features(): FeaturesReply {
    return this.#features;
  }

  get ports(): readonly PortDescription[] {
    return this.#ports;
  }

  send(message: Outgoing): number {
    const xid = this.#nextXid++;
    if (this.#state === 'up') this.#toSwitch.push(encodeMessage({ ...message, xid } as Message));
    return xid;
  }

  onRawPacketIn: ((message: Uint8Array) => boolean) | undefined;

  answer(packetIn: Uint8Array, packetOut: Uint8Array): void {
    const out = new Uint8Array(packetOutLength(this.version, packetOut, packetIn));
    writePacketOut(this.version, packetOut, packetIn, out, 0, this.#nextXid++);
    if (this.#state === 'up') this.#toSwitch.push(out);
  }

  sendEncoded(message: Uint8Array): number {
    const xid = this.#nextXid++;
    const own = Buffer.from(message);
    own.writeUInt32BE(xid, XID_AT);
    if (this.#state === 'up') this.#toSwitch.push(own);
    return xid;
  }

  sendNumbered(make: (xid: number) => Message): number {
    const xid = this.#nextXid++;
    if (this.#state === 'up') this.#toSwitch.push(encodeMessage(make(xid)));
    return xid;
  }

  barrier(timeoutMs: number): Promise<boolean> {
    const epoch = this.#owner.epoch();
    const answer = this.request({ version: this.version, type: 'barrierRequest' } as Outgoing, timeoutMs);
    return answer.then((isConfirmed) => {
      if (isConfirmed) this.confirmedEpoch = Math.max(this.confirmedEpoch, epoch);
      return isConfirmed;
    });
  }

  request(message: Outgoing, timeoutMs: number): Promise<boolean> {
    return this.#ask(message, timeoutMs).then((answer) => answer !== undefined);
  }

  statistics(request: Outgoing, timeoutMs: number): Promise<readonly StatsReply[] | undefined> {
    return this.#ask(request, timeoutMs).then((answer) => (answer === true ? undefined : answer));
  }

  async attempt(requests: readonly Outgoing[], timeoutMs: number): Promise<boolean> {
    const xids = requests.map((request) => this.send(request));
    for (const xid of xids) this.#attempts.set(xid, false);
    const isAnswered = await this.barrier(timeoutMs);
    const isRefused = xids.some((xid) => this.#attempts.get(xid) === true);
    for (const xid of xids) this.#attempts.delete(xid);
    return isAnswered && !isRefused;
  }

  close(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.datapath.controllerDisconnected();
    this.#toSwitch.length = 0;
    this.#toController.length = 0;
    this.#heldBarriers.length = 0;
    for (const { settle } of [...this.#waiting.values()]) settle(undefined);
    this.#owner.onClosed(this, reason);
  }

  // ---- the switch's end

  get isIdle(): boolean {
    return this.#toSwitch.length === 0 && this.#toController.length === 0;
  }

  get waitsForSwitch(): boolean {
    return this.#toSwitch.length > 0;
  }

  get waitsForController(): boolean {
    return this.#toController.length > 0;
  }

  /** The next message for the switch, carried out; undefined if there is none. */
  toSwitch(): { readonly message: Message; readonly effects: readonly Effect[] } | undefined {
    const raw = this.#toSwitch.shift();
    if (raw === undefined) return undefined;
    const message = decodeMessage(raw);
    const effects = this.datapath.handleMessage(message, this.#owner.now(), raw);
    this.#owner.onCarriedOut(this, message, raw);
    if (effects.some((effect) => effect.kind === 'send' && isTableFull(effect.message))) this.#owner.onTableFull(this);
    this.tell(effects);
    return { message, effects };
  }

  /** What the switch has to say goes on its way. */
  tell(effects: readonly Effect[]): void {
    if (this.#state === 'closed') return;
    for (const effect of effects) if (effect.kind === 'send') this.#toController.push(encodeMessage(effect.message));
  }

  /** Hands the engine its next message; false if there is none. */
  toController(): boolean {
    const raw = this.#toController.shift();
    if (raw === undefined) return false;
    const message = decodeMessage(raw);
    this.#taken = raw;
    if (message.type === 'barrierReply' && this.holdsBarriers) this.#heldBarriers.push(raw);
    else this.#take(message);
    return true;
  }

  /** Whether the engine has answered the message that it is being handed without its being decoded. */
  isAnsweredRaw({ type }: Message): boolean {
    return type === 'packetIn' && this.onRawPacketIn?.(this.#taken) === true;
  }

  releaseBarriers(): void {
    this.holdsBarriers = false;
    this.#toController.unshift(...this.#heldBarriers.splice(0));
  }

  #take(message: Message): void {
    switch (message.type) {
      case 'barrierReply':
      case 'bundleControl':
        this.#waiting.get(message.xid)?.settle(true);
        return;
      case 'statsReply':
      case 'multipartReply': {
        const waiting = this.#waiting.get(message.xid);
        waiting?.parts.push(message);
        if ((message.flags & 1) !== 0 || waiting === undefined) return;
        this.#owner.onStatistics(this, waiting.parts);
        waiting.settle(waiting.parts);
        return;
      }
      case 'error': {
        const waiting = this.#waiting.get(message.xid);
        if (waiting !== undefined) waiting.settle(undefined);
        else if (this.#attempts.has(message.xid)) this.#attempts.set(message.xid, true);
        else break;
        return;
      }
    }
    this.#owner.onMessage(this, message);
  }

  #ask(message: Outgoing, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.#state === 'closed') {
        resolve(undefined);
        return;
      }
      const xid = this.send(message);
      const timer = setTimeout(() => settle(undefined), timeoutMs);
      const settle = (answer: Answer) => {
        this.#waiting.delete(xid);
        clearTimeout(timer);
        resolve(answer);
      };
      this.#waiting.set(xid, { settle, parts: [] });
    });
  }
}

/** OFPFMFC_ALL_TABLES_FULL of OpenFlow 1.0, OFPFMFC_TABLE_FULL of 1.3. */
function isTableFull(message: Message): boolean {
  if (message.type !== 'error') return false;
  return message.version === 1
    ? message.errorType === 3 && message.code === 0
    : message.errorType === 5 && message.code === 1;
}
