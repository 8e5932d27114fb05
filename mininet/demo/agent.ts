// What runs in each network namespace of the demo: a server for TCP transfers and for datagrams, and a client of both
// at the stage's command. It is a process of its own, spoken to by IPC, since a namespace belongs to a process. It says
// what really arrived: a digest of the bytes, and which scenes' datagrams came, dropped ones included.

import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import {
  type AgentAnswer,
  type AgentCommand,
  type AgentRequest,
  type AgentResult,
  PROBE_PORT,
  TRANSFER_BYTES,
  TRANSFER_PORT,
  type TransferResult,
} from './agent-protocol.ts';

const arrived = new Set<string>();

function serve(): Promise<void> {
  // Answers each connection, once the other end has closed its half, with the digest of all that came.
  const transfers = createServer({ allowHalfOpen: true }, (socket) => {
    const digest = createHash('sha256');
    socket.on('data', (bytes) => digest.update(bytes));
    socket.on('end', () => socket.end(digest.digest('hex')));
    socket.on('error', () => socket.destroy());
  });
  const probes = createSocket({ type: 'udp6' });
  probes.on('message', (payload) => arrived.add(payload.toString('utf8')));
  return new Promise((resolve, reject) => {
    transfers.on('error', reject);
    probes.on('error', reject);
    transfers.listen(TRANSFER_PORT, '::', () => probes.bind(PROBE_PORT, '::', resolve));
  });
}

function transfer(source: string, destination: string, timeoutMs: number): Promise<TransferResult> {
  const bytes = randomBytes(TRANSFER_BYTES);
  const digest = createHash('sha256').update(bytes).digest('hex');
  return new Promise((resolve) => {
    const socket = connect({ host: destination, port: TRANSFER_PORT, localAddress: source });
    let answer = '';
    const finish = (whole: boolean, detail: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ whole, detail });
    };
    const timer = setTimeout(() => finish(false, 'timed out'), timeoutMs);
    socket.on('error', (error: NodeJS.ErrnoException) => finish(false, error.code ?? error.message));
    socket.on('data', (part) => {
      answer += part.toString('latin1');
    });
    socket.on('end', () =>
      finish(answer === digest, answer === digest ? `${TRANSFER_BYTES} bytes` : 'other bytes came'),
    );
    socket.end(bytes);
  });
}

function probe(source: string, destination: string, scene: string): Promise<null> {
  const socket = createSocket(destination.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.bind(0, source, () => {
      let left = 3;
      for (let i = 0; i < 3; i += 1) {
        socket.send(scene, PROBE_PORT, destination, (error) => {
          left -= 1;
          // An unreachable host (no neighbour answered) is an outcome here, not a fault: the report will show it.
          if (error !== null && !/EHOSTUNREACH|ENETUNREACH|EPERM/.test(error.message)) reject(error);
          if (left === 0) socket.close(() => resolve(null));
        });
      }
    });
  });
}

function carryOut(command: AgentCommand): Promise<AgentResult> {
  if (command.do === 'transfer') return transfer(command.source, command.destination, command.timeoutMs);
  if (command.do === 'probe') return probe(command.source, command.destination, command.scene);
  return Promise.resolve([...arrived]);
}

function answer(message: AgentAnswer): void {
  process.send?.(message);
}

process.on('message', ({ id, command }: AgentRequest) => {
  carryOut(command).then(
    (result) => answer({ kind: 'done', id, result }),
    (error: unknown) => answer({ kind: 'failed', id, message: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
await serve();
answer({ kind: 'ready' });
