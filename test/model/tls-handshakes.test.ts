// Connections to listeners with TLS that leave it at that, or never end their handshake: what they cost others, and what becomes
// of them.

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TlsConfig } from '../../controller/config/config.ts';
import type { PeerFigures } from '../../controller/listeners/peer-limits.ts';
import { RefusedConnections } from '../../controller/listeners/refused-connections.ts';
import { TcpListener } from '../../controller/listeners/tcp-listener.ts';
import { buildHttpServer, listenHttp } from '../../controller/northbound/http-server.ts';
import { fakeLark, fakeMetrics } from '../../controller/northbound/testing/fake-lark.ts';
import { Counters } from '../../controller/telemetry/counters.ts';
import { clientOptions, TestAuthority } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';

let folder: string;
let ca: TestAuthority;
let tls: TlsConfig;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lark-tls-'));
  ca = new TestAuthority(folder, 'ca');
  const files = ca.issue(['lark']);
  const [certificate, key] = [readFileSync(files.certificate, 'utf8'), readFileSync(files.key, 'utf8')];
  const material = { certificate, key, clientCa: undefined, expiresAt: 0, digest: '', clientCaDigest: undefined };
  tls = { files: { ...files, clientCa: undefined }, material };
});
afterAll(() => rmSync(folder, { recursive: true }));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Listening {
  readonly port: number;
  readonly refused: (reason: string) => number;
}

async function machines(ofPeer: PeerFigures, handshakeTimeoutMs?: number): Promise<Listening> {
  const { refused, count } = counting('jobs');
  const listener = new TcpListener({
    tls,
    refused,
    ofPeer,
    maxConnections: 100,
    onConnection: (socket) => socket.on('error', () => {}).end('welcome'),
    ...(handshakeTimeoutMs !== undefined && { handshakeTimeoutMs }),
  });
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  cleanups.push(() => listener.close());
  return { port, refused: count };
}

async function people(ofPeer: PeerFigures): Promise<Listening> {
  const { refused, count } = counting('http');
  const api = fakeLark();
  const parts = { api, metrics: fakeMetrics(api), log: pino({ enabled: false }), refused, tls };
  const server = buildHttpServer({ ...parts, limits: { ofPeer } });
  const { port } = await listenHttp(server, { host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  return { port, refused: count };
}

function counting(listener: 'jobs' | 'http') {
  const counters = new Counters();
  const log = { debug: () => {}, warn: () => {} };
  const refused = new RefusedConnections(listener, { counters, log });
  return { refused, count: (reason: string) => counters.connectionsRefused.at([listener, reason]).value };
}

/** Makes a connection and says nothing. */
async function silent(port: number): Promise<Socket> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  cleanups.push(() => socket.destroy());
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  return socket;
}

/** Whether a handshake from this address comes to its end. */
function isServed(port: number, localAddress: string): Promise<boolean> {
  return new Promise((resolve) => {
    const raw = connectTcp({ port, host: '127.0.0.1', localAddress });
    const socket = connectTls({ socket: raw, ...clientOptions(ca.certificate) }, () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => {}).on('close', () => resolve(false));
    raw.on('error', () => {}).on('close', () => resolve(false));
  });
}

describe.each([
  ['a listener for machines', machines],
  ['the HTTP API', people],
] as const)('handshakes under way at %s', (_name, listen) => {
  it('count among the connections of their address, and those of others go on', async () => {
    const { port, refused } = await listen({ connections: 2, perSec: 1000, burst: 1000 });
    const [first] = [await silent(port), await silent(port)];
    await eventually('one too many', async () => !(await isServed(port, '127.0.0.1')));
    expect(refused('too-many-of-peer')).toBeGreaterThan(0);
    expect(await isServed(port, '127.0.0.2')).toBe(true);
    first.destroy();
    await eventually('room for another', () => isServed(port, '127.0.0.1'));
  });

  it('are not begun for an address from which they come too fast', async () => {
    const { port, refused } = await listen({ connections: 100, perSec: 0.001, burst: 3 });
    for (let i = 0; i < 3; i++) expect(await isServed(port, '127.0.0.1')).toBe(true);
    expect(await isServed(port, '127.0.0.1')).toBe(false);
    expect(refused('too-fast')).toBe(1);
    expect(await isServed(port, '127.0.0.2')).toBe(true);
  });
});

describe('a handshake that does not come to its end', () => {
  it('is closed when its time is over, however often a byte of it comes, and counted', async () => {
    const { port, refused } = await machines({ connections: 2, perSec: 1000, burst: 1000 }, 400);
    const socket = await silent(port);
    // A handshake's first record, as long as one may be, of which a byte comes twenty times in its time.
    const bytes = [0x16, 0x03, 0x01, 0x3f, 0xff, 0x01, 0x00, 0x3f, 0xfb, 0x03, 0x03];
    const dripping = setInterval(() => socket.write(Uint8Array.of(bytes.shift() ?? 0)), 20);
    cleanups.push(() => clearInterval(dripping));
    await eventually('its end', () => socket.closed, 5000);
    expect(refused('timeout')).toBe(1);
  });
});
