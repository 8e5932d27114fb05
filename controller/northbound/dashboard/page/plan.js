// The form that asks what another policy file would do.

import { ask, askJson, Refused } from './api.js';
import { byId, fieldOf, fill, troubleIn } from './dom.js';
import { planAnswer, planSummary, problemList } from './plan-answer.js';

/** @typedef {import('../../lark-api.ts').PlanView} PlanView */
/** @typedef {import('../../lark-api.ts').ProblemView} ProblemView */

/** How places call the text. */
const NAME = '(this text)';

export function startPlan() {
  const form = byId('plan-form', HTMLFormElement);
  const text = byId('plan-text', HTMLTextAreaElement);
  const trouble = troubleIn(byId('plan-trouble', HTMLParagraphElement));
  const said = byId('plan-said', HTMLParagraphElement);
  const result = byId('plan-result', HTMLDivElement);

  /** @param {() => Promise<void>} work */
  const run = async (work) => {
    form.setAttribute('aria-busy', 'true');
    // The former answer is not this text's.
    fill(said);
    fill(result);
    try {
      await work();
      trouble.clear();
    } catch (error) {
      trouble.show(error);
      const problems = error instanceof Refused ? error.problem.problems : undefined;
      if (problems !== undefined) fill(result, problemList('Problems', problems, goTo));
    } finally {
      form.removeAttribute('aria-busy');
    }
  };
  /** @param {ProblemView} problem */
  const goTo = ({ line, column }) => {
    const before = text.value.split('\n').slice(0, (line ?? 1) - 1);
    const start = before.reduce((sum, each) => sum + each.length + 1, 0) + (column ?? 1) - 1;
    text.focus();
    text.setSelectionRange(
      start,
      text.value.indexOf('\n', start) === -1 ? text.value.length : text.value.indexOf('\n', start),
    );
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run(async () => {
      const query = { file: NAME, rules: fieldOf(form, 'rules') === 'on' ? 'true' : undefined };
      /** @type {PlanView} */
      const planned = await askJson('v1/plan', { text: text.value, query, question: 'always' });
      fill(said, planSummary(planned));
      fill(result, ...planAnswer(planned, goTo));
    });
  });
  byId('plan-load', HTMLButtonElement).addEventListener('click', () => {
    void run(async () => {
      text.value = await (await ask('v1/policy/file', { question: 'always' })).text();
      fill(said, 'This is the file in force.');
      text.focus();
      text.setSelectionRange(0, 0);
    });
  });
}
