// The limits of an address, kept before anything else is done for a connection: of one beyond them no TLS handshake is begun, and
// one whose handshake is under way counts. So who makes connections and leaves it at that has no more of them than others.

import type { Server, Socket } from 'node:net';
import type { PeerLimits, PeerRefusal } from './peer-limits.ts';
import type { RefusedConnections } from './refused-connections.ts';

/** What becomes of a connection that is refused. */
export type Refuse = (socket: Socket, address: string, refusal: PeerRefusal) => void;

/** To be called when the server has its own listeners for connections, and before others look at them. */
export function limitPeers(
  server: Server,
  peers: PeerLimits,
  refused: RefusedConnections | undefined,
  refuse: Refuse = close,
): void {
  const accept = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const refusal = peers.admit(address);
    if (refusal === undefined) {
      socket.on('close', () => peers.release(address));
      for (const each of accept) each.call(server, socket);
    } else {
      refused?.add(refusal, address);
      refuse(socket, address, refusal);
    }
  });
}

function close(socket: Socket): void {
  socket.on('error', () => {});
  socket.destroy();
}
