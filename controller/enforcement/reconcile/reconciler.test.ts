// What a reconciler remembers of one turn for another: rules for the errors that may come for them, and which decided rules a
// planned reload would find stale.

import { decodeMessage } from 'node-openflow';
import pino from 'pino';
import { expect, it } from 'vitest';
import { buildUdp } from '../../../protocols/packet/build.ts';
import { parseFrame } from '../../../protocols/packet/frame.ts';
import { parseConfig } from '../../config/load-config.ts';
import type { Outgoing, SwitchConnection } from '../../southbound/switch-connection.ts';
import { makeCookie, RuleKind } from '../cookie.ts';
import { decide } from '../decide.ts';
import { PolicyView } from '../policy-view.ts';
import { SingleTablePipeline } from '../single-table.ts';
import { ip, MACS, makeScene, POLICY, PORTS } from '../testing/scene.ts';
import { DecidedRoom } from './decided-room.ts';
import { Reconciler } from './reconciler.ts';

type Sent = Outgoing & { readonly priority?: number; readonly command?: number };

/** A 1.0 switch without rules, under Lark's rule; its barriers are answered when `answer` is called. */
async function mended() {
  const scene = makeScene(1);
  const sent: Sent[] = [];
  let answers: (() => void)[] = [];
  const answer = () => {
    for (const each of answers.splice(0)) each();
  };
  const connection: Pick<
    SwitchConnection,
    'version' | 'state' | 'send' | 'sendEncoded' | 'statistics' | 'barrier' | 'close'
  > = {
    version: 1,
    state: 'up',
    send: (message) => sent.push(message as Sent),
    sendEncoded: (message) => sent.push(decodeMessage(message) as Sent),
    statistics: async () => [],
    barrier: () =>
      new Promise((resolve) => {
        answers = [...answers, () => resolve(true)];
      }),
    close: () => undefined,
  };
  const pipeline = new SingleTablePipeline(scene);
  const rules = new Reconciler({
    connection: connection as SwitchConnection,
    pipeline,
    prepare: async () => undefined,
    onFound: () => undefined,
    name: () => 'core',
    foreign: () => 'leave',
    ruleBudget: () => undefined,
    log: pino({ enabled: false }),
    inTurn: (mend) => mend(),
    onSent: () => undefined,
    decidedRoom: new DecidedRoom(100),
  });
  const isMended = rules.mend();
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  answer();
  expect(await isMended).toBe(true);
  sent.length = 0;
  /** As a packet makes it. */
  const decideFor = (ethSrc: number, ethDst: number, src: string, dst: string, inPort: number) => {
    const link = { ethSrc: ethSrc as never, ethDst: ethDst as never };
    const body = { srcPort: 1, dstPort: 2, data: new Uint8Array(4) };
    const frame = parseFrame(buildUdp(link, { src: ip(src), dst: ip(dst) }, body));
    const { match, outputs } = decide(scene, frame, inPort);
    const cookie = makeCookie(RuleKind.FORWARD);
    const rule = { priority: 100, match: match!, outputs, cookie, idleTimeoutSec: 60, hardTimeoutSec: 0 };
    rules.install(rule, { frame, inPort });
    return sent.length;
  };
  const alices = () => decideFor(MACS.alice1, MACS.alice2, '10.1.0.11', '10.1.0.12', PORTS.alice1);
  const bobs = () => decideFor(MACS.bob, MACS.gateway, '10.1.0.13', '192.0.2.1', PORTS.bob);
  return { scene, rules, sent, answer, alices, bobs };
}

it('tells of a refused rule that came while a barrier was under way, and of none from before it any more', async () => {
  const { rules, answer, alices, bobs } = await mended();
  const before = alices();
  const confirmed = rules.confirm(1000);
  const after = bobs();
  answer();
  expect(await confirmed).toBe(true);
  expect(rules.onRefused(before, false)).toBeUndefined();
  expect(rules.onRefused(after, false)).toMatchObject({ match: { inPort: PORTS.bob } });
});

it('deletes what a reload makes stale, also of what was decided after the plan of it', async () => {
  const { scene, rules, sent, alices, bobs } = await mended();
  alices();
  const { config } = parseConfig('policy.yaml', POLICY.replace('[mallory]', '[alice, bob]'));
  const view = { ...scene, policy: new PolicyView(config!), state: scene.state.under(config!.switches[0]) };
  const next = { pipeline: new SingleTablePipeline(view), touched: undefined };
  expect(rules.planned(view, next).stale).toHaveLength(1);
  bobs();
  sent.length = 0;
  rules.deleteStale(view, next);
  expect(sent).toHaveLength(2);
  expect(rules.hasDecided).toBe(false);
});
