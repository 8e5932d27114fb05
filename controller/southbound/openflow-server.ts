// The listener for switches, plain or with TLS. It accepts a bounded number of connections, of each address and of all
// together, and hands each to its owner once it is up.

import type { Socket } from 'node:net';
import type { ListenAddress, TlsConfig } from '../config/config.ts';
import type { PeerFigures } from '../listeners/peer-limits.ts';
import { type RefusalLog, RefusedConnections } from '../listeners/refused-connections.ts';
import { TcpListener } from '../listeners/tcp-listener.ts';
import type { Counters } from '../telemetry/counters.ts';
import { BACKLOG } from './backlog.ts';
import { type ConnectionOptions, type ConnectionOwner, SwitchConnection } from './switch-connection.ts';

/** What all connections together, and each, may have. */
export interface OpenflowLimits {
  readonly connections: number;
  /** Half of all; many switches may come from one address. */
  readonly ofPeer: PeerFigures;
  /** From the connection to the end of OpenFlow's handshake. */
  readonly handshakeTimeoutMs: number;
}

const LIMITS: OpenflowLimits = {
  connections: 4096,
  ofPeer: { connections: 2048, perSec: 1000, burst: 4096 },
  handshakeTimeoutMs: 10_000,
};

export interface OpenflowServerParts {
  readonly counters: Pick<Counters, 'connections' | 'connectionsRefused'>;
  readonly log: RefusalLog;
  /** Undefined: plain TCP. */
  readonly tls?: TlsConfig | undefined;
  /** Where they differ from the default. */
  readonly limits?: Partial<OpenflowLimits>;
}

export class OpenflowServer {
  readonly #listener: TcpListener;
  readonly #connections = new Set<SwitchConnection>();

  /** @param options read anew for each connection. */
  constructor(
    owner: ConnectionOwner,
    options: Omit<ConnectionOptions, 'handshakeTimeoutMs' | 'onTlsHello' | 'onSilent'>,
    { counters, log, tls, ...parts }: OpenflowServerParts,
  ) {
    const refused = new RefusedConnections('openflow', { counters, log });
    const limits = { ...LIMITS, ...parts.limits };
    const { handshakeTimeoutMs } = limits;
    const onTlsHello = (peer: string) => refused.add('tls-on-plain', peer);
    const onSilent = (peer: string) => refused.add('silent', peer);
    const onConnection = (socket: Socket) => {
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
        new SwitchConnection(socket, tracked, { ...options, handshakeTimeoutMs, onTlsHello, onSilent }),
      );
    };
    const { connections: maxConnections, ofPeer } = limits;
    const socketOptions = { noDelay: true };
    this.#listener = new TcpListener({ tls, refused, options: socketOptions, onConnection, maxConnections, ofPeer });
  }

  /** Rejects when the address is taken or not ours. */
  async listen({ host, port }: ListenAddress): Promise<ListenAddress> {
    return { host, port: (await this.#listener.listen({ host, port, backlog: BACKLOG })).port };
  }

  /** Another certificate or CA, for new connections. */
  useTls(tls: TlsConfig | undefined): void {
    this.#listener.useTls(tls);
  }

  /** Takes no more switches and closes those that are there; their rules stay. */
  close(): Promise<void> {
    const closed = this.#listener.close();
    for (const connection of [...this.#connections]) connection.close('Lark is stopping');
    return closed;
  }
}
