// `lark state`: all that a plan needs to be worked out elsewhere, as the running Lark has it now.

import type { Command } from 'commander';
import { getText } from './client.ts';
import type { CommandContext } from './context.ts';
import { ExitCode } from './exit-code.ts';

const EXAMPLES = `
Examples:
  $ lark state > state.json
  $ lark plan new.yaml --state state.json

It has the policy file's text, the switches, and the jobs with what their ads say: keep it as confidential as those.
`;

export function registerStateCommand(program: Command, context: CommandContext): void {
  program
    .command('state')
    .summary('print the state of the running Lark, for `lark plan --state`')
    .description(
      'Prints the policy in force, the jobs and the switches of the running Lark as JSON. ' +
        'Needs a token that may write or, where the policy file has no tokens, the host that Lark runs on.',
    )
    .addHelpText('after', EXAMPLES)
    .action(
      context.run(async () => {
        context.terminal.out(await getText(context.client(), '/v1/state'));
        return ExitCode.OK;
      }),
    );
}
