// `lark events`: what happens, a line an event, until it is told to stop or nobody reads on.

import { type Command, InvalidArgumentError } from 'commander';
import { nearest } from '../northbound/nearest.ts';
import { EVENT_NAMES } from '../telemetry/event-names.ts';
import type { CommandContext } from './context.ts';
import { endOf } from './ending.ts';
import { followEvents, KEPT, keptEvents, type StreamedEvent } from './event-stream.ts';
import { ExitCode } from './exit-code.ts';
import { fieldTexts } from './log.ts';
import { printable, type Style, styleFor } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark events                          what happens from now on, until Ctrl-C
  $ lark events --last 20                the latest 20 before that
  $ lark events --last 20 --no-follow    these alone
  $ lark events --kind job,policy.refused
                                         jobs, and policy files that were refused
  $ lark events --since mi3k2x1c-17      what came after an event whose id is known
  $ lark events --json | jq 'select(.event == "job.removed")'
                                         for a script: a JSON object a line

When the connection is lost it is taken up again where it was. What could not be had any more shows as "gap": what you know
may be out of date, so read it anew (lark jobs, lark switches).
`;

interface EventsOptions {
  readonly since?: string;
  readonly last?: number;
  readonly kind?: readonly string[];
  readonly follow: boolean;
  readonly json?: true;
}

export function registerEventsCommand(program: Command, context: CommandContext): void {
  program
    .command('events')
    .summary('follow what happens')
    .description(
      'Follows what becomes of jobs, switches, ports and the policy file in the running Lark, a line an event. Times are in UTC.',
    )
    .option('--last <count>', `begin with so many of the latest events, up to ${KEPT}`, countOf)
    .option('--since <id>', 'begin after the event with this id, as --json shows it', idOf)
    .option('--kind <names>', 'only these events, by comma: job.removed, or job for all that begin so', kindsOf)
    .option('--no-follow', 'end with the latest event')
    .option('--json', 'print a JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(context.run((options: EventsOptions, command: Command) => events(context, options, command)));
}

async function events(context: CommandContext, options: EventsOptions, command: Command): Promise<ExitCode> {
  const { since, last, follow } = options;
  if (since !== undefined && last !== undefined)
    command.error('error: give --since or --last, not both', { exitCode: ExitCode.USAGE });
  const { terminal } = context;
  const style = styleFor(terminal);
  const client = context.client();
  const isWanted = wanted(options.kind);
  const print = (event: StreamedEvent) => {
    if (isWanted(event))
      terminal.out(
        options.json
          ? `${JSON.stringify({ id: event.id, event: event.event, ...event.data })}\n`
          : eventLine(event, style),
      );
  };
  const end = endOf(context);
  try {
    let after = since;
    if (!follow || last !== undefined) {
      const kept = await keptEvents(client, since, end.signal);
      const shown = kept.events.filter(isWanted);
      for (const event of shown.slice(last === undefined ? 0 : Math.max(0, shown.length - last))) print(event);
      if (!follow) return ExitCode.OK;
      after = kept.lastId;
    }
    const note = (text: string) => terminal.err(`${style.dim(`lark: ${text}`)}\n`);
    for await (const event of followEvents({
      client,
      after,
      signal: end.signal,
      onLost: (reason) => note(`the connection is lost: ${reason}; trying again`),
      onBack: () => note('connected again'),
    })) {
      print(event);
    }
    return ExitCode.OK;
  } catch (error) {
    if (end.signal.aborted) return ExitCode.OK;
    throw error;
  } finally {
    end.forget();
  }
}

/** `12:00:00.000 job.admitted user=alice job=…` */
export function eventLine({ event, data }: StreamedEvent, style: Style): string {
  if (event === 'gap') {
    const text = `events after ${String(data.after)} are missing: Lark does not keep them any more, or it is another Lark`;
    return `${' '.repeat(19)} ${style.yellow('gap')} ${printable(text)}\n`;
  }
  const { at, ...fields } = data;
  const time = typeof at === 'string' ? at.slice(0, 19).replace('T', ' ') : '';
  return `${[style.dim(printable(time)), styleOf(event, style)(printable(event)), ...fieldTexts(fields, style)].join(' ')}\n`;
}

const ALARMING = ['policy.refused', 'switch.disconnected', 'port.removed', 'job.lease_half_over'];

function styleOf(event: string, style: Style) {
  return ALARMING.includes(event) ? style.yellow : style.bold;
}

/** A gap is wanted by everyone. */
function wanted(kinds: readonly string[] | undefined): (event: StreamedEvent) => boolean {
  return ({ event }) =>
    kinds === undefined || event === 'gap' || kinds.some((kind) => event === kind || event.startsWith(`${kind}.`));
}

/** Each event, and what several begin with. */
const KINDS = [...new Set(['gap', ...EVENT_NAMES.flatMap((name) => [name.split('.')[0]!, name])])];

function countOf(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > KEPT) throw new InvalidArgumentError(`Expected a number from 0 to ${KEPT}.`);
  return count;
}

function idOf(text: string): string {
  if (/^\w+-\d+$/.test(text)) return text;
  throw new InvalidArgumentError('Expected an id such as mi3k2x1c-17.');
}

function kindsOf(text: string, before: readonly string[] = []): readonly string[] {
  const kinds = text.split(',');
  const wrong = kinds.find((kind) => !KINDS.includes(kind));
  if (wrong !== undefined) {
    const meant = nearest(wrong, KINDS);
    const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`;
    throw new InvalidArgumentError(`There are no events '${wrong}'.${hint} There are ${EVENT_NAMES.join(', ')}.`);
  }
  return [...before, ...kinds];
}
