// docs/policies.md teaches writing a policy by two examples and a test. They are taken from the page as they stand: the
// compiler accepts them, refuses the mistake that the page says it refuses, and they do what the page says.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { closedFunctions } from './expression/closed-functions.ts';
import { readPolicyModule } from './module-definition.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/policies.md'), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text ?? '');
const [example = '', itsTest = ''] = blocks('ts');
const [plain = ''] = blocks('js');

const directory = mkdtempSync(join(tmpdir(), 'lark-docs-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Compiles files as a reader's own project would; what the compiler says. */
async function compile(files: Readonly<Record<string, string>>): Promise<string> {
  const options = {
    ...{ target: 'es2023', module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true, types: [] },
    allowImportingTsExtensions: true,
    customConditions: ['lark-source'],
    paths: {
      'lark-controller/policy': [join(root, 'policies/index.ts')],
      vitest: [join(root, 'node_modules/vitest/dist/index.d.ts')],
    },
  };
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: Object.keys(files) }),
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const tsc = join(root, 'node_modules/.bin/tsc');
  const run = promisify(execFile)(tsc, ['-p', directory]);
  return run.then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  );
}

test('the example and its test compile; reading an attribute that is not declared does not', {
  timeout: 30_000,
}, async () => {
  const complaints = (said: string) =>
    said.split('\n').filter((line) => line.startsWith('keep-out') || line.includes('/keep-out'));
  expect(complaints(await compile({ 'keep-out.ts': example, 'keep-out.test.ts': itsTest }))).toEqual([]);
  const wrong = example.replace('destination.Zone)', 'destination.Owner)');
  expect(complaints(await compile({ 'keep-out.ts': wrong })).join()).toContain("Property 'Owner' does not exist");
});

/** As a reader would have it after installing Lark: the import leads to this repository. */
async function load(name: string, text: string): Promise<Record<string, unknown>> {
  const path = join(directory, name);
  writeFileSync(path, text.replace("'lark-controller/policy'", JSON.stringify(join(root, 'policies/index.ts'))));
  return import(/* @vite-ignore */ pathToFileURL(path).href);
}

const context = { number: 1, warn() {}, usesQueue() {}, usesAlternate() {}, usesZone() {}, usesMark() {} };

function policyOf(namespace: unknown, options: unknown) {
  const reading = readPolicyModule(namespace);
  if ('problem' in reading) throw new Error(reading.problem);
  const { schema, create } = reading.value;
  return create(schema.parse?.(options) ?? options, context);
}

// The page's own test, run here as one of this file's.
const loaded = await load('keep-out.ts', example);
const body = itsTest.replace(/^import .*$/gm, '').replace('(Zone: string)', '(Zone)');
new Function('test', 'expect', 'keepOut', body)(test, expect, loaded.keepOut);

test('the example is a module that Lark takes, and checks its options', () => {
  const policy = policyOf(loaded, ['storage']);
  const job = { EndpointType: 'job', Zone: 'job' };
  expect(policy?.judge(job, { EndpointType: 'zone', Zone: 'storage' })).toMatchObject({ action: 'drop' });
  expect(policy?.judge(job, { EndpointType: 'zone', Zone: 'campus' })).toBeUndefined();
  expect(() => policyOf(loaded, 'storage')).toThrow();
});

test('the example in plain JavaScript is one, too', async () => {
  const policy = policyOf(await load('same-machine.mjs', plain), undefined);
  const job = (machine: string) => ({ EndpointType: 'job', 'Machine.Machine': machine });
  expect(policy?.judge(job('a'), job('b'))).toEqual({ action: 'drop', reason: 'jobs of different machines' });
  expect(policy?.judge(job('a'), job('a'))).toBeUndefined();
});

test('the page lists every function that an expression may call', () => {
  for (const name of closedFunctions.values()) expect(page).toContain(`\`${name}\``);
});
