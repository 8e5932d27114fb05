// Plays the story on a stage: connects the switch to Lark, registers the jobs over the classic feed, lets every sender act, asks Lark to
// explain each pair of addresses, and judges. The same for both stages.

import { sendRequest } from './ads.ts';
import { judgeScene, type SceneResult } from './judge.ts';
import type { LarkProcess } from './lark-process.ts';
import type { Observation, Stage } from './stage.ts';
import { ACTORS, type Actor, addressOf, BRIDGE, type DemoVersion, type Scene, scenes, WORKER_NODE } from './story.ts';

export interface DemoRun {
  readonly version: DemoVersion;
  readonly stage: 'ovs' | 'model';
  readonly results: readonly SceneResult[];
  readonly isAsExpected: boolean;
  readonly seconds: number;
}

const CONNECT_MS = 20_000;
const FEED_MS = 10_000;

/** Rejects when the story cannot be played to its end. Stage and Lark stay up; they are the caller's to stop. */
export async function perform(
  stage: Stage,
  lark: LarkProcess,
  policyText: string,
  progress: (line: string) => void,
): Promise<DemoRun> {
  const startedAt = performance.now();
  await stage.connect(lark.addresses.openflow);
  await lark.whenConnected(BRIDGE, portNames(), CONNECT_MS);
  progress(`Lark runs and the switch is connected with OpenFlow ${stage.version}`);
  const registered = await registerJobs(lark);
  progress(`${registered} jobs registered over the job feed, each confirmed by the switch`);
  const story = scenes(stage.version);
  const observed = await playAll(stage, story);
  progress(`${story.length} pairs of addresses tried`);
  const results = await judgeAll(stage, lark, story, observed, policyText.split('\n'));
  const isAsExpected = results.every(({ differences }) => differences.length === 0);
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  return { version: stage.version, stage: stage.kind, results, isAsExpected, seconds };
}

function portNames(): readonly string[] {
  return ACTORS.map(({ portName }) => portName);
}

async function registerJobs(lark: LarkProcess): Promise<number> {
  const jobs = ACTORS.filter((each) => each.job !== undefined);
  await Promise.all(
    jobs.map(async (each, index) => {
      // Both forms of the classic feed, in turn.
      const answer = await lark.send(
        sendRequest(subjectOf(each, index), index % 2 === 0 ? 'one-line' : 'long'),
        FEED_MS,
      );
      if (answer !== 'OK') throw lark.withLog(`registering ${each.name} was answered "${answer}" instead of OK`);
    }),
  );
  const listed = await lark.jobs();
  if (listed.length !== jobs.length) throw lark.withLog(`${jobs.length} jobs were sent, Lark lists ${listed.length}`);
  return jobs.length;
}

function subjectOf(each: Actor, index: number): Parameters<typeof sendRequest>[0] {
  const { user = '', accountingGroup, slot = 0 } = each.job ?? {};
  return {
    user,
    accountingGroup,
    slot,
    cluster: 4711 + index,
    machine: WORKER_NODE,
    ipv4: addressOf(each, 4) ?? '',
    ipv6: addressOf(each, 6),
    mac: each.mac,
    externalInterface: each.portName,
  };
}

/** The scenes of one sender one after another, those of different senders at once. */
async function playAll(stage: Stage, story: readonly Scene[]): Promise<ReadonlyMap<string, Observation>> {
  const played = new Map<string, Omit<Observation, 'arrivedAt'>>();
  const senders = [...new Set(story.map(({ from }) => from))];
  await Promise.all(
    senders.map(async (sender) => {
      for (const scene of story.filter(({ from }) => from === sender)) played.set(scene.id, await stage.play(scene));
    }),
  );
  const arrivals = await stage.arrivals();
  return new Map([...played].map(([id, seen]) => [id, { ...seen, arrivedAt: arrivals.get(id) ?? [] }]));
}

async function judgeAll(
  stage: Stage,
  lark: LarkProcess,
  story: readonly Scene[],
  observed: ReadonlyMap<string, Observation>,
  policyLines: readonly string[],
): Promise<readonly SceneResult[]> {
  const explanations = await Promise.all(
    story.map(async (scene) => [scene, await lark.explain(scene.source, scene.destination)] as const),
  );
  const witnesses = { switchRules: await stage.rules(), policyLines };
  return explanations.map(([scene, explanation]) => {
    const observation = observed.get(scene.id);
    if (observation === undefined) throw new Error(`scene ${scene.id} was not played`);
    return judgeScene(scene, explanation, observation, witnesses);
  });
}
