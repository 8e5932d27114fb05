// The splitter gives the same frames however the stream is cut, copies only what straddles, and stays bounded.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenflowError } from './error.ts';
import { FrameSplitter } from './frame-splitter.ts';

function frame(length: number, fill: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  bytes.set([4, 2, length >> 8, length & 255]);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe('FrameSplitter', () => {
  it('gives every frame whole and in order, wherever the stream is cut', () => {
    const lengths = fc.array(fc.integer({ min: 8, max: 300 }), { maxLength: 12 });
    const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(lengths, cuts, (sizes, steps) => {
        const frames = sizes.map((size, index) => frame(size, index));
        const stream = concat(frames);
        const splitter = new FrameSplitter();
        const got: Uint8Array[] = [];
        for (let at = 0, step = 0; at < stream.length; step++) {
          const size = steps[step % steps.length]!;
          got.push(...splitter.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(got).toEqual(frames);
        expect(splitter.pendingBytes).toBe(0);
      }),
    );
  });

  it('copies no frame that lies whole in its chunk', () => {
    const chunk = concat(Array.from({ length: 1000 }, () => frame(32, 7)));
    const frames = [...new FrameSplitter().push(chunk)];
    expect(frames).toHaveLength(1000);
    expect(frames.every(({ buffer }) => buffer === chunk.buffer)).toBe(true);
  });

  it('does not give out bytes that a later push writes to', () => {
    const splitter = new FrameSplitter();
    const stream = concat([frame(20, 1), frame(20, 2)]);
    expect([...splitter.push(stream.subarray(0, 9))]).toEqual([]);
    const [first] = splitter.push(stream.subarray(9, 25));
    const [second] = splitter.push(stream.subarray(25));
    expect(first).toEqual(frame(20, 1));
    expect(second).toEqual(frame(20, 2));
  });

  it('holds no more than the one message that is unfinished', () => {
    const splitter = new FrameSplitter();
    const stream = frame(65535, 9);
    for (let at = 0; at < stream.length - 1; at += 1000) {
      expect([...splitter.push(stream.subarray(at, Math.min(at + 1000, stream.length - 1)))]).toEqual([]);
    }
    expect(splitter.pendingBytes).toBe(65534);
    const [whole] = splitter.push(stream.subarray(65534));
    expect(whole).toEqual(stream);
  });

  it('reports a length below 8 after the frames before it, and takes nothing more', () => {
    const splitter = new FrameSplitter();
    const got: Uint8Array[] = [];
    const bad = Uint8Array.of(4, 2, 0, 7, 0, 0, 0, 0);
    const push = () => {
      for (const each of splitter.push(concat([frame(8, 0), bad]))) got.push(each);
    };
    expect(push).toThrow(OpenflowError);
    expect(got).toEqual([frame(8, 0)]);
    expect(() => [...splitter.push(frame(8, 0))]).toThrow(expect.objectContaining({ code: 'OF_BAD_LENGTH' }));
  });
});
