// One connection in the original callouts' dialect: one request, one answer, the end.

import type { JobError } from '../admission.ts';
import { type Answer, answerClassic, refusal } from './classic.ts';
import type { FeedContext } from './feed-context.ts';
import { ClassicParser, type ParserState } from './request-parser.ts';
import type { Session, Wire } from './session.ts';

export class ClassicSession implements Session {
  readonly #wire: Wire;
  readonly #context: FeedContext;
  readonly #parser = new ClassicParser();
  #isDecided = false;
  #isAnswered = false;
  #cancelSilence: (() => void) | undefined;

  constructor(wire: Wire, context: FeedContext) {
    this.#wire = wire;
    this.#context = context;
  }

  get buffered(): number {
    return this.#isAnswered ? 0 : this.#parser.size;
  }

  data(bytes: Uint8Array): void {
    if (!this.#isDecided) this.#follow(this.#parser.push(bytes));
  }

  end(): void {
    if (!this.#isDecided) this.#follow(this.#parser.end());
  }

  closed(): void {
    this.#cancelSilence?.();
  }

  drained(): void {}

  refuse(error: JobError): void {
    if (this.#isDecided) return;
    this.#decide();
    this.#answer(refusal(error));
  }

  stop(): void {
    if (this.#isDecided) return;
    this.#decide();
    this.#wire.finish();
  }

  #follow(state: ParserState): void {
    this.#cancelSilence?.();
    this.#cancelSilence = undefined;
    if (state.kind === 'more') {
      if (!state.endsBySilence) return;
      this.#cancelSilence = this.#context.clock.after(this.#context.limits.silenceMs, () =>
        this.#follow(this.#parser.silence()),
      );
      return;
    }
    this.#decide();
    if (state.kind === 'error') {
      this.#answer(refusal(state.error));
      return;
    }
    const { desk, transfers } = this.#context;
    answerClassic(state.request, desk, transfers, this.#wire.peer).then(
      (answer) => this.#answer(answer),
      (error) => this.#wire.fault(error),
    );
  }

  /** From here on no byte of the peer matters. */
  #decide(): void {
    this.#isDecided = true;
    this.#cancelSilence?.();
    this.#wire.requestWhole();
  }

  #answer(answer: Answer): void {
    this.#isAnswered = true;
    this.#context.answered(this.#wire.peer.address, this.#parser.verb, answer);
    this.#wire.send(answer.line);
    this.#wire.finish();
  }
}
