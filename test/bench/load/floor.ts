// The least that a controller in Node can do, as a yardstick: it answers each PacketIn with a FlowMod that is the same but
// for xid and buffer id, and with the packet itself where the switch keeps none. With `--learning` it keeps where MAC addresses
// were seen in a Map, and answers with a FlowMod that matches the packet's port and addresses and a port to send it to. It
// makes no object for a packet, and writes once for each chunk that it reads.
//
// `node floor.js [--learning]` prints the port that it listens at, on loopback.

import { createServer, type Socket } from 'node:net';
import { encodeMessage, type Message, oxm } from 'node-openflow';
import { BUFFER_AT, LAYOUT, Messages, NO_BUFFER, putU32, u16, u32, type Version } from './wire.ts';

const isLearning = process.argv.includes('--learning');
/** Where things are in a PacketIn. */
const AT = {
  1: { inPort: 14, data: 18 },
  4: { inPort: 32, data: 42 },
} as const;
const XID_AT = 4;
const FLOOD = 0xffff_fffb;
const FLOOD_10 = 0xfffb;
/** More than the answers to one chunk take. */
const OUT_BYTES = 256 * 1024;

interface Templates {
  readonly flowMod: Buffer;
  /** In the FlowMod. */
  readonly at: { readonly inPort: number; readonly ethDst: number; readonly ethSrc: number; readonly outPort: number };
  /** Without the packet. */
  readonly packetOut: Buffer;
  readonly packetOutPort: number;
}

function templates(version: Version): Templates {
  const [inPort, ethDst, ethSrc, outPort] = [0x0a0b, 0x0c0d0c0d0c0d, 0x0e0f0e0f0e0f, 0x0708];
  const common = {
    xid: 0,
    type: 'flowMod',
    cookie: 0n,
    command: 0,
    idleTimeout: 60,
    hardTimeout: 0,
    flags: 0,
  } as const;
  const rest = { priority: 100, bufferId: NO_BUFFER } as const;
  const actions = [{ type: 'output', port: outPort, maxLen: 0 }] as const;
  const flowMod: Message =
    version === 1
      ? { version, ...common, ...rest, outPort: 0xffff, actions, match: { inPort, dlSrc: ethSrc, dlDst: ethDst } }
      : {
          version,
          ...common,
          ...rest,
          cookieMask: 0n,
          tableId: 0,
          outPort: 0xffff_ffff,
          outGroup: 0xffff_ffff,
          match: [oxm('inPort', inPort), oxm('ethDst', ethDst), oxm('ethSrc', ethSrc)],
          instructions: [{ type: 'applyActions', actions }],
        };
  const packetOut: Message =
    version === 1
      ? { version, xid: 0, type: 'packetOut', bufferId: NO_BUFFER, inPort, actions, data: new Uint8Array() }
      : { version, xid: 0, type: 'packetOut', bufferId: NO_BUFFER, inPort, actions, data: new Uint8Array() };
  const [rule, out] = [Buffer.from(encodeMessage(flowMod)), Buffer.from(encodeMessage(packetOut))];
  const mac = (value: number) => Buffer.from(value.toString(16).padStart(12, '0'), 'hex');
  const port = Buffer.from([0x07, 0x08]);
  return {
    flowMod: rule,
    at: {
      inPort: rule.indexOf(Buffer.from([0x0a, 0x0b])),
      ethDst: rule.indexOf(mac(ethDst)),
      ethSrc: rule.indexOf(mac(ethSrc)),
      outPort: rule.lastIndexOf(port),
    },
    packetOut: out,
    packetOutPort: out.lastIndexOf(port),
  };
}

const TEMPLATES = { 1: templates(1), 4: templates(4) } as const;

class Connection {
  readonly #socket: Socket;
  readonly #messages = new Messages();
  /** By the low and the high half of the address in one number. */
  readonly #ports = new Map<number, number>();
  #version: Version = 1;
  #out = Buffer.allocUnsafe(OUT_BYTES);
  #used = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.#messages.push(chunk, (bytes, at, length) => this.#onMessage(bytes, at, length));
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#socket.write(this.#out.subarray(0, this.#used));
    // What has not left yet must not be overwritten.
    if (this.#socket.writableLength > 0) this.#out = Buffer.allocUnsafe(OUT_BYTES);
    this.#used = 0;
  }

  #onMessage(bytes: Buffer, at: number, length: number): void {
    const type = bytes[at + 1]!;
    if (type === LAYOUT[1].type.packetIn) this.#onPacketIn(bytes, at, length);
    else if (type === 0) {
      this.#version = bytes[at] === 1 ? 1 : 4;
      this.#socket.write(encodeMessage({ version: this.#version, xid: 0, type: 'hello', elements: [] }));
      this.#socket.write(encodeMessage({ version: this.#version, xid: 0, type: 'featuresRequest' }));
    } else if (type === 2) {
      const reply = Buffer.from(bytes.subarray(at, at + length));
      reply[1] = 3;
      this.#socket.write(reply);
    }
  }

  #onPacketIn(bytes: Buffer, at: number, length: number): void {
    const { flowMod, at: places, packetOut, packetOutPort } = TEMPLATES[this.#version];
    const { inPort: inPortAt, data } = AT[this.#version];
    if (this.#used + flowMod.length + packetOut.length + length > this.#out.length) this.#flush();
    const out = this.#out;
    let port: number | undefined = 1;
    if (isLearning) {
      const [dst, src] = [at + data, at + data + 6];
      this.#ports.set(key(bytes, src), this.#version === 1 ? u16(bytes, at + inPortAt) : u32(bytes, at + inPortAt));
      port = this.#ports.get(key(bytes, dst));
    }
    const bufferId = u32(bytes, at + BUFFER_AT);
    if (port !== undefined) {
      const rule = this.#used;
      out.set(flowMod, rule);
      putU32(out, rule + XID_AT, u32(bytes, at + XID_AT));
      putU32(out, rule + LAYOUT[this.#version].flowModBuffer, bufferId);
      if (isLearning) {
        bytes.copy(out, rule + places.ethDst, at + data, at + data + 6);
        bytes.copy(out, rule + places.ethSrc, at + data + 6, at + data + 12);
        const portBytes = this.#version === 1 ? 2 : 4;
        const low = this.#version === 1 ? places.inPort : places.inPort - 2;
        bytes.copy(out, rule + low, at + inPortAt, at + inPortAt + portBytes);
        out[rule + places.outPort] = port >>> 8;
        out[rule + places.outPort + 1] = port;
      }
      this.#used += flowMod.length;
      if (bufferId !== NO_BUFFER) return;
    }
    const begin = this.#used;
    out.set(packetOut, begin);
    putU32(out, begin + BUFFER_AT, bufferId);
    const outPort = port ?? (this.#version === 1 ? FLOOD_10 : FLOOD);
    if (this.#version === 4) putU32(out, begin + packetOutPort - 2, outPort);
    else {
      out[begin + packetOutPort] = outPort >>> 8;
      out[begin + packetOutPort + 1] = outPort;
    }
    const frameBytes = bufferId === NO_BUFFER ? length - data : 0;
    bytes.copy(out, begin + packetOut.length, at + data, at + data + frameBytes);
    const total = packetOut.length + frameBytes;
    out[begin + 2] = total >>> 8;
    out[begin + 3] = total;
    this.#used += total;
  }
}

function key(bytes: Buffer, at: number): number {
  return u16(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 2);
}

const server = createServer((socket) => void new Connection(socket));
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : '');
});
