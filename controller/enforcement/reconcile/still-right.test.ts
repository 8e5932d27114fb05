import { describe, expect, it } from 'vitest';
import { buildUdp } from '../../../protocols/packet/build.ts';
import { parseFrame } from '../../../protocols/packet/frame.ts';
import { parseConfig } from '../../config/load-config.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import { makeCookie, RuleKind } from '../cookie.ts';
import { decide } from '../decide.ts';
import type { ForwardingView } from '../ends.ts';
import { PolicyView } from '../policy-view.ts';
import { ip, MACS, makeScene, POLICY, PORTS } from '../testing/scene.ts';
import { DecidedRules } from './decided-rules.ts';
import { isStillRight } from './still-right.ts';

const scene = makeScene(4);

function frameFrom(ethSrc: number, ethDst: number, src: string, dst: string) {
  const link = { ethSrc: ethSrc as never, ethDst: ethDst as never };
  return parseFrame(
    buildUdp(link, { src: ip(src), dst: ip(dst) }, { srcPort: 1, dstPort: 2, data: new Uint8Array(4) }),
  );
}

/** The rule that the single-table pipeline would make. */
function noted(decided: DecidedRules, frame: ReturnType<typeof frameFrom>, inPort: number): FlowRule {
  const { match, outputs } = decide(scene, frame, inPort);
  const cookie = makeCookie(RuleKind.FORWARD);
  const rule = { priority: 100, match: match!, outputs, cookie, idleTimeoutSec: 60, hardTimeoutSec: 0 };
  const { added } = decided.add(rule, { frame, inPort });
  return 'flowMod' in added ? decided.byId(added.id)! : added;
}

function under(policyText: string): ForwardingView {
  const { config } = parseConfig('policy.yaml', policyText);
  return { ...scene, policy: new PolicyView(config!), state: scene.state.under(config!.switches[0]) };
}

describe('rules that were decided for packets, under another file', () => {
  const decided = new DecidedRules({ version: 4, most: 10, now: () => 0 });
  const stale = (view: ForwardingView) => decided.unless((rule, packet) => isStillRight(view, rule, packet));
  const alices = frameFrom(MACS.alice1, MACS.alice2, '10.1.0.11', '10.1.0.12');
  const bobs = frameFrom(MACS.bob, MACS.gateway, '10.1.0.13', '192.0.2.1');
  const ofAlice = noted(decided, alices, PORTS.alice1);
  const ofBob = noted(decided, bobs, PORTS.bob);

  it('stay where nothing is decided otherwise, and alone are stale where something is', () => {
    expect(stale(scene)).toEqual([]);
    expect(stale(under(POLICY))).toEqual([]);
    expect(stale(under(POLICY.replace('[mallory]', '[mallory, bob]')))).toEqual([ofBob]);
    expect(stale(under(POLICY.replace('[mallory]', '[alice]')))).toEqual([ofAlice]);
  });

  it('are stale for another queue or port, too', () => {
    expect(stale(under(POLICY.replace('physics: { id: 1 }', 'physics: { id: 7 }')))).toEqual([ofBob]);
    expect(stale(under(POLICY.replace('port: wan0', 'port: host')))).toEqual([ofBob]);
  });
});
