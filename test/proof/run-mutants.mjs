// `node test/proof/run-mutants.mjs [--sequences N] [--seed N] [WORD]`: applies each fault of mutants.mjs (or those with WORD in
// their names) to a copy of the tree, runs the proof there, and says whether it noticed. Exits 1 if a fault survives, or does
// not fit the code any more; the working tree is never touched.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'controller',
  'policies',
  'protocols',
  'mininet/model-switch',
  'test/proof',
  'package.json',
  'tsconfig.json',
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sequences: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});

/** @param {string} folder of a copy of the tree */
function runProof(folder) {
  const env = {
    ...process.env,
    PROVE_SEQUENCES: values.sequences,
    PROVE_SEED: values.seed,
    NO_COLOR: '1',
    PROVE_NO_SHRINK: '1',
  };
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/proof/vitest.config.ts', 'sequences'];
  const begin = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, vitest, { cwd: folder, env, encoding: 'utf8' });
  return { isCaught: status !== 0, output: `${stdout}${stderr}`, seconds: (Date.now() - begin) / 1000 };
}

/** How it was noticed: the first packet's fate that was wrong, in one line. */
function witnessOf(output) {
  return /Discrepancy: (.*)/.exec(output)?.[1];
}

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'lark-mutants-'));
  try {
    for (const path of COPIED) {
      cpSync(join(root, path), join(folder, path), {
        recursive: true,
        filter: (from) => !/\/(dist|node_modules)$/.test(from),
      });
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const unchanged = runProof(folder);
    if (unchanged.isCaught) {
      console.error(`the proof fails without any fault:\n${unchanged.output}`);
      return false;
    }
    const chosen = MUTANTS.filter(({ name }) => positionals.every((word) => name.includes(word)));
    return chosen.map((mutant) => runMutant(folder, mutant)).every(Boolean);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runMutant(folder, { name, file, from, to }) {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) {
    console.log(`DOES NOT FIT  ${name}: ${file} has its text ${source.split(from).length - 1} times, not once`);
    return false;
  }
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const { isCaught, output, seconds } = runProof(folder);
  writeFileSync(path, source);
  const witness = witnessOf(output);
  if (isCaught && witness === undefined)
    console.log(`BROKEN        ${name}: it fails otherwise than by what leaves a switch\n${output}`);
  else
    console.log(
      `${isCaught ? 'caught' : 'SURVIVED'}  ${name} (${seconds.toFixed(0)} s)${isCaught ? `\n    ${witness}` : ''}`,
    );
  return isCaught && witness !== undefined;
}

process.exit(main() ? 0 : 1);
