// Drops by what made them, the latest first: packets that one policy drops between two ends are one row, however often it is told
// of. As many rows are kept as a page shows.

/**
 * @typedef {object} Drop
 * @property {string | null} policy
 * @property {string | null} place
 * @property {string | null} from
 * @property {string | null} to
 * @property {string | null} switch
 * @property {number} packets
 * @property {string} at ISO 8601: of the latest
 * @property {string | undefined} line of the policy file, where it is known
 */

const MOST = 50;

/**
 * @param {readonly Drop[]} drops
 * @param {Drop} next
 * @returns {readonly Drop[]}
 */
export function withDrop(drops, next) {
  const key = keyOf(next);
  const known = drops.find((drop) => keyOf(drop) === key);
  const sum = known === undefined ? next : { ...next, packets: known.packets + next.packets };
  return [sum, ...drops.filter((drop) => drop !== known)].slice(0, MOST);
}

/**
 * What `packets.dropped` says, whatever it leaves out.
 * @param {Readonly<Record<string, unknown>>} data
 * @returns {Drop}
 */
export function dropOf(data) {
  /** @param {string} name */
  const text = (name) => (typeof data[name] === 'string' ? /** @type {string} */ (data[name]) : null);
  return {
    policy: text('policy'),
    place: text('place'),
    from: text('from'),
    to: text('to'),
    switch: text('switch'),
    packets: Number(data.packets) || 0,
    at: text('at') ?? new Date(0).toISOString(),
    line: undefined,
  };
}

/** @param {Drop} drop */
function keyOf({ policy, place, from, to, switch: name }) {
  return JSON.stringify([policy, place, from, to, name]);
}
