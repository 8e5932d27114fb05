// Where encoders write. Small messages share a pool, as node's Buffers do, so that most cost no allocation of their own.
// Writes beyond the end of a typed array are dropped, and the encoder still returns the position it would have reached:
// so what does not fit tells its exact size, and is written again into a fresh array of that size.

import type { Codec } from './layout.ts';

const POOL_SIZE = 16 * 1024;
let pool = new Uint8Array(POOL_SIZE);
let used = 0;

/**
 * The bytes of a value. The result is never written to again, but may share its ArrayBuffer with others: use the view,
 * not its `buffer`.
 */
export function collect<Value>({ encode }: Codec<Value>, value: Value): Uint8Array {
  const start = used;
  const end = encode(pool, start, value);
  if (end <= POOL_SIZE) {
    used = end;
    return new Uint8Array(pool.buffer, start, end - start);
  }
  const size = end - start;
  if (size > POOL_SIZE / 4) {
    const own = new Uint8Array(size);
    encode(own, 0, value);
    return own;
  }
  pool = new Uint8Array(POOL_SIZE);
  used = encode(pool, 0, value);
  return new Uint8Array(pool.buffer, 0, used);
}
