// What every connection of the feed shares: the desk that carries requests out, the limits, and where outcomes are
// counted and told of.

import type { RefusedConnections } from '../../listeners/refused-connections.ts';
import type { Counters } from '../../telemetry/counters.ts';
import { MinuteLimit } from '../../telemetry/minute-limit.ts';
import type { Clock } from '../clock.ts';
import type { Answer } from './classic.ts';
import type { ClassicVerb } from './classic-request.ts';
import type { GridftpTransfers } from './gridftp-transfers.ts';
import type { JobDesk } from './job-desk.ts';
import type { JsonVerb } from './json-lines.ts';

/** As much of pino as the feed uses: fields, then the event's name. */
export interface FeedLog {
  debug(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

export interface FeedLimits {
  /** Beyond these a connection is answered JOB_FEED_BUSY and closed. */
  readonly connections: number;
  readonly connectionsPerPeer: number;
  /** Bytes of unanswered requests that all connections may keep together; the one that passes it is answered JOB_FEED_BUSY. */
  readonly bufferedBytes: number;
  /** Modern form: requests of one connection that may be under way; it is not read on until one is answered. */
  readonly requestsInFlight: number;
  /** After so long without a byte a REQUEST or CLEAN without its newline counts as said. */
  readonly silenceMs: number;
  /** How long a request may take to arrive, from the connection's or its own first byte. */
  readonly requestTimeoutMs: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleTimeoutMs: number;
  /** How long a peer may take to fetch its last answer. */
  readonly lingerMs: number;
}

export const DEFAULT_LIMITS: FeedLimits = {
  connections: 1024,
  connectionsPerPeer: 512,
  bufferedBytes: 64 * 1024 * 1024,
  requestsInFlight: 64,
  silenceMs: 200,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 600_000,
  lingerMs: 2000,
};

/** Warnings in a minute; the rest is counted only, so that one broken node does not fill the log. */
const WARNINGS_PER_MINUTE = 60;

export interface FeedContextParts {
  readonly desk: JobDesk;
  readonly transfers: GridftpTransfers;
  readonly clock: Clock;
  readonly counters: Pick<Counters, 'jobRequests'>;
  readonly log: FeedLog;
  readonly limits: FeedLimits;
  readonly refused: RefusedConnections;
}

export class FeedContext {
  readonly desk: JobDesk;
  readonly transfers: GridftpTransfers;
  readonly clock: Clock;
  readonly limits: FeedLimits;
  readonly log: FeedLog;
  readonly refused: RefusedConnections;
  readonly #counters: Pick<Counters, 'jobRequests'>;
  #sequence = 0;
  readonly #warnings: MinuteLimit;

  constructor(parts: FeedContextParts) {
    this.desk = parts.desk;
    this.transfers = parts.transfers;
    this.clock = parts.clock;
    this.limits = parts.limits;
    this.log = parts.log;
    this.#counters = parts.counters;
    this.refused = parts.refused;
    const tellLost = (suppressed: number) => parts.log.warn({ suppressed }, 'feed.warnings-suppressed');
    this.#warnings = new MinuteLimit(WARNINGS_PER_MINUTE, tellLost);
  }

  /** For `Peer.since`. */
  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Counts an answer, and warns of one that is not plainly OK. */
  answered(peer: string, verb: ClassicVerb | JsonVerb, answer: Answer): void {
    this.#counters.jobRequests.add([verb, answer.outcome]);
    if (answer.outcome === 'ok') return;
    if (!this.#warnings.take(this.clock.now())) return;
    const isRefused = answer.outcome !== 'pending' && answer.outcome !== 'waiting';
    const event = isRefused ? 'feed.refused' : `feed.${answer.outcome}`;
    this.log.warn({ peer, verb, outcome: answer.outcome, answer: answer.line.trimEnd() }, event);
  }
}
