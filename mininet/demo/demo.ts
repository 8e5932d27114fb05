// `lark demo`: plays the story on real Open vSwitch, in namespaces of its own, where there is root and what the
// laboratory needs; else on the model switch, and says so. Prints the table, or JSON, and answers with the exit code:
// 0 if every scene is as expected, 1 if any differs or the story could not be played, 128 + signal if interrupted.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dieWithParent, labInit, laboratoryLacks, spawnInLab } from '../lab/enter.ts';
import { HANDED_FILE } from './lark-process.ts';
import type { DemoRun } from './perform.ts';
import type { PlayerMessage, PlayerOptions } from './player.ts';
import { BRIDGE, type DemoVersion } from './story.ts';
import { paint, renderRun } from './table.ts';

export interface DemoOptions {
  /** Leaves everything up after the table, until Ctrl-C; with both versions, the last one. */
  readonly keep: boolean;
  /** Prints one JSON document on standard output and nothing else there. */
  readonly json: boolean;
  /** The model switch even where real Open vSwitch could run. */
  readonly model: boolean;
  readonly version: DemoVersion | 'both';
}

/** What can end a run early: `signal` fires with an Interrupt as its reason. */
interface Interrupt {
  readonly name: NodeJS.Signals;
  readonly exitCode: number;
}

const RUN_LIMIT_MS = 120_000;

/** Resolves with the process's exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const lack = options.model ? undefined : laboratoryLacks();
  if (lack !== undefined && process.env.CI !== undefined && process.env.CI !== '') {
    say(`lark demo: CI must run on real Open vSwitch, but ${lack}. Use --model to ask for the model switch.`);
    return 1;
  }
  const useModel = options.model || lack !== undefined;
  if (useModel) {
    say(`The model switch plays the network${lack === undefined ? '' : `, since there is no laboratory: ${lack}`}.`);
    say('OpenFlow over loopback TCP, the policies and the job feed are real; the hosts and the switch are in memory.');
  }
  const interrupted = new AbortController();
  const forget = onSignals((interrupt) => interrupted.abort(interrupt));
  try {
    const versions: readonly DemoVersion[] = options.version === 'both' ? ['1.0', '1.3'] : [options.version];
    const runs: DemoRun[] = [];
    for (const [i, version] of versions.entries()) {
      const show = (run: DemoRun): void => {
        runs.push(run);
        if (!options.json) console.log(renderRun(run, hasColours(process.stdout)));
        else if (runs.length === versions.length) console.log(JSON.stringify({ runs }, null, 2));
      };
      const keep = options.keep && i === versions.length - 1;
      const stage = useModel ? 'model' : 'ovs';
      await play({ player: { stage, version, keep }, show, say: progress(say), signal: interrupted.signal });
    }
    return runs.every(({ isAsExpected }) => isAsExpected) ? 0 : 1;
  } catch (error) {
    if (interrupted.signal.aborted) return (interrupted.signal.reason as Interrupt).exitCode;
    say(`lark demo: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    forget();
  }
}

interface RunRequest {
  readonly player: PlayerOptions;
  /** Called once with the results, before `keep` begins. */
  readonly show: (run: DemoRun) => void;
  readonly say: (line: string) => void;
  /** Ends the run; the promise then rejects after all is cleaned up. With `keep` this is the only end. */
  readonly signal: AbortSignal;
}

function play({ player, show, say, signal }: RunRequest): Promise<void> {
  const child = spawnPlayer(player);
  // Killing the laboratory ends everything inside; outside of it, the player has Lark to stop.
  const end = (): void => void child.kill(player.stage === 'ovs' ? 'SIGKILL' : 'SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  const limit = setTimeout(() => {
    failure = `the demo did not end within ${RUN_LIMIT_MS / 1000} s`;
    child.kill('SIGKILL');
  }, RUN_LIMIT_MS);
  let failure = 'the player ended before the story did';
  let isDone = false;
  child.on('message', (message) => {
    const told = message as PlayerMessage;
    if (told.kind === 'progress') say(told.line);
    else if (told.kind === 'failed') failure = told.message;
    else {
      isDone = true;
      clearTimeout(limit);
      show(told.run);
      if (player.keep) for (const line of howToPlay(player, child, told.http)) say(line);
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      failure = error.message;
    });
    child.once('close', () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', end);
      if (isDone && !signal.aborted) resolve();
      else reject(new Error(failure));
    });
  });
}

function spawnPlayer(player: PlayerOptions): ChildProcess {
  const args = [fileURLToPath(new URL('player.js', import.meta.url)), JSON.stringify(player)];
  // Of a terminal's Ctrl-C only this process is to hear (`detached`); it then ends the player.
  const options = { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true } satisfies SpawnOptions;
  if (player.stage === 'ovs') return spawnInLab(process.execPath, args, options);
  const [file, fileArgs] = dieWithParent(process.execPath, args);
  return spawn(file, fileArgs, options);
}

/** What to type in another terminal while all is kept up. */
function howToPlay(player: PlayerOptions, child: ChildProcess, http: string): readonly string[] {
  const lark = 'node dist/controller/cli/lark.js';
  const questions = ['jobs', 'switches', 'explain 10.1.0.13 203.0.113.10'];
  if (player.stage === 'model') {
    return [
      '',
      'Everything stays up until Ctrl-C. In another terminal, in this directory:',
      ...questions.map((question) => `  ${lark} --url ${http} ${question}`),
      `In a browser: ${http}/`,
      `The policy is that of mininet/policy.yaml, line by line, on ports of its own; Lark knows it as ${HANDED_FILE}.`,
    ];
  }
  const enter = `nsenter -t ${labInit(child)} -n -m -p --wd=.`;
  const protocol = player.version === '1.0' ? 'OpenFlow10' : 'OpenFlow13';
  return [
    '',
    'Everything stays up until Ctrl-C. In another terminal, as root, in this directory:',
    ...questions.map((question) => `  ${enter} ${lark} ${question}`),
    `  ${enter} ip netns exec bob ping 203.0.113.10`,
    `  ${enter} env OVS_RUNDIR=/run/lark-demo ovs-ofctl -O ${protocol} dump-flows ${BRIDGE}`,
  ];
}

function progress(say: (line: string) => void): (line: string) => void {
  const colour = paint(hasColours(process.stderr));
  return (line) => say(line.startsWith(' ') || line === '' || line.endsWith(':') ? line : colour('dim', `· ${line}`));
}

function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}

function onSignals(handle: (interrupt: Interrupt) => void): () => void {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const entries = Object.entries(codes).map(([name, exitCode]) => {
    const listener = (): void => handle({ name: name as NodeJS.Signals, exitCode });
    process.on(name, listener);
    return [name, listener] as const;
  });
  return () => {
    for (const [name, listener] of entries) process.removeListener(name, listener);
  };
}
