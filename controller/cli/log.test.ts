import { describe, expect, it } from 'vitest';
import { createLog, prettyLine } from './log.ts';
import { styleFor } from './terminal.ts';

const plain = styleFor({ isTty: false, env: {} });

function logged(format: 'json' | 'pretty', use: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  const write = (line: string): void => {
    text += line;
  };
  use(createLog({ level: 'debug', format, style: plain, write }));
  return text;
}

describe('the log', () => {
  it('has one JSON object a line with level, time, event and fields', () => {
    const line = JSON.parse(logged('json', (log) => log.info({ dpid: '01', port: 7 }, 'switch.connected')));
    expect(line).toEqual({ level: 'info', time: expect.any(String), event: 'switch.connected', dpid: '01', port: 7 });
    expect(new Date(line.time).toISOString()).toBe(line.time);
  });

  it('shows fields that could be confused in quotes, and forged lines as what they are', () => {
    const line = logged('pretty', (log) => log.warn({ user: 'a b', list: [1], evil: 'x\n09:00:00 INFO' }, 'job.odd'));
    expect(line).toMatch(/ WARN {2}job\.odd user="a b" list=\[1\] evil="x\\n09:00:00 INFO"\n$/);
    expect(line.split('\n')).toHaveLength(2);
  });

  it('shows an error with its stack below the line', () => {
    const text = logged('pretty', (log) => log.error({ err: new Error('broken') }, 'http.request_failed'));
    expect(text).toMatch(/ ERROR http\.request_failed\n {2}Error: broken\n {6}at /);
  });

  it('takes big integers', () => {
    expect(logged('json', (log) => log.info({ bytes: 2n ** 64n }, 'x'))).toContain('18446744073709551616');
  });

  it('prints a line that pino did not write in the usual form without failing', () => {
    expect(prettyLine('{"level":30}', plain)).toBe(' 30    \n');
  });
});
