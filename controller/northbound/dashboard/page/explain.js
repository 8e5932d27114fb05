// The form that asks why. The question stands in the page's address, so that it can be passed on.

import { askJson } from './api.js';
import { byId, fieldOf, fill, h, table, troubleIn } from './dom.js';
import { originText } from './policy-lines.js';
import { policyLine } from './policy-text.js';

/** @typedef {import('../../lark-api.ts').Explanation} Explanation */
/** @typedef {import('../../lark-api.ts').EndpointExplanation} EndpointExplanation */
/** @typedef {import('../../lark-api.ts').RuleView} RuleView */

const FIELDS = ['src', 'dst', 'switch'];

/** @returns {{ from: (source: string) => void, askGiven: () => void }} fills in who sends; asks what the page's address says */
export function startExplain() {
  const form = byId('explain-form', HTMLFormElement);
  const trouble = troubleIn(byId('explain-trouble', HTMLParagraphElement));
  const said = byId('explain-verdict', HTMLParagraphElement);
  const result = byId('explain-result', HTMLDivElement);
  let asked = new AbortController();
  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

  const explain = async () => {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const query = Object.fromEntries(FIELDS.map((name) => [name, fieldOf(form, name)]));
    const filled = Object.entries(query).filter(([, value]) => value !== '');
    history.replaceState(null, '', `?${new URLSearchParams(filled)}#explain`);
    form.setAttribute('aria-busy', 'true');
    try {
      /** @type {Explanation} */
      const explanation = await askJson('v1/explain', { query, signal, question: 'always' });
      const { action, reason } = explanation.verdict;
      trouble.clear();
      said.className = `verdict ${action}`;
      fill(said, h('strong', {}, action === 'drop' ? 'Dropped' : 'Forwarded'), `: ${reason}`);
      fill(result, ...answer(explanation));
    } catch (error) {
      if (signal.aborted) return;
      fill(said);
      fill(result);
      trouble.show(error);
    } finally {
      if (!signal.aborted) form.removeAttribute('aria-busy');
    }
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void explain();
  });
  byId('explain-swap', HTMLButtonElement).addEventListener('click', () => {
    [field('src').value, field('dst').value] = [field('dst').value, field('src').value];
    if (form.checkValidity()) void explain();
  });
  const given = new URLSearchParams(location.search);
  for (const name of FIELDS) field(name).value = given.get(name) ?? '';

  return {
    from: (source) => {
      field('src').value = source;
      field('dst').focus();
    },
    askGiven: () => {
      if (given.has('src') && form.checkValidity()) void explain();
    },
  };
}

/** @param {Explanation} explanation */
function answer({ source, destination, verdict, rules, silentSwitches, withoutRules = [] }) {
  const isUnasked = verdict.policy === null && [source, destination].some(({ type }) => type === 'unregistered');
  const parts = /** @type {const} */ ([
    ['Queue', verdict.queue?.name, verdict.queue],
    ['Via', verdict.via?.name, verdict.via],
    ['Connections', verdict.connections && 'only packets of those that the destination opened', verdict.connections],
    ['DSCP', verdict.mark?.value, verdict.mark],
    ['VLAN', verdict.vlan?.value, verdict.vlan],
  ]);
  return [
    h(
      'dl',
      { class: 'facts' },
      ...fact('From', endpoint(source)),
      ...fact('To', endpoint(destination)),
      ...fact('Decided', isUnasked ? 'before any policy is asked' : `by ${decidedBy(verdict)}`, lineOf(verdict.place)),
      ...parts.flatMap(([title, value, origin]) =>
        origin == null ? [] : fact(title, `${value}, set by ${decidedBy(origin)}`, lineOf(origin.place)),
      ),
      ...(verdict.audited ?? []).flatMap((audit) =>
        fact('Audit', `${audit.reason}; not enforced, by ${decidedBy(audit)}`, lineOf(audit.place)),
      ),
    ),
    rules.length === 0
      ? h('p', { class: 'note' }, 'No switch has a rule for these addresses now.')
      : table('Rules on the switches', RULE_COLUMNS, rules),
    ...withoutRules.map(({ switch: name, reason }) => h('p', { class: 'note' }, `${name}: ${reason}.`)),
    silentSwitches.length > 0 &&
      h('p', { class: 'trouble' }, `No answer in time, so their rules are missing: ${silentSwitches.join(', ')}.`),
  ];
}

/**
 * @param {string} title
 * @param {readonly import('./dom.js').Child[]} values
 */
function fact(title, ...values) {
  return [h('dt', {}, title), h('dd', {}, ...values)];
}

/** @param {string | null} place */
function lineOf(place) {
  const line = policyLine(place, new Date().toISOString());
  return line === undefined ? null : h('code', { class: 'line' }, line);
}

/** @param {EndpointExplanation} end */
function endpoint({ address, type, name, user, attributes }) {
  const what = {
    job: `job of ${user} (${name})`,
    zone: `zone ${name ?? 'wan'}`,
    local: 'local address',
    unregistered: 'job address that no registered job has',
  };
  const shown = Object.entries(attributes).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return h('bdi', {}, `${address}: ${[what[type], ...shown].join(', ')}`);
}

/** @param {{ readonly policy: string | null, readonly place: string | null }} origin */
function decidedBy({ policy, place }) {
  return policy === null ? 'no policy: the default' : `policy ${originText(policy, place)}`;
}

/** @type {readonly import('./dom.js').Column<RuleView>[]} */
const RULE_COLUMNS = [
  { title: 'switch', cell: ({ switch: name }) => h('bdi', {}, name) },
  { title: 'table', cell: ({ table: number }) => number, isNumber: true },
  { title: 'priority', cell: ({ priority }) => priority, isNumber: true },
  { title: 'match', cell: ({ match }) => h('code', {}, match.replaceAll(',', ', ')) },
  { title: 'actions', cell: ({ actions }) => h('code', {}, actions.replaceAll(',', ', ')) },
  { title: 'packets', cell: ({ packets }) => packets.toLocaleString('en'), isNumber: true },
  {
    title: 'decided by',
    cell: ({ policy, place }) =>
      policy === undefined
        ? null
        : policy === null
          ? 'the default'
          : h('span', { class: 'origin' }, originText(policy, place)),
  },
];
