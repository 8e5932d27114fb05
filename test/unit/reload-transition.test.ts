// Promise 3 for reloads: at every single FlowMod of a change from one policy to another, no packet that is denied before and
// after gets through, and none that goes the same way before and after is lost or goes elsewhere. What the switch asks about
// is decided by the new policy, as Lark does from the first FlowMod on.

import fc from 'fast-check';
import type { Message } from 'node-openflow';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../controller/config/load-config.ts';
import { decide } from '../../controller/enforcement/decide.ts';
import type { ForwardingView } from '../../controller/enforcement/ends.ts';
import { MultiTablePipeline } from '../../controller/enforcement/multi-table/multi-table.ts';
import { namesUnder, planChange } from '../../controller/enforcement/reconcile/planned-change.ts';
import { RuleGroups } from '../../controller/enforcement/reconcile/rule-groups.ts';
import { prepareReload } from '../../controller/enforcement/reload.ts';
import { type FrameSpec, frameOf, honestSpec } from '../../controller/enforcement/testing/any-frame.ts';
import { makeScene, POLICY } from '../../controller/enforcement/testing/scene.ts';
import { addRule, deleteRule } from '../../controller/southbound/rule-messages.ts';
import { Datapath } from '../../mininet/model-switch/datapath.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';

const EDITS: readonly (readonly [string, string])[] = [
  ['- isolate-users: true', '- isolate-users: false'],
  ['block-users: [mallory]', 'block-users: [mallory, alice]'],
  ['block-users: [mallory]', 'block-users: [bob]'],
  ['deny: [eve], ', 'deny: [bob], '],
  ['redirect: { users: [alice], via: i2 }', 'redirect: { users: [bob], via: i2 }'],
  ['default: { id: 0 }, physics: { id: 1 }', 'physics: { id: 1 }, default: { id: 0 }'],
  ['allow-anyway: [203.0.113.99]', 'allow-anyway: [203.0.113.0/24, 10.0.0.0/8]'],
  [
    'campus: [10.0.0.0/8, 2001:db8:1::/48]',
    'campus: [10.0.0.0/8, 2001:db8:1::/48, 203.0.113.0/24]\n  lab: [10.0.0.0/16]',
  ],
  ['queues: { group_physics: physics, "*": default }', 'queues: { "*": physics }'],
  ['  - isolate-users: true', '  - rule: { when: TARGET.Zone == "campus", then: drop }\n  - isolate-users: true'],
];

const edited = fc
  .subarray([...EDITS], { minLength: 1 })
  .map((edits) => edits.reduce((text, [from, to]) => text.replace(from, to), POLICY));

function configOf(text: string) {
  const { config, errors } = parseConfig('policy.yaml', text);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  return config;
}

/** Where a frame leaves, with its queue and MAC: by the switch's rules, or by the decision where it asks. */
function fateAt(datapath: Datapath, asked: ForwardingView, spec: FrameSpec): string {
  const frame = frameOf(spec);
  const effects = datapath.receive(spec.inPort, frame, 1);
  const left = effects.flatMap((effect) =>
    effect.kind === 'transmit' ? [`${effect.portNo}/${effect.queueId ?? ''}/${parseFrame(effect.frame).ethDst}`] : [],
  );
  const isAsked = effects.some((effect) => effect.kind === 'send' && effect.message.type === 'packetIn');
  return [...left, ...(isAsked ? fateBy(asked, spec) : [])].sort().join(' ');
}

function fateBy(view: ForwardingView, spec: FrameSpec): string[] {
  const frame = parseFrame(frameOf(spec));
  return decide(view, frame, spec.inPort).outputs.map(
    ({ port, queueId, ethDst }) => `${port}/${queueId ?? ''}/${ethDst ?? frame.ethDst}`,
  );
}

const manySpecs = fc.array(honestSpec, { minLength: 20, maxLength: 20 });

describe('while the rules of one policy become those of another', () => {
  it('every packet fares as before or as after, and where those are the same, so', () => {
    fc.assert(
      fc.property(edited, edited, fc.boolean(), manySpecs, (from, to, isCramped, specs) => {
        const { state, jobs, policy: former } = makeScene(4, from);
        const config = configOf(to);
        const before: ForwardingView = { state: state.under(configOf(from).switches[0]), jobs, policy: former };
        const pipeline = new MultiTablePipeline(before);
        const groups = new RuleGroups();
        for (const group of pipeline.groups()) groups.note(group, pipeline.rulesOf(group));
        const datapath = new Datapath(
          { dpid: 1n, ports: [...state.ports()].map(({ portNo, name, mac }) => ({ portNo, name, mac: mac as never })) },
          0,
        );
        datapath.controllerConnected(4);
        let xid = 0;
        const send = (message: object) => datapath.handleMessage({ ...message, xid: ++xid } as Message, 0);
        for (const rule of groups.rules()) send(addRule(4, rule));

        const can = { takesBundles: false, pipelineUnder: () => 'multi-table' as const };
        const target = { state: before.state, pipeline, ...can };
        const prepared = prepareReload({ former, config, jobs, switches: [target], numbers: former.numbers.copy() });
        const { view: after, next } = prepared.switches[0]!;
        const { steps } = planChange({
          changes: groups.differences(namesUnder(next, groups), (group) => next.pipeline.rulesOf(group)),
          guard: pipeline.guard,
          takesBundles: false,
          isCramped,
        });
        const { guard, reserve } = pipeline.guard;
        const messages = [
          deleteRule(4, reserve),
          addRule(4, guard),
          ...steps.map(({ do: what, rule }) => (what === 'add' ? addRule(4, rule) : deleteRule(4, rule))),
          deleteRule(4, guard),
          addRule(4, reserve),
        ];
        const expected = specs.map((spec) => [
          fateBy(before, spec).sort().join(' '),
          fateBy(after, spec).sort().join(' '),
        ]);
        for (const message of messages) {
          send(message);
          for (const [i, spec] of specs.entries()) {
            const [was, is] = expected[i] as [string, string];
            const fate = fateAt(datapath, after, spec);
            if (fate !== was && fate !== is) {
              // A packet that policy neither forwards before nor after may be dropped by rule or by decision alike.
              expect({ fate, spec }).toEqual({ fate: is, spec });
            }
          }
        }
        for (const [i, spec] of specs.entries()) expect(fateAt(datapath, after, spec)).toBe(expected[i]?.[1]);
      }),
      { numRuns: 12 },
    );
  }, 60_000);
});
