// `lark check`: is this policy file right? It prints what `lark run` would refuse to start for, in the form that editors
// and CI systems make clickable. Nothing is started and no running Lark is asked.

import type { Command } from 'commander';
import { checkReport } from '../config/check-report.ts';
import type { ConfigResult } from '../config/load-config.ts';
import type { ConfigProblem } from '../config/problem.ts';
import type { CommandContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { printable, printJson } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark check policy.yaml          prints "policy.yaml:7:33: ..." for each thing that is wrong
  $ lark check policy.yaml --json   the same for a program, with the codes of docs/errors.md

Exits with 0 where the file can be used, warnings included, and with 1 where it cannot.
`;

export function registerCheckCommand(program: Command, context: CommandContext): void {
  program
    .command('check')
    .summary('check a policy file')
    .description('Checks a policy file and says what is wrong with it, with line and column. Starts nothing.')
    .argument('<FILE>', 'the policy file')
    .option('--json', 'print JSON: { file, ok, errors, warnings }')
    .addHelpText('after', EXAMPLES)
    .action(
      context.run((file: string, options: { readonly json?: true }) => check(context, file, options.json === true)),
    );
}

async function check({ parts, terminal }: CommandContext, file: string, asJson: boolean): Promise<ExitCode> {
  const result = await parts.loadConfig(file);
  const ok = result.config !== undefined;
  if (asJson) {
    const errors = (result.errors ?? []).map(asValue);
    printJson(terminal, { file, ok, errors, warnings: result.warnings.map(asValue) });
  } else {
    terminal.out(printableReport(result));
  }
  return ok ? ExitCode.OK : ExitCode.NO;
}

/** The report on a file as `check` and `run` print it: what stands in the file cannot move the cursor. */
export function printableReport(result: ConfigResult): string {
  return checkReport(result)
    .split('\n')
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function asValue({ code, message, file, place }: ConfigProblem): object {
  return { code, message, file: place?.file ?? file, line: place?.line ?? null, column: place?.column ?? null };
}
