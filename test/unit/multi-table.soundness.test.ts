// The multi-table pipeline means what `decide` says: its rules, in the model switch's tables, let no packet fare
// otherwise. What goes to the controller is decided there and is right by definition; so the test also asks how much the
// switch handles by itself.

import fc from 'fast-check';
import type { Message } from 'node-openflow';
import { describe, expect, it } from 'vitest';
import { decide } from '../../controller/enforcement/decide.ts';
import type { ForwardingView } from '../../controller/enforcement/ends.ts';
import { MultiTablePipeline } from '../../controller/enforcement/multi-table/multi-table.ts';
import { anySpec, type FrameSpec, frameOf, honestSpec } from '../../controller/enforcement/testing/any-frame.ts';
import { MACS, makeScene, POLICY, PORTS } from '../../controller/enforcement/testing/scene.ts';
import { ruleKey } from '../../controller/southbound/flow-rule.ts';
import { addRule } from '../../controller/southbound/rule-messages.ts';
import { Datapath, type Effect } from '../../mininet/model-switch/datapath.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';

function datapathFor(view: ForwardingView, knowsTcpFlags = true): { datapath: Datapath; rules: number } {
  const pipeline = new MultiTablePipeline(view);
  const ports = [...view.state.ports()].map(({ portNo, name, mac }) => ({ portNo, name, mac: mac as never }));
  const datapath = new Datapath({ dpid: 1n, ports }, 0);
  datapath.controllerConnected(4);
  const keys = new Set<string>();
  let xid = 0;
  for (const group of pipeline.groups()) {
    for (const rule of pipeline.rulesOf(group)) {
      expect(keys.has(ruleKey(rule)), `${group}: ${ruleKey(rule)} twice`).toBe(false);
      keys.add(ruleKey(rule));
      const effects = datapath.handleMessage({ ...addRule(4, rule), xid: ++xid } as Message, 0);
      // The model switch is one of those that cannot match TCP flags.
      if (knowsTcpFlags || rule.match.tcpFlag === undefined) expect(effects).toEqual([]);
    }
  }
  return { datapath, rules: keys.size };
}

type Handled = {
  readonly toController: boolean;
  readonly left: readonly { port: number; queueId?: number; ethDst: number }[];
};

function handle(datapath: Datapath, spec: FrameSpec): Handled {
  const effects: readonly Effect[] = datapath.receive(spec.inPort, frameOf(spec), 1);
  const left = effects.flatMap((effect) =>
    effect.kind === 'transmit'
      ? [
          {
            port: effect.portNo,
            ...(effect.queueId !== undefined && { queueId: effect.queueId }),
            ethDst: parseFrame(effect.frame).ethDst as number,
          },
        ]
      : [],
  );
  const toController = effects.some((effect) => effect.kind === 'send' && effect.message.type === 'packetIn');
  return { toController, left };
}

const ONLY_REPLIES_TO_BOB = POLICY.replace(
  '- isolate-users: true',
  `- isolate-users: true
  - rule: { when: 'MY.EndpointType == "zone" && TARGET.Owner == "bob"', then: { connections: replies } }`,
);

describe.each([
  ['the shipped policies', POLICY],
  ['a policy that lets only replies through', ONLY_REPLIES_TO_BOB],
])('the multi-table pipeline with %s', (_, policy) => {
  const view = makeScene(4, policy);
  const { datapath, rules } = datapathFor(view, policy === POLICY);

  const expectSame = (spec: FrameSpec) => {
    const handled = handle(datapath, spec);
    const frame = parseFrame(frameOf(spec));
    if (handled.toController) {
      expect(handled.left).toEqual([]);
      return false;
    }
    const fate = decide(view, frame, spec.inPort);
    const wanted = fate.outputs.map(({ port, queueId, ethDst }) => ({
      port,
      ...(queueId !== undefined && { queueId }),
      ethDst: ethDst ?? (frame.ethDst as number),
    }));
    expect(handled.left).toEqual(wanted);
    return true;
  };

  it('lets no packet fare otherwise than the decision says, honest or hostile', () => {
    let handled = 0;
    fc.assert(
      fc.property(anySpec, (spec) => {
        if (expectSame(spec)) handled++;
      }),
      { numRuns: 8000 },
    );
    expect(handled).toBeGreaterThan(1500);
  });

  it('carries all traffic between jobs that are known by itself, and that of hosts that it has seen', () => {
    const known = new Set<number>([
      MACS.alice1,
      MACS.alice2,
      MACS.bob,
      MACS.eve,
      MACS.mallory,
      MACS.aliceAfar,
      MACS.bobAfar,
    ]);
    let asked = 0;
    fc.assert(
      fc.property(honestSpec, (spec) => {
        const isAddressed =
          ['ipv4', 'arp', 'ns'].includes(spec.kind) || (spec.kind === 'ipv6' && spec.l4 !== 'router-advertisement');
        const isArpProper = spec.kind !== 'arp' || spec.source4 !== spec.destination4;
        const isNsProper = spec.kind !== 'ns' || spec.ethSrc !== spec.ethDst;
        if (!isAddressed || !isArpProper || !isNsProper || !known.has(spec.ethSrc) || !known.has(spec.ethDst)) return;
        asked++;
        expect(handle(datapath, spec).toController).toBe(false);
      }),
      { numRuns: 4000 },
    );
    expect(asked).toBeGreaterThan(300);
  });

  it('costs about six rules for each address of a job', () => {
    const before = rules;
    const bigger = makeScene(4, policy);
    const job = [...view.jobs.all()].find(({ mac }) => mac === MACS.alice2)!.job;
    bigger.jobs.remove(job);
    expect(before - datapathFor(bigger, policy === POLICY).rules).toBeLessThanOrEqual(14);
  });

  it('handles a port whose job has another user by the very same tables', () => {
    for (const inPort of [PORTS.bob, PORTS.eve, PORTS.mallory]) {
      fc.assert(
        fc.property(honestSpec, (spec) => {
          expectSame({ ...spec, inPort });
        }),
        { numRuns: 1500 },
      );
    }
  });
});
