// The listener for switches. It accepts a bounded number of connections and hands each to its owner once it is up.

import { createServer, type Server, type Socket } from 'node:net';
import type { ListenAddress } from '../config/config.ts';
import type { Counters } from '../telemetry/counters.ts';
import { BACKLOG } from './backlog.ts';
import { type ConnectionOptions, type ConnectionOwner, SwitchConnection } from './switch-connection.ts';

const MAX_CONNECTIONS = 4096;
const HANDSHAKE_TIMEOUT_MS = 10_000;

export class OpenflowServer {
  readonly #server: Server;
  readonly #connections = new Set<SwitchConnection>();

  /** @param options read anew for each connection. */
  constructor(
    owner: ConnectionOwner,
    options: Omit<ConnectionOptions, 'handshakeTimeoutMs'>,
    counters: Pick<Counters, 'connections'>,
  ) {
    this.#server = createServer({ noDelay: true }, (socket: Socket) => {
      counters.connections.add(['accepted']);
      const tracked: ConnectionOwner = {
        onUp: (connection) => owner.onUp(connection),
        onMessage: (connection, message) => owner.onMessage(connection, message),
        onClosed: (connection, reason) => {
          this.#connections.delete(connection);
          owner.onClosed(connection, reason);
        },
      };
      this.#connections.add(
        new SwitchConnection(socket, tracked, { ...options, handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS }),
      );
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Rejects when the address is taken or not ours. */
  listen({ host, port }: ListenAddress): Promise<ListenAddress> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(address === null || typeof address === 'string' ? { host, port } : { host, port: address.port });
      });
    });
  }

  /** Takes no more switches and closes those that are there; their rules stay. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of [...this.#connections]) connection.close('Lark is stopping');
    return closed;
  }
}
