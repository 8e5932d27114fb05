// A bare OpenFlow peer for tests of connections: it sends exactly the bytes that it is told to, and keeps what it gets.

import { connect, type Socket } from 'node:net';
import { decodeMessage, encodeMessage, FrameSplitter, type Message } from 'node-openflow';
import { eventually } from './eventually.ts';

export class RawSwitch {
  readonly received: Message[] = [];
  isClosed = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const splitter = new FrameSplitter();
    socket.on('data', (chunk) => {
      for (const frame of splitter.push(chunk)) this.received.push(decodeMessage(frame.slice()));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static connect(port: number, localAddress = '127.0.0.1'): Promise<RawSwitch> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true }, () =>
        resolve(new RawSwitch(socket)),
      );
      socket.once('error', reject);
    });
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  send(message: Message): void {
    this.sendBytes(encodeMessage(message));
  }

  /** The first message of this type, now or within the deadline. */
  async wait<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>> {
    return eventually(`a ${type}`, () => this.received.find((message) => message.type === type)) as Promise<
      Extract<Message, { type: T }>
    >;
  }

  /** Goes through the handshake as a switch of this version with these ports, and answers barriers of it. */
  async handshake(version: 1 | 4, datapathId: bigint): Promise<void> {
    this.send({ version, xid: 1, type: 'hello', elements: [] });
    const asked = await this.wait('featuresRequest');
    const features = { datapathId, nBuffers: 0, nTables: 1, capabilities: 0 };
    if (version === 1) {
      this.send({ version, xid: asked.xid, type: 'featuresReply', ...features, actions: 0, ports: [] });
    } else {
      this.send({ version, xid: asked.xid, type: 'featuresReply', ...features, auxiliaryId: 0, reserved: 0 });
      const ports = await this.wait('multipartRequest');
      this.send({
        version,
        xid: ports.xid,
        type: 'multipartReply',
        flags: 0,
        body: { multipart: 'portDesc', entries: [] },
      });
    }
    const barrier = await this.wait('barrierRequest');
    this.send({ version, xid: barrier.xid, type: 'barrierReply' });
  }

  /** Takes nothing until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** What was sent and the other side has not taken. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  close(): void {
    this.#socket.destroy();
  }
}
