// A proof that has gone blind would pass for ever: each deliberate fault has to be noticed, by a sequence that once failed
// or by one of the first of a fixed seed. `PROVE_MUTANT=WORD` tries those alone that have the word in their names.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { REGRESSIONS } from './seeds.ts';
import { anySequence, type play, type Sequence } from './sequence.ts';

const SEED = 1;
const MOST_SEQUENCES = Number(process.env.PROVE_MOST ?? 250);
const [SHARD, SHARDS] = (process.env.PROVE_SHARD ?? '1/1').split('/').map(Number) as [number, number];
const WORD = process.env.PROVE_MUTANT ?? '';

const RANDOM = fc.sample(anySequence, { seed: SEED, numRuns: MOST_SEQUENCES });

/** In the order in which they are tried. */
function* sequences(hint: number | string | undefined): Iterable<readonly [what: string, sequence: Sequence]> {
  if (typeof hint === 'number') yield [`sequence ${hint} of seed ${SEED}`, RANDOM[hint]!];
  for (const { what, sequence } of REGRESSIONS) if (what === hint) yield [what, sequence];
  for (const { what, sequence } of REGRESSIONS) yield [what, sequence];
  for (const [index, sequence] of RANDOM.entries()) yield [`sequence ${index} of seed ${SEED}`, sequence];
}

describe('the proof notices', () => {
  for (const [index, { name, file, from, hint }] of MUTANTS.entries()) {
    if (index % SHARDS !== SHARD - 1 || !name.includes(WORD)) continue;
    it(name, { timeout: 240_000 }, async () => {
      const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
      expect(text.split(from).length - 1, `places in ${file} where the fault fits`).toBe(1);
      const mutant: { play: typeof play } = await import(/* @vite-ignore */ `./sequence.ts?mutant=${index}`);
      const witness = await noticedBy(mutant.play, hint);
      expect(witness, 'what noticed it').toBeDefined();
      if (WORD !== '') console.log(`${name}\n  by: ${witness}`);
    });
  }
});

async function noticedBy(playIt: typeof play, hint: number | string | undefined): Promise<string | undefined> {
  for (const [what, sequence] of sequences(hint)) {
    try {
      await playIt(sequence);
    } catch (error) {
      // Anything else says that the fault broke Lark, not that the proof noticed it.
      if (!(error instanceof Error) || error.name !== 'Discrepancy') throw error;
      return `${what}: ${error.message.split('\n')[0]}`;
    }
  }
  return undefined;
}
