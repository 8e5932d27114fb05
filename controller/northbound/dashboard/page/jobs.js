// The list of jobs: asked for when it is opened, since a pool may have tens of thousands.

import { askJson } from './api.js';
import { byId, fieldOf, fill, h, table } from './dom.js';
import { count } from './format.js';

/** @typedef {import('../../lark-api.ts').JobView} JobView */

const SHOWN = 50;

/** @param {(source: string) => void} explainFrom */
export function startJobs(explainFrom) {
  const details = byId('jobs', HTMLDetailsElement);
  const form = byId('jobs-form', HTMLFormElement);
  const note = byId('jobs-count', HTMLParagraphElement);
  const place = byId('jobs-table', HTMLDivElement);

  const show = async () => {
    const query = { user: fieldOf(form, 'user'), address: fieldOf(form, 'address'), limit: String(SHOWN) };
    try {
      /** @type {{ jobs: readonly JobView[], total: number }} */
      const { jobs, total } = await askJson('v1/jobs', { query, question: 'always' });
      note.textContent = total > SHOWN ? `The first ${SHOWN} of ${count(total, 'job')}.` : `${count(total, 'job')}.`;
      fill(place, jobs.length > 0 && table('Registered jobs', columns(explainFrom), jobs));
    } catch (error) {
      note.textContent = error instanceof Error ? error.message : String(error);
      fill(place);
    }
  };
  details.addEventListener('toggle', () => {
    if (details.open) void show();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void show();
  });
}

/**
 * @param {(source: string) => void} explainFrom
 * @returns {readonly import('./dom.js').Column<JobView>[]}
 */
function columns(explainFrom) {
  return [
    { title: 'job', cell: ({ globalJobId }) => h('bdi', {}, globalJobId) },
    { title: 'user', cell: ({ user }) => h('bdi', {}, user) },
    { title: 'group', cell: ({ accountingGroup }) => h('bdi', {}, accountingGroup) },
    { title: 'addresses', cell: ({ addresses }) => addresses.join(', ') },
    { title: 'machine', cell: ({ machine }) => h('bdi', {}, machine) },
    { title: 'port', cell: ({ location }) => location && h('bdi', {}, `${location.switch} ${location.port}`) },
    { title: 'enforced', cell: ({ enforcement }) => enforcement },
    {
      title: 'ask',
      cell: ({ addresses: [address = ''] }) =>
        h(
          'button',
          { type: 'button', 'aria-label': `Ask from here, ${address}`, onclick: () => explainFrom(address) },
          'Ask from here',
        ),
    },
  ];
}
