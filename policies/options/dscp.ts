// A DSCP in the policy file: a number of six bits, or one of the names that the IETF gave to some of them.

import { describeValue, type Reading, readBy } from './schema.ts';

/** CS0 to CS7 (RFC 2474), AF11 to AF43 (RFC 2597), EF (RFC 3246), VA (RFC 5865), LE (RFC 8622). */
const NAMES: ReadonlyMap<string, number> = new Map([
  ...Array.from({ length: 8 }, (_, kind) => [`cs${kind}`, kind * 8] as const),
  ...[1, 2, 3, 4].flatMap((kind) => [1, 2, 3].map((drop) => [`af${kind}${drop}`, kind * 8 + drop * 2] as const)),
  ['ef', 46],
  ['va', 44],
  ['le', 1],
]);

export function readDscp(input: unknown): Reading<number> {
  if (typeof input === 'number' && Number.isInteger(input) && input >= 0 && input <= 63) return { value: input };
  const named = typeof input === 'string' ? NAMES.get(input.toLowerCase()) : undefined;
  if (named !== undefined) return { value: named };
  const example = 'a DSCP, a whole number from 0 to 63 or a name such as ef, af11 or cs1';
  return { problem: `expected ${example}; found ${describeValue(input)}` };
}

export const dscp = readBy(readDscp, {
  title: 'a DSCP, from 0 to 63 or a name',
  type: ['integer', 'string'],
  minimum: 0,
  maximum: 63,
  pattern: `^(${[...NAMES.keys()].map(inAnyCase).join('|')})$`,
});

/** Patterns of JSON Schema have no flags. */
function inAnyCase(name: string): string {
  return name.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
