// A listener for machines: plain TCP or, with `tls`, TLS on which both sides show a certificate. It hands over connections
// only when the handshake is over and the certificate is one of `clientCa`. Another certificate takes the place of the
// former for new connections; those that stand are not touched.

import {
  type AddressInfo,
  createServer,
  type DropArgument,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { TlsConfig } from '../config/config.ts';
import { limitPeers, type Refuse } from './limit-peers.ts';
import { type PeerFigures, PeerLimits } from './peer-limits.ts';
import type { RefusedConnections } from './refused-connections.ts';
import { handshakeRefusal, secureContextOf, TLS_HANDSHAKE_TIMEOUT_MS } from './secure-context.ts';

export interface TcpListenerParts {
  readonly tls: TlsConfig | undefined;
  readonly refused: RefusedConnections;
  readonly options?: { readonly noDelay?: boolean; readonly allowHalfOpen?: boolean };
  readonly onConnection: (socket: Socket) => void;
  readonly handshakeTimeoutMs?: number;
  /** Of all peers together, TLS handshakes under way included. */
  readonly maxConnections: number;
  /** Of one address, TLS handshakes under way included. */
  readonly ofPeer: PeerFigures;
  /** Where it is not just closed; with TLS there is nothing else to do with one whose handshake has not begun. */
  readonly refuse?: Refuse;
}

export class TcpListener {
  readonly server: Server;
  readonly #secure: TlsServer | undefined;
  #isClosing = false;

  constructor(parts: TcpListenerParts) {
    const { tls, refused, options = {}, onConnection, ofPeer, refuse } = parts;
    this.#secure = tls && this.#createSecure(tls, parts);
    this.server = this.#secure ?? createServer(options, onConnection);
    tellDropped(this.server, parts.maxConnections, refused);
    limitPeers(this.server, new PeerLimits(ofPeer), refused, tls === undefined ? refuse : undefined);
  }

  #createSecure(tls: TlsConfig, { refused, options, onConnection, handshakeTimeoutMs }: TcpListenerParts): TlsServer {
    const wantsCertificate = tls.files.clientCa !== undefined;
    const secure = createTlsServer(
      {
        ...options,
        ...secureContextOf(tls),
        requestCert: wantsCertificate,
        // Refused below, where it can still be said whose certificate it was.
        rejectUnauthorized: false,
        handshakeTimeout: handshakeTimeoutMs ?? TLS_HANDSHAKE_TIMEOUT_MS,
      },
      (socket) => {
        // A handshake may end after the listener has closed.
        if (this.#isClosing) socket.destroy();
        else if (wantsCertificate && !socket.authorized) refuseUnauthorized(socket, refused);
        else onConnection(socket);
      },
    );
    secure.on('tlsClientError', (error, socket) => {
      const [reason, detail] = handshakeRefusal(error, socket);
      refused.add(reason, socket.remoteAddress, detail);
      socket.destroy();
    });
    return secure;
  }

  /** Resolves with where it listens; rejects with Node's error (EADDRINUSE, EACCES, …). */
  listen(at: ListenOptions): Promise<AddressInfo> {
    const { server } = this;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, () => {
        server.off('error', reject);
        resolve(server.address() as AddressInfo);
      });
    });
  }

  /** Takes no more connections; resolves when all that it took have closed. */
  close(): Promise<void> {
    this.#isClosing = true;
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  /** For new connections. */
  useTls(tls: TlsConfig | undefined): void {
    if (tls !== undefined) this.#secure?.setSecureContext(secureContextOf(tls));
  }
}

/** Beyond that many Node closes connections at once. */
export function tellDropped(server: Server, maxConnections: number, refused: RefusedConnections | undefined): void {
  server.maxConnections = maxConnections;
  server.on('drop', (dropped?: DropArgument) => refused?.add('too-many', dropped?.remoteAddress));
}

function refuseUnauthorized(socket: TLSSocket, refused: RefusedConnections): void {
  const certificate = socket.getPeerX509Certificate();
  const reason = certificate === undefined ? 'no-certificate' : 'untrusted';
  const subject = certificate?.subject.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
  const detail = subject === undefined ? undefined : `${subject}: ${String(socket.authorizationError)}`;
  refused.add(reason, socket.remoteAddress, detail);
  socket.on('error', () => {});
  socket.destroy();
}
