// A Lark in another process for benchmarks, from its parent's side.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromChild, HeldUp, ToChild } from './lark-child.ts';

/** Beside this file, in whatever form this one runs. */
const CHILD = fileURLToPath(import.meta.url).replace(/bench-lark(\.[jt]s)$/, 'lark-child$1');
const DEADLINE_MS = 120_000;

export type Addresses = NonNullable<FromChild['started']>;

export class BenchLark {
  readonly addresses: Addresses;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, addresses: Addresses) {
    this.#child = child;
    this.addresses = addresses;
  }

  /** Resolves when it listens. `LARK_BENCH_NODE_OPTIONS`, such as `--cpu-prof`, goes to its Node. */
  static async start(policy: string): Promise<BenchLark> {
    const more = process.env.LARK_BENCH_NODE_OPTIONS?.split(' ').filter((option) => option !== '') ?? [];
    const child = fork(CHILD, { execArgv: ['--expose-gc', '--enable-source-maps', ...more] });
    try {
      const { started } = await ask(child, { start: { policy } }, 'started');
      return new BenchLark(child, started);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async memory(): Promise<NonNullable<FromChild['memory']>> {
    return (await ask(this.#child, { memory: true }, 'memory')).memory;
  }

  /** How long its processor has worked for it. */
  async processorMs(): Promise<number> {
    return (await ask(this.#child, { processor: true }, 'processorMs')).processorMs;
  }

  /** How long its event loop was held up since this was last asked. */
  async heldUp(): Promise<HeldUp> {
    return (await ask(this.#child, { heldUp: true }, 'heldUp')).heldUp;
  }

  /** The switches that have not confirmed it, or are away. */
  async reload(policy: string): Promise<readonly string[]> {
    return (await ask(this.#child, { reload: { policy } }, 'reloaded')).reloaded;
  }

  async get<T>(path: string): Promise<T> {
    const { host, port } = this.addresses.http;
    return (await (await fetch(`http://${host}:${port}${path}`)).json()) as T;
  }

  /** As `kill -9`. */
  kill(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), DEADLINE_MS);
      this.#child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#child.send({ stop: true } satisfies ToChild);
    });
  }
}

function ask<K extends 'started' | 'memory' | 'processorMs' | 'heldUp' | 'reloaded'>(
  child: ChildProcess,
  message: ToChild,
  key: K,
): Promise<Required<Pick<FromChild, K>>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => done(() => reject(new Error(`no answer within ${DEADLINE_MS} ms`))), DEADLINE_MS);
    const done = (settle: () => void) => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      settle();
    };
    const onMessage = (answer: FromChild) => {
      if (answer.failed !== undefined) done(() => reject(new Error(answer.failed)));
      else if (answer[key] !== undefined) done(() => resolve(answer as Required<Pick<FromChild, K>>));
    };
    const onExit = (code: number | null) => done(() => reject(new Error(`Lark ended with code ${code}`)));
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.send(message);
  });
}
