// Starts a command inside fresh namespaces (`lab-ns`), in such a way that the laboratory ends with this process too:
// when it is killed, even by SIGKILL, the kernel ends `unshare`, and with it everything inside.

import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the laboratory's hosts and switch cannot do without. */
export const LAB_PROGRAMS = ['unshare', 'ip', 'ethtool', 'ping', 'ovs-vswitchd', 'ovsdb-server', 'ovs-ofctl'] as const;

/** The directory with package.json and mininet/, whether this runs from the sources or from dist/. */
export function projectRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'mininet', 'lab', 'lab-ns'))) {
    const parent = dirname(directory);
    if (parent === directory)
      throw new Error('mininet/lab/lab-ns is not above this file: the installation lacks mininet/');
    directory = parent;
  }
  return directory;
}

export function findProgram(program: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories
    .map((directory) => join(directory, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Why no laboratory can be made here, as half a sentence; undefined if it can. */
export function laboratoryLacks(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  if (process.getuid?.() !== 0) return 'it needs root, for network namespaces';
  const missing = LAB_PROGRAMS.filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) return `${missing.join(', ')} not installed (node mininet/prepare.mjs lab)`;
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun, which the user-space datapath needs';
  // Root in a container often may not make namespaces; only trying tells.
  const tried = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `no namespaces can be made here: ${(tried.stderr ?? '').trim()}`;
}

/** The command and arguments that make a child die with this process, where util-linux's setpriv is there to do it. */
export function dieWithParent(file: string, args: readonly string[]): readonly [string, readonly string[]] {
  const setpriv = findProgram('setpriv');
  return setpriv === undefined ? [file, args] : [setpriv, ['--pdeathsig', 'KILL', file, ...args]];
}

/** Kill the child with SIGKILL to end the laboratory. */
export function spawnInLab(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const labNs = join(projectRoot(), 'mininet', 'lab', 'lab-ns');
  const [command, commandArgs] = dieWithParent(labNs, [file, ...args]);
  return spawn(command, commandArgs, options);
}

/** The process to enter with `nsenter -t PID -n -m -p`: the laboratory's pid 1, as it is numbered outside. */
export function labInit(child: ChildProcess): number | undefined {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
}
