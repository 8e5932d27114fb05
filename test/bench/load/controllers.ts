// The controllers that are compared: Lark itself, the two floors, and peers from Debian packages where they are installed.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../support/eventually.ts';
import { BenchLark } from '../enforcement/bench-lark.ts';

export interface RunningController {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  /** More it does not take. */
  readonly mostSwitches: number;
  readonly isInstalled: boolean;
  start(): Promise<RunningController>;
}

const HOST = '127.0.0.1';
const START_MS = 20_000;
const quietly = { stdio: 'ignore' } as const;
const here = fileURLToPath(new URL('.', import.meta.url));
/** Python is not compiled, and stays where it was written. */
const SOURCES = here.replace('/dist-bench/', '/');

export async function startLark(policy: string): Promise<RunningController> {
  const lark = await BenchLark.start(policy);
  const { host, port } = lark.addresses.openflow;
  return { host, port, pid: lark.pid, stop: () => lark.stop() };
}

export const PEERS: readonly Peer[] = [
  { name: 'floor', mostSwitches: 1000, isInstalled: true, start: () => startFloor([]) },
  { name: 'floor-learning', mostSwitches: 1000, isInstalled: true, start: () => startFloor(['--learning']) },
  {
    name: 'ovs-testcontroller',
    mostSwitches: 16,
    isInstalled: isOnPath('ovs-testcontroller'),
    start: () =>
      startListening((port) =>
        spawn('ovs-testcontroller', [`ptcp:${port}:${HOST}`, '-vconsole:off', '--unixctl=none'], quietly),
      ),
  },
  {
    name: 'os-ken',
    mostSwitches: 1000,
    isInstalled: isOnPath('osken-manager'),
    start: () =>
      startListening((port) => {
        const options = ['--ofp-listen-host', HOST, '--ofp-tcp-listen-port', String(port)];
        return spawn('osken-manager', [...options, join(SOURCES, 'learning-os-ken.py')], quietly);
      }),
  },
];

export function peer(name: string): Peer {
  const found = PEERS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no peer ${name}`);
  return found;
}

function isOnPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], quietly).status === 0;
}

async function startFloor(options: readonly string[]): Promise<RunningController> {
  const child = spawn(process.execPath, [join(here, 'floor.js'), ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the floor ended with code ${code}`)));
  });
  return running(child, Number(line));
}

/** One that listens at the port it is given, sooner or later. */
async function startListening(start: (port: number) => ChildProcess): Promise<RunningController> {
  const port = await freePort();
  const child = start(port);
  await eventually(`${child.spawnfile} to listen`, () => answersAt(port), START_MS);
  return running(child, port);
}

function answersAt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function running(child: ChildProcess, port: number): RunningController {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${child.spawnfile} cannot be started`);
  const stop = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null) resolve();
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  return { host: HOST, port, pid, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: HOST, port: 0 }, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
