// `lark sample`: a policy file to begin with, as it ships beside the code.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { packageFile } from './package-version.ts';

const EXAMPLES = `
Examples:
  $ lark sample > policy.yaml
  $ lark check policy.yaml
  $ lark run policy.yaml

It isolates users from each other and forwards all else; what else there is stands in it as comments.
`;

export function registerSampleCommand(program: Command, context: CommandContext): void {
  program
    .command('sample')
    .summary('print a policy file to begin with')
    .description('Prints a policy file with comments, which can be used as it stands. Needs no running Lark.')
    .addHelpText('after', EXAMPLES)
    .action(
      context.run(async () => {
        context.terminal.out(readFileSync(packageFile('policy.sample.yaml'), 'utf8'));
        return ExitCode.OK;
      }),
    );
}
