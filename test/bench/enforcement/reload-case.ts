// What a reload costs that blocks one of the users, with all switches connected and full of rules: how long until every one of
// them has confirmed it, and how many rules that touched.

import { BenchLark } from './bench-lark.ts';
import { atMost, type CaseResult, rounded } from './case-result.ts';
import { connectAll, disconnectAll } from './connect-all.ts';
import { fillStore, SWITCHES, USERS } from './filled-store.ts';
import { type AdMaker, policyText, switches, userName } from './site.ts';

/** What blocks one class needs: its verdicts, and the guard where the switch takes no bundles. */
const MOST_FLOW_MODS = 10;
const BLOCKED = 7;

export async function reloadCase(ads: AdMaker, directory: string, isQuick: boolean): Promise<CaseResult> {
  const count = isQuick ? 5000 : 100_000;
  await fillStore(ads, directory, count);
  const policy = (blocked: readonly string[]) => policyText({ store: directory, blocked });
  const lark = await BenchLark.start(policy(['nobody']));
  const lights = switches(SWITCHES, count / SWITCHES);
  const { used: usedAlone } = await lark.memory();
  await connectAll(lights, lark);
  const { used, resident } = await lark.memory();
  const before = lights.map(({ flowMods, rules }) => ({ flowMods, rules: rules.size }));

  const workedBefore = await lark.processorMs();
  await lark.heldUp();
  const begin = performance.now();
  const unconfirmed = await lark.reload(policy(['nobody', userName(BLOCKED)]));
  const acknowledgedMs = performance.now() - begin;
  if (unconfirmed.length > 0) throw new Error(`the reload was not confirmed by ${unconfirmed}`);
  const worked = (await lark.processorMs()) - workedBefore;
  const { longestMs } = await lark.heldUp();

  const flowMods = lights.map((light, i) => light.flowMods - before[i]!.flowMods);
  const rules = before.reduce((sum, each) => sum + each.rules, 0);
  await disconnectAll(lights);
  await lark.stop();
  return {
    name: `reload that blocks one of ${USERS} users, ${count} jobs, ${SWITCHES} switches`,
    measured: {
      's until it is acknowledged, without settle': rounded(acknowledgedMs / 1000),
      's of processor time': rounded(worked / 1000),
      's that the event loop was held up at most': rounded(longestMs / 1000),
      'rules a switch': Math.round(rules / SWITCHES),
      'KiB that a rule takes in memory': rounded((used - usedAlone) / rules / 1024),
      'MiB of memory, all connected': Math.round(resident / 2 ** 20),
      'FlowMods in all': flowMods.reduce((sum, each) => sum + each, 0),
    },
    targets: [
      atMost('reload until it is acknowledged', acknowledgedMs / 1000, 1, 's'),
      atMost('FlowMods of a reload for one switch', Math.max(...flowMods), MOST_FLOW_MODS, 'FlowMods'),
    ],
  };
}
