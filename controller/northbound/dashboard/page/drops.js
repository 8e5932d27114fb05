// The section of drops: what policies dropped lately, and the lines of the file that say so.

import { byId, fill, h, table } from './dom.js';
import { dropOf, withDrop } from './drop-sums.js';
import { timeOfDay } from './format.js';
import { originText } from './policy-lines.js';
import { policyLine } from './policy-text.js';

/** @typedef {import('./drop-sums.js').Drop} Drop */

/** @type {readonly Drop[]} */
let drops = [];
let isDrawn = false;

/** @param {Readonly<Record<string, unknown>>} data of `packets.dropped` */
export function noteDrop(data) {
  drops = withDrop(drops, dropOf(data));
  if (isDrawn) return;
  isDrawn = true;
  // Once for all that come at a time.
  setTimeout(showDrops, 100);
}

export function showDrops() {
  isDrawn = false;
  // A line that is known stays, also when another file is in force.
  drops = drops.map((drop) => ({ ...drop, line: drop.line ?? policyLine(drop.place, drop.at) }));
  fill(
    byId('drops-table', HTMLDivElement),
    drops.length === 0
      ? h('p', { class: 'note' }, 'None.')
      : table('Drops by policy and ends, the latest first', COLUMNS, drops),
  );
}

/** @type {readonly import('./dom.js').Column<Drop>[]} */
const COLUMNS = [
  { title: 'last', cell: ({ at }) => h('time', { datetime: at }, timeOfDay(at)) },
  { title: 'packets', cell: ({ packets }) => packets.toLocaleString('en'), isNumber: true },
  { title: 'from', cell: ({ from }) => h('bdi', {}, from ?? 'several') },
  { title: 'to', cell: ({ to }) => h('bdi', {}, to ?? 'several') },
  {
    title: 'policy',
    cell: ({ policy, place, line }) =>
      policy === null
        ? 'several'
        : h(
            'span',
            {},
            h('span', { class: 'origin', title: place }, originText(policy, place)),
            line !== undefined && h('code', { class: 'line' }, line),
          ),
  },
  { title: 'switch', cell: ({ switch: name }) => h('bdi', {}, name ?? 'several') },
];
