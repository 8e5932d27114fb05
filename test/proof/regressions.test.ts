// Sequences that once failed, played every time. One that is open still fails, and its test fails as soon as it does not.

import { it } from 'vitest';
import { REGRESSIONS } from './seeds.ts';
import { play } from './sequence.ts';

for (const { what, sequence, isOpen } of REGRESSIONS) {
  (isOpen ? it.fails : it)(what, async () => {
    await play(sequence);
  });
}
