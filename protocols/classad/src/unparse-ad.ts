// Prints whole ads. `new-line` is one line, whatever bytes the ad's strings hold: the form to send to Lark. `long` is what
// HTCondor's tools show; it cannot hold every ad, so what would be read back as something else is refused. Attributes come in
// HTCondor's order: short names first, then by name.

import type { ClassAd } from './ad.ts';
import { jsonOfAd } from './ad-json.ts';
import { bytesToText } from './bytes.ts';
import { ClassAdError } from './errors.ts';
import { parseValue } from './parser.ts';
import { expressionBytes, unparse } from './unparse.ts';

export type AdForm = 'new-line' | 'long' | 'json';

/** Prints an ad. `long` throws `ClassAdError` (`CLASSAD_UNPRINTABLE`) for an attribute that has no long form. */
export function unparseAd(ad: ClassAd, form: AdForm): string {
  if (form === 'json') return jsonOfAd(ad);
  return form === 'new-line' ? unparse(ad, 'new') : longForm(ad);
}

function longForm(ad: ClassAd): string {
  const lines = ad.sorted().map(({ name, expression }, index) => {
    const value = expressionBytes(expression, 'old');
    if (!isLongName(name) || !readsBack(value)) {
      const problem = `attribute ${JSON.stringify(bytesToText(name))} has no long form`;
      throw new ClassAdError('CLASSAD_UNPRINTABLE', problem, 'new syntax or JSON for this ad', {
        line: index + 1,
        column: 1,
      });
    }
    return `${name} = ${value}\n`;
  });
  return bytesToText(lines.join(''));
}

function isLongName(name: string): boolean {
  return name !== '' && name.trim() === name && !/[=\r\n\0]|^#/.test(name);
}

/** Whether a long-form value is read as what it was printed from: no newline in it, no quote lost to a backslash. */
function readsBack(value: string): boolean {
  if (/[\r\n\0]/.test(value)) return false;
  try {
    return expressionBytes(parseValue(value, 'old'), 'old') === value;
  } catch (error) {
    if (error instanceof ClassAdError) return false;
    throw error;
  }
}
