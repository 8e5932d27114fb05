import { decodeMessage } from 'node-openflow';
import { expect, it } from 'vitest';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import { addRule } from '../../southbound/rule-messages.ts';
import type { SwitchConnection } from '../../southbound/switch-connection.ts';
import { makeCookie, RuleKind } from '../cookie.ts';
import { RuleSender } from './rule-sender.ts';

/** Counts its messages as their xids. */
function sender(): RuleSender {
  let xid = 0;
  const connection: Pick<SwitchConnection, 'version' | 'sendEncoded'> = { version: 1, sendEncoded: () => ++xid };
  return new RuleSender(connection as SwitchConnection, () => undefined);
}

const rule = (priority: number): FlowRule => ({
  priority,
  match: {},
  outputs: [],
  cookie: 1n,
  idleTimeoutSec: 0,
  hardTimeoutSec: 0,
});
const known = (rules: RuleSender) => [1, 2, 3, 4, 5].filter((xid) => rules.ruleOf(xid) !== undefined);

it('knows a rule by its xid until a barrier has confirmed it, and no longer', () => {
  const rules = sender();
  rules.add(rule(1));
  rules.delete(rule(1));
  rules.add(rule(3));
  const { sent } = rules;
  rules.add(rule(4));
  expect(known(rules)).toEqual([1, 3, 4]);
  expect(rules.ruleOf(3)).toMatchObject({ priority: 3 });
  expect([1, 2, 3, 4].filter((xid) => rules.isDeletion(xid))).toEqual([2]);
  rules.confirmed(sent);
  expect(rules.isDeletion(2)).toBe(false);
  expect(known(rules)).toEqual([4]);
  // An earlier barrier that is answered later confirms nothing more.
  rules.confirmed(1);
  expect(known(rules)).toEqual([4]);
  rules.confirmed(rules.sent);
  expect(known(rules)).toEqual([]);
});

it('forgets the oldest of very many that are never confirmed', () => {
  const rules = sender();
  for (let i = 0; i < 5000; i++) rules.add(rule(i));
  expect(rules.ruleOf(904)).toBeUndefined();
  expect(rules.ruleOf(905)).toBeDefined();
  rules.confirmed(4999);
  expect(rules.ruleOf(4999)).toBeUndefined();
  expect(rules.ruleOf(5000)).toBeDefined();
});

it.each([1, 4] as const)('says of a rule that others have, too, what it would say of any, version %s', (version) => {
  const sent: Uint8Array[] = [];
  const connection: Pick<SwitchConnection, 'version' | 'sendEncoded'> = {
    version,
    sendEncoded: (message) => sent.push(message),
  };
  const rules = new RuleSender(connection as SwitchConnection, () => undefined);
  const shared = { ...rule(7), match: { inPort: 3, ethType: 0x0800 }, cookie: makeCookie(RuleKind.BASE) };
  for (let i = 0; i < 3; i++) rules.add(shared);
  const once = addRule(version, shared);
  expect(sent.map((message) => decodeMessage(message))).toEqual([once, once, once]);
  expect(sent[2]).toBe(sent[0]);
});
