import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { decodeMessage, encodeMessage, FrameSplitter, type Message, NO_BUFFER, versionBitmap } from 'node-openflow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseIp } from '../../protocols/packet/address.ts';
import { buildUdp } from '../../protocols/packet/build.ts';
import { ModelSwitch, type ModelSwitchOptions, type SentFrame } from './model-switch.ts';

const DEADLINE_MS = 5000;

/** A controller's side of one connection. */
class Peer {
  readonly socket: Socket;
  readonly messages: Message[] = [];
  readonly #splitter = new FrameSplitter();
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#splitter.push(chunk)) this.messages.push(decodeMessage(frame.slice()));
      this.#wake();
    });
  }

  send(...messages: readonly Message[]): void {
    for (const message of messages) this.socket.write(encodeMessage(message));
  }

  /** The first message of this type, now or soon; it is taken out. */
  async next<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    for (;;) {
      const at = this.messages.findIndex((message) => message.type === type);
      if (at !== -1) return this.messages.splice(at, 1)[0] as Extract<Message, { type: T }>;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        deadline.addEventListener('abort', () => reject(new Error(`no ${type} came`)), { once: true });
      });
    }
  }

  greet(version: 1 | 4): void {
    this.send({ version, type: 'hello', xid: 7, elements: version === 1 ? [] : [versionBitmap([1, 4])] });
  }

  async barrier(version: 1 | 4, xid = 500): Promise<void> {
    this.send({ version, type: 'barrierRequest', xid });
    await this.next('barrierReply');
  }
}

let server: Server;
let options: ModelSwitchOptions;
const open: ModelSwitch[] = [];

beforeEach(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  options = {
    dpid: 0x1an,
    version: [1, 4],
    ports: [
      { portNo: 1, name: 'one', mac: 0x0a0000000001 },
      { portNo: 2, name: 'two', mac: 0x0a0000000002, queues: [1] },
    ],
    controller: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    reconnect: { firstMs: 1, lastMs: 10 },
  };
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((modelSwitch) => modelSwitch.close()));
  server.close();
});

function start(changes: Partial<ModelSwitchOptions> = {}): { modelSwitch: ModelSwitch; peer: Promise<Peer> } {
  const modelSwitch = new ModelSwitch({ ...options, ...changes });
  open.push(modelSwitch);
  return { modelSwitch, peer: accept() };
}

async function accept(): Promise<Peer> {
  const [socket] = (await once(server, 'connection', { signal: AbortSignal.timeout(DEADLINE_MS) })) as [Socket];
  return new Peer(socket);
}

/** Connected, with HELLOs exchanged. */
async function connected(version: 1 | 4, changes: Partial<ModelSwitchOptions> = {}) {
  const { modelSwitch, peer: coming } = start(changes);
  const connection = modelSwitch.connect();
  const peer = await coming;
  peer.greet(version);
  await connection;
  await peer.next('hello');
  return { modelSwitch, peer };
}

const frame = buildUdp(
  { ethDst: 0x020000000002, ethSrc: 0x020000000001 },
  { src: parseIp('10.0.0.1')!, dst: parseIp('10.0.0.2')! },
  { srcPort: 1000, dstPort: 53, data: new Uint8Array(100) },
);

function flowMod10(fields: Partial<Extract<Message, { version: 1; type: 'flowMod' }>>): Message {
  return {
    version: 1,
    type: 'flowMod',
    xid: 3,
    match: {},
    cookie: 0n,
    command: 0,
    idleTimeout: 0,
    hardTimeout: 0,
    priority: 1,
    bufferId: NO_BUFFER,
    outPort: 0xffff,
    flags: 0,
    actions: [{ type: 'output', port: 2, maxLen: 0 }],
    ...fields,
  };
}

describe('connecting', () => {
  it('agrees on 1.3 by bitmaps and on 1.0 with a controller that has none', async () => {
    const both = await connected(4);
    expect(both.modelSwitch.datapath.version).toBe(4);
    expect(both.modelSwitch.phase).toBe('connected');
    const old = await connected(1);
    expect(old.modelSwitch.datapath.version).toBe(1);
  });

  it('answers a HELLO it shares no version with by HELLO_FAILED and closes', async () => {
    const { modelSwitch, peer: coming } = start({ version: 4, reconnect: false });
    const connection = modelSwitch.connect();
    const peer = await coming;
    peer.greet(1);
    await expect(connection).rejects.toThrow('no common OpenFlow version');
    expect(await peer.next('error')).toMatchObject({ errorType: 0, code: 0 });
  });

  it('tells its features and ports', async () => {
    const { peer } = await connected(1);
    peer.send({ version: 1, type: 'featuresRequest', xid: 9 });
    const features = await peer.next('featuresReply');
    expect(features).toMatchObject({ xid: 9, datapathId: 0x1an, nBuffers: 0 });
    expect(features).toHaveProperty('ports.1.name', 'two');
    const modern = await connected(4);
    modern.peer.send({ version: 4, type: 'multipartRequest', xid: 1, flags: 0, body: { multipart: 'portDesc' } });
    expect(await modern.peer.next('multipartReply')).toHaveProperty('body.entries.0.name', 'one');
  });

  it('connects again after a loss, with its flows still there', async () => {
    const { modelSwitch, peer } = await connected(1);
    peer.send(flowMod10({}));
    await peer.barrier(1);
    const coming = accept();
    const reconnected = once(modelSwitch, 'connected', { signal: AbortSignal.timeout(DEADLINE_MS) });
    peer.socket.destroy();
    (await coming).greet(4);
    await reconnected;
    expect(modelSwitch.datapath.version).toBe(4);
    expect(modelSwitch.dumpFlows()).toContain('priority=1 actions=output:2');
  });

  it('rejects connect() where nobody listens and it may not try again', async () => {
    server.close();
    await once(server, 'close');
    await expect(start({ reconnect: false }).modelSwitch.connect()).rejects.toThrow('ECONNREFUSED');
  });

  it('ends the connection when the controller leaves its echo unanswered', async () => {
    const { modelSwitch, peer } = await connected(4, { echoIntervalMs: 20, reconnect: false });
    const lost = once(modelSwitch, 'disconnected', { signal: AbortSignal.timeout(DEADLINE_MS) });
    await peer.next('echoRequest');
    expect((await lost)[0]).toContain('echo');
  });
});

describe('traffic', () => {
  it('goes by the rules, and by PacketIn where there is none in 1.0', async () => {
    const { modelSwitch, peer } = await connected(1);
    const sent: SentFrame[] = [];
    modelSwitch.on('frame', (out) => sent.push(out));
    modelSwitch.inject(1, frame);
    const packetIn = await peer.next('packetIn');
    expect(packetIn).toMatchObject({ bufferId: NO_BUFFER, totalLen: frame.length, inPort: 1, reason: 0 });
    expect(sent).toEqual([]);
    peer.send(flowMod10({ actions: [{ type: 'enqueue', port: 2, queueId: 1 }] }));
    await peer.barrier(1);
    modelSwitch.inject(1, frame);
    expect(sent).toMatchObject([{ portNo: 2, queueId: 1 }]);
    expect(sent[0]?.frame).toEqual(frame);
  });

  it('reports ports that come, go and change', async () => {
    const { modelSwitch, peer } = await connected(4);
    modelSwitch.addPort({ portNo: 3, name: 'three', mac: 3 });
    expect(await peer.next('portStatus')).toMatchObject({ reason: 0, port: { portNo: 3, name: 'three' } });
    modelSwitch.setPortUp(3, false);
    expect(await peer.next('portStatus')).toMatchObject({ reason: 2, port: { portNo: 3, state: 1 } });
    modelSwitch.removePort(3);
    expect(await peer.next('portStatus')).toMatchObject({ reason: 1, port: { portNo: 3 } });
  });

  it('times flows out by its own clock when none is given', async () => {
    const { peer } = await connected(1);
    peer.send(flowMod10({ hardTimeout: 1, flags: 1, cookie: 5n }));
    expect(await peer.next('flowRemoved')).toMatchObject({ reason: 1, cookie: 5n, durationSec: 1 });
  });
});

describe('faults for tests', () => {
  it('hold, delay or drop barrier replies', async () => {
    const { modelSwitch, peer } = await connected(1);
    modelSwitch.faults = { barrierReply: 'drop' };
    peer.send(
      { version: 1, type: 'barrierRequest', xid: 1 },
      { version: 1, type: 'echoRequest', xid: 2, data: new Uint8Array(0) },
    );
    await peer.next('echoReply');
    modelSwitch.faults = { barrierReply: 'hold' };
    peer.send(
      { version: 1, type: 'barrierRequest', xid: 3 },
      { version: 1, type: 'echoRequest', xid: 4, data: new Uint8Array(0) },
    );
    await peer.next('echoReply');
    expect(peer.messages).toEqual([]);
    modelSwitch.releaseBarriers();
    expect(await peer.next('barrierReply')).toMatchObject({ xid: 3 });
    modelSwitch.faults = { barrierReply: { delayMs: 1 } };
    peer.send({ version: 1, type: 'barrierRequest', xid: 5 });
    expect(await peer.next('barrierReply')).toMatchObject({ xid: 5 });
  });

  it('refuse every nth FlowMod, or what does not fit the table', async () => {
    const { modelSwitch, peer } = await connected(1);
    modelSwitch.faults = { refuseFlowMod: { every: 2, type: 3, code: 2 } };
    for (const priority of [1, 2, 3]) peer.send(flowMod10({ priority, xid: priority }));
    await peer.barrier(1);
    expect(await peer.next('error')).toMatchObject({ xid: 2, errorType: 3, code: 2 });
    expect(modelSwitch.dumpFlows().split('\n')).toHaveLength(2);
    modelSwitch.faults = {};
    modelSwitch.datapath.maxFlows = 2;
    peer.send(flowMod10({ priority: 9, xid: 9 }));
    expect(await peer.next('error')).toMatchObject({ xid: 9, errorType: 3, code: 0 });
  });

  it('answer bytes that are no message with an error, and go on', async () => {
    const { peer } = await connected(1);
    peer.socket.write(Uint8Array.of(1, 99, 0, 8, 0, 0, 0, 42));
    expect(await peer.next('error')).toMatchObject({ xid: 42, errorType: 1, code: 1 });
    await peer.barrier(1);
  });
});
