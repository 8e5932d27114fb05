// Memory that two threads share: the fuzzing one writes which input it is about to try, the other reads it when the first
// no longer answers.

const NAME_LENGTH = 64;
const HEADER_LENGTH = 12;
const MAX_INPUT = 1 << 17;

export class Blackboard {
  readonly #numbers: Int32Array;
  readonly #name: Uint8Array;
  readonly #input: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Int32Array(memory, 0, HEADER_LENGTH / 4);
    this.#name = new Uint8Array(memory, HEADER_LENGTH, NAME_LENGTH);
    this.#input = new Uint8Array(memory, HEADER_LENGTH + NAME_LENGTH);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_LENGTH + NAME_LENGTH + MAX_INPUT);
  }

  write(name: string, bytes: Uint8Array): void {
    const { written } = new TextEncoder().encodeInto(name, this.#name);
    this.#input.set(bytes.subarray(0, MAX_INPUT));
    this.#numbers[1] = written;
    this.#numbers[2] = bytes.length;
    Atomics.add(this.#numbers, 0, 1);
  }

  /** How many inputs were written: it stands still while one is being tried. */
  get count(): number {
    return Atomics.load(this.#numbers, 0);
  }

  read(): { readonly target: string; readonly bytes: Uint8Array } {
    const [, nameLength = 0, length = 0] = this.#numbers;
    return {
      target: Buffer.from(this.#name.slice(0, nameLength)).toString(),
      bytes: this.#input.slice(0, length),
    };
  }
}
