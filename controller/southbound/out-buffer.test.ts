// The bytes arrive as they were written, however the reader stops and goes on, though the memory they were gathered in is
// used again.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutBuffer } from './out-buffer.ts';

let writer: Socket;
let reader: Socket;

beforeEach(async () => {
  const server = createServer({ noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  reader = connect({ host: '127.0.0.1', port });
  [writer] = await accepted;
  server.close();
});
afterEach(() => {
  writer.destroy();
  reader.destroy();
});

async function readAll(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of reader) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('an OutBuffer', () => {
  it('gives the bytes in their order to a reader that stops, though memory is used again', async () => {
    const out = new OutBuffer(writer);
    const written: Buffer[] = [];
    reader.pause();
    for (let turn = 0; turn < 400; turn++) {
      // Some larger than a piece.
      const bytes = Buffer.alloc(turn % 50 === 49 ? 100_000 : 100 + ((turn * 7919) % 40_000), turn % 251);
      written.push(bytes);
      out.write(bytes);
      const at = out.reserve(4);
      out.bytes.writeUInt32BE(turn, at);
      written.push(Buffer.from(out.bytes.subarray(at, at + 4)));
      if (turn % 3 === 0) out.flush();
      // Lets the socket write now and then, so that some pieces leave at once and some wait.
      if (turn % 40 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    out.flush();
    expect(out.waiting).toBeGreaterThan(0);
    writer.end();
    const read = await readAll();
    expect(read.equals(Buffer.concat(written))).toBe(true);
  });

  it('holds no memory between turns, and says what waits', () => {
    const out = new OutBuffer(writer);
    out.write(Buffer.from('hello'));
    expect(out.waiting).toBe(5);
    out.flush();
    expect(out.waiting).toBe(0);
    expect(() => out.bytes).toThrow('nothing is reserved');
    out.flush();
  });
});
