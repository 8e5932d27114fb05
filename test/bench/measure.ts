// Measuring on a machine that does other things too: candidates take turns in short rounds, so that a slow moment hits
// all of them, and the medians of the rounds are what counts. Ratios are made within a round.

/** Runs one batch of operations and returns how many they were. */
export type Batch = () => number;

const ROUND_MS = 20;
const ROUNDS = 41;
const WARM_UP_ROUNDS = 8;

const kept = new Float64Array(1);

/** Takes a result, so that no optimiser can leave its making out. */
export function keep(value: number): void {
  kept[0]! += value;
}

/** Operations a second of a batch that is repeated for at least a round's time. */
function perSecondOnce(batch: Batch): number {
  let operations = 0;
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < ROUND_MS) {
    operations += batch();
    elapsed = performance.now() - start;
  }
  return (operations / elapsed) * 1000;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Operations a second. */
export function perSecond(batch: Batch): number {
  for (let i = 0; i < WARM_UP_ROUNDS; i++) perSecondOnce(batch);
  return median(Array.from({ length: ROUNDS }, () => perSecondOnce(batch)));
}

export interface Comparison {
  /** How many times as long the subject takes as the measure. */
  readonly ratio: number;
  /** Operations a second. */
  readonly subject: number;
  readonly measure: number;
}

export function compare(subject: Batch, measure: Batch): Comparison {
  const rounds: Comparison[] = [];
  for (let i = 0; i < WARM_UP_ROUNDS + ROUNDS; i++) {
    const [ofSubject, ofMeasure] = [perSecondOnce(subject), perSecondOnce(measure)];
    if (i >= WARM_UP_ROUNDS) rounds.push({ ratio: ofMeasure / ofSubject, subject: ofSubject, measure: ofMeasure });
  }
  return {
    ratio: median(rounds.map(({ ratio }) => ratio)),
    subject: median(rounds.map(({ subject: each }) => each)),
    measure: median(rounds.map(({ measure: each }) => each)),
  };
}
