import { expect, it } from 'vitest';
import { CONTROLLER_PORT } from '../../network/port-numbers.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { SwitchRule } from '../../southbound/flow-stats.ts';
import { type Step, stepsOf } from './change-order.ts';

function rule(priority: number, body: Partial<FlowRule>): FlowRule {
  return { priority, match: {}, outputs: [], cookie: 0n, idleTimeoutSec: 0, hardTimeoutSec: 0, ...body };
}

const asks = { outputs: [{ port: CONTROLLER_PORT }] };
const GONE = [rule(40, asks), rule(30, {}), rule(20, { goto: 2 })];
const ADDED = [rule(1, { goto: 3 }), rule(5, {}), rule(9, { outputs: [{ port: 1 }] }), rule(3, asks)];
const CHANGE = { group: 'job:a', gone: GONE, added: [...ADDED, rule(2, { table: 6, goto: 7 })] };
const leftOver = (priority: number, actions: string) => ({ priority, actions }) as SwitchRule;
const LEFT_OVER = [leftOver(11, 'CONTROLLER:65535'), leftOver(12, 'drop'), leftOver(13, 'goto_table:1')];

const inWords = (steps: readonly Step[]) => steps.map((step) => `${step.do} ${step.rule.priority}`);

it('what asks comes first and goes last, what lets packets on goes before anything new lets them on', () => {
  expect(inWords(stepsOf([CHANGE], LEFT_OVER, false))).toEqual([
    'add 3',
    'clear 13',
    'delete 20',
    'add 2',
    'add 9',
    'add 5',
    'add 1',
    'clear 12',
    'delete 30',
    'clear 11',
    'delete 40',
  ]);
});

it('where there is no room everything is deleted first', () => {
  const words = inWords(stepsOf([CHANGE], LEFT_OVER, true));
  expect(words.slice(0, 6)).toEqual(['clear 11', 'clear 12', 'clear 13', 'delete 40', 'delete 30', 'delete 20']);
  expect(words.slice(6)).toEqual(['add 2', 'add 9', 'add 5', 'add 3', 'add 1']);
});

it('groups stay in the order in which they may be put in place', () => {
  const changes = ['verdicts', 'job:a'].map((group, index) => ({ group, gone: [], added: [rule(index, { goto: 1 })] }));
  expect(inWords(stepsOf(changes, [], false))).toEqual(['add 0', 'add 1']);
});
