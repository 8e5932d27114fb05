// Where the outcomes of job requests are counted and told of, whichever way they came.

import type { Counters } from '../../telemetry/counters.ts';
import { MinuteLimit } from '../../telemetry/minute-limit.ts';
import type { JobErrorCode } from '../admission.ts';
import type { Clock } from '../clock.ts';

/** Warnings in a minute; the rest is counted only, so that one broken node does not fill the log. */
const WARNINGS_PER_MINUTE = 60;

export type RequestOutcome = 'ok' | 'pending' | 'waiting' | JobErrorCode;

export interface AnsweredRequest {
  /** The IP address that it came from. */
  readonly peer: string;
  /** From a bounded set. */
  readonly verb: string;
  readonly outcome: RequestOutcome;
  /** What was said, on one line. */
  readonly answer: string;
}

export interface RequestLogParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly counters: Pick<Counters, 'jobRequests'>;
  readonly log: { warn(fields: object, event: string): void };
}

export class RequestLog {
  readonly #parts: RequestLogParts;
  readonly #warnings: MinuteLimit;

  constructor(parts: RequestLogParts) {
    this.#parts = parts;
    const tellLost = (suppressed: number) => parts.log.warn({ suppressed }, 'feed.warnings-suppressed');
    this.#warnings = new MinuteLimit(WARNINGS_PER_MINUTE, tellLost);
  }

  /** Counts an answer, and warns of one that is not plainly OK. */
  answered(request: AnsweredRequest): void {
    const { clock, counters, log } = this.#parts;
    const { verb, outcome } = request;
    counters.jobRequests.add([verb, outcome]);
    if (outcome === 'ok' || !this.#warnings.take(clock.now())) return;
    const isRefused = outcome !== 'pending' && outcome !== 'waiting';
    log.warn(request, isRefused ? 'feed.refused' : `feed.${outcome}`);
  }
}
