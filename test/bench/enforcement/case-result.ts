// What a case of the enforcement benchmark found, and the figures that were promised of it.

export interface Target {
  readonly name: string;
  readonly value: number;
  /** The bound that it is to keep. */
  readonly target: string;
  readonly met: boolean;
}

export interface CaseResult {
  readonly name: string;
  /** Whatever was measured, by name with its unit. */
  readonly measured: Readonly<Record<string, number>>;
  readonly targets: readonly Target[];
}

export function atMost(name: string, value: number, bound: number, unit: string): Target {
  return { name, value: rounded(value), target: `at most ${bound} ${unit}`, met: value <= bound };
}

export function atLeast(name: string, value: number, bound: number, unit: string): Target {
  return { name, value: rounded(value), target: `at least ${bound} ${unit}`, met: value >= bound };
}

export function rounded(value: number): number {
  return value < 100 ? Number(value.toFixed(2)) : Math.round(value);
}

/** The value below which this share of all lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export interface Lanes {
  readonly count: number;
  /** How many are under way at a time. */
  readonly atOnce: number;
  /** None is begun after so long. */
  readonly mostMs: number;
}

/** Calls `task` for 0 to `count` - 1, and says how many there were in the end. */
export async function inLanes({ count, atOnce, mostMs }: Lanes, task: (i: number) => Promise<void>): Promise<number> {
  const end = performance.now() + mostMs;
  let next = 0;
  const lane = async () => {
    while (next < count && performance.now() < end) await task(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return next;
}
