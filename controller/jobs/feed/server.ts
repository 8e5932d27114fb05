// The job feed: one port, of TCP or TLS, on which worker nodes tell of their jobs, in the original callouts' dialect or as JSON lines.
// What it keeps for all peers together, and for each, is bounded by `FeedLimits`.

import type { AddressInfo, Socket } from 'node:net';
import type { ListenAddress, TlsConfig } from '../../config/config.ts';
import { plainAddress } from '../../config/socket-address.ts';
import { type ConnectionRefusal, RefusedConnections } from '../../listeners/refused-connections.ts';
import { TcpListener } from '../../listeners/tcp-listener.ts';
import type { Counters } from '../../telemetry/counters.ts';
import { JobError } from '../admission.ts';
import type { Clock } from '../clock.ts';
import { refusal } from './classic.ts';
import { Connection } from './connection.ts';
import { DEFAULT_LIMITS, FeedContext, type FeedLimits, type FeedLog } from './feed-context.ts';
import { GridftpTransfers } from './gridftp-transfers.ts';
import type { JobDesk } from './job-desk.ts';
import type { RequestLog } from './request-log.ts';

const BUSY = {
  'too-many': 'Too many connections are open. Close some, or try again in a moment.',
  'too-many-of-peer':
    'This address has too many connections. Close some, or send several requests on one, as JSON lines.',
  'too-fast':
    'This address makes new connections too fast. Try again in a moment, or send several requests on one, as JSON lines.',
} as const satisfies Partial<Record<ConnectionRefusal, string>>;

export interface JobFeedOptions {
  readonly desk: JobDesk;
  readonly requests: RequestLog;
  readonly clock: Clock;
  readonly counters: Pick<Counters, 'connectionsRefused' | 'feedHolds'>;
  readonly log: FeedLog;
  readonly limits?: Partial<FeedLimits>;
  /** Undefined: plain TCP. */
  readonly tls?: TlsConfig | undefined;
}

export class JobFeed {
  readonly transfers = new GridftpTransfers();
  readonly #context: FeedContext;
  readonly #listener: TcpListener;
  readonly #connections = new Set<Connection>();
  #keptBytes = 0;

  constructor(options: JobFeedOptions) {
    const { desk, requests, clock, counters, log, tls } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const refused = new RefusedConnections('jobs', { counters, log, now: () => clock.now() });
    this.#context = new FeedContext({
      desk,
      transfers: this.transfers,
      clock,
      requests,
      log,
      limits,
      refused,
      counters,
    });
    this.#listener = new TcpListener({
      tls,
      refused,
      // Half-open: a peer that has sent all it has to say still reads its answer.
      options: { allowHalfOpen: true },
      onConnection: (socket) => this.#accept(socket),
      // Beyond `limits.connections` they are told so; this bounds those that are being told, and TLS handshakes under way.
      maxConnections: 2 * limits.connections,
      ofPeer: limits.ofPeer,
      refuse: (socket, address, refusal) => this.#refuse(socket, address, busy(refusal)),
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Bytes of requests that are not answered yet, of all connections. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Resolves with the port listened on; rejects with Node's error (EADDRINUSE, EACCES, …). */
  async listen({ host, port }: ListenAddress): Promise<AddressInfo> {
    const address = await this.#listener.listen({ host, port });
    // Beyond start-up only accept() can fail (no file descriptor left): the connections that stand go on.
    this.#listener.server.on('error', (error) => this.#context.log.error({ err: error }, 'feed.accept-failed'));
    return address;
  }

  /** Another certificate or CA, for new connections. */
  useTls(tls: TlsConfig | undefined): void {
    this.#listener.useTls(tls);
  }

  /** Takes no more requests, answers those under way, and closes; after `graceMs` whatever is left. */
  async close(graceMs = 5000): Promise<void> {
    const closed = this.#listener.close();
    for (const connection of [...this.#connections]) connection.stop();
    const cancel = this.#context.clock.after(graceMs, () => {
      for (const connection of [...this.#connections]) connection.destroy();
    });
    await closed;
    cancel();
  }

  #accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const { limits, desk } = this.#context;
    try {
      desk.gate.listen({ address, since: 0 });
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      this.#refuse(socket, address, error);
      return;
    }
    if (this.#connections.size >= limits.connections) {
      this.#context.refused.add('too-many', address);
      this.#refuse(socket, address, busy('too-many'));
      return;
    }
    const connection = new Connection(socket, address, this.#context, {
      keep: (bytes) => {
        this.#keptBytes += bytes;
        return bytes <= 0 || this.#keptBytes <= limits.bufferedBytes;
      },
      closed: (gone) => this.#connections.delete(gone),
    });
    this.#connections.add(connection);
  }

  #refuse(socket: Socket, from: string, error: JobError): void {
    const address = plainAddress(from);
    const answer = refusal(error);
    this.#context.answered(address, 'unknown', answer);
    socket.on('error', () => {});
    socket.end(answer.line);
    // What it sends is thrown away: closing on unread bytes would reset the connection and lose the answer.
    socket.resume();
    const cancel = this.#context.clock.after(this.#context.limits.lingerMs, () => socket.destroy());
    socket.once('close', cancel);
  }
}

function busy(refusal: keyof typeof BUSY): JobError {
  return new JobError('JOB_FEED_BUSY', BUSY[refusal]);
}
