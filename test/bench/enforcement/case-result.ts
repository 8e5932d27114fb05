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

/** Calls `task` for 0 to `count` - 1 with so many under way at a time. */
export async function inLanes(count: number, lanes: number, task: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
