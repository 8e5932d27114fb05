// Sets of bytes, as tables of 256 zeros and ones, and the classes of PCRE in the C locale.

export type ByteSet = Uint8Array;

/** The set of some bytes; with `ignoresCase` also of their letters in the other case. */
export function setOf(codes: Iterable<number>, ignoresCase = false): ByteSet {
  const set = new Uint8Array(256);
  for (const code of codes) {
    set[code] = 1;
    if (ignoresCase && isLetter(code)) set[code ^ 32] = 1;
  }
  return set;
}

export function complement(set: ByteSet): ByteSet {
  return set.map((member) => 1 - member);
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function where(pattern: RegExp): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
}

function between(least: number, most: number): ByteSet {
  return Uint8Array.from({ length: 256 }, (_, code) => (code >= least && code <= most ? 1 : 0));
}

const d = where(/[0-9]/);
const w = where(/[A-Za-z0-9_]/);
const s = where(/[\t\n\v\f\r ]/);
const h = where(/[\t \xa0]/);
const v = where(/[\n\v\f\r\x85]/);
const N = where(/[^\n]/);

export const CharacterClasses = {
  all: new Uint8Array(256).fill(1),
  /** Any byte but a newline. */
  N,
  /** What ends a line. */
  v,
  word: w,
  /** By the letter of the escape, as in `\d`. */
  byLetter: Object.assign(Object.create(null) as Record<string, ByteSet>, {
    d,
    D: complement(d),
    w,
    W: complement(w),
    s,
    S: complement(s),
    h,
    H: complement(h),
    v,
    V: complement(v),
    N,
  }),
  posix: Object.assign(Object.create(null) as Record<string, ByteSet>, {
    alnum: where(/[A-Za-z0-9]/),
    alpha: where(/[A-Za-z]/),
    ascii: between(0, 0x7f),
    blank: where(/[\t ]/),
    cntrl: setOf([...Array(32).keys(), 0x7f]),
    digit: d,
    graph: between(0x21, 0x7e),
    lower: where(/[a-z]/),
    print: between(0x20, 0x7e),
    punct: where(/[!-/:-@[-`{-~]/),
    space: s,
    upper: where(/[A-Z]/),
    word: w,
    xdigit: where(/[0-9A-Fa-f]/),
  }),
};
