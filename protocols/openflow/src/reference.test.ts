// REFERENCE.md is what the declarations say, no more and no less.

import { expect, it } from 'vitest';
import { referenceText } from '../testing/reference.ts';

it('REFERENCE.md follows from the declarations', async () => {
  await expect(referenceText()).toMatchFileSnapshot('../REFERENCE.md');
});
