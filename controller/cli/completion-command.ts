// `lark completion`: a script by which a shell completes lark's commands, options and their values.

import { Argument, type Command } from 'commander';
import { completableCommands } from './completion-model.ts';
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts';
import type { CommandContext } from './context.ts';
import { ExitCode } from './exit-code.ts';

const EXAMPLES = `
Examples:
  $ lark completion bash > /etc/bash_completion.d/lark           for everybody, in bash
  $ source <(lark completion bash)                               in this bash alone
  $ lark completion zsh > "\${fpath[1]}/_lark"                     in zsh
  $ lark completion fish > ~/.config/fish/completions/lark.fish  in fish

It completes the commands of this version of lark: make it anew after an upgrade.
`;

export function registerCompletionCommand(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .summary('print a script that completes lark in a shell')
    .description('Prints a script by which a shell completes commands, options, their values and files.')
    .addArgument(new Argument('<SHELL>', 'for which shell').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action(
      context.run(async (shell: Shell) => {
        context.terminal.out(completionScript(shell, completableCommands(program)));
        return ExitCode.OK;
      }),
    );
}
