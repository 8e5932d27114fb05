// A process's system calls as strace sees them, and strace as the one that delays or fails them: the disk under a program,
// in the test's hand.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { eventually } from '../../support/eventually.ts';

export interface SystemCall {
  /** Of the thread; the main thread's is that of the process. */
  readonly threadId: number;
  /** As strace writes it, files and sockets by name. Of one that another interrupted: its end. */
  readonly text: string;
}

const ATTACH_MS = 10_000;

export class SystemCalls {
  readonly #strace: ChildProcess;
  readonly #file: string;
  #hasEnded = false;

  private constructor(file: string, args: readonly string[]) {
    this.#file = file;
    this.#strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#strace.once('exit', () => {
      this.#hasEnded = true;
    });
  }

  /**
   * Resolves when strace follows every thread that there is.
   * @param calls which ones, as `-e trace` has them.
   * @param inject what is done to some, as `-e inject` has it.
   */
  static async of(pid: number, options: { calls: string; file: string; inject?: string }): Promise<SystemCalls> {
    const { calls, file, inject } = options;
    const injected = inject === undefined ? [] : ['-e', `inject=${inject}`];
    const what = ['-f', '-y', '-s', '4096', '-e', `trace=${calls}`, ...injected];
    const watched = new SystemCalls(file, [...what, '-o', file, '-p', String(pid)]);
    let said = '';
    createInterface({ input: watched.#strace.stderr! }).on('line', (line) => {
      said += `${line}\n`;
    });
    await eventually('strace to attach or to end', () => said.includes('attached') || watched.#hasEnded, ATTACH_MS);
    if (watched.#hasEnded) throw new Error(`strace ended: ${said}`);
    return watched;
  }

  /** All until now, in order. */
  async seen(): Promise<readonly SystemCall[]> {
    const lines = (await readFile(this.#file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const [, threadId, text] = /^(\d+)\s+(.*)$/.exec(line)!;
      return { threadId: Number(threadId), text: text! };
    });
  }

  /** The process goes on by itself. */
  async stop(): Promise<void> {
    if (!this.#hasEnded) this.#strace.kill('SIGINT');
    await eventually('strace to end', () => this.#hasEnded, ATTACH_MS);
  }
}
