// One connection in the modern form: requests line by line, several under way at a time, each answered when it is done.
// Lines are taken up while fewer than `requestsInFlight` are under way, the peer reads its answers and its address does not ask
// too fast; else the socket is not read, so that what a peer can make Lark keep, and do, is bounded.

import { bytesToText } from 'node-classad';
import type { JobError } from '../admission.ts';
import type { FeedContext } from './feed-context.ts';
import { answerJsonLine, jsonRefusal } from './json-lines.ts';
import { LineBuffer } from './line-buffer.ts';
import { LONGEST_LINE, tooLong } from './request-parser.ts';
import type { Session, Wire } from './session.ts';

export class JsonSession implements Session {
  readonly #wire: Wire;
  readonly #context: FeedContext;
  readonly #buffer = new LineBuffer();
  #inFlight = 0;
  #bytesInFlight = 0;
  /** The peer does not fetch its answers. */
  #isBlocked = false;
  /** The address asks too fast: nothing is taken until the time is over that this cancels. */
  #cancelHold: (() => void) | undefined;
  /** The connection is gone: what it has left is bounded, and no more comes. */
  #isGone = false;
  /** The peer has said all it will say. */
  #hasEnded = false;
  /** No line is taken any more; the connection ends when all that is under way is answered. */
  #isStopping = false;

  constructor(wire: Wire, context: FeedContext) {
    this.#wire = wire;
    this.#context = context;
  }

  get buffered(): number {
    return this.#buffer.length + this.#bytesInFlight;
  }

  data(bytes: Uint8Array): void {
    if (this.#isStopping) return;
    this.#buffer.push(bytes);
    this.#takeLines();
  }

  end(): void {
    this.#hasEnded = true;
    this.#takeLines();
  }

  closed(): void {
    this.#isBlocked = false;
    this.#isGone = true;
    this.#release();
    this.#takeLines();
  }

  drained(): void {
    this.#isBlocked = false;
    this.#takeLines();
  }

  refuse(error: JobError): void {
    if (this.#isStopping) return;
    this.#buffer.clear();
    const answer = jsonRefusal(null, error);
    this.#context.answered(this.#wire.peer.address, 'unknown', answer);
    this.#wire.send(answer.line);
    this.stop();
  }

  stop(): void {
    this.#isStopping = true;
    this.#release();
    this.#wire.requestWhole();
    this.#finishIfDone();
  }

  #takeLines(): void {
    let tookOne = false;
    while (this.#mayTake()) {
      if ((this.#buffer.hasNext || this.#isRest) && !this.#mayAsk()) break;
      const line = this.#buffer.next() ?? (this.#isRest ? this.#buffer.takeRest() : undefined);
      if ((line ?? '').length > LONGEST_LINE || (line === undefined && this.#buffer.length > LONGEST_LINE)) {
        this.refuse(tooLong('line', LONGEST_LINE));
        return;
      }
      if (line === undefined) break;
      tookOne = true;
      if (line.trim() !== '') this.#start(bytesToText(line));
    }
    if (this.#isStopping) return;
    this.#wire.setReading(this.#mayTake());
    if (tookOne || this.#buffer.length === 0 || !this.#mayTake()) this.#wire.requestWhole();
    if (this.#buffer.length > 0 && this.#mayTake()) this.#wire.requestBegun();
    this.#finishIfDone();
  }

  /** The peer has ended its last line without a newline. */
  get #isRest(): boolean {
    return this.#hasEnded && this.#buffer.length > 0;
  }

  #mayTake(): boolean {
    const { requestsInFlight } = this.#context.limits;
    const isHeld = this.#isBlocked || this.#cancelHold !== undefined;
    return !this.#isStopping && !isHeld && this.#inFlight < requestsInFlight;
  }

  #mayAsk(): boolean {
    if (this.#isGone || this.#context.mayAsk(this.#wire.peer.address)) return true;
    this.#cancelHold = this.#context.clock.after(this.#context.limits.holdMs, () => {
      this.#cancelHold = undefined;
      this.#takeLines();
    });
    return false;
  }

  #release(): void {
    this.#cancelHold?.();
    this.#cancelHold = undefined;
  }

  #start(line: string): void {
    this.#inFlight += 1;
    this.#bytesInFlight += line.length;
    const { peer } = this.#wire;
    answerJsonLine(line, this.#context.desk, { ...peer, since: this.#context.nextSequence() }).then(
      (answer) => {
        this.#inFlight -= 1;
        this.#bytesInFlight -= line.length;
        this.#context.answered(peer.address, answer.verb, answer);
        if (!this.#wire.send(answer.line)) this.#isBlocked = true;
        if (this.#isStopping) this.#finishIfDone();
        else this.#takeLines();
      },
      (error) => this.#wire.fault(error),
    );
  }

  #finishIfDone(): void {
    if (this.#inFlight > 0) return;
    if (this.#isStopping || (this.#hasEnded && this.#buffer.length === 0)) this.#wire.finish();
  }
}
