// The framing of a classic request: bytes in, the request or a coded error out, once. A request ends with the newline of
// its last line, with the input, or (an address asked for, REQUEST and CLEAN) with silence; in every case however TCP cut
// it. No line may be over 1 MiB, no request over 4 MiB: what is longer is refused before more of it is kept.

import { JobError } from '../admission.ts';
import {
  type ClassicRequest,
  type ClassicVerb,
  END,
  mayBecomeVerb,
  readClassicRequest,
  type Want,
} from './classic-request.ts';
import { LineBuffer } from './line-buffer.ts';

export const LONGEST_LINE = 1024 * 1024;
export const LONGEST_REQUEST = 4 * LONGEST_LINE;
const LONGEST_VERB = 64;

export type ParserState =
  /** `endsBySilence`: the client may be waiting for its answer now, having sent no newline. */
  | { readonly kind: 'more'; readonly endsBySilence: boolean }
  | { readonly kind: 'request'; readonly request: ClassicRequest }
  | { readonly kind: 'error'; readonly error: JobError };

export class ClassicParser {
  readonly #buffer = new LineBuffer();
  readonly #reader = readClassicRequest((verb) => {
    this.#verb = verb;
  });
  #verb: ClassicVerb = 'unknown';
  #want: Want = 'verb';
  #received = 0;
  #result: ParserState | undefined;

  constructor() {
    this.#reader.next();
  }

  /** For counting: what the request is, as far as it is known. */
  get verb(): ClassicVerb {
    return this.#verb;
  }

  /** How many bytes have come: what the request, whole or not, takes at most. */
  get size(): number {
    return this.#received;
  }

  push(bytes: Uint8Array): ParserState {
    if (this.#result !== undefined) return this.#result;
    this.#received += bytes.length;
    this.#buffer.push(bytes);
    for (let line = this.#buffer.next(); line !== undefined; line = this.#buffer.next()) {
      if (line.length > LONGEST_LINE) return this.#fail(tooLong('line', LONGEST_LINE));
      this.#give(line);
      if (this.#result !== undefined) return this.#result;
    }
    if (this.#buffer.length > LONGEST_LINE) return this.#fail(tooLong('line', LONGEST_LINE));
    if (this.#received > LONGEST_REQUEST) return this.#fail(tooLong('request', LONGEST_REQUEST));
    const beginning = this.#want === 'verb' ? this.#buffer.peek(LONGEST_VERB) : '';
    if (!mayBecomeVerb(beginning)) this.#give(beginning);
    return this.#state();
  }

  /** The client has said all that it will say, by closing or half-closing: what has come is the request. */
  end(): ParserState {
    const rest = this.#result === undefined ? this.#buffer.takeRest() : undefined;
    if (rest !== undefined) this.#give(rest);
    if (this.#result === undefined) this.#give(END);
    return this.#state();
  }

  /** The client has been silent for a while: the end, where `endsBySilence` said that this may be meant. */
  silence(): ParserState {
    const state = this.#state();
    return state.kind === 'more' && state.endsBySilence ? this.end() : state;
  }

  #state(): ParserState {
    if (this.#result !== undefined) return this.#result;
    const endsBySilence = this.#want === 'optional' || (this.#want === 'word' && this.#buffer.peek(64).trim() !== '');
    return { kind: 'more', endsBySilence };
  }

  #give(line: string | typeof END): void {
    try {
      const step = this.#reader.next(line);
      if (step.done === true) this.#finish({ kind: 'request', request: step.value });
      else this.#want = step.value;
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.#fail(error);
    }
  }

  #fail(error: JobError): ParserState {
    return this.#finish({ kind: 'error', error });
  }

  #finish(result: ParserState): ParserState {
    this.#result = result;
    this.#buffer.clear();
    return result;
  }
}

export function tooLong(what: 'line' | 'request', limit: number): JobError {
  return new JobError(
    'JOB_AD_TOO_LONG',
    `The ${what} is longer than ${limit} bytes. Leave out attributes that no policy reads, such as Environment.`,
  );
}
