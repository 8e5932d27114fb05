// Finds the name that a misspelt one was probably meant to be, for "did you mean" in messages. Case, `-` and `_` count
// for nothing, so `echo-interval` finds `echoInterval`; beyond that about one typing mistake in three letters is
// forgiven, and a name that resembles none gets no guess.

/** The one of `known` that is nearest to `name`, or undefined where none is near. Ties go to the first. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name);
  // A name of any length comes from the file: only one that could be near is worth the table of distances.
  const allowance = Math.max(1, Math.floor(wanted.length / 3));
  let nearest: string | undefined;
  let least = allowance + 1;
  for (const candidate of known) {
    const folded = fold(candidate);
    if (Math.abs(folded.length - wanted.length) >= least) continue;
    const distance = typingDistance(wanted, folded);
    if (distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

const LONGEST_QUOTE = 60;

/** `unknown key "wna"; did you mean "wan"?`, or all that could have been written where none is near. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const guess = nearestName(name, known);
  const hint = guess === undefined ? `known here: ${known.join(', ')}` : `did you mean "${guess}"?`;
  return `unknown ${kind} ${JSON.stringify(name.length > LONGEST_QUOTE ? `${name.slice(0, LONGEST_QUOTE)}…` : name)}; ${hint}`;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '');
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
export function typingDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, beforePrevious[j - 2]! + 1);
      }
      row.push(least);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}
