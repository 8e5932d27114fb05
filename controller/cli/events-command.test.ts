// Over real sockets, since it is about connections that come and go.

import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { EventLog } from '../events/event-log.ts';
import { buildHttpServer, listenHttp } from '../northbound/http-server.ts';
import { fakeLark, fakeMetrics } from '../northbound/testing/fake-lark.ts';
import { type Given, type Ran, runForTest } from './testing/run-for-test.ts';

interface Lark {
  readonly events: EventLog;
  readonly port: number;
  readonly server: FastifyInstance;
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** @param mark of its events' ids, in base 36. */
async function startServer(mark: number, port = 0): Promise<Lark> {
  const events = new EventLog(() => mark, 5);
  const api = fakeLark({ events });
  const server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }) });
  closing.push(() => server.close());
  return { events, server, port: (await listenHttp(server, { host: '127.0.0.1', port })).port };
}

interface Command {
  readonly text: () => string;
  /** Until it has printed this. */
  until(wanted: string): Promise<void>;
  interrupt(): void;
  readonly ran: Promise<Ran>;
}

function start({ port }: Lark, args: readonly string[], given: Given = {}): Command {
  let text = '';
  let look = () => {};
  let interrupt: () => void = () => {};
  const onOut = (more: string) => {
    text += more;
    look();
  };
  const signals = (listener: (signal: 'SIGINT') => void) => {
    interrupt = () => listener('SIGINT');
    return () => {};
  };
  const ran = runForTest(['events', '--url', `http://127.0.0.1:${port}`, ...args], {
    ...given,
    onOut,
    onErr: onOut,
    parts: { fetch, signals, ...given.parts },
  });
  closing.push(() => {
    interrupt();
    return ran;
  });
  const until = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`'${wanted}' did not come, but:\n${text}`)), 8000);
      look = () => {
        if (!text.includes(wanted)) return;
        clearTimeout(timer);
        resolve();
      };
      look();
    });
  return { text: () => text, until, interrupt: () => interrupt(), ran };
}

/** Lark's streams, until one is open: only then does it tell what happens. */
async function listening({ events }: Lark): Promise<void> {
  const deadline = Date.now() + 5000;
  while (events.listenerCount === 0) {
    expect(Date.now()).toBeLessThan(deadline);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('lark events', () => {
  it('prints a line an event as they happen, until it is interrupted', async () => {
    const lark = await startServer(36);
    const command = start(lark, []);
    await listening(lark);
    lark.events.add('job.admitted', { user: 'alice\u001b[2J', job: 'a b' });
    lark.events.add('switch.mended', { switch: 'core' });
    await command.until('switch=core');
    command.interrupt();
    expect(await command.ran).toEqual({
      code: 0,
      out:
        '1970-01-01 00:00:00 job.admitted user=alice\\x1b[2J job="a b"\n' +
        '1970-01-01 00:00:00 switch.mended switch=core\n',
      err: '',
    });
  });

  it('prints JSON lines of the kinds that are wanted, the latest of these first', async () => {
    const lark = await startServer(36);
    for (const event of ['job.admitted', 'job.removed', 'policy.reloaded', 'jobs.other']) lark.events.add(event, {});
    const { ran } = start(lark, ['--json', '--last', '2', '--no-follow', '--kind', 'job,policy.reloaded']);
    const { code, out } = await ran;
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: '10-2', event: 'job.removed', at: '1970-01-01T00:00:00.036Z' },
      { id: '10-3', event: 'policy.reloaded', at: '1970-01-01T00:00:00.036Z' },
    ]);
  });

  it('goes on from the latest to what happens next, without a hole and without saying anything twice', async () => {
    const lark = await startServer(36);
    for (const n of [1, 2, 3]) lark.events.add('some.thing', { n });
    const command = start(lark, ['--last', '2']);
    await command.until('n=3');
    lark.events.add('some.thing', { n: 4 });
    await command.until('n=4');
    command.interrupt();
    expect([...(await command.ran).out.matchAll(/n=(\d)/g)].map(([, n]) => n)).toEqual(['2', '3', '4']);
  });

  it('begins after an id, and says what is missing after one that is too old', async () => {
    const lark = await startServer(36);
    for (let n = 1; n <= 7; n++) lark.events.add('some.thing', { n });
    const recent = await start(lark, ['--since', '10-5', '--no-follow']).ran;
    expect(recent.out).toMatch(/^\S+ \S+ some\.thing n=6\n\S+ \S+ some\.thing n=7\n$/);
    const old = await start(lark, ['--since', '10-1', '--no-follow', '--kind', 'policy']).ran;
    expect(old.out).toMatch(/^ +gap events after 10-1 are missing/);
  });

  it('comes back to a Lark that was restarted, and says that there is a gap', async () => {
    const former = await startServer(36);
    const command = start(former, []);
    await listening(former);
    former.events.add('some.thing', { n: 1 });
    await command.until('n=1');
    await former.server.close();
    await command.until('the connection is lost');
    const next = await startServer(37, former.port);
    next.events.add('some.thing', { n: 2 });
    await command.until('n=2');
    command.interrupt();
    const { code, out, err } = await command.ran;
    expect(code).toBe(0);
    expect(out).toMatch(/n=1\n +gap events after 10-1 are missing.*\n.*n=2\n$/);
    expect(err).toMatch(/^lark: the connection is lost: Lark ended it; trying again\nlark: connected again\n$/);
  });

  it('loses nothing of what happened while the connection was cut, even before its first event', async () => {
    const lark = await startServer(36);
    let answered = () => {};
    const hasAnswer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const noting: typeof fetch = async (...asked) => {
      const response = await fetch(...asked);
      setImmediate(answered);
      return response;
    };
    const command = start(lark, [], { parts: { fetch: noting } });
    await hasAnswer;
    // In one turn: what is added meets no listener.
    lark.server.server.closeAllConnections();
    for (const n of [1, 2]) lark.events.add('some.thing', { n });
    await command.until('n=2');
    command.interrupt();
    const { out, err } = await command.ran;
    expect([...out.matchAll(/n=(\d)/g)].map(([, n]) => n)).toEqual(['1', '2']);
    expect(out).not.toContain('gap');
    expect(err).toContain('connected again');
  });

  it('ends when nobody reads on', async () => {
    const lark = await startServer(36);
    const gone = new AbortController();
    const command = start(lark, [], { parts: { readerGone: gone.signal } });
    await listening(lark);
    gone.abort();
    expect(await command.ran).toEqual({ code: 0, out: '', err: '' });
  });

  it('exits with 3 where no Lark answers, and with 2 for a command line that is wrong', async () => {
    const lark = await startServer(36);
    await lark.server.close();
    expect((await start(lark, []).ran).code).toBe(3);
    for (const args of [
      ['--last', '5000'],
      ['--last', '1', '--since', '10-1'],
      ['--kind', 'a,,b'],
      ['--since', 'yesterday'],
    ]) {
      const { code, err } = await start(lark, args).ran;
      expect([args, code]).toEqual([args, 2]);
      expect(err).toContain('error: ');
    }
  });
});
