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
import { CORE, ip, MACS, makeScene, POLICY, PORTS } from '../../controller/enforcement/testing/scene.ts';
import { ruleKey } from '../../controller/southbound/flow-rule.ts';
import { addRule } from '../../controller/southbound/rule-messages.ts';
import { Datapath, type Effect } from '../../mininet/model-switch/datapath.ts';
import { BROADCAST_MAC } from '../../protocols/packet/address.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';

interface Variant {
  readonly hasRegisters: boolean;
  readonly knowsTcpFlags: boolean;
}

function datapathFor(
  view: ForwardingView,
  { hasRegisters, knowsTcpFlags }: Variant,
): { datapath: Datapath; rules: number } {
  const pipeline = new MultiTablePipeline(view);
  pipeline.adapt({ registers: hasRegisters, connections: false });
  const ports = [...view.state.ports()].map(({ portNo, name, mac }) => ({ portNo, name, mac: mac as never }));
  const datapath = new Datapath({ dpid: 1n, ports, hasRegisters }, 0);
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
  readonly left: readonly { port: number; queueId?: number; ethDst: number; dscp?: number }[];
};

function handle(datapath: Datapath, spec: FrameSpec): Handled {
  const effects: readonly Effect[] = datapath.receive(spec.inPort, frameOf(spec), 1);
  const left = effects.flatMap((effect) => {
    if (effect.kind !== 'transmit') return [];
    const { ethDst, ipTos } = parseFrame(effect.frame);
    const rewritten = { ethDst: ethDst as number, ...(ipTos !== undefined && { dscp: ipTos >>> 2 }) };
    return [{ port: effect.portNo, ...(effect.queueId !== undefined && { queueId: effect.queueId }), ...rewritten }];
  });
  const toController = effects.some((effect) => effect.kind === 'send' && effect.message.type === 'packetIn');
  return { toController, left };
}

/** More of them: `SOUNDNESS_RUNS=200000 npx vitest run …`. */
const RUNS = Number(process.env.SOUNDNESS_RUNS ?? 8000);

const ONLY_REPLIES_TO_BOB = POLICY.replace(
  '- isolate-users: true',
  `- isolate-users: true
  - rule: { when: 'MY.EndpointType == "zone" && TARGET.Owner == "bob"', then: { connections: replies } }`,
);

/** A job may not talk to itself, so that its own announcements tell whether verdicts are asked about the right ends. */
const NOT_TO_ONESELF = POLICY.replace(
  '- isolate-users: true',
  `- rule: { when: 'MY.Owner == TARGET.Owner', then: drop }`,
);

/** With defaults that mark and exceptions that do not, the other way round, and by an alternate. */
const MARKS = POLICY.replace(
  '- isolate-users: true',
  `- rule: { when: 'MY.Owner == "bob"', then: { mark: ef } }
  - rule: { when: 'TARGET.Zone == "wan"', then: { mark: 10 } }
  - rule: { when: 'MY.EndpointType == "zone" && TARGET.EndpointType == "job"', then: { mark: af43 } }`,
);

describe.each([
  ['standard OpenFlow', 'the shipped policies', false, POLICY],
  ['standard OpenFlow', 'a policy that lets only replies through', false, ONLY_REPLIES_TO_BOB],
  ['standard OpenFlow', 'a policy that marks', false, MARKS],
  ['registers', 'the shipped policies', true, POLICY],
  ['registers', 'a policy that marks', true, MARKS],
  ['registers', 'a policy that lets only replies through', true, ONLY_REPLIES_TO_BOB],
  ['registers', 'a policy that denies users to themselves', true, NOT_TO_ONESELF],
])('the multi-table pipeline with %s and %s', (_, __, hasRegisters, policy) => {
  const view = makeScene(4, policy);
  const variant = { hasRegisters, knowsTcpFlags: policy !== ONLY_REPLIES_TO_BOB };
  const { datapath, rules } = datapathFor(view, variant);

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
      ...(frame.ipTos !== undefined && { dscp: fate.dscp ?? frame.ipTos >>> 2 }),
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
      { numRuns: RUNS },
    );
    expect(handled).toBeGreaterThan(RUNS / 6);
  });

  it("delivers no job's packets to the MAC of another, at the same port or elsewhere", () => {
    const macs = [MACS.alice1, MACS.alice2, MACS.bob, MACS.aliceAfar, MACS.bobAfar, MACS.host];
    const crossed = fc
      .tuple(honestSpec, fc.constantFrom(...macs))
      .map(([spec, ethDst]): FrameSpec => ({ ...spec, kind: spec.kind === 'other' ? 'ipv4' : spec.kind, ethDst }));
    fc.assert(
      fc.property(crossed, (spec) => {
        expectSame(spec);
      }),
      { numRuns: 4000 },
    );
  });

  it('lets announcements fare as the decision says', () => {
    const announcement = fc
      .tuple(honestSpec, fc.constantFrom<number>(BROADCAST_MAC, ...Object.values(MACS)))
      .map(([spec, ethDst]): FrameSpec => ({ ...spec, kind: 'arp', ethDst, destination4: spec.source4 }));
    fc.assert(
      fc.property(announcement, (spec) => {
        expectSame(spec);
      }),
      { numRuns: 500 },
    );
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

  it('costs six rules for an IPv4 or IPv6 address of a job, with registers two and five', () => {
    const rulesWith = (addresses: readonly string[]) => {
      const scene = makeScene(4, policy);
      const { job } = [...scene.jobs.all()].find(({ mac }) => mac === MACS.alice2)!;
      scene.jobs.remove(job);
      const here = { dpid: CORE, portNo: PORTS.alice2 };
      if (addresses.length > 0) scene.jobs.add({ ...job, addresses: addresses.map(ip) }, here);
      return datapathFor(scene, variant).rules;
    };
    const ofJob = (...addresses: readonly string[]) => rulesWith(addresses) - rulesWith([]);
    expect(rulesWith(['10.1.0.12', '2001:db8:1::12'])).toBe(rules);
    // For its MAC, whatever addresses it has: a frame for another address, and with registers its own.
    const ofMac = hasRegisters ? 2 : 1;
    const ofIpv4 = hasRegisters ? 2 : 6;
    // A stranger may be at a port without a job: that takes four rules, which the job's coming saves.
    const saved = 4;
    expect(ofJob('10.1.0.12') + saved).toBe(ofMac + ofIpv4);
    expect(ofJob('10.1.0.12', '10.1.0.32') - ofJob('10.1.0.12')).toBe(ofIpv4);
    expect(ofJob('10.1.0.12', '2001:db8:1::12') - ofJob('10.1.0.12')).toBe(hasRegisters ? 5 : 6);
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
