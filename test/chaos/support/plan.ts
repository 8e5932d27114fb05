// How much chaos: `npm test` has the short form from one seed, and `npm run chaos` longer ones from seed to seed.

import { type Random, randomOf } from '../../fuzz/random.ts';

export const SEED = Number(process.env.CHAOS_SEED ?? 20_261_126);
export const SCALE = Number(process.env.CHAOS_SCALE ?? 1);

/** `few` of something in the short form, more in a longer one. */
export function rounds(few: number): number {
  return Math.ceil(few * SCALE);
}

/** Of a scenario's own: what one draws changes nothing for another. */
export function randomFor(scenario: string): Random {
  let seed = SEED;
  for (const character of scenario) seed = (Math.imul(seed, 31) + character.charCodeAt(0)) | 0;
  return randomOf(seed);
}
