import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PREPARE = fileURLToPath(new URL('prepare.mjs', import.meta.url));

// With a PATH that leads nowhere there is neither Open vSwitch nor apt-get, so nothing is installed, whoever runs this.
function prepare(purpose: string): { status: number | null; stderr: string; stdout: string } {
  return spawnSync(process.execPath, [PREPARE, purpose], { env: { PATH: '/nonexistent' }, encoding: 'utf8' });
}

test('where the laboratory lacks programs that cannot be installed, it names them and fails', () => {
  const { status, stderr } = prepare('lab');
  expect(stderr).toMatch(/missing: .*ovs-ofctl.*ping.*install what has these programs/s);
  expect(status).toBe(1);
});

test('an unknown purpose is refused with the known ones', () => {
  const { status, stderr } = prepare('tset');
  expect(stderr).toMatch(/unknown purpose "tset": say one of demo, lab, test, build/);
  expect(status).toBe(1);
});
