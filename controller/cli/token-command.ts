// `lark token`: makes a token for the HTTP API. The token goes to a file for who will use it, and its hash to standard
// output, for the token file of Lark; so the token itself is never on a terminal or on Lark's disk.

import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { TOKEN_SCOPES, type TokenScope } from '../config/config.ts';
import { nameProblem } from '../config/schema.ts';
import type { CommandContext } from './context.ts';
import { CliError, ExitCode } from './exit-code.ts';

const EXAMPLES = `
Examples:
  $ lark token prometheus --out prometheus.token >> /etc/lark/tokens
  $ lark token wn021 --scope jobs --out wn021.token >> /etc/lark/tokens
  $ lark token alice --scope write --out ~/.lark-token >> /etc/lark/tokens
  $ lark --token-file ~/.lark-token reload

The policy file names the list: http: { tokens: /etc/lark/tokens }. Only its owner and group may read it (chmod 640).
`;

interface TokenOptions {
  readonly scope: TokenScope;
  readonly out: string;
}

export function registerTokenCommand(program: Command, context: CommandContext): void {
  program
    .command('token')
    .summary('make a token for the HTTP API')
    .description(
      "Writes a new token into a file that only you can read, and prints the line for Lark's token file, which has its hash.",
    )
    .argument('<NAME>', 'whose it is: a name for the list and for messages')
    .addOption(new Option('--scope <scope>', 'what it may do').choices(TOKEN_SCOPES).default('read'))
    .requiredOption('--out <file>', 'where the token goes; a file that is there already is left alone')
    .addHelpText('after', EXAMPLES)
    .action(context.run(async (name: string, options: TokenOptions) => makeToken(context, name, options)));
}

function makeToken({ terminal }: CommandContext, name: string, { scope, out }: TokenOptions): ExitCode {
  const problem = nameProblem('token', name);
  if (problem !== undefined) throw new CliError(ExitCode.USAGE, `${problem}.`);
  const token = `lark_${randomBytes(32).toString('base64url')}`;
  try {
    writeFileSync(out, `${token}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    const why = { EEXIST: 'it is there already', ENOENT: 'its folder does not exist', EACCES: 'it may not be written' }[
      code
    ];
    throw new CliError(ExitCode.NO, `The token cannot be written to '${out}': ${why ?? code}.`);
  }
  terminal.out(`${name} ${scope} ${createHash('sha256').update(token).digest('hex')}\n`);
  return ExitCode.OK;
}
