// Whole frames from and to a host of the laboratory, past its kernel's own ideas of what may be sent.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

const SCRIPT = fileURLToPath(new URL('raw-host.py', import.meta.url));

export class RawHost {
  /** What has come in, in order. */
  readonly frames: Uint8Array[] = [];
  readonly #process: ChildProcess;
  #isReady = false;

  private constructor(process: ChildProcess) {
    this.#process = process;
    createInterface({ input: process.stdout! }).on('line', (line) => {
      if (line === 'ready') this.#isReady = true;
      else this.frames.push(Buffer.from(line, 'hex'));
    });
  }

  static async open(namespace: string): Promise<RawHost> {
    const child = spawn('ip', ['netns', 'exec', namespace, '/usr/bin/python3', '-u', SCRIPT], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const host = new RawHost(child);
    await eventually(`raw frames of ${namespace}`, () => host.#isReady);
    return host;
  }

  send(frame: Uint8Array): void {
    this.#process.stdin!.write(`${Buffer.from(frame).toString('hex')}\n`);
  }

  /** True once a frame has come in that contains these bytes. */
  has(marker: string): boolean {
    return this.frames.some((frame) => Buffer.from(frame).includes(marker));
  }

  close(): void {
    this.#process.stdin!.end();
  }
}
