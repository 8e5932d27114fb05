import { expect, it } from 'vitest';
import type { SwitchRule } from '../../southbound/flow-stats.ts';
import { makeCookie, RuleKind } from '../cookie.ts';
import { hostsSeen } from './hosts-seen.ts';

function rule(portNo: number | undefined, mac: number, more: Partial<SwitchRule> = {}): SwitchRule {
  const field = (value: number) => ({ value: BigInt(value), mask: -1n });
  const fields = new Map([
    ['ethSrc', field(mac)],
    ...(portNo === undefined ? [] : [['inPort', field(portNo)] as const]),
  ]);
  const known = { table: 0, cookie: makeCookie(RuleKind.HOST), fields, actions: 'goto_table:1' };
  return { ...known, ...more } as SwitchRule;
}

it('tells of hosts from rules of that kind alone, and of no MAC that is in two places', () => {
  const seen = hostsSeen([
    rule(1, 0xa),
    rule(2, 0xb),
    rule(3, 0xb),
    rule(3, 0xb),
    rule(4, 0xc, { cookie: makeCookie(RuleKind.JOB) }),
    rule(4, 0xd, { cookie: 0n }),
    rule(4, 0xe, { table: 6 }),
    rule(undefined, 0xf),
    rule(4, 0x10, { actions: 'write_metadata:0x1/0x1,goto_table:1' }),
  ]);
  expect([...seen]).toEqual([[0xa, 1]]);
});
