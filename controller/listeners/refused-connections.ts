// Connections that end before anything is said on them: by their kind counted, and told of in the log, so many a minute.

import type { ListenerName } from '../config/config.ts';
import type { Counters } from '../telemetry/counters.ts';
import { MinuteLimit } from '../telemetry/minute-limit.ts';

/** As the metric's label: why a connection was refused. */
export const CONNECTION_REFUSALS = {
  'plain-on-tls':
    'it speaks plain text, and this port speaks TLS: make the other side speak TLS (for Open vSwitch, ssl: in place of tcp:)',
  'tls-on-plain':
    'it speaks TLS, and this port speaks plain text: give the listener `tls` in the policy file, or make the other side speak plain TCP',
  'no-certificate':
    'it showed no certificate, and this port takes none without: give the other side one of `tls.clientCa`',
  untrusted: 'its certificate does not come from `tls.clientCa`, or is not in force',
  handshake: 'the TLS handshake failed',
  timeout: 'the TLS handshake was not over in time',
  'too-many': 'the listener has as many connections as it takes',
  'too-many-of-peer': 'its address has as many connections as one may have',
  'too-fast': 'its address makes new connections faster than one may',
  silent: 'it did not say in time what it has to say first, or not all of it',
} as const;

export type ConnectionRefusal = keyof typeof CONNECTION_REFUSALS;

export interface RefusalLog {
  debug(fields: object, event: string): void;
  warn(fields: object, event: string): void;
}

export interface RefusedConnectionsParts {
  readonly counters: Pick<Counters, 'connectionsRefused'>;
  readonly log: RefusalLog;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const WARNINGS_PER_MINUTE = 60;

export class RefusedConnections {
  readonly #listener: ListenerName;
  readonly #parts: RefusedConnectionsParts;
  readonly #limit: MinuteLimit;

  constructor(listener: ListenerName, parts: RefusedConnectionsParts) {
    this.#listener = listener;
    this.#parts = parts;
    const tellLost = (suppressed: number) => parts.log.warn({ listener, suppressed }, 'connection.warnings_suppressed');
    this.#limit = new MinuteLimit(WARNINGS_PER_MINUTE, tellLost);
  }

  /** @param detail what OpenSSL or the certificate says of it. */
  add(reason: ConnectionRefusal, peer: string | undefined, detail?: string): void {
    const { counters, log, now = Date.now } = this.#parts;
    counters.connectionsRefused.add([this.#listener, reason]);
    const fields = {
      listener: this.#listener,
      peer: peer ?? 'unknown',
      reason,
      message: CONNECTION_REFUSALS[reason],
      ...(detail !== undefined && { detail }),
    };
    if (this.#limit.take(now())) log.warn(fields, 'connection.refused');
    else log.debug(fields, 'connection.refused');
  }
}
