import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import type { CliParts } from './context.ts';
import { runForTest } from './testing/run-for-test.ts';

const directory = mkdtempSync(join(tmpdir(), 'lark-check-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const parts: Partial<CliParts> = { loadConfig: (path) => loadConfig(path ?? '') };

describe('lark check', () => {
  it('says what a good file makes Lark do and exits with 0', async () => {
    const path = file('good.yaml', 'policies:\n  - isolate-users: true\n');
    const { code, out, err } = await runForTest(['check', path], { parts });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('isolate-users');
  });

  it('prints file:line:col for each error and exits with 1', async () => {
    const path = file('bad.yaml', 'policies:\n  - isolate-usres: true\nhttp:\n  listen: 8080.x\n');
    const { code, out } = await runForTest(['check', path], { parts });
    expect(code).toBe(1);
    expect(out).toContain(`${path}:2:5: `);
    expect(out).toContain('isolate-users');
    expect(out).toContain(`${path}:4:11: `);
  });

  it('prints the same as JSON with codes', async () => {
    const path = file('unknown.yaml', 'polcies: []\n');
    const { code, out } = await runForTest(['check', path, '--json'], { parts });
    expect(code).toBe(1);
    const error = { code: 'CONFIG_KEY_UNKNOWN', file: path, line: 1, column: 1 };
    expect(JSON.parse(out)).toMatchObject({ file: path, ok: false, errors: [error] });
  });

  it('reports a file that cannot be read like any other fault of it', async () => {
    const { code, out } = await runForTest(['check', join(directory, 'none.yaml')], { parts });
    expect(code).toBe(1);
    expect(out).toContain('none.yaml');
  });

  it('does not let the file’s content move the cursor', async () => {
    const path = file('control.yaml', '"\\e[2Jzones": {}\n');
    const { code, out } = await runForTest(['check', path], { parts });
    expect(code).toBe(1);
    expect(out).not.toContain('\u001b');
  });
});
