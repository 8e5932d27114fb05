// The job feed: one TCP port on which worker nodes tell of their jobs, in the original callouts' dialect or as JSON lines.
// What it keeps for all peers together, and for each, is bounded by `FeedLimits`.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ListenAddress } from '../../config/config.ts';
import { JobError } from '../admission.ts';
import type { Clock } from '../clock.ts';
import { refusal } from './classic.ts';
import { Connection } from './connection.ts';
import { DEFAULT_LIMITS, FeedContext, type FeedLimits, type FeedLog } from './feed-context.ts';
import { GridftpTransfers } from './gridftp-transfers.ts';
import type { JobDesk } from './job-desk.ts';
import type { RequestLog } from './request-log.ts';

export interface JobFeedOptions {
  readonly desk: JobDesk;
  readonly requests: RequestLog;
  readonly clock: Clock;
  readonly log: FeedLog;
  readonly limits?: Partial<FeedLimits>;
}

export class JobFeed {
  readonly transfers = new GridftpTransfers();
  readonly #context: FeedContext;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #perPeer = new Map<string, number>();
  #keptBytes = 0;

  constructor(options: JobFeedOptions) {
    const { desk, requests, clock, log } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#context = new FeedContext({ desk, transfers: this.transfers, clock, requests, log, limits });
    // Half-open: a peer that has sent all it has to say still reads its answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Bytes of requests that are not answered yet, of all connections. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Resolves with the port listened on; rejects with Node's error (EADDRINUSE, EACCES, …). */
  listen({ host, port }: ListenAddress): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        // Beyond start-up only accept() can fail (no file descriptor left): the connections that stand go on.
        this.#server.on('error', (error) => this.#context.log.error({ err: error }, 'feed.accept-failed'));
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /** Takes no more requests, answers those under way, and closes; after `graceMs` whatever is left. */
  async close(graceMs = 5000): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of [...this.#connections]) connection.stop();
    const cancel = this.#context.clock.after(graceMs, () => {
      for (const connection of [...this.#connections]) connection.destroy();
    });
    await closed;
    cancel();
  }

  #accept(socket: Socket): void {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    const { limits } = this.#context;
    const ofPeer = this.#perPeer.get(address) ?? 0;
    if (this.#connections.size >= limits.connections || ofPeer >= limits.connectionsPerPeer) {
      this.#refuse(socket, address);
      return;
    }
    this.#perPeer.set(address, ofPeer + 1);
    const connection = new Connection(socket, address, this.#context, {
      keep: (bytes) => {
        this.#keptBytes += bytes;
        return bytes <= 0 || this.#keptBytes <= limits.bufferedBytes;
      },
      closed: (gone) => this.#forget(gone),
    });
    this.#connections.add(connection);
  }

  #forget(connection: Connection): void {
    const { address } = connection.peer;
    this.#connections.delete(connection);
    const left = (this.#perPeer.get(address) ?? 1) - 1;
    if (left === 0) this.#perPeer.delete(address);
    else this.#perPeer.set(address, left);
  }

  #refuse(socket: Socket, address: string): void {
    const answer = refusal(
      new JobError('JOB_FEED_BUSY', 'Too many connections are open. Close some, or try again in a moment.'),
    );
    this.#context.answered(address, 'unknown', answer);
    socket.on('error', () => {});
    socket.end(answer.line, () => socket.destroy());
  }
}
