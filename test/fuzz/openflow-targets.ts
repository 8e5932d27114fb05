// OpenFlow: whatever the bytes, decoding gives a message or an OpenflowError that names its place; a message that comes
// out can be encoded (or is refused with such an error), and then is a fixed point of decoding and encoding.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { decodeMessage, encodeMessage, FrameSplitter, OpenflowError } from '../../protocols/openflow/src/index.ts';
import { messageKinds } from '../../protocols/openflow/testing/arbitraries.ts';
import { samples10 } from '../../protocols/openflow/testing/samples-10.ts';
import { opaqueSamples13, samples13 } from '../../protocols/openflow/testing/samples-13.ts';
import type { Random } from './random.ts';
import { repositoryUrl } from './repository.ts';
import type { Target } from './target.ts';

const HEADER_LENGTH = 8;

/** Samples by hand, a few of every kind by chance, and what Open vSwitch really sent. */
function corpus(): readonly Uint8Array[] {
  const samples = [...samples10, ...samples13, ...opaqueSamples13].map(encodeMessage);
  const random = messageKinds.flatMap(([, kind]) => fc.sample(kind, { numRuns: 3, seed: 1 }).map(encodeMessage));
  const recorded = readFileSync(new URL('protocols/openflow/testing/recorded-ovs-3.1.txt', repositoryUrl()), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => new Uint8Array(Buffer.from(line, 'hex')));
  return [...samples, ...random, ...recorded];
}

/** The header's length made right, nearly always: else little would come past it. */
function mendLength(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length < HEADER_LENGTH || random.below(20) === 0) return bytes;
  const mended = bytes.slice();
  mended[2] = bytes.length >> 8;
  mended[3] = bytes.length;
  return mended;
}

/** The result, or undefined where it was refused in the way that refusals are made. */
function orRefused<T>(act: () => T, limit: number): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof OpenflowError)) throw error;
    if (error.field === '' || error.message === '')
      throw new Error('an error without field or message', { cause: error });
    if (!(error.offset >= 0 && error.offset <= limit))
      throw new Error(`offset ${error.offset} lies outside`, { cause: error });
    return undefined;
  }
}

function decodeAndEncode(bytes: Uint8Array): void {
  const message = orRefused(() => decodeMessage(bytes), bytes.length);
  if (message === undefined) return;
  // What is written can be longer than what was read: paddings that were left out come back.
  const once = orRefused(() => encodeMessage(message), Number.POSITIVE_INFINITY);
  if (once === undefined) return;
  const twice = encodeMessage(decodeMessage(once));
  if (Buffer.compare(once, twice) !== 0) throw new Error(`encoded again it is ${Buffer.from(twice).toString('hex')}`);
}

/** Cut into chunks by its own bytes, a stream gives the same frames as in one piece. */
function split(bytes: Uint8Array): void {
  const whole = framesOf([bytes]);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + (bytes[at]! % 61);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  const cut = framesOf(chunks);
  if (whole.join() !== cut.join()) throw new Error(`in chunks: ${cut.join()}, in one piece: ${whole.join()}`);
}

function framesOf(chunks: readonly Uint8Array[]): readonly string[] {
  const splitter = new FrameSplitter();
  const frames: string[] = [];
  orRefused(() => {
    for (const chunk of chunks) {
      for (const frame of splitter.push(chunk)) frames.push(Buffer.from(frame).toString('hex'));
    }
  }, Number.POSITIVE_INFINITY);
  if (splitter.pendingBytes >= 65535) throw new Error(`holds ${splitter.pendingBytes} bytes`);
  return frames;
}

export function openflowTargets(): readonly Target[] {
  const messages = corpus();
  const streams = messages.map(
    (bytes, i) => new Uint8Array(Buffer.concat([bytes, messages[(i + 7) % messages.length]!])),
  );
  return [
    { name: 'openflow-message', corpus: messages, mend: mendLength, run: decodeAndEncode },
    { name: 'openflow-stream', corpus: streams, run: split },
  ];
}
