// `lark check`: is this policy file right? It prints what `lark run` would refuse to start for, in the form that editors
// and CI systems make clickable. Nothing is started, and a running Lark is asked only with --live, for what it sees.

import type { Command } from 'commander';
import { checkReport } from '../config/check-report.ts';
import type { Config } from '../config/config.ts';
import type { ConfigResult } from '../config/load-config.ts';
import { type ConfigProblem, formatProblem } from '../config/problem.ts';
import { type ClassCount, countClasses } from '../enforcement/class-count.ts';
import { countRules } from '../enforcement/rule-count.ts';
import type { Job } from '../jobs/job.ts';
import { withLive } from './check-live.ts';
import type { CommandContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { readJobsFile } from './jobs-file.ts';
import { printable, printJson } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark check policy.yaml          prints "policy.yaml:7:33: ..." for each thing that is wrong
  $ lark check policy.yaml --json   the same for a program, with the codes of docs/errors.md
  $ condor_q -all -long > jobs.ads
  $ lark check policy.yaml --jobs jobs.ads    and how many endpoint classes and rules those jobs would make
  $ lark check policy.yaml --live             and compare with the switches of the running Lark

Exits with 0 where the file can be used, warnings included, and with 1 where it cannot, or where the jobs go beyond its limits.
`;

export function registerCheckCommand(program: Command, context: CommandContext): void {
  program
    .command('check')
    .summary('check a policy file')
    .description('Checks a policy file and says what is wrong with it, with line and column. Starts nothing.')
    .argument('<FILE>', 'the policy file')
    .option('--jobs <ADS>', 'count the endpoint classes and rules of these jobs: a file of job ads')
    .option('--live', 'compare with the switches, ports and queues that the running Lark sees')
    .option('--json', 'print JSON: { file, ok, errors, warnings }, and classes and rules with --jobs')
    .addHelpText('after', EXAMPLES)
    .action(context.run((file: string, options: CheckOptions) => check(context, file, options)));
}

interface CheckOptions {
  readonly json?: true;
  readonly jobs?: string;
  readonly live?: true;
}

async function check(context: CommandContext, file: string, options: CheckOptions): Promise<ExitCode> {
  const { parts, terminal } = context;
  const jobs = options.jobs === undefined ? undefined : await readJobsFile(options.jobs, Date.now());
  const loaded = await parts.loadConfig(file);
  const result = options.live === true ? await withLive(loaded, context.client()) : loaded;
  const ok = result.config !== undefined;
  const counted = jobs !== undefined && result.config !== undefined ? count(result.config, jobs) : undefined;
  if (options.json === true) {
    const errors = (result.errors ?? []).map(asValue);
    const { classes, rules, beyond = [] } = counted ?? {};
    const more = counted && { classes, rules: Object.fromEntries(rules ?? []) };
    const all = [...errors, ...beyond.map(asValue)];
    printJson(terminal, { file, ok: all.length === 0, errors: all, warnings: result.warnings.map(asValue), ...more });
  } else {
    terminal.out(printableReport(result));
    if (counted !== undefined) terminal.out(`${describeClasses(counted.classes)}\n${describeRules(counted.rules)}\n`);
    for (const problem of counted?.beyond ?? []) terminal.out(`${printable(formatProblem(problem))}\n`);
  }
  return ok && (counted?.beyond.length ?? 0) === 0 ? ExitCode.OK : ExitCode.NO;
}

function count(config: Config, jobs: readonly Job[]) {
  const classes = countClasses(config, jobs);
  const rules = countRules(config, jobs);
  return { classes, rules, beyond: beyondLimits(config, classes, Math.max(...rules.values())) };
}

function beyondLimits({ file, limits }: Config, { classes }: ClassCount, rules: number): readonly ConfigProblem[] {
  const problem = (message: string): ConfigProblem => {
    return { code: 'CONFIG_LIMIT', severity: 'error', message, file, place: undefined };
  };
  return [
    ...(classes > limits.classes
      ? [problem(`${classes} endpoint classes, and limits.classes is ${limits.classes}`)]
      : []),
    ...(rules > limits.rules ? [problem(`up to ${rules} rules on a switch, and limits.rules is ${limits.rules}`)] : []),
  ];
}

/** The report on a file as `check` and `run` print it: what stands in the file cannot move the cursor. */
export function printableReport(result: ConfigResult): string {
  return checkReport(result)
    .split('\n')
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function describeClasses({ jobs, jobClasses, classes, pairs, verdicts }: ClassCount): string {
  const counted = `${jobs} jobs make ${jobClasses} endpoint classes; with zones and local addresses ${classes}, so ${pairs} pairs`;
  if (verdicts === undefined) return `${counted}: too many to decide each here`;
  const audited = verdicts.audited === 0 ? '' : `, ${verdicts.audited} with a drop that is only audited`;
  return `${counted}: ${verdicts.dropped} dropped${audited}; ${verdicts.distinct} distinct verdicts`;
}

function describeRules(rules: ReturnType<typeof countRules>): string {
  const each = [...rules].map(([pipeline, number]) => `${number} rules in the ${pipeline} pipeline`);
  return `a switch that has all of these jobs gets ${each.join(', or ')}`;
}

function asValue({ code, message, file, place }: ConfigProblem): object {
  return { code, message, file: place?.file ?? file, line: place?.line ?? null, column: place?.column ?? null };
}
