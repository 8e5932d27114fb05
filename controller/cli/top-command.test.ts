import { describe, expect, it } from 'vitest';
import type { RatesRequest, RatesView } from '../northbound/lark-api.ts';
import { rates } from '../northbound/testing/fake-lark.ts';
import type { Screen } from './context.ts';
import { styleFor } from './terminal.ts';
import { type Ran, runForTest } from './testing/run-for-test.ts';
import { scaled, topScreen } from './top-text.ts';

const PLAIN = styleFor({ isTty: false, env: {} });
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';

describe('lark top', () => {
  it('prints one table where there is no terminal', async () => {
    const { code, out } = await runForTest(['top']);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'USER   JOBS  SENT BIT/S  RECEIVED BIT/S  SENT PKT/S  RECEIVED PKT/S',
        'alice     2       12.0M            256k       1.00k             500',
        'bob       1         392               0         0.5               0',
        '',
      ].join('\n'),
    );
  });

  it('asks for what is wanted, and prints the answer as JSON', async () => {
    const asked: RatesRequest[] = [];
    const api = {
      rates: async (request: RatesRequest) => {
        asked.push(request);
        return rates;
      },
    };
    const { out } = await runForTest(['top', '--by', 'group', '--sort', 'received', '--limit', '7', '--json'], { api });
    expect(asked).toEqual([{ by: 'group', sort: 'received', limit: 7 }]);
    expect(JSON.parse(out)).toEqual(rates);
  });

  it('refuses what is no number of rows or seconds', async () => {
    for (const args of [
      ['--limit', '0'],
      ['--limit', '1001'],
      ['--interval', '0.5'],
      ['--by', 'host'],
    ]) {
      expect([args, (await runForTest(['top', ...args])).code]).toEqual([args, 2]);
    }
  });

  it('says so when there are none', async () => {
    const none = { rates: async () => ({ ...rates, rows: [], total: 0 }) };
    expect((await runForTest(['top', '--once'], { api: none })).out).toBe('No job is registered.\n');
  });
});

/** A terminal whose keys and size a test chooses. */
class FakeScreen implements Screen {
  press: (keys: string) => void = () => {};
  resize: () => void = () => {};
  columns = 80;
  exitText: string | undefined;
  isHearing = false;
  size() {
    return { columns: this.columns, rows: 24 };
  }
  onResize(listener: () => void) {
    this.resize = listener;
    return () => {};
  }
  onKeys(listener: (keys: string) => void) {
    this.press = listener;
    this.isHearing = true;
    return () => {
      this.isHearing = false;
    };
  }
  atExit(text: string) {
    this.exitText = text;
    return () => {
      this.exitText = undefined;
    };
  }
}

interface Watched {
  readonly screen: FakeScreen;
  readonly asked: RatesRequest[];
  /** Until this is drawn; `signal` as the process would get it. */
  until(wanted: string): Promise<void>;
  signal(): void;
  readonly ran: Promise<Ran>;
}

function watch(answer: (request: RatesRequest) => Promise<RatesView>): Watched {
  const screen = new FakeScreen();
  const asked: RatesRequest[] = [];
  let out = '';
  let look = () => {};
  let signal: () => void = () => {};
  const api = {
    rates: async (request: RatesRequest) => {
      asked.push(request);
      return answer(request);
    },
  };
  const ran = runForTest(['top', '--interval', '3600'], {
    api,
    isTty: true,
    onOut: (text) => {
      out += text;
      look();
    },
    parts: {
      screen,
      signals: (listener) => {
        signal = () => listener('SIGTERM');
        return () => {};
      },
    },
  });
  const until = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`'${wanted}' was not drawn, but ${JSON.stringify(out)}`)), 8000);
      look = () => {
        if (!out.includes(wanted)) return;
        clearTimeout(timer);
        out = '';
        resolve();
      };
      look();
    });
  return { screen, asked, until, signal: () => signal(), ran };
}

describe('lark top on a terminal', () => {
  const answer = async ({ by }: RatesRequest) => ({ ...rates, by });

  it('changes what it shows by keys, and gives the terminal back at q', async () => {
    const { screen, asked, until, ran } = watch(answer);
    await until('2 users by total');
    expect(screen.exitText).toBe(LEAVE);
    screen.press('g');
    await until('2 groups by total');
    screen.press('S');
    await until('2 groups by sent');
    screen.press('q');
    const { code, out } = await ran;
    expect(code).toBe(0);
    expect(out.startsWith('\u001b[?1049h')).toBe(true);
    expect(out.endsWith(LEAVE)).toBe(true);
    expect([screen.isHearing, screen.exitText]).toEqual([false, undefined]);
    expect(asked.map(({ by, sort }) => `${by} ${sort}`)).toEqual(['user total', 'group total', 'group sent']);
  });

  it('draws anew at once when the terminal has another size', async () => {
    const { screen, asked, until, ran } = watch(answer);
    await until('RECEIVED PKT/S');
    screen.columns = 40;
    screen.resize();
    await until('lark top');
    screen.press('\u0003');
    const { out } = await ran;
    expect(asked).toHaveLength(1);
    const last = out.split('\u001b[H').at(-1)!;
    expect(last).not.toContain('PKT/S');
  });

  it.each(['signal', 'fault'] as const)('gives the terminal back after a %s', async (how) => {
    let isBroken = false;
    const { screen, until, signal, ran } = watch(async (request) => {
      if (isBroken) return {} as RatesView;
      return answer(request);
    });
    await until('2 users');
    if (how === 'signal') signal();
    isBroken = true;
    screen.press('j');
    const { code, out } = await ran;
    expect(code).toBe(how === 'signal' ? 0 : 1);
    expect(out.endsWith(LEAVE)).toBe(true);
    expect(screen.isHearing).toBe(false);
  });

  it('goes on when Lark is away for a while, and says so', async () => {
    let isAway = false;
    const { screen, until, ran } = watch(async (request) => {
      if (isAway) throw new Error('bug');
      return answer(request);
    });
    await until('2 users');
    isAway = true;
    screen.press('t');
    await until('Lark failed');
    isAway = false;
    screen.press('t');
    await until('2 users');
    screen.press('q');
    expect((await ran).code).toBe(0);
  });
});

describe('topScreen', () => {
  it.each([1, 3, 5, 24].flatMap((rows) => [1, 10, 20, 40, 60, 200].map((columns) => [columns, rows] as const)))(
    'fits into %i columns and %i rows',
    (columns, rows) => {
      const long = { ...rates.rows[0]!, name: 'x'.repeat(150), user: 'y'.repeat(30) };
      const many = { ...rates, by: 'job' as const, rows: Array.from({ length: 50 }, () => long) };
      const lines = topScreen(many, { sort: 'total', trouble: 't'.repeat(99), style: PLAIN, size: { columns, rows } });
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
    },
  );

  it('keeps the rates where there is little room', () => {
    const size = { columns: 50, rows: 24 };
    const lines = topScreen(rates, { sort: 'total', trouble: undefined, style: PLAIN, size });
    expect(lines[3]).toBe('alice     2       12.0M            256k');
  });

  it('does not let a name move the cursor', () => {
    const evil = { ...rates, rows: [{ ...rates.rows[0]!, name: '\u001b[2Jeve\nroot' }] };
    const size = { columns: 80, rows: 24 };
    const lines = topScreen(evil, { sort: 'total', trouble: '\u001b[2J', style: PLAIN, size });
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines.join('')).toContain('\\x1b[2Jeve\\x0aroot');
  });
});

it.each([
  [0, '0'],
  [0.04, '0'],
  [99.94, '99.9'],
  [999, '999'],
  [999.6, '1.00k'],
  [12_345, '12.3k'],
  [999_600, '1.00M'],
  [1_500_000_000, '1.50G'],
])('writes %d as %s', (value, text) => {
  expect(scaled(value)).toBe(text);
});
