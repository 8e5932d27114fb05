// What one turn of the event loop sends to a switch, gathered so that it goes out as one write. The memory is lent for the
// turn: a thousand idle switches hold none.

import type { Socket } from 'node:net';

const PIECE_BYTES = 64 * 1024;
/** Pieces kept for the next turn. */
const MOST_FREE = 64;
const free: Buffer[] = [];

export class OutBuffer {
  readonly #socket: Socket;
  /** TLS says later that it has taken what it took at once. */
  readonly #isTls: boolean;
  #piece: Buffer | undefined;
  #used = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#isTls = 'encrypted' in socket;
  }

  /** Bytes that the switch has not taken yet. */
  get waiting(): number {
    return this.#socket.writableLength + this.#used;
  }

  /** Copies them. */
  write(bytes: Uint8Array): void {
    if (bytes.length > PIECE_BYTES) {
      this.flush();
      this.#socket.write(Buffer.from(bytes));
      return;
    }
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Room for so many bytes, at most 64 KiB, in `bytes` at the place that is answered: to be filled at once. */
  reserve(length: number): number {
    if (this.#piece !== undefined && this.#used + length > PIECE_BYTES) this.flush();
    this.#piece ??= free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
    const at = this.#used;
    this.#used += length;
    return at;
  }

  /** Where `reserve` has made room. */
  get bytes(): Buffer {
    if (this.#piece === undefined) throw new Error('nothing is reserved');
    return this.#piece;
  }

  flush(): void {
    const piece = this.#piece;
    if (piece === undefined) return;
    const bytes = piece.subarray(0, this.#used);
    this.#piece = undefined;
    this.#used = 0;
    this.#socket.write(this.#isTls ? Buffer.from(bytes) : bytes);
    // What has not left yet must not be overwritten: then the piece is the socket's.
    if ((this.#isTls || this.#socket.writableLength === 0) && free.length < MOST_FREE) free.push(piece);
  }
}
