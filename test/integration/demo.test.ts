// The demo as a user runs it: the built command, on real Open vSwitch and on the model switch, to its end and
// interrupted. Each process that it starts inherits a mark in its environment, so that none can be left unseen.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StatusView } from '../../controller/northbound/lark-api.ts';
import type { DemoRun } from '../../mininet/demo/perform.ts';
import { scenes } from '../../mininet/demo/story.ts';
import { command, waitFor } from '../../mininet/lab/command.ts';
import { projectRoot } from '../../mininet/lab/enter.ts';

interface Demo {
  readonly child: ChildProcess;
  readonly mark: string;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
}

function startDemo(args: readonly string[]): Demo {
  const mark = randomUUID();
  const script = join(projectRoot(), 'dist', 'controller', 'cli', 'lark.js');
  const child = spawn(process.execPath, [script, 'demo', ...args], {
    env: { ...process.env, LARK_DEMO_MARK: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (bytes: Buffer) => {
      output[stream] += bytes.toString('utf8');
    });
  }
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, mark, output, ended };
}

/** The processes, zombies left out, that were started by this demo. */
async function survivors(mark: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.includes(mark) ? [await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => pid)] : [];
    }),
  );
  return marked.flat();
}

async function whenGone(mark: string): Promise<void> {
  await waitFor('the demo to leave no process', 5_000, async () =>
    (await survivors(mark)).length === 0 ? true : undefined,
  );
}

/** What a demo could leave on the machine beside processes. */
async function traces(): Promise<readonly string[]> {
  const [links, namespaces, temporary] = await Promise.all([
    command('ip', ['-o', 'link']),
    command('ip', ['netns', 'list']),
    readdir(tmpdir()),
  ]);
  const linkNames = links.split('\n').map((line) => line.split(': ')[1] ?? '');
  return [...linkNames, namespaces, ...temporary.filter((name) => name.startsWith('lark-demo'))].sort();
}

describe.each(['ovs', 'model'] as const)('the demo on %s', (stage) => {
  const flags = stage === 'model' ? ['--model'] : [];

  test.each(['1.0', '1.3'] as const)('ends with every row as expected in OpenFlow %s', async (version) => {
    const before = await traces();
    const demo = startDemo([...flags, '--openflow', version, '--json']);
    const [code] = await demo.ended;
    const { runs } = JSON.parse(demo.output.stdout) as { runs: DemoRun[] };
    expect(runs.map((run) => [run.stage, run.version])).toEqual([[stage, version]]);
    const results = runs[0]?.results ?? [];
    expect(results.filter(({ differences }) => differences.length > 0)).toEqual([]);
    expect(results.map(({ scene }) => scene)).toEqual(scenes(version));
    expect(code).toBe(0);
    await whenGone(demo.mark);
    expect(await traces()).toEqual(before);
  });

  test('with --keep leaves all up for what it says can be typed, from any directory, until it is interrupted', async () => {
    const before = await traces();
    const demo = startDemo([...flags, '--openflow', '1.3', '--keep']);
    const ready = stage === 'model' ? 'In a browser: ' : 'dump-flows';
    await waitFor('it to say what can be typed', 60_000, () =>
      demo.output.stderr.includes(ready) || demo.child.exitCode !== null ? true : undefined,
    );
    const typed = demo.output.stderr.match(/^ {2}(?=.*(?:lark|nsenter)).*$/gm) ?? [];
    expect(typed).toHaveLength(stage === 'model' ? 4 : 6);
    for (const line of typed) {
      const ended = line.includes(' ping ') ? `${line} -c 1` : line;
      expect([line, await command('sh', ['-c', `cd / && ${ended}`])]).toEqual([line, expect.stringMatching(/\S/)]);
    }
    demo.child.kill('SIGINT');
    expect(await demo.ended).toEqual([130, null]);
    await whenGone(demo.mark);
    expect(await traces()).toEqual(before);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves nothing behind on %s', async (signal) => {
    const before = await traces();
    const demo = startDemo([...flags, '--openflow', '1.3']);
    // Amid the story, with Lark, the switch and all hosts up.
    await waitFor('the jobs to be registered', 30_000, () =>
      demo.output.stderr.includes('jobs registered') || demo.child.exitCode !== null ? true : undefined,
    );
    expect(demo.child.exitCode).toBe(null);
    demo.child.kill(signal);
    const [code, endedBy] = await demo.ended;
    if (signal === 'SIGKILL') expect(endedBy).toBe('SIGKILL');
    else expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    await whenGone(demo.mark);
    expect(await traces()).toEqual(before);
  });
});

test('the demo on the model switch, kept up, has its policy in force and can put it in force again', async () => {
  const before = await traces();
  const demo = startDemo(['--model', '--openflow', '1.3', '--keep']);
  const url = await waitFor(
    'the demo to be kept up',
    30_000,
    () => /In a browser: (http:\S+)\//.exec(demo.output.stderr)?.[1],
  );
  const reload = await fetch(`${url}/v1/policy/reload`, { method: 'POST' });
  expect([reload.status, await reload.json()]).toEqual([200, expect.objectContaining({ away: [] })]);
  const { policy } = (await (await fetch(`${url}/v1/status`)).json()) as StatusView;
  expect(policy).toMatchObject({ watch: 'events', refused: null });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('\nlark_config_load_error 0\n');
  demo.child.kill('SIGINT');
  expect(await demo.ended).toEqual([130, null]);
  await whenGone(demo.mark);
  expect(await traces()).toEqual(before);
});

test('where CI lacks the laboratory, the demo fails and says what is missing, and does not fall back', async () => {
  const script = join(projectRoot(), 'dist', 'controller', 'cli', 'lark.js');
  const child = spawn(process.execPath, [script, 'demo'], {
    env: { CI: 'true', PATH: '/nonexistent' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes.toString('utf8');
  });
  const [code] = (await once(child, 'close')) as [number];
  expect(said).toMatch(/CI must run on real Open vSwitch, but .*ovs-ofctl.* not installed/);
  expect(code).toBe(1);
});
