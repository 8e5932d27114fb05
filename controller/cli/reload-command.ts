// `lark reload`: has the running Lark read its policy file anew. Its exit code says whether the file is in force on every
// connected switch.

import type { Command } from 'commander';
import type { ReloadView } from '../northbound/lark-api.ts';
import { formatProblemView, postJson } from './client.ts';
import type { CommandContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { planText } from './plan-text.ts';
import { printable, printJson, styleFor } from './terminal.ts';

/** Longer than the file may have switches take to confirm. */
const TIMEOUT_MS = 15 * 60_000;

const EXAMPLES = `
Examples:
  $ lark reload                            put the file in force as it is, and say what was done
  $ lark reload --json                     what was done, for a program
  $ kill -HUP PID                          the same, without an answer: see the log

The running Lark reads the file that it was started with. It notices by itself when that changes, unless it runs with
--no-watch: see what another file would do with "lark plan new.yaml" before it is moved over. A file that \`lark check\`
refuses changes nothing. Exits with 0 once every connected switch has confirmed, and with 1 where the file is refused or a
switch has not confirmed in time.
`;

export function registerReloadCommand(program: Command, context: CommandContext): void {
  program
    .command('reload')
    .summary('put the changed policy file in force')
    .description(
      'Has the running Lark read its policy file anew and send every switch the difference. ' +
        'Needs a token that may write or, where the policy file has no tokens, the host that Lark runs on.',
    )
    .option('--json', 'print JSON as /v1/policy/reload has it')
    .addHelpText('after', EXAMPLES)
    .action(context.run((options: { readonly json?: true }) => reload(context, options.json === true)));
}

async function reload(context: CommandContext, asJson: boolean): Promise<ExitCode> {
  const { terminal } = context;
  const done = await postJson<ReloadView>(context.client(), '/v1/policy/reload', { timeoutMs: TIMEOUT_MS });
  if (asJson) printJson(terminal, done);
  else {
    const style = styleFor(terminal);
    for (const warning of done.warnings) terminal.err(`${style.yellow('warning:')} ${formatProblemView(warning)}\n`);
    terminal.out(`${printable(done.plan.file)} is in force.\n\n${planText(done.plan, style)}`);
    if (done.silent.length > 0) {
      terminal.err(`${style.yellow(`Has not confirmed yet: ${done.silent.map(printable).join(', ')}`)}\n`);
    }
  }
  return done.silent.length > 0 ? ExitCode.NO : ExitCode.OK;
}
