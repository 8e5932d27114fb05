// The rates of the last minutes, for a chart: one line for each of the largest, and one for all others together.

/** @typedef {import('../../lark-api.ts').RatesView} RatesView */
/** @typedef {import('../../lark-api.ts').RatesRequest['sort']} Sort */

export const KEPT_SEC = 5 * 60;
const MOST_SAMPLES = 300;
export const MOST_LINES = 5;
export const NO_GROUP = '(no group)';

/**
 * @typedef {object} Sample
 * @property {number} at seconds since the epoch, as charts have it
 * @property {ReadonlyMap<string, number>} bits a second, by name
 */

/**
 * @param {RatesView} rates
 * @param {Sort} sort
 * @returns {Sample}
 */
export function sampleOf({ at, rows }, sort) {
  const bits = new Map(
    rows.map(({ name, sent, received }) => {
      const bytes = (sort === 'received' ? 0 : sent.bytesPerSec) + (sort === 'sent' ? 0 : received.bytesPerSec);
      return /** @type {const} */ ([name ?? NO_GROUP, 8 * bytes]);
    }),
  );
  return { at: Date.parse(at) / 1000, bits };
}

/**
 * A reading that is older than the last (a clock was set back) begins anew; one that was had already is left out.
 * @param {readonly Sample[]} samples
 * @param {Sample} next
 * @returns {readonly Sample[]}
 */
export function withSample(samples, next) {
  const last = samples.at(-1);
  if (last?.at === next.at) return samples;
  if (last !== undefined && last.at > next.at) return [next];
  return [...samples.filter(({ at }) => next.at - at <= KEPT_SEC), next].slice(-MOST_SAMPLES);
}

/**
 * @typedef {object} Lines
 * @property {readonly string[]} names of the largest over all samples, the largest first
 * @property {boolean} hasOthers
 * @property {[number[], ...number[][]]} data the times; then a line for each name, and one of all others where there are some
 */

/**
 * @param {readonly Sample[]} samples
 * @returns {Lines}
 */
export function linesOf(samples) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { bits } of samples) for (const [name, value] of bits) sums.set(name, (sums.get(name) ?? 0) + value);
  const ordered = [...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name);
  const names = ordered.slice(0, MOST_LINES);
  const others = ordered.slice(MOST_LINES);
  /** @param {readonly string[]} wanted */
  const line = (wanted) => samples.map(({ bits }) => wanted.reduce((sum, name) => sum + (bits.get(name) ?? 0), 0));
  const lines = names.map((name) => line([name]));
  if (others.length > 0) lines.push(line(others));
  return { names, hasOthers: others.length > 0, data: [samples.map(({ at }) => at), ...lines] };
}
