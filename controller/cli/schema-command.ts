// `lark schema`: the JSON Schema of policy files, by which an editor completes one and checks it as it is written.

import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { printJson } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark schema > policy.schema.json

Editors with a YAML language server then complete and check a policy file that begins with

  # yaml-language-server: $schema=policy.schema.json

It cannot tell all that \`lark check\` tells: what holds between several values, and what an expression says.
`;

export function registerSchemaCommand(program: Command, context: CommandContext): void {
  program
    .command('schema')
    .summary('print the JSON Schema of policy files, for editors')
    .description('Prints the JSON Schema (draft 2020-12) of policy files. Needs no running Lark.')
    .addHelpText('after', EXAMPLES)
    .action(
      context.run(async () => {
        const { policyFileSchema } = await import('../config/json-schema.ts');
        printJson(context.terminal, policyFileSchema());
        return ExitCode.OK;
      }),
    );
}
