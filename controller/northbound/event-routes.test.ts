// Over real sockets, since it is about who reads and who does not.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../events/event-log.ts';
import { buildHttpServer, listenHttp } from './http-server.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';

const KEPT = 100;

let events: EventLog;
let server: FastifyInstance;
let port: number;
const sockets: Socket[] = [];
beforeEach(async () => {
  events = new EventLog(() => 36, KEPT);
  const api = fakeLark({ events });
  // A short time for answers: a stream is none of those that are late.
  const limits = { handlerTimeoutMs: 50, eventsAliveMs: 100 };
  server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }), limits });
  ({ port } = await listenHttp(server, { host: '127.0.0.1', port: 0 }));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

interface Listener {
  readonly socket: Socket;
  /** All that came, or as much as was wanted. */
  text(): string;
  until(wanted: string): Promise<void>;
}

async function listen(lastId?: string, localAddress = '127.0.0.1'): Promise<Listener> {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).setEncoding('utf8');
  socket.on('error', () => {});
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  const until = async (wanted: string) => {
    const signal = AbortSignal.timeout(5000);
    while (!text.includes(wanted)) await once(socket, 'data', { signal });
  };
  const header = lastId === undefined ? '' : `Last-Event-ID: ${lastId}\r\n`;
  socket.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\n${header}\r\n`);
  const listener = { socket, text: () => text, until };
  await until('\r\n\r\n');
  return listener;
}

function add(n: number): void {
  events.add('job.admitted', { n });
}

const connectionCount = () =>
  new Promise<number>((resolve, reject) =>
    server.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
const numbersIn = (text: string) => [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));

describe('GET /v1/events', () => {
  it('tells everyone what happens from then on, with an id each, in the form of server-sent events', async () => {
    add(1);
    const listeners = await Promise.all([listen(), listen(), listen()]);
    for (const { until } of listeners) await until(': lark');
    add(2);
    add(3);
    for (const { text, until } of listeners) {
      await until('"n":3');
      expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/);
      expect(text()).toContain('event: job.admitted\nid: 10-2\ndata: {"at":"1970-01-01T00:00:00.036Z","n":2}\n\n');
      expect(numbersIn(text())).toEqual([2, 3]);
    }
  });

  it('goes on after the id that a client saw last', async () => {
    for (let n = 1; n <= 90; n++) add(n);
    const { text, until } = await listen('10-3');
    await until('"n":90');
    add(91);
    await until('"n":91');
    expect(numbersIn(text())).toEqual(Array.from({ length: 88 }, (_, i) => i + 4));
    expect(text()).not.toContain('event: gap');
  });

  it('begins with the latest where these are wanted, and ends there where no more is', async () => {
    for (let n = 1; n <= 3; n++) add(n);
    const ask = async (query: string) => (await fetch(`http://127.0.0.1:${port}/v1/events${query}`)).text();
    expect(numbersIn(await ask('?last=2&follow=false'))).toEqual([2, 3]);
    expect(numbersIn(await ask('?follow=false'))).toEqual([]);
    expect(await ask('?last=5000')).toContain('HTTP_QUERY_INVALID');
  });

  it('says after which id it begins, so that who has seen no event can come back', async () => {
    add(1);
    const { text, until } = await listen();
    await until(': lark');
    expect(text()).toMatch(/\r\nlast-event-id: 10-1\r\n/);
    expect(text()).toContain(': lark\nid: 10-1\n\n');
  });

  it.each(['10-3', 'former-7', 'nonsense'])(
    'says that there is a gap after %s, and then all that is kept',
    async (id) => {
      for (let n = 1; n <= 2 * KEPT; n++) add(n);
      const { text, until } = await listen(id);
      await until('"n":200');
      expect(text()).toContain(`event: gap\nid: 10-100\ndata: {"after":"${id}"}\n\n`);
      expect(numbersIn(text())).toEqual(Array.from({ length: KEPT }, (_, i) => i + KEPT + 1));
    },
  );

  it('cuts a client off that does not read, keeps nothing for it, and serves the others', async () => {
    const slow = await listen();
    const quick = await listen();
    let taken = 0;
    quick.socket.on('data', (chunk: string) => {
      taken += chunk.length;
    });
    slow.socket.pause();
    const closed = once(slow.socket, 'close');
    const filling = 'x'.repeat(100_000);
    // The kernel holds a lot for a socket, 33 MB and more; beyond that nothing is written.
    let n = 0;
    while (n < 2000 && (n % 10 > 0 || (await connectionCount()) > 1)) {
      n += 1;
      events.add('job.admitted', { filling, n });
      const signal = AbortSignal.timeout(5000);
      while (taken < n * filling.length) await once(quick.socket, 'data', { signal });
    }
    expect(await connectionCount()).toBe(1);
    add(n + 1);
    await quick.until(`"n":${n + 1}`);
    expect(numbersIn(quick.text())).toEqual(Array.from({ length: n + 1 }, (_, i) => i + 1));
    slow.socket.resume();
    await closed;
    expect(numbersIn(slow.text()).length).toBeLessThan(n);
  });

  it('tells of a gap also who falls behind while it listens', async () => {
    const { text, until } = await listen();
    // In one turn nothing can be taken.
    const filling = 'x'.repeat(20_000);
    for (let n = 1; n <= 3 * KEPT; n++) events.add('job.admitted', { filling, n });
    await until('"n":300');
    expect(text()).toContain('event: gap\nid: 10-200\n');
    expect(numbersIn(text()).slice(-KEPT)).toEqual(Array.from({ length: KEPT }, (_, i) => i + 1 + 2 * KEPT));
  });

  it('lets so many listen and refuses the next', async () => {
    for (let i = 0; i < 32; i++) await listen();
    // No more of one address; others may, until there are twice as many.
    const tooMany = await listen();
    await tooMany.until('32 times');
    for (let i = 0; i < 32; i++) await listen(undefined, '127.0.0.2');
    const { until, socket } = await listen(undefined, '127.0.0.3');
    await until('HTTP_TOO_MANY_STREAMS');
    for (const refused of [tooMany.socket, socket]) refused.destroy();
    sockets[0]?.destroy();
    const isIn = async () => {
      const next = await listen();
      await next.until('\r\n\r\n');
      return next.text().startsWith('HTTP/1.1 200');
    };
    const deadline = Date.now() + 5000;
    while (!(await isIn())) expect(Date.now()).toBeLessThan(deadline);
  });

  it('outlives the time that an answer may take, and ends when the server does', async () => {
    const { socket, text, until } = await listen();
    await new Promise((resolve) => setTimeout(resolve, 120));
    add(1);
    await until('"n":1');
    const ended = once(socket, 'end');
    await server.close();
    await ended;
    expect(text()).not.toContain('HTTP_TIMEOUT');
  });
});
