// A plugin of Vite by which one process has many Larks, each with one deliberate fault: a module that is imported as
// `x.ts?mutant=N` has the fault with that number in MUTANTS if it is in that file, and passes the number on to what it
// imports of the controller and the proof. The files themselves are never touched.

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'vitest/config';
import { MUTANTS } from './mutants.ts';

const QUERY = /\?mutant=(\d+)$/;
const ROOT = join(import.meta.dirname, '../..');

export const mutate: Plugin = {
  name: 'mutate',
  enforce: 'pre',
  async resolveId(source, importer) {
    const query = QUERY.exec(source)?.[0] ?? QUERY.exec(importer ?? '')?.[0];
    if (query === undefined) return undefined;
    const resolved = await this.resolve(source.replace(QUERY, ''), importer?.replace(QUERY, ''), { skipSelf: true });
    const isOurs = /^(controller|test\/proof)\/.*\.ts$/.test(relative(ROOT, resolved?.id ?? ''));
    return isOurs ? `${resolved!.id}${query}` : resolved;
  },
  load(id) {
    const number = QUERY.exec(id)?.[1];
    if (number === undefined) return undefined;
    const path = id.replace(QUERY, '');
    const text = readFileSync(path, 'utf8');
    const { file, from, to } = MUTANTS[Number(number)]!;
    return relative(ROOT, path) === file ? text.replace(from, () => to) : text;
  },
};
