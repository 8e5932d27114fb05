// Runs the laboratory's outside programs (ip, ovs-vsctl, ovs-ofctl, …): never through a shell, always with a deadline,
// and with an error that shows the command and what it said. Nothing here decides anything.

import { execFile } from 'node:child_process';

export type LabErrorCode =
  /** The program is not installed. */
  | 'LAB_COMMAND_MISSING'
  /** It ended with a code other than 0. */
  | 'LAB_COMMAND_FAILED'
  /** It did not end before its deadline, and was killed. */
  | 'LAB_COMMAND_TIMEOUT'
  /** An argument that the laboratory does not take. */
  | 'LAB_BAD_ARGUMENT'
  /** Something awaited did not come before the deadline. */
  | 'LAB_TIMEOUT';

export class LabError extends Error {
  readonly code: LabErrorCode;
  constructor(code: LabErrorCode, message: string) {
    super(message);
    this.name = 'LabError';
    this.code = code;
  }
}

export interface CommandOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Written to the command's standard input, which is closed after it. */
  readonly input?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What the command wrote to its standard output. Rejects with a LabError. */
export function command(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, ...options.env },
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
          return;
        }
        const shown = [file, ...args].join(' ');
        if (error.code === 'ENOENT') {
          reject(new LabError('LAB_COMMAND_MISSING', `${file} is not installed: run \`node mininet/prepare.mjs lab\``));
        } else if (error.killed) {
          reject(new LabError('LAB_COMMAND_TIMEOUT', `\`${shown}\` did not end within ${timeoutMs} ms`));
        } else {
          const said = (stderr.trim() || stdout.trim()).slice(-2000);
          reject(new LabError('LAB_COMMAND_FAILED', `\`${shown}\` failed (${error.code ?? error.signal}): ${said}`));
        }
      },
    );
    // A command that ends without reading closes the pipe; its exit code says what went wrong.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/**
 * Asks again and again until `probe` gives a value, and rejects with LAB_TIMEOUT at the deadline. For conditions that
 * nothing announces (a pid file, a switch that connects); where there is an event, wait for the event.
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined> | T | undefined,
  intervalMs = 20,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) {
      throw new LabError('LAB_TIMEOUT', `waited ${timeoutMs} ms for ${what}, in vain`);
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
