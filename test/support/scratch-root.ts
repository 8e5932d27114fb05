// A copy of this machine to install packages in: the same files, copy-on-write, with its own /run and /tmp, and a stand-in
// for systemctl. What is done in it is gone when it is removed, and at the latest with the laboratory's namespaces.

import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../../mininet/lab/command.ts';
import { projectRoot } from '../../mininet/lab/enter.ts';

const STAND_IN = fileURLToPath(new URL('systemctl-stand-in', import.meta.url));
const SERVICE_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'];

export class ScratchRoot {
  readonly directory: string;
  readonly #mounts: string[];

  private constructor(directory: string, mounts: string[]) {
    this.directory = directory;
    this.#mounts = mounts;
  }

  static async make(): Promise<ScratchRoot> {
    const layers = await mkdtemp('/run/lark-root-');
    const scratch = new ScratchRoot(join(layers, 'root'), []);
    await scratch.#overlay(layers, '/', 'upper');
    await scratch.#mount('--rbind', '/proc', 'proc');
    await scratch.#mount('--rbind', '/dev', 'dev');
    for (const own of ['run', 'tmp']) await scratch.#mount('-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', own);
    // Where the project or Node.js is on a file system of its own, the copy of / has an empty folder there.
    const root = projectRoot();
    if (!existsSync(scratch.path(root, 'package.json'))) await scratch.#overlay(layers, root, 'project');
    const prefix = dirname(dirname(process.execPath));
    if (!existsSync(scratch.path(process.execPath))) await scratch.#mount('--bind', prefix, prefix);
    await scratch.#settle();
    return scratch;
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** What a command prints that is run in the copy, in a folder of it. Rejects with a LabError. */
  run(line: string, { cwd = '/', timeoutMs = 60_000 } = {}): Promise<string> {
    const [file, args] = this.shell(cwd, line);
    return command(file, args, { timeoutMs });
  }

  /** The command and arguments that begin a shell's line in a folder of the copy. */
  shell(cwd: string, line: string): readonly [string, readonly string[]] {
    // Before all others comes the folder with the stand-in for systemctl.
    return ['chroot', [this.directory, 'sh', '-c', `cd '${cwd}' && PATH=/usr/local/sbin:$PATH && ${line}`]];
  }

  async remove(): Promise<void> {
    // A service that a failed test left running.
    for (const mount of this.#mounts.reverse()) await command('umount', ['--recursive', '--lazy', mount]);
    await rm(dirname(this.directory), { recursive: true, force: true });
  }

  async #settle(): Promise<void> {
    await copyFile(STAND_IN, this.path('usr/local/sbin/systemctl'));
    await chmod(this.path('usr/local/sbin/systemctl'), 0o755);
    // By this folder maintainer scripts tell that there is a systemd to talk to.
    await mkdir(this.path('run/systemd/system'), { recursive: true });
    if (!SERVICE_PATH.some((directory) => existsSync(this.path(directory, 'node')))) {
      await symlink(process.execPath, this.path('usr/local/bin/node'));
    }
    // Node.js that is no package here would keep dpkg from installing what depends on it.
    const status = await command('dpkg', ['-s', 'nodejs']).catch(() => '');
    if (!status.includes('Status: install ok installed'))
      await writeFile(this.path('etc/dpkg/dpkg.cfg.d/no-nodejs'), 'force-depends\n');
    // A container's own dpkg may leave documentation out, and a build machine's policy may keep services from starting.
    await rm(this.path('etc/dpkg/dpkg.cfg.d/docker'), { force: true });
    await rm(this.path('etc/dpkg/dpkg.cfg.d/excludes'), { force: true });
    await rm(this.path('usr/sbin/policy-rc.d'), { force: true });
  }

  async #overlay(layers: string, lower: string, name: string): Promise<void> {
    const [upper, work] = [join(layers, name), join(layers, `${name}-work`)];
    for (const directory of [upper, work, this.path(lower)]) await mkdir(directory, { recursive: true });
    await this.#mount('-t', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, 'overlay', lower);
  }

  async #mount(...args: string[]): Promise<void> {
    const at = this.path(args.pop()!);
    await mkdir(at, { recursive: true });
    await command('mount', [...args, at]);
    this.#mounts.push(at);
  }
}
