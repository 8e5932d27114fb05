// Numbers and times as text for people.

const UNITS = /** @type {const} */ ([
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
]);

/**
 * With three digits: `0`, `392`, `12.2 k`, `1.50 G`.
 * @param {number} value
 */
export function scaled(value) {
  for (const [unit, size] of UNITS) {
    const inUnit = value / size;
    if (inUnit >= 0.9995) return `${inUnit.toFixed(inUnit >= 99.95 ? 0 : inUnit >= 9.995 ? 1 : 2)} ${unit}`;
  }
  return value >= 99.95 ? value.toFixed(0) : String(Math.round(value * 10) / 10);
}

/**
 * Networks are sold in bits.
 * @param {number} bytesPerSec
 */
export function bitsPerSec(bytesPerSec) {
  const [number, unit = ''] = scaled(8 * bytesPerSec).split(' ');
  return `${number} ${unit}bit/s`;
}

/**
 * `1 job`, `2 jobs`.
 * @param {number} number
 * @param {string} singular
 */
export function count(number, singular, plural = `${singular}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? singular : plural}`;
}

/**
 * `3 h 12 min`: the two largest units.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  /** @type {readonly (readonly [number, string])[]} */
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return '0 s';
  const shown = parts.slice(first, first + 2).filter(([value]) => value > 0);
  return shown.map(([value, unit]) => `${value} ${unit}`).join(' ');
}

/**
 * The time of day, here.
 * @param {string} iso
 */
export function timeOfDay(iso) {
  return new Date(iso).toLocaleTimeString('en-GB');
}

/**
 * `a, b and 3 more`.
 * @param {readonly string[]} all
 */
export function listed(all, most = 8, separator = ', ') {
  const shown = all.slice(0, all.length <= most ? most : most - 1);
  const more = all.length - shown.length;
  return more === 0 ? shown.join(separator) : `${shown.join(separator)} and ${more} more`;
}
