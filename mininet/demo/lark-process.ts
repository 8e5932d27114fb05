// Lark as the demo runs it: the real command in a process of its own, watched over HTTP and fed over TCP like any
// other. If it ends too early, the error shows the last lines that it logged.

import { type ChildProcess, spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Explanation, JobView, SwitchView } from '../../controller/northbound/lark-api.ts';
import { LabError, waitFor } from '../lab/command.ts';
import { dieWithParent, projectRoot } from '../lab/enter.ts';

const LOG_LINES = 30;
const START_MS = 20_000;

/** The first descriptor after standard error, by Linux's name for it: reading it begins at the start, each time. */
export const HANDED_FILE = '/dev/fd/3';

/** Where a running Lark listens, as it logged it. */
export interface LarkAddresses {
  readonly openflow: HostPort;
  readonly http: HostPort;
  readonly feed: HostPort;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export class LarkProcess {
  readonly #child: ChildProcess;
  readonly #log: string[] = [];
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #addresses: LarkAddresses | undefined;

  /** Starts `lark run POLICY` (an absolute path, or an open file, which Lark knows as HANDED_FILE) and resolves when it listens. */
  static async start(policy: string | FileHandle): Promise<LarkProcess> {
    const lark = new LarkProcess(policy);
    await lark.#whenListening();
    return lark;
  }

  private constructor(policy: string | FileHandle) {
    const script = join(projectRoot(), 'dist', 'controller', 'cli', 'lark.js');
    const isPath = typeof policy === 'string';
    const run = [script, 'run', isPath ? policy : HANDED_FILE, '--log-format', 'json'];
    const [file, args] = dieWithParent(process.execPath, run);
    const handed = isPath ? [] : [policy.fd];
    this.#child = spawn(file, args, { cwd: projectRoot(), stdio: ['ignore', 'pipe', 'pipe', ...handed] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#readLog(line));
    }
    this.#ended = new Promise<void>((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', (error) => {
        this.#log.push(String(error));
        resolve();
      });
    }).then(() => {
      this.#hasEnded = true;
    });
  }

  get addresses(): LarkAddresses {
    if (this.#addresses === undefined) throw new Error('Lark does not listen yet');
    return this.#addresses;
  }

  async #whenListening(): Promise<void> {
    try {
      await waitFor('Lark to listen', START_MS, () => {
        if (this.#hasEnded) throw new LabError('LAB_COMMAND_FAILED', 'Lark ended at its start');
        return this.#addresses;
      });
    } catch (error) {
      const withLog = this.withLog(error);
      await this.stop();
      throw withLog;
    }
  }

  #readLog(line: string): void {
    this.#log.push(line);
    if (this.#log.length > LOG_LINES) this.#log.shift();
    if (this.#addresses !== undefined || !line.includes('"lark.started"')) return;
    const { openflow, http, jobs } = JSON.parse(line) as Record<string, string>;
    this.#addresses = { openflow: reachable(openflow), http: reachable(http), feed: reachable(jobs) };
  }

  /** Resolves when Lark is ready and the switch with this name is connected with all of these ports. */
  async whenConnected(switchName: string, portNames: readonly string[], timeoutMs: number): Promise<void> {
    try {
      await waitFor(`Lark to be ready with the switch ${switchName}`, timeoutMs, async () => {
        if (this.#hasEnded) throw new LabError('LAB_COMMAND_FAILED', 'Lark ended too early');
        const ready = await fetch(this.#url('/readyz')).catch(() => undefined);
        if (ready?.status !== 200) return undefined;
        const found = (await this.switches()).find(({ name }) => name === switchName);
        const names = new Set(found?.ports.map(({ name }) => name));
        return portNames.every((name) => names.has(name)) ? true : undefined;
      });
    } catch (error) {
      throw this.withLog(error);
    }
  }

  async switches(): Promise<readonly SwitchView[]> {
    return ((await this.#get('/v1/switches')) as { switches: SwitchView[] }).switches;
  }

  async jobs(): Promise<readonly JobView[]> {
    return ((await this.#get('/v1/jobs')) as { jobs: JobView[] }).jobs;
  }

  async explain(source: string, destination: string): Promise<Explanation> {
    const query = new URLSearchParams({ src: source, dst: destination });
    return (await this.#get(`/v1/explain?${query}`)) as Explanation;
  }

  #url(path: string): string {
    const { host, port } = this.addresses.http;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(this.#url(path), { signal: AbortSignal.timeout(5_000) });
    const body: unknown = await response.json();
    if (!response.ok) throw this.withLog(`GET ${path} answered ${response.status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** One request of the classic feed on a connection of its own; the answer's text, once Lark has closed or answered a line. */
  send(request: string, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.addresses.feed);
      let answer = '';
      const fail = (error: unknown): void => {
        socket.destroy();
        reject(this.withLog(error));
      };
      socket.setTimeout(timeoutMs, () => fail(`the job feed did not answer within ${timeoutMs} ms`));
      socket.on('error', fail);
      socket.on('data', (part) => {
        answer += part.toString('utf8');
      });
      socket.on('end', () => {
        socket.destroy();
        resolve(answer.trim());
      });
      // Closing this half ends a request of any form; the answer still comes.
      socket.end(request);
    });
  }

  /** An error with Lark's last words. */
  withLog(error: unknown): Error {
    const message = error instanceof Error ? error.message : String(error);
    return new Error(`${message}\nLark's last log lines:\n${this.#log.map((line) => `  ${line}`).join('\n')}`);
  }

  /** Stops Lark as a service manager would, and kills it if that takes longer than 5 s. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const late = new AbortController();
    const killLater = delay(5_000, undefined, { signal: late.signal }).then(
      () => this.#child.kill('SIGKILL'),
      () => {},
    );
    await this.#ended;
    late.abort();
    await killLater;
  }
}

/** `0.0.0.0:6653` to where one on this machine reaches it. */
function reachable(listening: string | undefined): HostPort {
  const match = /^\[?(.*?)\]?:(\d+)$/.exec(listening ?? '');
  if (match === null) throw new Error(`Lark logged "${listening}" as an address, expected HOST:PORT`);
  const [, host = '', port] = match;
  const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return { host: loopback[host] ?? host, port: Number(port) };
}
