// `lark run`: the service. It starts only with a file that is right, says where it listens, reads the file anew when that
// changes and on SIGHUP, and on SIGTERM or SIGINT closes what is open within STOP_DEADLINE_MS; a second of those ends it at once.

import { type Command, Option } from 'commander';
import { formatPlace } from '../config/config.ts';
import { StoreError } from '../jobs/store/job-store.ts';
import { printableReport } from './check-command.ts';
import type { CommandContext, RunningLark } from './context.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { createLog, LOG_LEVELS, type LogFormat, type LogLevel } from './log.ts';
import { styleFor } from './terminal.ts';

/** Longer than a removal of a job takes with its settling, shorter than the 10 s that Docker gives a container. */
const STOP_DEADLINE_MS = 8000;

const EXAMPLES = `
Examples:
  $ lark run policy.yaml                      the controller with this policy
  $ lark run                                  with defaults: a learning switch, and a job feed on loopback
  $ lark run policy.yaml --no-watch           a changed file waits for \`lark reload\`
  $ lark run policy.yaml --log-level debug    more to read
  $ lark run policy.yaml --log-format json    the log as JSON lines, even on a terminal

Then point a switch at it:
  $ ovs-vsctl set-controller BRIDGE tcp:127.0.0.1:6653
  $ ovs-vsctl set-fail-mode BRIDGE secure

A file that \`lark check\` refuses is refused here with the same messages. A file that changes while Lark runs is put in force, or
refused, within a second; SIGHUP reads it anew, as \`lark reload\` does. SIGTERM and Ctrl-C stop it cleanly; the second one
at once. Switches in fail mode "secure" go on with the rules they have.
`;

const WITHOUT_FILE =
  'nothing is denied, and jobs are kept in memory: `lark sample > policy.yaml` makes a policy file to begin with';

interface RunOptions {
  readonly logLevel: LogLevel;
  readonly logFormat?: LogFormat;
  readonly watch: boolean;
}

export function registerRunCommand(program: Command, context: CommandContext): void {
  program
    .command('run')
    .summary('run the controller')
    .description('Runs the controller with a policy file until it is told to stop. Logs to standard output.')
    .argument('[FILE]', 'the policy file (default: none, and the defaults hold)')
    .addOption(new Option('--log-level <level>', 'the least level to log').choices(LOG_LEVELS).default('info'))
    .addOption(
      new Option('--log-format <format>', 'how to log (default: pretty on a terminal, else json)').choices([
        'pretty',
        'json',
      ]),
    )
    .option('--no-watch', 'do not notice when the file changes')
    .addHelpText('after', EXAMPLES)
    .action(context.run((file: string | undefined, options: RunOptions) => run(context, file, options)));
}

async function run(context: CommandContext, file: string | undefined, options: RunOptions): Promise<number> {
  const { terminal, parts } = context;
  const loaded = await parts.loadConfig(file);
  if (loaded.config === undefined) {
    terminal.err(printableReport(loaded));
    return ExitCode.NO;
  }

  const log = createLog({
    level: options.logLevel,
    format: options.logFormat ?? (terminal.isTty ? 'pretty' : 'json'),
    style: styleFor(terminal),
    write: (line) => terminal.out(line),
  });
  for (const { code, message, file, place } of loaded.warnings) {
    log.warn({ code, place: place === undefined ? file : formatPlace(place), message }, 'config.warning');
  }
  // Taken before the start, so that a signal during it is not lost.
  const reload = new Hangups();
  const stop = stopSignals(context, () => reload.ask());
  try {
    const startOptions = {
      log,
      version: parts.version,
      warnings: loaded.warnings,
      ...(loaded.source && { source: loaded.source }),
      ...(loaded.fingerprint !== undefined && { fingerprint: loaded.fingerprint }),
      ...(file !== undefined && { load: () => parts.loadConfig(file), ...(options.watch && { watch: file }) }),
    };
    const lark = await parts.startLark(loaded.config, startOptions).catch((error: unknown) => {
      throw startFailure(error);
    });
    log.info({ version: parts.version, file: loaded.config.file, ...addressFields(lark) }, 'lark.started');
    if (file === undefined) log.info({ message: WITHOUT_FILE }, 'policy.none');
    reload.answerWith(() => lark.reload());
    const signal = await stop.first;
    log.info({ signal }, 'lark.stopping');
    const closed = await closeWithin(lark, STOP_DEADLINE_MS);
    if (!closed) {
      log.error({ deadlineMs: STOP_DEADLINE_MS }, 'lark.stop_timed_out');
      parts.exitNow(ExitCode.NO);
      return ExitCode.NO;
    }
    log.info('lark.stopped');
    return ExitCode.OK;
  } finally {
    stop.forget();
  }
}

/** SIGHUPs: those that come before Lark has started are answered once it has. */
class Hangups {
  #reload: (() => Promise<unknown>) | undefined;
  #isAsked = false;

  ask(): void {
    this.#isAsked = this.#reload === undefined;
    void this.#reload?.();
  }

  answerWith(reload: () => Promise<unknown>): void {
    this.#reload = reload;
    if (this.#isAsked) this.ask();
  }
}

/** The first signal to stop as a promise; the second ends the process with the code that a shell expects of it. */
function stopSignals(
  { parts }: CommandContext,
  onHangup: () => void,
): { readonly first: Promise<string>; readonly forget: () => void } {
  let resolveFirst: ((signal: string) => void) | undefined;
  const first = new Promise<string>((resolve) => {
    resolveFirst = resolve;
  });
  const forget = parts.signals((signal) => {
    if (signal === 'SIGHUP') {
      onHangup();
      return;
    }
    if (resolveFirst === undefined) parts.exitNow(signal === 'SIGINT' ? 130 : 143);
    resolveFirst?.(signal);
    resolveFirst = undefined;
  });
  return { first, forget };
}

/** True where it closed in time. */
async function closeWithin(lark: RunningLark, deadlineMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), deadlineMs);
  });
  try {
    return await Promise.race([lark.close().then(() => true), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function addressFields({ addresses }: RunningLark): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(addresses).map(([name, { host, port }]) => [
      name,
      host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    ]),
  );
}

/** What the system refused is the operator's to mend; anything else is a bug and keeps its stack. */
function startFailure(error: unknown): unknown {
  if (error instanceof StoreError)
    return new CliError(ExitCode.NO, `Lark cannot start (${error.code}): ${error.message}`);
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: 'Another program, or another Lark, listens there: stop it, or change `listen` in the policy file.',
    EADDRNOTAVAIL: 'This machine has no such address: change `listen` in the policy file.',
    EACCES: 'Ports below 1024 need privileges: change `listen` in the policy file.',
  };
  const remedy = remedies[String(error.code)] ?? 'Compare with `listen` in the policy file.';
  return new CliError(ExitCode.NO, `Lark cannot start: ${error.message}. ${remedy}`);
}
