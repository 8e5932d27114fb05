// `lark top`: who sends and gets how much now, as a table that goes on by itself on a terminal, and once elsewhere.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RatesView } from '../northbound/lark-api.ts';
import { getJson } from './client.ts';
import type { CommandContext, Screen } from './context.ts';
import { endOf } from './ending.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { printJson, styleFor } from './terminal.ts';
import { ratesTable, type Sort, topScreen } from './top-text.ts';

const EXAMPLES = `
Examples:
  $ lark top                       users, the largest first, until q
  $ lark top --by job --sort sent  single jobs, by what they send
  $ lark top --once                one table
  $ lark top --json | jq -r '.rows[] | [.name, .sent.bytesPerSec] | @tsv'
                                   for a script

Keys: q (or Ctrl-C) ends it; u, g, j: by user, group or job; t, s, r: sorts by total, sent or received. Rates are those of the
jobs' rules on the switches: what goes from one job to another counts for both, even where a policy drops it.
`;

interface TopOptions {
  readonly by: RatesView['by'];
  readonly sort: Sort;
  readonly limit: number;
  readonly interval: number;
  readonly once?: true;
  readonly json?: true;
}

export function registerTopCommand(program: Command, context: CommandContext): void {
  program
    .command('top')
    .summary('show who sends how much')
    .description(
      'Shows what users, accounting groups or jobs send and get now. Without a terminal it prints one table.',
    )
    .addOption(new Option('--by <what>', 'what a row stands for').choices(['user', 'group', 'job']).default('user'))
    .addOption(
      new Option('--sort <rate>', 'the largest of which comes first')
        .choices(['total', 'sent', 'received'])
        .default('total'),
    )
    .option('--limit <rows>', 'how many rows at most, up to 1000', numberUpTo(1000), 100)
    .option('--interval <seconds>', 'how often to look, from 1 to 3600', numberUpTo(3600), 2)
    .option('--once', 'print one table')
    .option('--json', 'print JSON as /v1/rates has it, once')
    .addHelpText('after', EXAMPLES)
    .action(context.run((options: TopOptions) => top(context, options)));
}

async function top(context: CommandContext, options: TopOptions): Promise<ExitCode> {
  const { terminal, parts } = context;
  if (parts.screen !== undefined && !options.once && !options.json) return watch(context, parts.screen, options);
  const rates = await ask(context, options);
  if (options.json) printJson(terminal, rates);
  else if (rates.rows.length === 0) terminal.out('No job is registered.\n');
  else terminal.out(ratesTable(rates, styleFor(terminal)));
  return ExitCode.OK;
}

async function ask(
  context: CommandContext,
  { by, sort, limit }: Pick<TopOptions, 'by' | 'sort' | 'limit'>,
  signal?: AbortSignal,
) {
  const query = { by, sort, limit: String(limit) };
  const rates = await getJson<RatesView>(context.client(), '/v1/rates', query, signal);
  if (rates === undefined) throw new CliError(ExitCode.UNREACHABLE, 'This Lark has no /v1/rates.');
  return rates;
}

/** Another screen, so that what was on it before comes back; without a cursor and without wrapping. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

async function watch(context: CommandContext, screen: Screen, options: TopOptions): Promise<ExitCode> {
  // What cannot be asked for at all is said where it can be read.
  let rates: RatesView | undefined = await ask(context, options);
  const { terminal } = context;
  const style = styleFor(terminal);
  const end = endOf(context);
  let { by, sort } = options;
  let trouble: string | undefined;
  let asked = new Turn();
  const draw = () => {
    const lines = topScreen(rates, { sort, trouble, style, size: screen.size() });
    terminal.out(`${HOME}${lines.map((line) => `${line}${REST_OF_LINE}`).join('\r\n')}${REST_OF_SCREEN}`);
  };
  const quit = new AbortController();
  const stopped = AbortSignal.any([end.signal, quit.signal]);
  stopped.addEventListener('abort', () => asked.take());
  const forgetExit = screen.atExit(LEAVE);
  terminal.out(ENTER);
  const forgetKeys = screen.onKeys((keys) => {
    for (const key of keys.toLowerCase()) {
      if (key === 'q' || key === '\u0003') quit.abort();
      by = BY_KEY[key] ?? by;
      sort = SORT_BY_KEY[key] ?? sort;
    }
    asked.take();
  });
  const forgetResize = screen.onResize(draw);
  try {
    while (!stopped.aborted) {
      draw();
      await asked.within(options.interval * 1000);
      if (stopped.aborted) break;
      // Before the question: a key that is pressed meanwhile has another one asked at once.
      asked = new Turn();
      try {
        rates = await ask(context, { ...options, by, sort }, stopped);
        trouble = undefined;
      } catch (error) {
        if (stopped.aborted) break;
        if (!(error instanceof CliError) || error.exitCode === ExitCode.USAGE) throw error;
        trouble = error.message.split('\n')[0];
      }
    }
    return ExitCode.OK;
  } finally {
    forgetResize();
    forgetKeys();
    terminal.out(LEAVE);
    forgetExit();
    end.forget();
  }
}

const BY_KEY: Readonly<Record<string, RatesView['by']>> = { u: 'user', g: 'group', j: 'job' };
const SORT_BY_KEY: Readonly<Record<string, Sort>> = { t: 'total', s: 'sent', r: 'received' };

/** Waits for its time, or until it is taken before that. */
class Turn {
  #resolve: () => void = () => {};
  readonly #taken = new Promise<void>((resolve) => {
    this.#resolve = resolve;
  });

  take(): void {
    this.#resolve();
  }

  async within(ms: number): Promise<void> {
    const timer = setTimeout(this.#resolve, ms);
    await this.#taken;
    clearTimeout(timer);
  }
}

function numberUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`Expected a number from 1 to ${most}.`);
    }
    return value;
  };
}
