// A Lark in a process of its own that tests may kill at any moment. It is the whole command, `lark run`, from its sources.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

const SCRIPT = fileURLToPath(new URL('child-lark.mjs', import.meta.url));
const START_MS = 30_000;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

export class ChildLark {
  readonly log: LogLine[] = [];
  /** What it printed that is no line of the log, as when it does not start. */
  said = '';
  exitCode: number | null | undefined;
  readonly #child: ChildProcess;

  private constructor(policyFile: string) {
    this.#child = spawn(process.execPath, [SCRIPT, 'run', policyFile, '--log-format', 'json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (line.startsWith('{')) this.log.push(JSON.parse(line));
        else this.said += `${line}\n`;
      });
    }
    this.#child.once('exit', (code) => {
      this.exitCode = code;
    });
  }

  /** Resolves when it listens or has ended. */
  static async start(policyFile: string): Promise<ChildLark> {
    const lark = new ChildLark(policyFile);
    await eventually('Lark to start', () => lark.#started !== undefined || lark.exitCode !== undefined, START_MS);
    return lark;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  address(service: 'openflow' | 'http' | 'jobs'): HostPort {
    const text = String(this.#started?.[service]);
    const colon = text.lastIndexOf(':');
    if (this.#started === undefined) throw new Error(`Lark did not start: ${this.said}`);
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  }

  async get<T>(path: string): Promise<T> {
    const { host, port } = this.address('http');
    return (await (await fetch(`http://${host}:${port}${path}`)).json()) as T;
  }

  /** `kill -9`: resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.exitCode !== undefined) return;
    this.#child.kill('SIGKILL');
    await eventually('Lark to be gone', () => this.exitCode !== undefined);
  }

  get #started(): LogLine | undefined {
    return this.log.find(({ event }) => event === 'lark.started');
  }
}
