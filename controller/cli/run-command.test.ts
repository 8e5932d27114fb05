import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultConfig, parseConfig } from '../config/load-config.ts';
import type { CliParts, RunningLark, Signals } from './context.ts';
import { runForTest } from './testing/run-for-test.ts';

const addresses = {
  openflow: { host: '0.0.0.0', port: 6653 },
  http: { host: '::1', port: 8080 },
  jobs: { host: '127.0.0.1', port: 9620 },
};

/** Signals that a test sends, as often as somebody listens. */
function testSignals() {
  const listeners = new Set<Parameters<Signals>[0]>();
  const signals: Signals = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const send = (signal: Parameters<Parameters<Signals>[0]>[0]): void => {
    for (const listener of listeners) listener(signal);
  };
  return { signals, send, listeners };
}

const loadConfig = async () => ({ config: defaultConfig(), warnings: [] });
const lark = (close: () => Promise<void>, reload = async (): Promise<unknown> => undefined): RunningLark => ({
  addresses,
  reload,
  close,
});

function events(out: string): { readonly event: string }[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

afterEach(() => {
  vi.useRealTimers();
});

describe('lark run', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('logs where it listens, and stops cleanly on %s', async (signal) => {
    const { signals, send, listeners } = testSignals();
    let closed = 0;
    const startLark = async () => lark(async () => void closed++);
    const onOut = (line: string): void => {
      if (line.includes('lark.started')) send(signal);
    };
    const ran = await runForTest(['run', 'policy.yaml'], { parts: { loadConfig, startLark, signals }, onOut });
    expect([ran.code, ran.err, closed, listeners.size]).toEqual([0, '', 1, 0]);
    expect(events(ran.out)).toMatchObject([
      { level: 'info', event: 'lark.started', http: '[::1]:8080', jobs: '127.0.0.1:9620', version: '9.8.7' },
      { event: 'lark.stopping', signal },
      { event: 'lark.stopped' },
    ]);
  });

  it('says what it means that there is no policy file', async () => {
    const { signals, send } = testSignals();
    const onOut = (line: string): void => {
      if (line.includes('policy.none')) send('SIGTERM');
    };
    const startLark = async () => lark(async () => undefined);
    const ran = await runForTest(['run'], { parts: { loadConfig, startLark, signals }, onOut });
    expect(ran.code).toBe(0);
    expect(events(ran.out)[1]).toMatchObject({ level: 'info', message: expect.stringContaining('nothing is denied') });
  });

  it('reads the file anew on each SIGHUP, and for those during the start once after it', async () => {
    const { signals, send } = testSignals();
    const read: (string | undefined)[] = [];
    const loads = async (path: string | undefined) => {
      read.push(path);
      return loadConfig();
    };
    const startLark: CliParts['startLark'] = async (_config, { load }) => {
      send('SIGHUP');
      send('SIGHUP');
      return lark(
        async () => undefined,
        async () => load?.(),
      );
    };
    const onOut = (line: string): void => {
      if (!line.includes('lark.started')) return;
      // After the start has been told, Lark answers by itself.
      setImmediate(() => {
        send('SIGHUP');
        send('SIGTERM');
      });
    };
    const ran = await runForTest(['run', 'policy.yaml'], { parts: { loadConfig: loads, startLark, signals }, onOut });
    expect([ran.code, read]).toEqual([0, ['policy.yaml', 'policy.yaml', 'policy.yaml']]);
  });

  it.each([
    [['run', 'policy.yaml'], { watch: 'policy.yaml', fingerprint: 'f0' }],
    [['run', 'policy.yaml', '--no-watch'], { fingerprint: 'f0' }],
    [['run'], {}],
  ])('has the file watched unless told not to: %s', async (args, expected) => {
    const { signals, send } = testSignals();
    const loads = async (path: string | undefined) => ({ ...(await loadConfig()), ...(path && { fingerprint: 'f0' }) });
    let given = {};
    const startLark: CliParts['startLark'] = async (_config, { watch, fingerprint }) => {
      given = { ...(watch && { watch }), ...(fingerprint && { fingerprint }) };
      send('SIGTERM');
      return lark(async () => {});
    };
    await runForTest(args, { parts: { loadConfig: loads, startLark, signals } });
    expect(given).toEqual(expected);
  });

  it('ends at once, with the shell’s code for the signal, when a second one comes', async () => {
    const { signals, send } = testSignals();
    const exits: number[] = [];
    let finishClose = (): void => {};
    const startLark = async () => lark(() => new Promise((resolve) => (finishClose = resolve)));
    const exitNow = (code: number): void => {
      exits.push(code);
      finishClose();
    };
    const onOut = (line: string): void => {
      if (line.includes('lark.started')) send('SIGTERM');
      if (line.includes('lark.stopping')) queueMicrotask(() => send('SIGTERM'));
    };
    await runForTest(['run'], { parts: { loadConfig, startLark, signals, exitNow }, onOut });
    expect(exits).toEqual([143]);
  });

  it('gives up on a stop that takes longer than the deadline, says so, and exits with 1', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { signals, send } = testSignals();
    const exits: number[] = [];
    const startLark = async () => lark(() => new Promise(() => {}));
    const onOut = (line: string): void => {
      if (line.includes('lark.started')) send('SIGTERM');
      if (line.includes('lark.stopping')) queueMicrotask(() => vi.advanceTimersByTime(8000));
    };
    const exitNow = (code: number): void => void exits.push(code);
    const { code, out } = await runForTest(['run'], { parts: { loadConfig, startLark, signals, exitNow }, onOut });
    expect([code, exits]).toEqual([1, [1]]);
    expect(events(out).at(-1)).toMatchObject({ level: 'error', event: 'lark.stop_timed_out' });
  });

  it('does not lose a signal that comes while it starts', async () => {
    const { signals, send } = testSignals();
    let closed = false;
    const startLark = async () => {
      send('SIGINT');
      return lark(async () => {
        closed = true;
      });
    };
    const { code } = await runForTest(['run'], { parts: { loadConfig, startLark, signals } });
    expect([code, closed]).toEqual([0, true]);
  });

  it('refuses a bad file with the messages of check, and starts nothing', async () => {
    const bad = async () => parseConfig('policy.yaml', 'zone: {}\nhttp: { listen: nowhere }\n');
    const checked = await runForTest(['check', 'policy.yaml'], { parts: { loadConfig: bad } });
    const ran = await runForTest(['run', 'policy.yaml'], { parts: { loadConfig: bad } });
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toBe(checked.out);
    expect(ran.err).toMatch(/^policy\.yaml:1:1: .*zones/);
  });

  it('says what to do when an address is taken', async () => {
    const startLark: CliParts['startLark'] = async () => {
      const message = 'listen EADDRINUSE: address already in use 127.0.0.1:8080';
      throw Object.assign(new Error(message), { code: 'EADDRINUSE', syscall: 'listen' });
    };
    const { code, err } = await runForTest(['run'], { parts: { loadConfig, startLark } });
    expect(code).toBe(1);
    expect(err).toContain('127.0.0.1:8080. Another program, or another Lark, listens there');
  });

  it('logs at the level that was asked for, for people where asked', async () => {
    const { signals, send } = testSignals();
    const startLark: CliParts['startLark'] = async (_config, { log }) => {
      log.debug({ dpid: '01', why: 'two words' }, 'switch.connected');
      send('SIGTERM');
      return lark(async () => {});
    };
    const given = { parts: { loadConfig, startLark, signals } };
    const args = ['run', '--log-format', 'pretty', '--log-level'];
    const debug = await runForTest([...args, 'debug'], given);
    const error = await runForTest([...args, 'error'], given);
    expect(debug.out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} DEBUG switch\.connected dpid=01 why="two words"\n/);
    expect(error.out).toBe('');
  });

  it('logs the warnings of the file', async () => {
    const { signals, send } = testSignals();
    const warning = {
      code: 'CONFIG_SUSPICIOUS' as const,
      severity: 'warning' as const,
      message: 'looks odd',
      file: 'p.yaml',
      place: { file: 'p.yaml', line: 3, column: 5 },
    };
    const startLark: CliParts['startLark'] = async () => {
      send('SIGTERM');
      return lark(async () => {});
    };
    const withWarning = async () => ({ config: defaultConfig(), warnings: [warning] });
    const { out } = await runForTest(['run', 'p.yaml'], { parts: { loadConfig: withWarning, startLark, signals } });
    expect(events(out)[0]).toMatchObject({
      level: 'warn',
      event: 'config.warning',
      place: 'p.yaml:3:5',
      message: 'looks odd',
    });
  });
});
