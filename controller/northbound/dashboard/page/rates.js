// The section of rates: a chart of the last minutes and a table of now.

import { createChart, markOf } from './chart.js';
import { byId, fieldOf, fill, h, table, troubleIn } from './dom.js';
import { bitsPerSec, count, scaled } from './format.js';
import { linesOf, MOST_LINES, NO_GROUP, sampleOf, withSample } from './rate-history.js';
import { follow } from './streams.js';

/** @typedef {import('../../lark-api.ts').RatesView} RatesView */
/** @typedef {import('../../lark-api.ts').RateRowView} RateRowView */
/** @typedef {import('./rate-history.js').Sort} Sort */

const SHOWN = 20;
/** What has to be had of the others for the chart's line of them. */
const ASKED = '200';
const PLURALS = { user: 'users', group: 'groups', job: 'jobs' };

export function startRates() {
  const form = byId('rates-form', HTMLFormElement);
  const pause = byId('rates-pause', HTMLButtonElement);
  const trouble = troubleIn(byId('rates-trouble', HTMLParagraphElement));
  const chart = createChart(byId('rates-chart', HTMLDivElement));
  let isPaused = false;
  /** @type {readonly import('./rate-history.js').Sample[]} */
  let samples = [];
  let stream = new AbortController();

  const begin = () => {
    stream.abort();
    stream = new AbortController();
    if (isPaused) return;
    const sort = /** @type {Sort} */ (fieldOf(form, 'sort'));
    void follow('v1/rates/events', {
      query: { by: fieldOf(form, 'by'), sort, limit: ASKED },
      signal: stream.signal,
      onOpen: () => trouble.clear(),
      onLost: (error) => trouble.show(error),
      onEvent: (_event, data) => {
        const rates = /** @type {RatesView} */ (data);
        samples = withSample(samples, sampleOf(rates, sort));
        const lines = linesOf(samples);
        chart.show(lines);
        showTable(rates, lines.names);
      },
    });
  };

  form.addEventListener('change', () => {
    // Lines of users and of groups, or of what is sent and got, do not go together.
    samples = [];
    begin();
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    pause.setAttribute('aria-pressed', String(isPaused));
    pause.textContent = isPaused ? 'Go on' : 'Pause';
    begin();
  });
  begin();
}

/**
 * @param {RatesView} rates
 * @param {readonly string[]} names of the chart's lines
 */
function showTable({ by, rows, total, intervalSec, jobsNotCounted, silentSwitches }, names) {
  const shown = rows.slice(0, SHOWN);
  const notes = [
    `${total === 0 ? 'No job is registered' : `${shown.length} of ${count(total, by, PLURALS[by])}`}`,
    `over ${Math.round(intervalSec * 10) / 10} s`,
    ...(jobsNotCounted > 0 ? [`${count(jobsNotCounted, 'job')} not counted`] : []),
    ...(silentSwitches.length > 0 ? [`no answer: ${silentSwitches.join(', ')}`] : []),
  ];
  fill(byId('rates-note', HTMLParagraphElement), `${notes.join('; ')}.`);
  /** @type {(row: RateRowView) => HTMLElement} */
  const nameOf = ({ name }) => {
    const line = names.indexOf(name ?? NO_GROUP);
    return h('span', { class: 'name' }, markOf(line === -1 ? MOST_LINES : line), h('bdi', {}, name ?? NO_GROUP));
  };
  const columns = [
    { title: by, cell: nameOf },
    by === 'job'
      ? { title: 'user', cell: (/** @type {RateRowView} */ { user }) => h('bdi', {}, user) }
      : { title: 'jobs', cell: (/** @type {RateRowView} */ { jobs }) => jobs, isNumber: true },
    { title: 'sent', cell: (/** @type {RateRowView} */ { sent }) => bitsPerSec(sent.bytesPerSec), isNumber: true },
    {
      title: 'received',
      cell: (/** @type {RateRowView} */ { received }) => bitsPerSec(received.bytesPerSec),
      isNumber: true,
    },
    .../** @type {const} */ (['sent', 'received']).map((way) => ({
      title: `packets ${way}`,
      cell: (/** @type {RateRowView} */ row) => `${scaled(row[way].packetsPerSec)}/s`,
      isNumber: true,
      isWide: true,
    })),
  ];
  fill(byId('rates-table', HTMLDivElement), table(`Rates by ${by}, the largest first`, columns, shown));
}
