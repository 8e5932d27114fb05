// The process that plays the story once, on one stage, and reports to demo.ts by IPC. For real Open vSwitch it runs
// inside the laboratory's namespaces, and when it ends the kernel ends all that it started; for the model switch it runs
// where it is, and stops Lark before it goes. It ends when its parent has gone, or by SIGTERM.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../lab/enter.ts';
import { LarkProcess } from './lark-process.ts';
import { ModelStage } from './model-stage.ts';
import { OvsStage } from './ovs-stage.ts';
import { onOwnPorts } from './own-ports.ts';
import { type DemoRun, perform } from './perform.ts';
import type { Stage } from './stage.ts';
import type { DemoVersion } from './story.ts';

export interface PlayerOptions {
  readonly stage: Stage['kind'];
  readonly version: DemoVersion;
  /** Stay after the story until the parent has gone. */
  readonly keep: boolean;
}

export type PlayerMessage =
  | { readonly kind: 'progress'; readonly line: string }
  /** `http` is where Lark's API is, as seen from the player. */
  | { readonly kind: 'result'; readonly run: DemoRun; readonly http: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Where the private Open vSwitch has its sockets; /run is the laboratory's own. */
export const OVS_DIRECTORY = '/run/lark-demo';

const POLICY_FILE = join(projectRoot(), 'mininet', 'policy.yaml');
let lark: LarkProcess | undefined;
let isEnding = false;

function tell(message: PlayerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
}

async function end(exitCode: number): Promise<void> {
  isEnding = true;
  await lark?.stop();
  process.exit(exitCode);
}

async function play({ stage: kind, version, keep }: PlayerOptions): Promise<void> {
  const parentGone = once(process, 'disconnect');
  const progress = (line: string): void => void tell({ kind: 'progress', line });
  const stage = kind === 'ovs' ? await OvsStage.create(version, OVS_DIRECTORY) : new ModelStage(version);
  if (kind === 'ovs') progress('a private Open vSwitch runs, with a network namespace for each host');
  const original = await readFile(POLICY_FILE, 'utf8');
  const policyText = kind === 'ovs' ? original : onOwnPorts(original);
  lark = kind === 'ovs' ? await LarkProcess.start(POLICY_FILE) : await startFromCopy(policyText);
  const run = await perform(stage, lark, policyText, progress);
  const { host, port } = lark.addresses.http;
  await tell({ kind: 'result', run, http: `http://${host}:${port}` });
  if (keep) await parentGone;
}

/**
 * The copy has a name for a moment only, so that even a SIGKILL leaves nothing behind. Lark has it open, and can read it again as long
 * as it runs: at each look whether it has changed, and at a reload.
 */
async function startFromCopy(policyText: string): Promise<LarkProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'lark-demo-'));
  const name = join(directory, 'policy.yaml');
  writeFileSync(name, policyText);
  const copy = await open(name);
  rmSync(directory, { recursive: true, force: true });
  try {
    return await LarkProcess.start(copy);
  } finally {
    await copy.close();
  }
}

process.once('SIGTERM', () => void end(143));
process.once('disconnect', () => void end(0));
try {
  await play(JSON.parse(process.argv[2] ?? '') as PlayerOptions);
  await end(0);
} catch (error) {
  // What fails because Lark is being stopped is no news.
  if (!isEnding) await tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  await end(1);
}
