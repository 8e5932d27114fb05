// One measured thing, and how it is printed.

export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
  /** How often it was done in a second, where `value` does not say that itself. */
  readonly perSecond?: number;
}

/** True where there is no goal. */
export function meetsGoal({ value, goal }: Result): boolean {
  if (goal === undefined) return true;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** `name: 2.31 times a hand-written version (goal: at most 3, met), 3,200,000 a second`. */
export function resultLine(result: Result): string {
  const { name, value, unit, goal, perSecond } = result;
  const wanted =
    goal === undefined
      ? []
      : ['atMost' in goal ? `at most ${number(goal.atMost)}` : `at least ${number(goal.atLeast)}`];
  const verdict = wanted.map((text) => ` (goal: ${text}, ${meetsGoal(result) ? 'met' : 'MISSED'})`).join('');
  const rate = perSecond === undefined ? '' : `, ${number(perSecond)} a second`;
  return `${name}: ${number(value)} ${unit}${verdict}${rate}`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
}
