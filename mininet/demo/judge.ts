// Holds a scene against what Lark said of it and what really happened. Pure. Three accounts of each scene must agree:
// the story's own expectation, Lark's explanation, and the observation on the wire; and the rule that Lark names must be
// one that the switch itself lists with at least as many packets.

import type { Explanation, RuleView } from '../../controller/northbound/lark-api.ts';
import type { Observation } from './stage.ts';
import type { Scene } from './story.ts';

export interface SceneResult {
  readonly scene: Scene;
  readonly verdict: Explanation['verdict'];
  readonly observation: Observation;
  /** The rules that counted packets of this pair of addresses, most packets first. */
  readonly rules: readonly RuleView[];
  /** One sentence for each thing that is not as expected; empty if all is. */
  readonly differences: readonly string[];
}

export interface Witnesses {
  /** The switch's rules as it prints them itself. */
  readonly switchRules: readonly string[];
  /** The lines of the policy file, so that the place of a verdict can be looked up. */
  readonly policyLines: readonly string[];
}

export function judgeScene(
  scene: Scene,
  explanation: Explanation,
  observation: Observation,
  witnesses: Witnesses,
): SceneResult {
  const rules = explanation.rules.filter(({ packets }) => packets > 0).sort((a, b) => b.packets - a.packets);
  const differences = [
    ...verdictDifferences(scene, explanation.verdict, witnesses.policyLines),
    ...observedDifferences(scene, observation),
    ...ruleDifferences(scene, rules, witnesses.switchRules),
  ];
  return { scene, verdict: explanation.verdict, observation, rules, differences };
}

function verdictDifferences(
  { expected }: Scene,
  verdict: Explanation['verdict'],
  policyLines: readonly string[],
): string[] {
  const wanted = expected.outcome === 'dropped' ? 'drop' : 'forward';
  if (verdict.action !== wanted)
    return [`expected the verdict ${wanted}, Lark says ${verdict.action}: ${verdict.reason}`];
  const differences: string[] = [];
  if (expected.outcome === 'dropped') {
    if (verdict.policy !== expected.policy) {
      differences.push(
        `expected ${expected.policy ?? 'no policy'} to decide, Lark says ${verdict.policy ?? 'none did'}`,
      );
    }
  } else {
    if (verdict.via?.name !== expected.via) {
      differences.push(`expected ${expected.via ?? 'no alternate'}, Lark says ${verdict.via?.name ?? 'none'}`);
    }
    if (expected.queue !== undefined && verdict.queue?.name !== expected.queue.name) {
      differences.push(`expected the queue ${expected.queue.name}, Lark says ${verdict.queue?.name ?? 'none'}`);
    }
  }
  const decided = [verdict, verdict.via, expected.outcome === 'reaches' && expected.queue ? verdict.queue : null];
  for (const each of decided) {
    if (each?.policy == null || each.place === null) continue;
    const line = policyLines[lineOf(each.place) - 1] ?? '';
    if (!line.includes(each.policy))
      differences.push(`${each.place} is said to be ${each.policy}, but reads "${line}"`);
  }
  return differences;
}

function observedDifferences({ expected }: Scene, { ping, transfer, arrivedAt, queue }: Observation): string[] {
  const differences: string[] = [];
  const wantsReach = expected.outcome === 'reaches';
  if (ping !== wantsReach) differences.push(ping ? 'a ping was answered' : 'no ping was answered');
  if (transfer !== undefined && transfer.whole !== wantsReach) {
    differences.push(transfer.whole ? 'a TCP transfer got through' : `the TCP transfer failed: ${transfer.detail}`);
  }
  const wantedAt = wantsReach ? expected.at : '';
  if (arrivedAt.join() !== wantedAt) {
    differences.push(`probes arrived at ${arrivedAt.join(', ') || 'nobody'}, expected ${wantedAt || 'nobody'}`);
  }
  // Queue 0 is the default one, which a switch need not name.
  if (expected.outcome === 'reaches' && expected.queue !== undefined && (queue ?? 0) !== expected.queue.id) {
    differences.push(`the switch puts the packets into queue ${queue ?? 'default'}, expected ${expected.queue.id}`);
  }
  return differences;
}

function ruleDifferences(scene: Scene, rules: readonly RuleView[], switchRules: readonly string[]): string[] {
  const { expected } = scene;
  const differences: string[] = [];
  if (expected.outcome === 'reaches') {
    // A rule that sends packets up to Lark asks for a decision; one that carries it out must have counted, too.
    if (rules.every(({ actions }) => actions.startsWith('CONTROLLER'))) {
      differences.push('Lark names no rule that carried the packets');
    }
    const queue = expected.queue;
    // In the multi-table pipeline the last table knows the queue: there the trace of the packet is the witness.
    const isDecided = rules.some(({ cookie }) => cookie.endsWith('(forward)'));
    if (isDecided && queue !== undefined && !rules.some(({ actions }) => queueOf(actions) === queue.id)) {
      differences.push(`no rule that counted puts the packets into queue ${queue.id}`);
    }
  }
  for (const rule of rules) {
    if (!switchRules.some((line) => isRule(line, rule))) {
      differences.push(
        `the switch lists no rule of priority ${rule.priority} with ${rule.packets} packets for ${rule.match}`,
      );
    }
  }
  return differences;
}

/** The queue id in a rule's actions: `set_queue:1` (1.3), or `enqueue:3:1`, `enqueue(port=3,queue=1)` (1.0). */
export function queueOf(actions: string): number | undefined {
  const match = /set_queue:(\d+)|enqueue:\w+:(\d+)|enqueue:\w+q(\d+)|queue=(\d+)/.exec(actions);
  const id = match?.slice(1).find((group) => group !== undefined);
  return id === undefined ? undefined : Number(id);
}

/** `policy.yaml:31:5` to 31. */
function lineOf(place: string): number {
  return Number(/:(\d+):\d+$/.exec(place)?.[1] ?? 0);
}

// The dump was read after the explanation, so it counts as many packets or more.
function isRule(line: string, rule: RuleView): boolean {
  const priority = Number(/priority=(\d+)/.exec(line)?.[1] ?? 32768);
  const packets = Number(/n_packets=(\d+)/.exec(line)?.[1] ?? -1);
  return priority === rule.priority && packets >= rule.packets && cookieIn(line) === cookieIn(rule.cookie);
}

/** The first hexadecimal number in the text: Lark writes what a cookie means behind it. */
function cookieIn(text: string): bigint {
  return BigInt(/0x[0-9a-f]+/.exec(text)?.[0] ?? 0);
}
