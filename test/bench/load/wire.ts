// Where the fields are that the load generator and the floors read and write, in both versions (OF1.0 §5.3 to §5.4, OF1.3.5
// §7.3 to §7.4), and reading and writing them without objects.

export type Version = 1 | 4;

export const NO_BUFFER = 0xffff_ffff;

interface Layout {
  readonly type: {
    readonly featuresRequest: number;
    readonly packetIn: number;
    readonly packetOut: number;
    readonly flowMod: number;
    readonly statsRequest: number;
    readonly barrierRequest: number;
  };
  /** In a FlowMod. */
  readonly flowModBuffer: number;
  /** In a PacketOut: the length of its actions, which begin at `actions`. */
  readonly actionsLength: number;
  readonly actions: number;
}

export const LAYOUT: Readonly<Record<Version, Layout>> = {
  1: {
    type: { featuresRequest: 5, packetIn: 10, packetOut: 13, flowMod: 14, statsRequest: 16, barrierRequest: 18 },
    flowModBuffer: 64,
    actionsLength: 14,
    actions: 16,
  },
  4: {
    type: { featuresRequest: 5, packetIn: 10, packetOut: 13, flowMod: 14, statsRequest: 18, barrierRequest: 20 },
    flowModBuffer: 32,
    actionsLength: 16,
    actions: 24,
  },
};

/** In a PacketIn and a PacketOut of either version. */
export const BUFFER_AT = 8;
/** In an untagged UDP frame over IPv4: the number that tells it from others. */
export const NUMBER_AT = 42;
const LENGTH_AT = 2;
const HEADER_BYTES = 8;

export function u16(bytes: Buffer, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function u32(bytes: Buffer, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function putU32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function copy(from: Buffer, to: Buffer, at: number): void {
  to.set(from, at);
}

const NOTHING = Buffer.alloc(0);

/** Cuts a stream into messages, and calls `onMessage` with where each is. The bytes are the caller's until the next chunk. */
export class Messages {
  #rest: Buffer = NOTHING;

  push(chunk: Buffer, onMessage: (bytes: Buffer, at: number, length: number) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length) {
      const length = u16(bytes, at + LENGTH_AT);
      if (length < HEADER_BYTES) throw new Error(`a message that says it has ${length} bytes`);
      if (at + length > bytes.length) break;
      onMessage(bytes, at, length);
      at += length;
    }
    // Copied: the memory of a chunk may be used for the next one.
    this.#rest = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at));
  }
}
