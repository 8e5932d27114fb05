// What every connection of the feed shares: the desk that carries requests out, the limits, and where outcomes are
// counted and told of.

import { type PeerFigures, PeerRates, type Rate } from '../../listeners/peer-limits.ts';
import type { RefusedConnections } from '../../listeners/refused-connections.ts';
import type { Counters } from '../../telemetry/counters.ts';
import type { Clock } from '../clock.ts';
import type { Answer } from './classic.ts';
import type { ClassicVerb } from './classic-request.ts';
import type { GridftpTransfers } from './gridftp-transfers.ts';
import type { JobDesk } from './job-desk.ts';
import type { JsonVerb } from './json-lines.ts';
import type { RequestLog } from './request-log.ts';

/** As much of pino as the feed uses: fields, then the event's name. */
export interface FeedLog {
  debug(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

export interface FeedLimits {
  /** Beyond these a connection is answered JOB_FEED_BUSY and closed. */
  readonly connections: number;
  /** A callout makes a connection for each request. */
  readonly ofPeer: PeerFigures;
  /** Bytes of unanswered requests that all connections may keep together; the one that passes it is answered JOB_FEED_BUSY. */
  readonly bufferedBytes: number;
  /** Modern form: requests of one connection that may be under way; it is not read on until one is answered. */
  readonly requestsInFlight: number;
  /** Modern form: requests of one address on all its connections. Beyond them these are not read for `holdMs`, and then again. */
  readonly requestsOfPeer: Rate;
  readonly holdMs: number;
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
  ofPeer: { connections: 512, perSec: 500, burst: 1000 },
  bufferedBytes: 64 * 1024 * 1024,
  requestsInFlight: 64,
  // More than Lark can admit, and less than would keep the others from it. One address may ask for a whole pool.
  requestsOfPeer: { perSec: 5000, burst: 10_000 },
  holdMs: 100,
  silenceMs: 200,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 600_000,
  lingerMs: 2000,
};

export interface FeedContextParts {
  readonly desk: JobDesk;
  readonly transfers: GridftpTransfers;
  readonly clock: Clock;
  readonly requests: RequestLog;
  readonly log: FeedLog;
  readonly limits: FeedLimits;
  readonly refused: RefusedConnections;
  readonly counters: Pick<Counters, 'feedHolds'>;
}

export class FeedContext {
  readonly desk: JobDesk;
  readonly transfers: GridftpTransfers;
  readonly clock: Clock;
  readonly limits: FeedLimits;
  readonly log: FeedLog;
  readonly refused: RefusedConnections;
  readonly #requests: RequestLog;
  readonly #rates: PeerRates;
  readonly #counters: FeedContextParts['counters'];

  constructor(parts: FeedContextParts) {
    this.desk = parts.desk;
    this.transfers = parts.transfers;
    this.clock = parts.clock;
    this.limits = parts.limits;
    this.log = parts.log;
    this.#requests = parts.requests;
    this.refused = parts.refused;
    this.#rates = new PeerRates(parts.limits.requestsOfPeer);
    this.#counters = parts.counters;
  }

  /** For `Peer.since`. */
  nextSequence(): number {
    return this.desk.nextSequence();
  }

  /** Whether a request of this address may be taken now. If not, nothing of it is to be read for `holdMs`. */
  mayAsk(peer: string): boolean {
    if (this.#rates.take(peer)) return true;
    this.#counters.feedHolds.add([]);
    return false;
  }

  answered(peer: string, verb: ClassicVerb | JsonVerb, { outcome, line }: Answer): void {
    this.#requests.answered({ peer, verb, outcome, answer: line.trimEnd() });
  }
}
