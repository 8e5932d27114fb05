// The whole command line as one function from arguments to an exit code. commander parses and writes the help; what it
// would do to the process (exit, print) is turned into values here.

import { Command, CommanderError } from 'commander';
import { registerAddressCommand } from './address-command.ts';
import { registerCheckCommand } from './check-command.ts';
import { type ClientOptions, clientUrl, DEFAULT_URL } from './client.ts';
import { clientToken } from './client-token.ts';
import { registerCompletionCommand } from './completion-command.ts';
import type { CliParts, CommandContext } from './context.ts';
import { registerDemoCommand } from './demo-command.ts';
import { registerEventsCommand } from './events-command.ts';
import { CliError, EXIT_CODE_MEANINGS, ExitCode } from './exit-code.ts';
import { registerExplainCommand } from './explain-command.ts';
import { type ClientTls, httpsFetch } from './https-fetch.ts';
import { registerJobsCommand } from './jobs-command.ts';
import { registerPlanCommand } from './plan-command.ts';
import { registerReloadCommand } from './reload-command.ts';
import { registerRunCommand } from './run-command.ts';
import { registerSampleCommand } from './sample-command.ts';
import { registerSchemaCommand } from './schema-command.ts';
import { registerStateCommand } from './state-command.ts';
import { registerStatusCommand } from './status-command.ts';
import { registerSupportCommand } from './support-command.ts';
import { registerSwitchesCommand } from './switches-command.ts';
import { styleFor } from './terminal.ts';
import { registerTokenCommand } from './token-command.ts';
import { registerTopCommand } from './top-command.ts';

const GUIDE = `
Examples:
  $ lark demo                          see it work, on a network of its own
  $ lark sample > policy.yaml          a policy file to begin with
  $ lark check policy.yaml             is the policy file right?
  $ lark run policy.yaml               run the controller
  $ lark plan new.yaml                 what would another file do?
  $ lark reload                        put the changed file in force, and see what was done
  $ lark status                        how is it, and is the file in force?
  $ lark switches; lark jobs           what it sees
  $ lark top                           who sends how much
  $ lark events                        what happens
  $ lark explain 10.1.0.17 192.0.2.10  why packets between two addresses go or do not go

Exit codes: ${Object.entries(EXIT_CODE_MEANINGS)
  .map(([code, meaning]) => `${code} ${meaning}`)
  .join('; ')}.
The answer is no where the file is bad, the packets are dropped, there is no such job, or Lark could not start.
`;

/** A further command of another part, such as `classad`. */
export type RegisterCommand = (program: Command) => void;

/** Runs one command line (without `node` and the script). Settles when the command has ended; never rejects. */
export async function runCli(
  args: readonly string[],
  parts: CliParts,
  furtherCommands: readonly RegisterCommand[] = [],
): Promise<number> {
  const { terminal } = parts;
  const program = new Command('lark');
  let exitCode: number = ExitCode.OK;
  const context: CommandContext = {
    parts,
    terminal,
    client: () => clientOptions(program.opts<GlobalOptions>(), parts),
    run:
      (action) =>
      async (...given) => {
        exitCode = await action(...given);
      },
  };
  program
    .description('Lark: an OpenFlow controller that knows HTCondor jobs.')
    .version(parts.version, '--version', 'print the version')
    .option('--url <url>', `where the running Lark's HTTP API is (env: LARK_URL) (default: ${DEFAULT_URL})`)
    .option('--ca <file>', 'the CA that its certificate comes from, for https (env: LARK_CA)')
    .option('--cert <file>', 'a certificate to show it (env: LARK_CERT)')
    .option('--key <file>', "that certificate's key (env: LARK_KEY)")
    .option(
      '--token-file <file>',
      'a file with a token for it (env: LARK_TOKEN_FILE, or LARK_TOKEN with the token itself)',
    )
    .addHelpText('after', GUIDE)
    .showHelpAfterError('Try --help.')
    .showSuggestionAfterError()
    .configureHelp({
      showGlobalOptions: true,
      // The program's own: what stands between it and a command is not for that.
      visibleGlobalOptions: (command) => (command === program ? [] : [...program.options]),
    })
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .exitOverride();
  registerRunCommand(program, context);
  registerCheckCommand(program, context);
  registerSampleCommand(program, context);
  registerSchemaCommand(program, context);
  registerExplainCommand(program, context);
  registerJobsCommand(program, context);
  registerAddressCommand(program, context);
  registerSwitchesCommand(program, context);
  registerPlanCommand(program, context);
  registerReloadCommand(program, context);
  registerStateCommand(program, context);
  registerStatusCommand(program, context);
  registerEventsCommand(program, context);
  registerTopCommand(program, context);
  registerSupportCommand(program, context);
  registerTokenCommand(program, context);
  registerDemoCommand(program, context);
  registerCompletionCommand(program, context);
  for (const register of furtherCommands) register(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, parts);
  }
}

interface GlobalOptions extends ClientTls {
  readonly url?: string;
  readonly tokenFile?: string;
}

function clientOptions(given: GlobalOptions, { terminal: { env }, fetch }: CliParts): ClientOptions {
  const url = clientUrl(given.url, env);
  const tls = {
    ca: given.ca ?? (env.LARK_CA || undefined),
    cert: given.cert ?? (env.LARK_CERT || undefined),
    key: given.key ?? (env.LARK_KEY || undefined),
  };
  const hasOwn = Object.values(tls).some((path) => path !== undefined);
  const token = clientToken(given.tokenFile, env);
  return { url, fetch: hasOwn && url.startsWith('https:') ? httpsFetch(tls) : fetch, token };
}

function report(error: unknown, { terminal }: CliParts): number {
  if (error instanceof CommanderError) {
    // commander has printed the message. --help and --version end with code 0; `commander.error` is a command's own, with
    // the code that it chose; all others are about the command line.
    return error.exitCode === 0 || error.code === 'commander.error' ? error.exitCode : ExitCode.USAGE;
  }
  const red = styleFor(terminal).red;
  if (error instanceof CliError) {
    terminal.err(`${red('lark:')} ${error.message}\n`);
    return error.exitCode;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.err(`${red('lark:')} this is a fault in Lark; please report it with what follows.\n${detail}\n`);
  return ExitCode.NO;
}
