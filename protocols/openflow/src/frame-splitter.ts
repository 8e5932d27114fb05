// Cuts a TCP stream into OpenFlow messages by the length in their headers. A message that lies whole in one chunk is a
// view of that chunk; only one that straddles chunks is copied. Never holds more than one message's bytes.

import { OpenflowError } from './error.ts';
import { HEADER_LENGTH } from './message.ts';
import { readU16, view } from './wire/bytes.ts';

export class FrameSplitter {
  /** The start of a message whose rest is still to come. Grows to the message's length once that is known. */
  #held: Uint8Array = new Uint8Array(HEADER_LENGTH);
  #heldLength = 0;
  #fault: OpenflowError | undefined;

  /** How many bytes of an unfinished message are held: at most 65534. */
  get pendingBytes(): number {
    return this.#heldLength;
  }

  /**
   * Takes the stream's next bytes and gives each message that they finish, in order. The bytes are taken at once, whether
   * or not the result is iterated.
   * @throws OpenflowError OF_BAD_LENGTH for a length below 8: iterating gives the messages before it, then throws, and every
   * later push throws, since the stream cannot be found back into.
   */
  push(chunk: Uint8Array): Iterable<Uint8Array> {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#heldLength === 0 && isOneMessage(chunk)) return [chunk];
    const frames: Uint8Array[] = [];
    try {
      this.#take(chunk, frames);
    } catch (error) {
      return andThenThrow(frames, error);
    }
    return frames;
  }

  #take(chunk: Uint8Array, frames: Uint8Array[]): void {
    let at = 0;
    if (this.#heldLength > 0) {
      at = this.#fill(chunk, 0, HEADER_LENGTH);
      if (this.#heldLength < HEADER_LENGTH) return;
      const length = this.#lengthAt(this.#held, 0);
      if (this.#held.length < length) this.#grow(length);
      at = this.#fill(chunk, at, length);
      if (this.#heldLength < length) return;
      frames.push(this.#held);
      this.#held = new Uint8Array(HEADER_LENGTH);
      this.#heldLength = 0;
    }
    while (chunk.length - at >= HEADER_LENGTH) {
      const length = this.#lengthAt(chunk, at);
      if (length > chunk.length - at) {
        this.#grow(length);
        break;
      }
      frames.push(view(chunk, at, at + length));
      at += length;
    }
    this.#fill(chunk, at, this.#held.length);
  }

  /** Copies from the chunk until `target` bytes are held; returns the position in the chunk. */
  #fill(chunk: Uint8Array, at: number, target: number): number {
    const count = Math.min(Math.max(0, target - this.#heldLength), chunk.length - at);
    this.#held.set(view(chunk, at, at + count), this.#heldLength);
    this.#heldLength += count;
    return at + count;
  }

  #grow(length: number): void {
    const larger = new Uint8Array(length);
    larger.set(view(this.#held, 0, this.#heldLength));
    this.#held = larger;
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = readU16(bytes, at + 2);
    if (length >= HEADER_LENGTH) return length;
    const text = `header at byte ${at}: length ${length}, expected at least ${HEADER_LENGTH}; the stream is lost`;
    this.#fault = new OpenflowError('OF_BAD_LENGTH', text, {
      offset: at,
      field: 'length',
      answer: { type: 1, code: 6 },
    });
    throw this.#fault;
  }
}

/** Nearly every chunk of a switch that has little to say is. */
function isOneMessage(chunk: Uint8Array): boolean {
  return chunk.length >= HEADER_LENGTH && readU16(chunk, 2) === chunk.length;
}

function* andThenThrow(frames: readonly Uint8Array[], error: unknown): Generator<Uint8Array, void, undefined> {
  yield* frames;
  throw error;
}
