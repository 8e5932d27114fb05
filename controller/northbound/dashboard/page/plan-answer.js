// A plan of a reload, as parts of the page: in the words of `lark plan`.

import { h } from './dom.js';
import { count, listed } from './format.js';
import { originText } from './policy-lines.js';

/** @typedef {import('../../lark-api.ts').PlanView} PlanView */
/** @typedef {import('../../lark-api.ts').ProblemView} ProblemView */
/** @typedef {import('../../../enforcement/plan/plan-values.ts').ReloadPlan} ReloadPlan */
/** @typedef {import('../../../enforcement/plan/plan-values.ts').PlannedVerdict} PlannedVerdict */
/** @typedef {import('../../../enforcement/plan/plan-values.ts').PlannedSwitch} PlannedSwitch */
/** @typedef {import('../../../enforcement/plan/plan-values.ts').PlannedRule} PlannedRule */
/** @typedef {import('../../../enforcement/plan/plan-values.ts').VerdictChanges} VerdictChanges */

/**
 * In a sentence or two.
 * @param {PlanView} view
 */
export function planSummary({ plan: { verdicts }, problems }) {
  const refused = problems.length > 0 ? `A reload would be refused: ${count(problems.length, 'problem')}. ` : '';
  return refused + verdictSummary(verdicts);
}

/** @param {VerdictChanges | null} verdicts */
function verdictSummary(verdicts) {
  if (verdicts === null) return 'There are too many pairs of endpoint classes to compare the verdict on each.';
  const { changes, jobs, users } = verdicts;
  if (changes.length === 0) return 'No verdict changes.';
  const who = users.length === 0 ? '' : `: ${listed(users)}`;
  return `Verdicts change for ${count(jobs, 'job')} of ${count(users.length, 'user')}${who}.`;
}

/**
 * @param {PlanView} view
 * @param {(problem: ProblemView) => void} goTo
 */
export function planAnswer({ plan, warnings, problems }, goTo) {
  const { classes, jobs, switches, away, moves, settings } = plan;
  const facts = [
    `Endpoint classes: ${classes.before} → ${classes.after} (limit ${classes.limit}), of ${count(jobs, 'job')}.`,
    ...moves.map(({ job, from, to }) => `Job ${job} moves from ${from} to ${to}.`),
    ...settings.map(({ key, before, after }) => `${key}: ${before} → ${after}`),
    ...(switches.length === 0 ? ['No switch is connected.'] : []),
    ...(away.length > 0 ? [`Not connected, and mended when they are back: ${listed(away)}.`] : []),
  ];
  return [
    problems.length > 0 && problemList('A reload would be refused all the same', problems, goTo),
    warnings.length > 0 && problemList('Warnings', warnings, goTo),
    ...verdictParts(plan.verdicts),
    h('h3', {}, 'Switches'),
    h(
      'ul',
      {},
      ...switches.map((each) => h('li', {}, ...switchParts(each))),
      ...facts.map((fact) => h('li', {}, fact)),
    ),
  ];
}

/**
 * @param {string} title
 * @param {readonly ProblemView[]} problems
 * @param {(problem: ProblemView) => void} goTo
 */
export function problemList(title, problems, goTo) {
  const items = problems.map((problem) => {
    const { line, column, code, message } = problem;
    const place =
      line !== null && h('button', { type: 'button', onclick: () => goTo(problem) }, `line ${line}:${column ?? 1}`);
    return h('li', {}, place, ' ', message, ' ', h('code', {}, code));
  });
  return h('div', { class: 'problems' }, h('h3', {}, title), h('ul', {}, ...items));
}

/** @param {VerdictChanges | null} verdicts */
function verdictParts(verdicts) {
  if (verdicts === null || verdicts.changes.length === 0) return [];
  const { changes, ends } = verdicts;
  const items = changes.map(({ before, after, pairs }) =>
    h(
      'li',
      {},
      ...effect(before),
      ' → ',
      ...effect(after),
      h('ul', {}, ...pairs.map((pair) => h('li', {}, pairText(pair, ends)))),
    ),
  );
  return [h('h3', {}, 'Verdicts'), h('ul', { class: 'changes' }, ...items)];
}

/**
 * @param {VerdictChanges['changes'][number]['pairs'][number]} pair
 * @param {VerdictChanges['ends']} ends
 */
function pairText({ sources, destinations, exceptItself }, ends) {
  /** @param {readonly number[]} indexes */
  const labels = (indexes) =>
    indexes.length === ends.length
      ? 'everyone'
      : listed(
          indexes.map((index) => ends[index]?.label ?? ''),
          8,
          '; ',
        );
  const [from, to] = [labels(sources), labels(destinations)];
  if (exceptItself && from === to && sources.length === destinations.length)
    return `between different ones of: ${from}`;
  return `from ${from} to ${to}${exceptItself ? ', but not to itself' : ''}`;
}

/** @param {PlannedVerdict} verdict */
function effect({ action, effect: text, policy, place, reason }) {
  const who = policy === null ? '' : ` by ${originText(policy, place)}`;
  const why = reason === null || policy !== null ? '' : ` (${reason})`;
  return [h('strong', { class: action }, text), `${who}${why}`];
}

/** @param {PlannedSwitch} each */
function switchParts({ switch: name, version, pipeline, action, rules = [], ...counts }) {
  const title = [h('strong', {}, h('bdi', {}, name)), ` (${version}, ${pipeline}): `];
  if (action === 'rebuild')
    return [...title, 'gets another pipeline: its connection is closed, and it is mended when it is back.'];
  if (action === 'mending') return [...title, 'is being mended: all of its rules are on their way.'];
  const { added, changed, removed, removedDecided, rulesBefore, rulesAfter } = counts;
  const decided = removedDecided === null ? ', and rules decided for single packets' : '';
  const what =
    added + changed + removed === 0 && removedDecided !== null
      ? 'nothing is touched'
      : `${added} added, ${changed} changed, ${removed} removed${decided}`;
  const total =
    rulesBefore === rulesAfter ? count(rulesAfter, 'rule') : `${rulesBefore} → ${count(rulesAfter, 'rule')}`;
  return [...title, `${what}; ${total}.`, rules.length > 0 && h('ul', { class: 'rules' }, ...rules.map(ruleItem))];
}

/** @param {PlannedRule} rule */
function ruleItem({ change, table, priority, match, actions, instead }) {
  const sign = { add: 'adds', change: 'changes', remove: 'removes' }[change];
  const text = `table=${table}, priority=${priority}${match === '' ? '' : `, ${match}`} actions=${actions}`;
  return h('li', { class: change }, `${sign} `, h('code', {}, text), instead !== null && ` (was ${instead})`);
}
