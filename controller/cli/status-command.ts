// `lark status`: how the running Lark is, on one screen. Its exit code says whether the policy file on the disk is in force.

import type { Command } from 'commander';
import type { StatusView } from '../northbound/lark-api.ts';
import { formatProblemView, getJson } from './client.ts';
import type { CommandContext } from './context.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { formatFields } from './table.ts';
import { printJson, type Style, styleFor } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark status          how the running Lark is, and what is wrong with a policy file that it has refused
  $ lark status --json   for a script

Exits with 0, and with 1 where the last load of the policy file was refused: then another is in force than the one on the disk.
`;

export function registerStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .summary('say how the running Lark is')
    .description(
      'Says how long the running Lark runs, which policy file is in force and since when, what was wrong with it at the last load, and how many switches and jobs there are.',
    )
    .option('--json', 'print JSON as /v1/status has it')
    .addHelpText('after', EXAMPLES)
    .action(context.run((options: { readonly json?: true }) => status(context, options.json === true)));
}

async function status(context: CommandContext, asJson: boolean): Promise<ExitCode> {
  const { terminal } = context;
  const answer = await getJson<StatusView>(context.client(), '/v1/status');
  if (answer === undefined) throw new CliError(ExitCode.UNREACHABLE, 'This Lark has no /v1/status.');
  if (asJson) printJson(terminal, answer);
  else terminal.out(statusText(answer, styleFor(terminal)));
  return answer.policy.refused === null ? ExitCode.OK : ExitCode.NO;
}

function statusText({ version, startedAt, uptimeSec, policy, switches, mendsWaiting, jobs }: StatusView, style: Style) {
  const { loadedAt, ageSec, refused } = policy;
  const fields = formatFields([
    ['lark', `${version}, running for ${durationText(uptimeSec)}, since ${startedAt}`],
    ['policy', policy.file ?? 'none: the defaults hold'],
    ['sha256', policy.sha256],
    ['in force', `for ${durationText(ageSec)}, since ${loadedAt}`],
    [
      'contents',
      `${count(policy.policies, 'policy', 'policies')}, ${count(policy.zones, 'zone')}, ${count(policy.warnings, 'warning')}`,
    ],
    ['watched', WATCH_TEXTS[policy.watch]],
    ['last load', refused === null ? 'in force' : `refused at ${refused.at}`],
    ['switches', `${switches.connected} connected, ${switches.mended} mended, ${mendsWaiting} waiting to be mended`],
    ['away', switches.away.join(', ')],
    [
      'jobs',
      Object.entries(jobs)
        .map(([enforcement, count]) => `${count} ${enforcement}`)
        .join(', '),
    ],
  ]);
  return refused === null ? fields : `${fields}\n${refusalText(refused, style)}`;
}

const WATCH_TEXTS: Readonly<Record<StatusView['policy']['watch'], string>> = {
  events: 'yes',
  looks: 'by looking every 10 s: a folder cannot be watched, see policy.watch_failed in the log',
  off: 'no: a changed file waits for lark reload',
};

function refusalText({ problems, total }: NonNullable<StatusView['policy']['refused']>, style: Style): string {
  const heading = style.red('The file on the disk cannot be used, and the one above stays in force:');
  const lines = [heading, ...problems.map(formatProblemView)];
  if (total > problems.length) lines.push(`and ${total - problems.length} more: see lark check`);
  return lines.map((line) => `${line}\n`).join('');
}

function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** The two largest units, as the policy file writes durations: `3h12m`. */
function durationText(seconds: number): string {
  const largest = UNITS.findIndex(([, size]) => seconds >= size);
  if (largest < 0) return '0s';
  let left = seconds;
  const parts = UNITS.slice(largest, largest + 2).map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('');
}
