// Matchmaking: two ads match if the Requirements of each, evaluated with the other as TARGET, is true or a number that is not 0.
// A missing, undefined, erroneous or text Requirements does not match.

import type { ClassAd } from './ad.ts';
import { type EvaluateOptions, evaluateIn } from './evaluate.ts';
import { truth } from './operators.ts';
import { matchScopes, type Scope } from './scope.ts';
import type { Value } from './values.ts';

export interface Match {
  /** Both. */
  readonly symmetric: boolean;
  /** The left ad satisfies the right one's Requirements. */
  readonly leftMatchesRight: boolean;
  /** The right ad satisfies the left one's Requirements. */
  readonly rightMatchesLeft: boolean;
}

export type MatchOptions = Omit<EvaluateOptions, 'my' | 'target'>;

/** Whether two ads match each other, each way. */
export function matches(left: ClassAd, right: ClassAd, options: MatchOptions = {}): Match {
  const { left: rightMatchesLeft, right: leftMatchesRight } = bothWays('requirements', left, right, options, isMet);
  return { symmetric: leftMatchesRight && rightMatchesLeft, leftMatchesRight, rightMatchesLeft };
}

/** What each ad's Rank says of the other. */
export function ranks(left: ClassAd, right: ClassAd, options: MatchOptions = {}): { left: Value; right: Value } {
  return bothWays('rank', left, right, options, (value) => value);
}

/** An attribute of each ad with the other as its TARGET. */
function bothWays<T>(
  key: string,
  left: ClassAd,
  right: ClassAd,
  options: MatchOptions,
  use: (value: Value) => T,
): { left: T; right: T } {
  const sides = matchScopes(left, right, (options.semantics ?? 'old') === 'old');
  const valueIn = (scope: Scope): T => {
    const expression = scope.ad.get(key);
    return use(expression === undefined ? undefined : evaluateIn(expression, scope, options));
  };
  return { left: valueIn(sides.left), right: valueIn(sides.right) };
}

function isMet(requirements: Value): boolean {
  return truth(requirements) === true;
}
