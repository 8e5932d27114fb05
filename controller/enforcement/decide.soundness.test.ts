// Promise 1 as properties: a rule is no wider than its verdict, and no frame, however made, reaches whom it may not.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGroupMac } from '../../protocols/packet/address.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { match10, match13 } from '../southbound/rule-matches.ts';
import { decide } from './decide.ts';
import type { ForwardingView } from './ends.ts';
import { isIpv4Pair, packetOf } from './ipv4-pair.ts';
import { gateRules } from './static-rules.ts';
import { anySpec, frameOf, neighbours } from './testing/any-frame.ts';
import { matchesFrame } from './testing/match-frame.ts';
import { MACS, makeScene, POLICY, PORTS } from './testing/scene.ts';

/** Marks part of what it lets through. */
const MARKING = POLICY.replace(
  'policies:',
  `policies:
  - rule: { when: 'MY.Owner == "bob" || TARGET.Zone == "campus"', then: { mark: ef } }`,
);

const JOB_PORTS: readonly number[] = [PORTS.alice1, PORTS.alice2, PORTS.bob, PORTS.eve, PORTS.mallory, PORTS.dave];
const OWNER_AT: Readonly<Record<number, string>> = {
  [PORTS.alice1]: 'alice',
  [PORTS.alice2]: 'alice',
  [PORTS.bob]: 'bob',
  [PORTS.eve]: 'eve',
  [PORTS.mallory]: 'mallory',
  [PORTS.dave]: 'dave',
};

/** Jobs in two VLANs, and in none. */
const VLANS = POLICY.replace(
  'policies:',
  `policies:
  - vlan: { attribute: AcctGroup, names: { group_physics.cms: 7, group_physics: 8 } }`,
);

describe.each([
  ['1.0', 'marks', 1, MARKING],
  ['1.3', 'marks', 4, MARKING],
  ['1.0', 'VLANs', 1, VLANS],
  ['1.3', 'VLANs', 4, VLANS],
] as const)('the decision for OpenFlow %s, with %s', (_, __, version, policy) => {
  const scene: ForwardingView = makeScene(version, policy);

  it('gives the packet that is made of a match between two hosts the fate and the match of the one it was made for', () => {
    let compared = 0;
    fc.assert(
      fc.property(anySpec, (spec) => {
        const { match, outputs, dscp } = decide(scene, parseFrame(frameOf(spec)), spec.inPort);
        if (match === undefined || !isIpv4Pair(match)) return;
        compared++;
        const { frame, inPort } = packetOf(match);
        expect(decide(scene, frame, inPort)).toMatchObject({ match, outputs, dscp });
      }),
      { numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  it('gives every packet that a rule matches the fate that the rule was made for', () => {
    let compared = 0;
    fc.assert(
      fc.property(neighbours, ([one, other]) => {
        const first = parseFrame(frameOf(one));
        const fate = decide(scene, first, one.inPort);
        if (fate.match === undefined) return;
        expect(matchesFrame(fate.match, first, one.inPort)).toBe(true);
        const second = parseFrame(frameOf(other));
        if (!matchesFrame(fate.match, second, other.inPort)) return;
        compared++;
        const { outputs, dscp } = decide(scene, second, other.inPort);
        expect({ outputs, dscp }).toEqual({ outputs: fate.outputs, dscp: fate.dscp });
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(150);
  });

  it('makes no match that the version cannot say', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const { match } = decide(scene, parseFrame(frameOf(spec)), spec.inPort);
        if (match !== undefined) (version === 1 ? match10 : match13)(match);
      }),
      { numRuns: 2000 },
    );
  });

  it("lets no frame from a job's port reach a job of another user, whatever it claims to be", () => {
    fc.assert(
      fc.property(anySpec, fc.constantFrom(...JOB_PORTS), (spec, inPort) => {
        const fate = decide(scene, parseFrame(frameOf({ ...spec, inPort })), inPort);
        for (const { port } of fate.outputs) {
          if (OWNER_AT[port] !== undefined) expect(OWNER_AT[port]).toBe(OWNER_AT[inPort]);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("lets nothing in or out at a blocked user's port", () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const fate = decide(scene, parseFrame(frameOf(spec)), spec.inPort);
        expect(fate.outputs.map(({ port }) => port)).not.toContain(PORTS.mallory);
        const fromBlocked = decide(scene, parseFrame(frameOf({ ...spec, inPort: PORTS.mallory })), PORTS.mallory);
        expect(fromBlocked.outputs).toEqual([]);
      }),
      { numRuns: 4000 },
    );
  });

  it("delivers a unicast frame at a job's port only with that job's own MAC and address", () => {
    const jobs = scene.jobs;
    fc.assert(
      fc.property(anySpec, (spec) => {
        const frame = parseFrame(frameOf(spec));
        if (isGroupMac(frame.ethDst)) return;
        const fate = decide(scene, frame, spec.inPort);
        for (const { port } of fate.outputs) {
          for (const placed of jobs.at(scene.state.dpid, port)) {
            const destination = frame.ipv4Dst ?? frame.ipv6Dst ?? frame.arpTpa;
            const isForAddress = destination !== undefined && jobs.byAddress(destination) === placed;
            const isLocal = jobs.byMac(frame.ethDst) === placed;
            expect(isForAddress || isLocal).toBe(true);
            if (placed.mac !== undefined) expect(frame.ethDst).toBe(placed.mac);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('lets eve reach no address of the WAN but the one that is allowed anyway', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const frame = parseFrame(frameOf({ ...spec, inPort: PORTS.eve, ethSrc: MACS.eve }));
        const fate = decide(scene, frame, PORTS.eve);
        const isWan = frame.ipv4Dst !== undefined && frame.ipv4Dst >>> 24 === 203;
        if (isWan && frame.ipv4Dst !== 0xcb007163) expect(fate.outputs).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('never sends a frame back, to a reserved address, or from one way out to another', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const frame = parseFrame(frameOf(spec));
        const { outputs } = decide(scene, frame, spec.inPort);
        const ports = outputs.map(({ port }) => port);
        expect(ports).not.toContain(spec.inPort);
        expect(new Set(ports).size).toBe(ports.length);
        if (Math.floor(frame.ethDst / 16) === 0x0180c200000) expect(ports).toEqual([]);
        if (spec.inPort === PORTS.alt0 && isGroupMac(frame.ethDst)) expect(ports).not.toContain(PORTS.wan0);
      }),
      { numRuns: 3000 },
    );
  });

  it('drops at the gate only what it would drop anyway', () => {
    const gates = [...scene.state.ports()]
      .filter(({ portNo }) => scene.state.roleOf(portNo) === 'job')
      .flatMap(({ portNo }) => gateRules(scene, portNo))
      .sort((a, b) => b.priority - a.priority);
    fc.assert(
      fc.property(anySpec, (spec) => {
        const frame = parseFrame(frameOf(spec));
        const first = gates.find(({ match }) => matchesFrame(match, frame, spec.inPort));
        if (first === undefined || first.outputs.length > 0) return;
        expect(decide(scene, frame, spec.inPort).outputs).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });
});
