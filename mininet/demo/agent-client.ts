// The stage's end of an agent: starts it in a host's namespace and turns its messages into promises.

import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../lab/command.ts';
import type { LabHost } from '../lab/host.ts';
import type { AgentAnswer, AgentCommand, AgentResult, TransferResult } from './agent-protocol.ts';

interface Waiter {
  readonly resolve: (result: AgentResult) => void;
  readonly reject: (error: Error) => void;
}

export class AgentClient {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Map<number, Waiter>();
  #nextId = 0;
  #ready: (() => void) | undefined;
  #dead: Error | undefined;

  /** Resolves when the agent's servers listen. */
  static async start(host: LabHost): Promise<AgentClient> {
    const script = join(fileURLToPath(new URL('.', import.meta.url)), 'agent.js');
    const child = host.spawn(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const client = new AgentClient(child, host.name);
    await new Promise<void>((resolve, reject) => {
      client.#ready = resolve;
      child.once('exit', () => reject(client.#dead ?? new Error('unreachable')));
    });
    return client;
  }

  private constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
    child.on('message', (message) => this.#receive(message as AgentAnswer));
    child.prependOnceListener('exit', (code, signal) => {
      this.#dead = new LabError('LAB_COMMAND_FAILED', `the agent in ${name} ended early (${code ?? signal})`);
      for (const { reject } of this.#waiting.values()) reject(this.#dead);
      this.#waiting.clear();
    });
  }

  async transfer(source: string, destination: string, timeoutMs: number): Promise<TransferResult> {
    return (await this.#ask({ do: 'transfer', source, destination, timeoutMs })) as TransferResult;
  }

  async probe(source: string, destination: string, scene: string): Promise<void> {
    await this.#ask({ do: 'probe', source, destination, scene });
  }

  async report(): Promise<readonly string[]> {
    return (await this.#ask({ do: 'report' })) as readonly string[];
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #ask(command: AgentCommand): Promise<AgentResult> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command });
    });
  }

  #receive(answer: AgentAnswer): void {
    if (answer.kind === 'ready') {
      this.#ready?.();
      return;
    }
    const waiter = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === 'done') waiter?.resolve(answer.result);
    else waiter?.reject(new LabError('LAB_COMMAND_FAILED', `the agent in ${this.#name}: ${answer.message}`));
  }
}
