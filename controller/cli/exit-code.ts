// The exit codes of every `lark` command, and the error by which a command ends early with one. docs/cli.md has the
// same list; scripts may rely on it.

export const ExitCode = {
  OK: 0,
  /** The answer is no: the file is bad, the traffic is dropped, there is no such job, Lark could not start. */
  NO: 1,
  /** The command line is wrong. */
  USAGE: 2,
  /** No Lark answers at the URL, or what answers failed. */
  UNREACHABLE: 3,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** In one sentence each; docs/cli.md says more. */
export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'ok',
  1: 'the answer is no',
  2: 'the command line is wrong',
  3: 'no Lark answers at the URL',
};

/** An outcome that the command line tells the user in a sentence; anything else that is thrown is a bug in Lark. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
