// All built-in functions by their names in lower case.

import type { BuiltIn, BuiltIns } from './builtin.ts';
import { control } from './control.ts';
import { conversions } from './conversions.ts';
import { dates } from './dates.ts';
import { environment } from './environment.ts';
import { lists } from './lists.ts';
import { numeric } from './numeric.ts';
import { patterns } from './patterns.ts';
import { stringLists } from './string-lists.ts';
import { strings } from './strings.ts';
import { versions } from './versions.ts';

const FAMILIES: readonly BuiltIns[] = [
  control,
  conversions,
  dates,
  environment,
  lists,
  numeric,
  patterns,
  stringLists,
  strings,
  versions,
];

export const builtIns: ReadonlyMap<string, BuiltIn> = new Map(FAMILIES.flatMap((family) => Object.entries(family)));
