// Whatever happens, in whatever order: what leaves the switches is what the reference evaluator says. Sequences that once
// failed, and new ones: a fixed number here, and by `npm run prove` for as long as it is told. A failure prints the seed and
// the smallest sequence that still fails; what was learned from it belongs into seeds.ts.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Player } from './play.ts';
import { REGRESSIONS } from './seeds.ts';
import { anySequence, play } from './sequence.ts';

const MINUTES = Number(process.env.PROVE_MINUTES ?? 0);
const SEQUENCES = Number(process.env.PROVE_SEQUENCES ?? 300);
const SEED = process.env.PROVE_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.PROVE_SEED);
const BATCH = 100;

describe('what leaves the switches is what the reference says', () => {
  for (const { what, sequence, isOpen } of REGRESSIONS) {
    (isOpen ? it.fails : it)(what, () => play(sequence).then(() => undefined));
  }

  const amount = MINUTES > 0 ? `${MINUTES} minutes` : `${SEQUENCES} sequences`;
  it(`for ${amount} of anything, from seed ${SEED}`, { timeout: 0 }, async () => {
    const total: Record<string, number> = { sequences: 0 };
    const isOver = () => (MINUTES > 0 ? Date.now() >= end : total.sequences! >= SEQUENCES);
    const property = fc.asyncProperty(anySequence, async (sequence) => add(total, await play(sequence)));
    const begin = Date.now();
    const end = begin + MINUTES * 60_000;
    const endOnFailure = process.env.PROVE_NO_SHRINK !== undefined;
    for (let batch = 0; !isOver(); batch++) {
      const numRuns = MINUTES > 0 ? BATCH : Math.min(BATCH, SEQUENCES - total.sequences!);
      await fc.assert(property, { numRuns, seed: SEED + batch, endOnFailure });
    }
    const perMinute = Math.round((total.sequences! * 60_000) / (Date.now() - begin));
    console.log(`${JSON.stringify(total)}; ${perMinute} sequences a minute`);
    // A proof over packets that all go nowhere would prove nothing.
    if (total.sequences! < BATCH) return;
    expect(total.quietForwarded! / total.quiet!).toBeGreaterThan(0.1);
    expect(total.watchedForwarded).toBeGreaterThan(0);
  });
});

function add(total: Record<string, number>, counts: Player['counts']): void {
  total.sequences! += 1;
  for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
}
