// The chart of rates: uPlot in the colours of the page. Lines are told apart by their dashes, too, and the table beside it has the same
// marks.

import { bitsPerSec } from './format.js';
import { KEPT_SEC, MOST_LINES } from './rate-history.js';
import uPlot from './uplot.js';

/** @typedef {import('./rate-history.js').Lines} Lines */

const HEIGHT_PX = 220;
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 4]];
const SVG = 'http://www.w3.org/2000/svg';

/**
 * The mark of a line, by its place in the order; beyond the largest that of all others.
 * @param {number} index
 */
export function markOf(index) {
  const place = Math.min(index, MOST_LINES);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 28 8');
  svg.setAttribute('class', `mark line-${place}`);
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', 'M0 4H28');
  line.setAttribute('stroke-dasharray', (DASHES[place] ?? []).join(' '));
  svg.append(line);
  return svg;
}

/** @param {HTMLElement} place */
export function createChart(place) {
  /** @type {uPlot | undefined} */
  let plot;
  /** @type {Lines | undefined} */
  let shown;

  const draw = () => {
    plot?.destroy();
    plot = undefined;
    if (shown === undefined || place.clientWidth === 0) return;
    const colours = getComputedStyle(place);
    const colour = (/** @type {string} */ name) => colours.getPropertyValue(name).trim();
    const axis = { stroke: colour('--text'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
    const lines = [...shown.names, ...(shown.hasOthers ? ['others'] : [])];
    plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT_PX,
        // Room for the last time.
        padding: [8, 28, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          // Always as long, so that a glance tells when.
          x: { range: (_plot, _min, max) => [max - KEPT_SEC, max] },
          y: { range: (_plot, _min, max) => [0, Math.max(1000, max * 1.1)] },
        },
        axes: [
          { ...axis, size: 32, space: 70, values: (_plot, times) => times.map((time) => clockTime(time)) },
          { ...axis, size: 76, values: (_plot, values) => values.map((value) => bitsPerSec(value / 8)) },
        ],
        series: [
          {},
          ...lines.map((label, i) => {
            const index = Math.min(i, MOST_LINES);
            return {
              label,
              stroke: colour(`--line-${index}`),
              width: 2,
              dash: DASHES[index] ?? [],
              points: { show: false },
            };
          }),
        ],
      },
      shown.data,
      place,
    );
  };

  // Its colours are the page's, and its width is in pixels.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  let width = 0;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    draw();
  }).observe(place);

  return {
    /** @param {Lines} lines */
    show(lines) {
      const isSame = shown?.hasOthers === lines.hasOthers && String(shown.names) === String(lines.names);
      shown = lines;
      if (plot !== undefined && isSame) plot.setData(lines.data);
      else draw();
    },
  };
}

/** @param {number} sec */
function clockTime(sec) {
  return new Date(sec * 1000).toLocaleTimeString('en-GB');
}
