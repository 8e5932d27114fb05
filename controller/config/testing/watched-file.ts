// A policy file in a folder of its own, watched for a test: what was taken stands in `taken`, in order, as the text of the
// file and of its modules, or as the code of what kept the file from being read.

import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually.ts';
import { type FileContents, filesOf, readContents } from '../file-contents.ts';
import { FileWatch, type WatchTiming } from '../file-watch.ts';

/** So seldom that nothing is found by looking alone. */
const EVENTS_ONLY: WatchTiming = { quietMs: 20, longestMs: 200, everyMs: 3_600_000 };

export class WatchedFile {
  readonly home: string;
  readonly path: string;
  readonly taken: string[] = [];
  readonly failures: string[] = [];
  readonly watch: FileWatch;
  looks = 0;
  /** What a take waits for. */
  gate: Promise<void> = Promise.resolve();
  #tried: string | undefined;

  private constructor(home: string, path: string, timing: WatchTiming) {
    this.home = home;
    this.path = path;
    this.watch = new FileWatch({
      look: async () => {
        this.looks++;
        const contents = await readContents(path);
        return { fingerprint: contents.fingerprint, files: filesOf(path, contents) };
      },
      tried: () => this.#tried,
      onChange: () => this.#take(),
      onFailure: (folder, error) => this.failures.push(`${folder}: ${(error as NodeJS.ErrnoException).code}`),
      timing,
    });
  }

  /** @param path below the test's folder; its own folder is made. */
  static async make(
    path = 'lark/policy.yaml',
    text = 'first',
    prepare: (home: string) => Promise<unknown> = async (home) => {
      await mkdir(join(home, path, '..'), { recursive: true });
      await writeFile(join(home, path), text);
    },
    timing: WatchTiming = EVENTS_ONLY,
  ): Promise<WatchedFile> {
    const home = await realpath(await mkdtemp(join(tmpdir(), 'lark-watch-')));
    await prepare(home);
    const made = new WatchedFile(home, join(home, path), timing);
    made.#tried = (await readContents(made.path)).fingerprint;
    made.watch.start();
    // The watches are open, and what came before they were is seen.
    await eventually('the first looks', () => made.looks >= 2);
    return made;
  }

  async #take(): Promise<void> {
    const contents = await readContents(this.path);
    this.#tried = contents.fingerprint;
    this.taken.push(await textOf(this.path, contents));
    await this.gate;
  }

  /** In place, and in one go as far as this process can see: it does not look at a file that it has emptied to write it. */
  write(text: string): void {
    writeFileSync(this.path, text);
  }

  /** As most editors and tools do it. */
  async replace(text: string): Promise<void> {
    await writeFile(`${this.path}.new`, text);
    await rename(`${this.path}.new`, this.path);
  }

  /** Resolves when these have been taken, and nothing else. */
  async hasTaken(...texts: readonly string[]): Promise<void> {
    const wanted = JSON.stringify(texts);
    await eventually(`${wanted} to be taken`, () => this.taken.length >= texts.length).catch((error: unknown) => {
      throw new Error(`taken: ${JSON.stringify(this.taken)}`, { cause: error });
    });
    if (JSON.stringify(this.taken) !== wanted) throw new Error(`taken: ${JSON.stringify(this.taken)}, not ${wanted}`);
  }

  /** Does something that the system tells of, and resolves after a look that began later than this call. */
  async looksAfter(action: () => Promise<unknown>): Promise<void> {
    const before = this.looks;
    await action();
    await eventually('another look', () => this.looks > before);
  }

  async end(): Promise<void> {
    this.watch.stop();
    await rm(this.home, { recursive: true });
  }
}

async function textOf(path: string, contents: FileContents): Promise<string> {
  if ('error' in contents.file) return String((contents.file.error as NodeJS.ErrnoException).code);
  const texts = await Promise.all(filesOf(path, contents).map((file) => readFile(file, 'utf8').catch(() => 'none')));
  return texts.join(' + ');
}
