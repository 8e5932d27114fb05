// Clients of the job feed, for the command line, the demo and tests: the original callouts' dialect as one call a
// request, and the modern form as a connection with many requests under way.

import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { JobError, type JobErrorCode } from '../admission.ts';
import type { JobDocument } from './json-lines.ts';

export interface FeedAddress {
  readonly host: string;
  readonly port: number;
  /** Where the feed speaks TLS: the CA to trust, and the certificate and key to show. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'>;
}

function connect({ host, port, tls }: FeedAddress): Socket {
  return tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
}

/**
 * `SEND`: resolves with the answer's line, such as `OK` or `ERROR JOB_ADDRESS_HELD …`, without its newline. Ads on many
 * lines are in long form, one-line ads in new syntax or JSON. Rejects if no answer came within `timeoutMs`.
 */
export function send(feed: FeedAddress, jobAd: string, machineAd: string, timeoutMs?: number): Promise<string> {
  return askClassic(feed, `SEND\n${jobAd.trim()}\n------\n${machineAd.trim()}\n`, timeoutMs);
}

/** `CLEAN`: `OK`, `PENDING …` or `ERROR …`. */
export function clean(feed: FeedAddress, address: string, timeoutMs?: number): Promise<string> {
  return askClassic(feed, `CLEAN\n${address}\n`, timeoutMs);
}

/** `REQUEST`: the job ad that an address stands for, or undefined. Rejects with a JobError if it was refused. */
export async function request(feed: FeedAddress, address: string, timeoutMs?: number): Promise<string | undefined> {
  const answer = await askClassic(feed, `REQUEST\n${address}\n`, timeoutMs);
  if (answer === 'NOFOUND') return undefined;
  if (answer.startsWith('FOUND')) return answer.slice('FOUND'.length);
  throw classicError(answer);
}

/** Sends one classic request as it stands, half-closes, and reads the answer to its end. */
export function askClassic(feed: FeedAddress, text: string, timeoutMs = 30_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(feed);
    let answer = '';
    socket.setEncoding('utf8');
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('end', () =>
      answer === '' ? reject(new Error('the feed closed without an answer')) : resolve(answer.trimEnd()),
    );
    socket.on('error', reject);
    socket.on('close', () => clearTimeout(timer));
    socket.end(text);
  });
}

function classicError(answer: string): Error {
  const [, code, message] = /^ERROR (\S+) (.*)$/s.exec(answer) ?? [];
  if (code === undefined || message === undefined) return new Error(`unexpected answer: ${answer}`);
  return new JobError(code as JobErrorCode, message);
}

export interface RegisterOptions {
  /** Seconds; the policy file's lease if left out. */
  readonly leaseSec?: number;
}

/** A connection in the modern form. Each call rejects with a JobError when it is refused. */
export class JobFeedClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #nextId = 1;
  #rest = '';
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.#data(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the feed closed the connection')));
  }

  static connect(feed: FeedAddress): Promise<JobFeedClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(feed);
      socket.once('error', reject);
      socket.once(feed.tls === undefined ? 'connect' : 'secureConnect', () => {
        socket.off('error', reject);
        resolve(new JobFeedClient(socket));
      });
    });
  }

  /** Ads as text in any syntax, or as objects in the form of HTCondor's JSON. */
  async register(
    jobAd: string | object,
    machineAd: string | object,
    options: RegisterOptions = {},
  ): Promise<JobDocument> {
    return (await this.ask<{ job: JobDocument }>({ op: 'register', jobAd, machineAd, ...options })).job;
  }

  async renew(key: string, options: RegisterOptions = {}): Promise<JobDocument> {
    return (await this.ask<{ job: JobDocument }>({ op: 'renew', key, ...options })).job;
  }

  /** `pendingSwitches`: those that may still have rules of the job, so that its addresses are held back. */
  remove(key: string): Promise<{ readonly pendingSwitches: readonly string[] }> {
    return this.ask({ op: 'remove', key });
  }

  get(by: { readonly key: string } | { readonly address: string }): Promise<{
    readonly job: JobDocument;
    readonly jobAd: string;
    readonly machineAd: string;
  }> {
    return this.ask({ op: 'get', ...by });
  }

  /** All jobs, asked for page by page. */
  async list(): Promise<readonly JobDocument[]> {
    const jobs: JobDocument[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page: { jobs: JobDocument[]; next: number | null } = await this.ask({ op: 'list', after });
      jobs.push(...page.jobs);
      after = page.next;
    }
    return jobs;
  }

  /** Any request; the id is added here. */
  ask<Result>(fields: object): Promise<Result> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: never) => void, reject });
      this.#socket.write(`${JSON.stringify({ id, ...fields })}\n`);
    });
  }

  /** Half-closes: what is under way is still answered. Resolves when the connection is gone. */
  close(): Promise<void> {
    if (this.#socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.end();
    });
  }

  #data(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#answer(JSON.parse(line));
  }

  #answer(answer: { id: number | null; result?: unknown; error?: { code: JobErrorCode; message: string } }): void {
    if (answer.id === null) {
      // The feed could not tell which request it was, as when a line is too long: the connection is lost.
      this.#fail(new JobError(answer.error?.code ?? 'JOB_REQUEST_MALFORMED', answer.error?.message ?? ''));
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error !== undefined) waiting?.reject(new JobError(answer.error.code, answer.error.message));
    else waiting?.resolve(answer.result as never);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
