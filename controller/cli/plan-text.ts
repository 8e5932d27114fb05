// A plan of a reload, or what a reload did, as text for people.

import type {
  PlannedEnd,
  PlannedRule,
  PlannedSwitch,
  PlannedVerdict,
  ReloadPlan,
  VerdictChange,
  VerdictChanges,
} from '../enforcement/plan/plan-values.ts';
import { printable, type Style } from './terminal.ts';

const MOST_NAMES = 8;

export function planText(plan: ReloadPlan, style: Style): string {
  const lines = [
    ...verdictLines(plan, style),
    ...plan.moves.map(({ job, from, to }) => `job ${printable(job)} moves from ${printable(from)} to ${printable(to)}`),
    ...plan.settings.map(({ key, before, after }) => `${key}: ${printable(before)} → ${printable(after)}`),
    '',
    `Endpoint classes: ${plan.classes.before} → ${plan.classes.after} (limit ${plan.classes.limit}), of ${count(plan.jobs, 'job')}.`,
    '',
    ...plan.switches.flatMap((each) => switchLines(each, style)),
    ...(plan.switches.length === 0 ? ['No switch is connected.'] : []),
    ...(plan.away.length > 0
      ? [`Not connected, and mended when they are back: ${plan.away.map(printable).join(', ')}.`]
      : []),
  ];
  return `${lines.join('\n').trim()}\n`;
}

function verdictLines({ verdicts }: ReloadPlan, style: Style): string[] {
  if (verdicts === null) return ['There are too many pairs of endpoint classes to compare the verdict on each.'];
  if (verdicts.changes.length === 0) return ['No verdict changes.'];
  const { changes, jobs, users } = verdicts;
  return [
    ...changes.flatMap((change) => changeLines(change, verdicts, style)),
    '',
    `Verdicts change for ${count(jobs, 'job')} of ${count(users.length, 'user')}${users.length === 0 ? '' : `: ${names(users)}`}.`,
  ];
}

function changeLines({ before, after, pairs }: VerdictChange, { ends }: VerdictChanges, style: Style): string[] {
  const head = `${effect(before, style)} → ${effect(after, style)}`;
  const who = pairs.map(({ sources, destinations, exceptItself }) => {
    const [from, to] = [labels(sources, ends), labels(destinations, ends)];
    if (exceptItself && sources.length === destinations.length && from === to)
      return `  between different ones of: ${from}`;
    return `  from ${from}\n    to ${to}${exceptItself ? ', but not to itself' : ''}`;
  });
  return [head, ...who];
}

function labels(indexes: readonly number[], ends: readonly PlannedEnd[]): string {
  if (indexes.length === ends.length) return 'everyone';
  return names(indexes.map((index) => ends[index]?.label ?? ''));
}

function effect({ action, effect: text, policy, place, reason }: PlannedVerdict, style: Style): string {
  const paint = action === 'drop' ? style.red : style.green;
  const who = policy === null ? '' : ` by ${policy}${place === null ? '' : ` (${place})`}`;
  return `${paint(text)}${printable(who)}${reason === null || policy !== null ? '' : printable(` (${reason})`)}`;
}

function switchLines(each: PlannedSwitch, style: Style): string[] {
  const name = `${style.bold(printable(each.switch))} (${each.version}, ${each.pipeline})`;
  if (each.action === 'rebuild') {
    return [
      `${name}: gets another pipeline: its connection is closed, and it is mended when it is back; until then it goes by its ${each.rulesBefore} rules.`,
    ];
  }
  if (each.action === 'mending') return [`${name}: is being mended: all of its rules are on their way.`];
  const { added, changed, removed, removedDecided, rulesBefore, rulesAfter } = each;
  const untouched = rulesBefore - changed - (removed - (removedDecided ?? 0));
  const decided = removedDecided === null ? ', and rules decided for single packets' : '';
  const counts =
    added + changed + removed === 0 && removedDecided !== null
      ? 'nothing is touched'
      : `${added} added, ${changed} changed, ${removed} removed${decided}; ${untouched} stay as they are, and nothing else is touched`;
  const total = rulesBefore === rulesAfter ? `${rulesAfter} rules` : `${rulesBefore} → ${rulesAfter} rules`;
  return [`${name}: ${counts}; ${total}.`, ...(each.rules ?? []).map((rule) => `  ${ruleLine(rule, style)}`)];
}

function ruleLine({ change, table, priority, match, actions, instead }: PlannedRule, style: Style): string {
  const rule = `table=${table}, priority=${priority}${match === '' ? '' : `,${match}`} actions=${actions}`;
  if (change === 'add') return style.green(`+ ${rule}`);
  if (change === 'remove') return style.red(`- ${rule}`);
  return style.yellow(`~ ${rule}  (was ${instead})`);
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, all.length <= MOST_NAMES ? MOST_NAMES : MOST_NAMES - 1).map(printable);
  const more = all.length - shown.length;
  return more === 0 ? shown.join('; ') : `${shown.join('; ')} and ${more} more`;
}

function count(number: number, singular: string): string {
  return `${number} ${singular}${number === 1 ? '' : 's'}`;
}
