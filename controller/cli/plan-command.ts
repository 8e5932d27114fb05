// `lark plan`: what a reload with another policy file would do, asked of the running Lark, or worked out from a file of its
// state without asking anybody. Nothing is changed.

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { PlanView } from '../northbound/lark-api.ts';
import { StateError } from '../state/state-error.ts';
import { printableReport } from './check-command.ts';
import { formatProblemView, postJson } from './client.ts';
import type { CommandContext } from './context.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { whyUnreadable } from './https-fetch.ts';
import { planText } from './plan-text.ts';
import { printJson, styleFor } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark plan new.yaml                 what would change, for whom and where
  $ lark plan new.yaml --rules         and every rule, in the order in which it would be sent
  $ lark plan new.yaml --json          for a program
  $ lark state > state.json
  $ lark plan new.yaml --state state.json     the same elsewhere, later, without the running Lark

Exits with 0 where a reload would put the file in force, and with 1 where it would be refused.
`;

interface PlanOptions {
  readonly rules?: true;
  readonly json?: true;
  readonly state?: string;
}

export function registerPlanCommand(program: Command, context: CommandContext): void {
  program
    .command('plan')
    .summary('say what a reload with another policy file would do')
    .description(
      'Says which verdicts would change for whom, and which rules on which switch. Changes nothing. ' +
        'Without --state it needs a token that may write or, where the policy file has no tokens, the host that Lark runs on.',
    )
    .argument('<FILE>', 'the policy file that would be put in force')
    .option('--rules', 'list the rules, too')
    .option('--state <STATE>', 'plan for the Lark whose state is in this file, as `lark state` printed it')
    .option('--json', 'print JSON as /v1/plan has it')
    .addHelpText('after', EXAMPLES)
    .action(context.run((file: string, options: PlanOptions) => plan(context, file, options)));
}

async function plan(context: CommandContext, file: string, options: PlanOptions): Promise<ExitCode> {
  const { terminal } = context;
  const withRules = options.rules === true;
  const text = await readText(file);
  const query = new URLSearchParams({ file, rules: String(withRules) });
  const view =
    options.state === undefined
      ? await postJson<PlanView>(context.client(), `/v1/plan?${query}`, { text, timeoutMs: 60_000 })
      : await fromState(context, file, options.state, withRules);
  if (options.json === true) printJson(terminal, view);
  else {
    const style = styleFor(terminal);
    for (const warning of view.warnings) terminal.err(`${style.yellow('warning:')} ${formatProblemView(warning)}\n`);
    terminal.out(planText(view.plan, style));
    for (const problem of view.problems) terminal.err(`${style.red('refused:')} ${formatProblemView(problem)}\n`);
  }
  return view.problems.length > 0 ? ExitCode.NO : ExitCode.OK;
}

async function fromState({ parts }: CommandContext, file: string, stateFile: string, withRules: boolean) {
  const state = await readText(stateFile);
  const planned = await parts.planFromState(state, await parts.loadConfig(file), withRules).catch((error: unknown) => {
    if (!(error instanceof StateError)) throw error;
    throw new CliError(ExitCode.USAGE, `${stateFile} is no state that \`lark state\` printed: ${error.message}`);
  });
  if ('view' in planned) return planned.view;
  throw new CliError(ExitCode.NO, printableReport(planned.refused).trimEnd());
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError(ExitCode.USAGE, `${file} cannot be read: ${whyUnreadable(error)}.`);
  }
}
