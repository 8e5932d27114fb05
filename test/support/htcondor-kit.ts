// The scripts of htcondor/ installed in a directory of their own, and run as HTCondor runs them: by their path, with its
// arguments and environment, the job's directory as the working one, ads on standard input, and (where this is root) as the
// job's user. LARK_TEST_SHELL, such as `busybox sh`, runs them by another shell.

import { spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KIT = fileURLToPath(new URL('../../htcondor', import.meta.url));
const SHELL = (process.env.LARK_TEST_SHELL ?? '').split(' ').filter((word) => word !== '');
const IS_ROOT = process.getuid?.() === 0;
/** `nobody`: of a job's user all that matters is that it is not root. */
export const JOB_UID = IS_ROOT ? 65534 : process.getuid!();

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Run {
  readonly args?: readonly string[];
  readonly stdin?: string;
  readonly as?: 'root' | 'job';
  readonly env?: Readonly<Record<string, string>>;
}

export class HtcondorKit {
  readonly directory = mkdtempSync(join(tmpdir(), 'lark-kit-'));
  /** The job's, of which it is the owner. */
  readonly scratch = this.path('scratch');
  readonly #settings: Record<string, string>;

  constructor(settings: Readonly<Record<string, string>>) {
    chmodSync(this.directory, 0o755);
    cpSync(KIT, this.path('libexec'), { recursive: true });
    mkdirSync(this.scratch);
    mkdirSync(this.path('places'));
    chownSync(this.scratch, JOB_UID, -1);
    const ours = { machine: 'wn1', place: this.path('places'), state: this.path('state'), patience: '5' };
    this.#settings = { ...ours, ...settings };
    this.set({});
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Changes htcondor.conf. */
  set(settings: Readonly<Record<string, string>>): void {
    Object.assign(this.#settings, settings);
    const lines = Object.entries(this.#settings).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(this.path('libexec', 'htcondor.conf'), lines.join(''));
  }

  write(path: string, text: string, mode = 0o644): string {
    const file = this.path(path);
    writeFileSync(file, text, { mode });
    chmodSync(file, mode);
    return file;
  }

  run(script: string, { args = [], stdin = '', as = 'job', env = {} }: Run = {}): Promise<Ran> {
    const [command = '', ...before] = [...SHELL, this.path('libexec', script)];
    const child = spawn(command, [...before, ...args], {
      cwd: this.scratch,
      // As HookClientMgr sets it, with what an operator's shell may have left in the daemons' environment.
      env: { BATCH_SYSTEM: 'HTCondor', _CONDOR_JOB_IWD: this.scratch, http_proxy: 'http://127.0.0.1:1', ...env },
      ...(IS_ROOT && as === 'job' && { uid: JOB_UID, gid: 65534 }),
    });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said.out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said.err += chunk;
    });
    // A script that refuses its arguments does not read.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    return new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (status) => resolve({ status, ...said }));
    });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
