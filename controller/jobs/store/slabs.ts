// Memory for many blocks that are read one after another and last: a few large pieces instead of one for each, which would
// cost more than the copying. A piece is given back when no block in it is used any more; so as the jobs that a start has
// read come to their ends the memory is never more than it was at the start.

const SLAB_BYTES = 256 * 1024;

export class Slabs {
  #slab = Buffer.alloc(0);
  #used = 0;

  /** A copy that lasts. */
  keep(bytes: Uint8Array): Buffer {
    if (bytes.length > SLAB_BYTES / 4) return Buffer.from(bytes);
    if (this.#used + bytes.length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const kept = this.#slab.subarray(this.#used, this.#used + bytes.length);
    kept.set(bytes);
    this.#used += bytes.length;
    return kept;
  }
}
