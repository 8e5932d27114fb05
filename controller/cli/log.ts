// The log of `lark run`: JSON lines for machines, or one coloured line an event for people. Every line has `event`, the
// event's name (`switch.connected`), and its fields.

import pino, { type Logger } from 'pino';
import { printable, type Style } from './terminal.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'json' | 'pretty';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly style: Style;
  readonly write: (line: string) => void;
}

export function createLog({ level, format, style, write }: LogOptions): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: format === 'json' ? write : (line: string) => write(prettyLine(line, style)) },
  );
}

/** `09:22:21.123 INFO  switch.connected  dpid=… name=core`, from a line as `createLog` writes it. Errors show their stack below. */
export function prettyLine(line: string, style: Style): string {
  const parsed: unknown = JSON.parse(line);
  const { level, time, event, err, ...fields } = parsed as Readonly<Record<string, unknown>>;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const head = [
    style.dim(clock),
    levelText(String(level), style),
    style.bold(printable(String(event ?? ''))),
    ...fieldTexts(fields, style),
  ];
  return `${head.join(' ')}\n${errorText(err)}`;
}

/** `dpid=…` and `name=core` */
export function fieldTexts(fields: Readonly<Record<string, unknown>>, style: Style): readonly string[] {
  return Object.entries(fields).map(([name, value]) => `${style.dim(`${printable(name)}=`)}${fieldText(value)}`);
}

function levelText(level: string, style: Style): string {
  const text = level.toUpperCase().padEnd(5);
  if (level === 'error' || level === 'fatal') return style.red(text);
  if (level === 'warn') return style.yellow(text);
  return level === 'info' ? style.green(text) : style.dim(text);
}

/** Text with spaces or quotes is quoted, so that fields can be told apart. */
function fieldText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return printable(value);
  return printable(JSON.stringify(value) ?? 'undefined');
}

/** The stack with its lines, each of them made printable. */
function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const text = 'stack' in error ? String(error.stack) : JSON.stringify(error);
  const lines = text.split('\n').map((each) => `  ${printable(each)}\n`);
  return lines.join('');
}
