import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { TestAuthority } from '../../test/support/certificates.ts';
import { changedSettings, needsRestart } from './config-difference.ts';
import { filesOf, readContents } from './file-contents.ts';
import { loadConfig, parseConfig } from './load-config.ts';
import { formatProblem } from './problem.ts';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lark-tls-'));
  path = join(folder, 'policy.yaml');
  const ca = new TestAuthority(folder, 'ca');
  ca.issue(['lark']);
  ca.issue(['other']);
  ca.issue(['soon'], 3);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => chmodSync(join(folder, 'lark.key'), 0o600));

const file = (certificate: string, key: string, clientCa = 'ca.pem') =>
  `openflow:\n  tls:\n    certificate: ${certificate}\n    key: ${key}\n    clientCa: ${clientCa}\n`;

async function load(text: string) {
  writeFileSync(path, text);
  const result = await loadConfig(path);
  const said = (problems: typeof result.warnings = []) =>
    problems.map((problem) => formatProblem(problem).replace(`${path}:`, ''));
  return { config: result.config, errors: said(result.errors), warnings: said(result.warnings) };
}

test('files that belong together are taken, relative to the policy file', async () => {
  const { config, errors, warnings } = await load(file('lark.pem', 'lark.key'));
  expect([errors, warnings]).toEqual([[], []]);
  expect(config?.openflow.tls?.material).toMatchObject({
    certificate: readFileSync(join(folder, 'lark.pem'), 'utf8'),
    clientCa: readFileSync(join(folder, 'ca.pem'), 'utf8'),
  });
  expect((config?.openflow.tls?.material?.expiresAt ?? 0) - Date.now()).toBeGreaterThan(29 * 86_400_000);
});

test.each([
  [
    'missing.pem',
    'lark.key',
    'ca.pem',
    '3:18: missing.pem does not exist: check the path, which is relative to this file',
  ],
  ['lark.pem', 'missing.key', 'ca.pem', '4:10: missing.key does not exist'],
  ['lark.pem', 'lark.key', 'missing.pem', '5:15: missing.pem does not exist'],
  ['lark.key', 'lark.key', 'ca.pem', '3:18: lark.key holds no certificate: expected PEM'],
  ['lark.pem', 'ca.pem', 'ca.pem', '4:10: ca.pem holds no private key: expected PEM'],
  ['lark.pem', 'other.key', 'ca.pem', '4:10: other.key does not belong to the certificate lark.pem'],
  ['lark.pem', '.', 'ca.pem', '4:10: . is no regular file'],
  ['broken.pem', 'lark.key', 'ca.pem', '3:18: broken.pem holds a certificate that cannot be read, number 1 in it'],
  ['lark.pem', 'locked.key', 'ca.pem', '4:10: locked.key is encrypted: Lark asks for no passphrase'],
])('certificate %s, key %s and CA %s are refused at their place', async (certificate, key, clientCa, message) => {
  writeFileSync(join(folder, 'broken.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  writeFileSync(join(folder, 'locked.key'), '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n');
  const { config, errors } = await load(file(certificate, key, clientCa));
  expect(config).toBeUndefined();
  expect(errors).toEqual([expect.stringContaining(message)]);
});

test('a certificate that has expired, or is not valid yet, is refused by the clock', async () => {
  const text = file('lark.pem', 'lark.key');
  writeFileSync(path, text);
  const { named } = await readContents(path);
  const at = (now: number) =>
    parseConfig(path, text, undefined, undefined, folder, { files: named, now }).errors?.map(({ message }) => message);
  expect(at(Date.now())).toBeUndefined();
  expect(at(Date.now() + 40 * 86_400_000)).toEqual([
    expect.stringMatching(/^lark\.pem has expired \(CN=lark, on .*\): renew/),
  ]);
  expect(at(Date.now() - 40 * 86_400_000)?.[0]).toMatch(/^lark\.pem is not valid yet \(CN=lark, from/);
});

test('a certificate that ends soon, and a key that everybody can read, are warned of', async () => {
  const soon = await load(file('soon.pem', 'soon.key'));
  expect(soon.errors).toEqual([]);
  expect(soon.warnings).toEqual([expect.stringContaining('3:18: warning: soon.pem expires on ')]);
  chmodSync(join(folder, 'lark.key'), 0o644);
  const open = await load(file('lark.pem', 'lark.key'));
  expect(open.warnings).toEqual([expect.stringContaining('4:10: warning: every user of this host may use lark.key')]);
});

test('a listener for machines takes none without a CA for them; HTTP does', async () => {
  const without = '{ certificate: lark.pem, key: lark.key }';
  expect((await load(`jobs: { tls: ${without} }`)).errors[0]).toMatch(
    'missing key "clientCa": expected the path of a file',
  );
  expect((await load(`http: { tls: ${without} }`)).errors).toEqual([]);
});

test('other certificates are other contents, and all of them are watched', async () => {
  writeFileSync(path, file('lark.pem', 'live.key'));
  copyFileSync(join(folder, 'other.key'), join(folder, 'live.key'));
  const before = await readContents(path);
  expect(filesOf(path, before)).toEqual(
    ['policy.yaml', 'lark.pem', 'live.key', 'ca.pem'].map((name) => join(folder, name)),
  );
  expect((await readContents(path, undefined, before)).fingerprint).toBe(before.fingerprint);
  copyFileSync(join(folder, 'lark.key'), join(folder, 'live.key'));
  expect((await readContents(path, undefined, before)).fingerprint).not.toBe(before.fingerprint);
});

test('a reload may bring another certificate, but neither begin nor end TLS', async () => {
  const [first, second, none] = [
    await load(file('lark.pem', 'lark.key')),
    await load(file('other.pem', 'other.key')),
    await load('policies: []'),
  ].map(({ config }) => config!);
  expect(changedSettings(first!, second!).map(({ key }) => key)).toEqual(['openflow.tls.certificate']);
  expect(needsRestart(first!, second!, '{}')).toEqual([]);
  expect(needsRestart(first!, none!, '{}').map(({ message }) => message)[0]).toMatch(
    /^openflow\.tls is none here and with clientCa in the Lark that runs/,
  );
  // A plan reads no files, and knows of none that it is another.
  const unread = parseConfig(path, file('lark.pem', 'lark.key')).config!;
  expect(changedSettings(first!, unread)).toEqual([]);
});
