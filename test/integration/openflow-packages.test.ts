// node-openflow and node-classad as their users have them: built, found from the repository's root by their names, loaded
// by plain Node, and typed for a consumer that checks declaration files too.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const MAX_DECLARATION_BYTES = 200_000;

let consumer: string;

beforeAll(async () => {
  for (const name of ['openflow', 'classad'])
    await run(process.execPath, [tsc, '-p', `protocols/${name}`], { cwd: root });
  consumer = await mkdtemp(join(tmpdir(), 'consumer-'));
  await symlink(join(root, 'node_modules'), join(consumer, 'node_modules'));
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ type: 'module' }));
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2023', types: ['node'], skipLibCheck: false };
  await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
});

afterAll(() => rm(consumer, { recursive: true, force: true }));

/** What plain Node prints for a module's text, started at the repository's root. */
async function printedBy(text: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', text], { cwd: root });
  return stdout.trim();
}

/** The compiler's complaints about a consumer's text. */
async function complaintsAbout(text: string): Promise<string> {
  await writeFile(join(consumer, 'consumer.ts'), text);
  const outcome = await run(process.execPath, [tsc, '-p', consumer, '--outDir', join(consumer, 'out')]).catch(
    (error: { stdout: string }) => error,
  );
  return outcome.stdout;
}

describe('node-openflow', () => {
  it('is loaded by plain Node from the root', async () => {
    const text = `
      import { decodeMessage, encodeMessage } from 'node-openflow';
      const bytes = encodeMessage({ version: 4, type: 'echoRequest', xid: 7, data: new Uint8Array(2) });
      console.log(Buffer.from(bytes).toString('hex'), decodeMessage(bytes).type);
    `;
    expect(await printedBy(text)).toBe('0402000a000000070000 echoRequest');
  });

  it('types a message by its version and type, and refuses a field that it does not have', async () => {
    const text = `
      import { decodeMessage, encodeMessage, oxm } from 'node-openflow';
      const message = decodeMessage(new Uint8Array(8));
      if (message.type === 'packetIn' && message.version === 4) {
        const field: { field: string } | undefined = message.match[0];
        const cookie: bigint = message.cookie;
        console.log(field, cookie);
      }
      encodeMessage({ version: 4, type: 'packetOut', xid: 1, bufferId: 0, inPort: 1, data: new Uint8Array(0),
        actions: [{ type: 'setField', field: oxm('ethDst', 5) }] });
    `;
    expect(await complaintsAbout(text)).toBe('');
    const wrong = text.replace('bufferId: 0', 'buffer: 0');
    expect(await complaintsAbout(wrong)).toMatch(/consumer\.ts\(\d+,\d+\): error TS\d+: .*buffer/s);
  });

  it('has declarations of a size that an editor reads at once', async () => {
    const directory = join(root, 'protocols/openflow/dist');
    const files = (await readdir(directory, { recursive: true })).filter((file) => file.endsWith('.d.ts'));
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_DECLARATION_BYTES);
  });
});

describe('node-classad', () => {
  it('is loaded by plain Node from the root', async () => {
    const text = `
      import { evaluate, matches, parseAd, parseExpression, references, unparse } from 'node-classad';
      const my = parseAd('Owner = "alice"');
      const target = parseAd('[ Zone = "wan" ]');
      const expression = parseExpression('MY.Owner =?= "alice" && TARGET.Zone == "WAN"');
      console.log(unparse(evaluate(expression, { my, target }), 'old'), references(expression).my, matches(my, target).symmetric);
    `;
    expect(await printedBy(text)).toBe("true [ 'Owner' ] false");
  });

  it('types values, and refuses what is no ad', async () => {
    const text = `
      import { evaluate, parseAd, parseExpression, type Value } from 'node-classad';
      const value: Value = evaluate(parseExpression('1 + 1'), { my: parseAd('a = 1') });
      console.log(typeof value === 'bigint' ? value + 1n : value);
    `;
    expect(await complaintsAbout(text)).toBe('');
    expect(await complaintsAbout(text.replace("parseAd('a = 1')", "'a = 1'"))).toMatch(/error TS\d+/);
  });
});
