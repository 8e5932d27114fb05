// Over real sockets, since it is about who reads and who does not.

import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { buildHttpServer, listenHttp } from './http-server.ts';
import type { LarkApi, RatesRequest } from './lark-api.ts';
import { fakeLark, fakeMetrics, rates } from './testing/fake-lark.ts';

let server: FastifyInstance;
const leaving: AbortController[] = [];
afterEach(async () => {
  for (const each of leaving.splice(0)) each.abort();
  await server.close();
});

async function serve(read: LarkApi['rates']): Promise<(query?: string) => Promise<Listener>> {
  const api = fakeLark({ rates: read });
  // A short time for answers: a stream is none of those that are late.
  const limits = { handlerTimeoutMs: 500 };
  server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }), limits });
  const { port } = await listenHttp(server, { host: '127.0.0.1', port: 0 });
  return async (query = '?interval=1') => {
    const leave = new AbortController();
    leaving.push(leave);
    const response = await fetch(`http://127.0.0.1:${port}/v1/rates/events${query}`, { signal: leave.signal });
    return new Listener(response, leave);
  };
}

class Listener {
  readonly response: Response;
  readonly #leave: AbortController;
  readonly #reader: ReadableStreamDefaultReader<string>;
  text = '';

  constructor(response: Response, leave: AbortController) {
    this.response = response;
    this.#leave = leave;
    this.#reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** True: it came; false: the stream ended before. */
  async until(isThere: (text: string) => boolean): Promise<boolean> {
    while (!isThere(this.text)) {
      const { done, value } = await this.#reader.read();
      if (done) return false;
      this.text += value;
    }
    return true;
  }

  /** How many events there are in what came. */
  get events(): number {
    return this.text.split('\n\n').length - 1;
  }

  leave(): void {
    this.#leave.abort();
  }
}

describe('GET /v1/rates/events', () => {
  it('tells the rates that were asked for again and again, longer than an answer may take', async () => {
    const asked: RatesRequest[] = [];
    const listen = await serve(async (request) => {
      asked.push(request);
      return rates;
    });
    const listener = await listen('?by=group&sort=sent&limit=7&interval=1');
    expect(listener.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await listener.until(() => listener.events === 3)).toBe(true);
    expect(listener.text).toBe(`event: rates\ndata: ${JSON.stringify(rates)}\n\n`.repeat(3));
    expect(asked).toEqual(Array(3).fill({ by: 'group', sort: 'sent', limit: 7 }));
  });

  it('begins with what /v1/rates would be asked without parameters', async () => {
    const asked: RatesRequest[] = [];
    const listen = await serve(async (request) => {
      asked.push(request);
      return rates;
    });
    await (await listen('')).until((text) => text.endsWith('\n\n'));
    expect(asked).toEqual([{ by: 'user', sort: 'total', limit: 100 }]);
  });

  it.each(['?interval=0', '?interval=16', '?by=host', '?every=2'])('refuses %s', async (query) => {
    const listen = await serve(async () => rates);
    const { response } = await listen(query);
    expect(response.status).toBe(400);
  });

  it('asks no more for who has gone', async () => {
    let reads = 0;
    const listen = await serve(async () => {
      reads += 1;
      return rates;
    });
    const gone = await listen();
    const other = await listen();
    await gone.until(() => gone.events === 1);
    gone.leave();
    await other.until(() => other.events === 3);
    // Two for each at first, and at most one more for who has gone.
    expect(reads).toBeLessThanOrEqual(5);
    const before = reads;
    await other.until(() => other.events === 5);
    expect(reads - before).toBe(2);
  });

  it('is refused as a whole where nothing can be read, and ends where that comes later', async () => {
    let isBroken = true;
    const listen = await serve(async () => {
      if (isBroken) throw new Error('bug');
      return rates;
    });
    expect((await listen()).response.status).toBe(500);
    isBroken = false;
    const listener = await listen();
    await listener.until(() => listener.events === 1);
    isBroken = true;
    await expect(listener.until(() => listener.events === 3)).rejects.toThrow();
  });

  it('lets so many of one address listen and refuses the next, until one leaves', async () => {
    let isBroken = true;
    const listen = await serve(async () => {
      if (isBroken) throw new Error('bug');
      return rates;
    });
    // Those take no place for long.
    for (let i = 0; i < 40; i++) expect((await listen()).response.status).toBe(500);
    isBroken = false;
    const first = await listen('?interval=15');
    await Promise.all(Array.from({ length: 31 }, () => listen('?interval=15')));
    const refused = await listen();
    expect(refused.response.status).toBe(503);
    expect(await refused.until((text) => text.includes('HTTP_TOO_MANY_STREAMS'))).toBe(true);
    first.leave();
    const deadline = Date.now() + 5000;
    while ((await listen()).response.status !== 200) expect(Date.now()).toBeLessThan(deadline);
  });

  it('ends when the server does', async () => {
    const listen = await serve(async () => rates);
    const listener = await listen('?interval=15');
    await listener.until(() => listener.events === 1);
    const ended = expect(listener.until(() => listener.events === 2)).rejects.toThrow();
    await server.close();
    await ended;
  });
});
