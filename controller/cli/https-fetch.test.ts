import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Issued, TestAuthority } from '../../test/support/certificates.ts';
import { ExitCode } from './exit-code.ts';
import { httpsFetch } from './https-fetch.ts';
import { runForTest } from './testing/run-for-test.ts';

let folder: string;
let ca: TestAuthority;
let client: Issued;
const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lark-https-'));
  ca = new TestAuthority(folder, 'ca');
  client = ca.issue(['operator']);
});
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections?.();
  }
  rmSync(folder, { recursive: true });
});

/** A Lark with one job, as far as `lark jobs` can tell. */
async function serve(options: object = {}): Promise<string> {
  const { certificate, key } = ca.issue(['lark']);
  const own = { cert: readFileSync(certificate), key: readFileSync(key), ca: readFileSync(ca.certificate), ...options };
  return listen(
    createServer(own, (_, reply) => {
      reply.setHeader('content-type', 'application/json').end('{"jobs":[],"next":null,"total":0}');
    }),
  );
}

async function listen(server: Server, scheme = 'https'): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('with its CA a Lark that speaks https is asked, by option or by environment', async () => {
  const url = await serve();
  expect(await runForTest(['--url', url, '--ca', ca.certificate, 'jobs', '--json'])).toMatchObject({
    code: 0,
    err: '',
  });
  const env = { LARK_URL: url, LARK_CA: ca.certificate };
  expect(await runForTest(['jobs', '--json'], { env })).toMatchObject({ code: 0, err: '' });
});

test('one that is not trusted, or wants a certificate, or speaks no TLS, is named as such', async () => {
  const said = async (...args: string[]) => {
    const { code, err } = await runForTest([...args, 'jobs']);
    expect(code).toBe(ExitCode.UNREACHABLE);
    return err;
  };
  const other = new TestAuthority(folder, 'other');
  expect(await said('--url', await serve(), '--ca', other.certificate)).toMatch(
    /its certificate is not trusted: give the CA/,
  );
  const plain = await listen(createHttp(), 'https');
  expect(await said('--url', plain, '--ca', ca.certificate)).toMatch(/does not speak TLS/);
  const strict = await serve({ requestCert: true });
  expect(await said('--url', strict, '--ca', ca.certificate)).toMatch(
    /takes no client without a certificate|connection was cut/,
  );
  const own = ['--cert', client.certificate, '--key', client.key];
  expect(await runForTest(['--url', strict, '--ca', ca.certificate, ...own, 'jobs'])).toMatchObject({ code: 0 });
});

test('files that cannot be read, and a certificate without its key, are errors of the command line', async () => {
  const url = ['--url', 'https://127.0.0.1:1'];
  expect(await runForTest([...url, '--ca', join(folder, 'none.pem'), 'jobs'])).toMatchObject({
    code: ExitCode.USAGE,
    err: expect.stringContaining("none.pem', which cannot be read: it does not exist."),
  });
  expect(await runForTest([...url, '--cert', client.certificate, 'jobs'])).toMatchObject({
    code: ExitCode.USAGE,
    err: expect.stringContaining('give --cert and --key'),
  });
});

test('an answer that does not come in time is given up as such', async () => {
  const { certificate, key } = ca.issue(['slow']);
  const url = await listen(createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, () => {}));
  const asked = httpsFetch({ ca: ca.certificate })(url, { signal: AbortSignal.timeout(200) });
  await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
});
