import { describe, expect, it } from 'vitest';
import { buildUdp } from '../../protocols/packet/build.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { parseConfig } from '../config/load-config.ts';
import type { FlowRule } from '../southbound/flow-rule.ts';
import { decide } from './decide.ts';
import { DecidedRules } from './decided-rules.ts';
import type { ForwardingView } from './ends.ts';
import { PolicyView } from './policy-view.ts';
import { ip, MACS, makeScene, POLICY, PORTS } from './testing/scene.ts';

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
  const rule = { priority: 100, match: match!, outputs, cookie: 0n, idleTimeoutSec: 60, hardTimeoutSec: 0 };
  decided.note(rule, frame, inPort);
  return rule;
}

function under(policyText: string): ForwardingView {
  const { config } = parseConfig('policy.yaml', policyText);
  return { ...scene, policy: new PolicyView(config!), state: scene.state.under(config!.switches[0]) };
}

describe('rules that were decided for packets', () => {
  const decided = new DecidedRules();
  const alices = frameFrom(MACS.alice1, MACS.alice2, '10.1.0.11', '10.1.0.12');
  const bobs = frameFrom(MACS.bob, MACS.gateway, '10.1.0.13', '192.0.2.1');
  const ofAlice = noted(decided, alices, PORTS.alice1);
  const ofBob = noted(decided, bobs, PORTS.bob);

  it('stay where nothing is decided otherwise, and alone are stale where something is', () => {
    expect(decided.stale(scene)).toEqual([]);
    expect(decided.stale(under(POLICY))).toEqual([]);
    expect(decided.stale(under(POLICY.replace('[mallory]', '[mallory, bob]')))).toEqual([ofBob]);
    expect(decided.stale(under(POLICY.replace('[mallory]', '[alice]')))).toEqual([ofAlice]);
  });

  it('are stale for another queue or port, too', () => {
    expect(decided.stale(under(POLICY.replace('physics: { id: 1 }', 'physics: { id: 7 }')))).toEqual([ofBob]);
    expect(decided.stale(under(POLICY.replace('port: wan0', 'port: host')))).toEqual([ofBob]);
  });

  it('are forgotten with the deletes that take them', () => {
    const other = new DecidedRules();
    noted(other, alices, PORTS.alice1);
    noted(other, bobs, PORTS.bob);
    other.forget({ match: { ethSrc: MACS.bob, inPort: PORTS.alice1 } });
    other.forget({ match: { ethDst: MACS.alice1 } });
    expect(other.size).toBe(2);
    other.forget({ match: { ethType: 0x0800, ipSrc: { network: ip('10.1.0.8'), length: 30 } } });
    expect(other.size).toBe(1);
    noted(other, alices, PORTS.alice1);
    other.forget({ match: { ethType: 0x0800, ipDst: { network: ip('10.1.0.12'), length: 32 } } });
    expect(other.size).toBe(1);
    other.forget({ match: {}, outPort: PORTS.wan0 });
    expect(other.size).toBe(0);
  });

  it('are all taken for stale where there are more than can be noted, until all are gone', () => {
    const full = new DecidedRules();
    for (let i = 0; i < 16_385; i++) full.note({ ...ofAlice, match: { ...ofAlice.match, inPort: i } }, alices, i);
    expect(full.size).toBe(16_384);
    expect(full.stale(scene)).toBe('all');
    full.forget({ match: {} });
    expect(full.stale(scene)).toEqual([]);
  });
});
