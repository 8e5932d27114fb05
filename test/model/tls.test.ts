// A whole Lark whose listeners speak TLS: who is let in, what the log and the metrics say of the others, and certificates
// that change while it runs.

import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { httpsFetch } from '../../controller/cli/https-fetch.ts';
import { loadConfig } from '../../controller/config/load-config.ts';
import { JobFeedClient, request } from '../../controller/jobs/feed/client.ts';
import { type RunningLark, startLark } from '../../controller/main.ts';
import type { StatusView } from '../../controller/northbound/lark-api.ts';
import { clientOptions, type Issued, TestAuthority } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';

const TLS = '{ certificate: live.pem, key: live.key, clientCa: ca.pem }';
const SECURE = `
openflow: { listen: 127.0.0.1:0, tls: ${TLS} }
http: { listen: 127.0.0.1:0, tls: { certificate: live.pem, key: live.key } }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/24], settle: 0ms, tls: ${TLS} }
policies: []
`;
const PLAIN = `
openflow: { listen: 127.0.0.1:0 }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/24], settle: 0ms }
policies: []
`;
const HELLO = Uint8Array.of(4, 0, 0, 8, 0, 0, 0, 1);
const LISTENERS = ['openflow', 'jobs', 'http'] as const;
type Listener = (typeof LISTENERS)[number];

let folder: string;
let ca: TestAuthority;
let other: TestAuthority;
let client: Issued;
let stranger: Issued;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lark-tls-'));
  [ca, other] = [new TestAuthority(folder, 'ca'), new TestAuthority(folder, 'other-ca')];
  ca.issue(['lark']);
  ca.issue(['renewed']);
  client = ca.issue(['wn1']);
  stranger = other.issue(['stranger']);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}
let lark: RunningLark;
let lines: LogLine[];
let sockets: Socket[];

/** Lark's certificate is `live.pem`, which a test may replace. */
function show(name: string): void {
  copyFileSync(at(`${name}.pem`), at('live.pem'));
  copyFileSync(at(`${name}.key`), at('live.key'));
}

async function start(policy: string): Promise<void> {
  show('lark');
  const path = at('policy.yaml');
  writeFileSync(path, policy);
  const { config, errors, source, fingerprint } = await loadConfig(path);
  if (config === undefined || source === undefined) throw new Error(JSON.stringify(errors));
  const log = pino({ base: null, level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const load = () => loadConfig(path);
  const tried = fingerprint === undefined ? {} : { fingerprint };
  lark = await startLark(config, { log, version: 'test', warnings: [], load, source, watch: path, ...tried });
}

beforeEach(() => {
  lines = [];
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await lark.close();
});

function plain(listener: Listener): Socket {
  const socket = connectTcp(lark.addresses[listener]);
  socket.on('error', () => {}).resume();
  sockets.push(socket);
  return socket;
}

function secure(listener: Listener, issued?: Issued): TLSSocket {
  const socket = connectTls({ ...lark.addresses[listener], ...clientOptions(ca.certificate, issued) });
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

/** An OpenFlow connection over TLS that has got Lark's HELLO. */
async function greeted(issued: Issued): Promise<TLSSocket> {
  const socket = secure('openflow', issued);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  expect([...bytes.subarray(0, 2)]).toEqual([4, 0]);
  return socket;
}

/** Lark answers on it: FEATURES_REQUEST follows a HELLO. */
async function goesOn(socket: TLSSocket): Promise<void> {
  const answered = once(socket, 'data') as Promise<[Buffer]>;
  socket.write(HELLO);
  expect((await answered)[0][1]).toBe(5);
}

let isSecure = true;
async function page(path: string): Promise<string> {
  const { port } = lark.addresses.http;
  const ask = isSecure ? httpsFetch({ ca: ca.certificate }) : fetch;
  return (await ask(`${isSecure ? 'https' : 'http'}://127.0.0.1:${port}${path}`)).text();
}

/** However it comes to its end. */
function isGone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

async function isCounted(listener: Listener, reason: string): Promise<void> {
  const metric = `lark_connections_refused_total{listener="${listener}",reason="${reason}"} 1`;
  await eventually(metric, async () => (await page('/metrics')).includes(metric));
  const said = lines.filter(({ msg }) => msg === 'connection.refused');
  expect(said).toContainEqual(expect.objectContaining({ listener, reason, message: expect.stringMatching(/./) }));
}

describe('listeners that speak TLS', () => {
  beforeEach(() => {
    isSecure = true;
    return start(SECURE);
  });

  it('take machines that show a certificate of the CA, in both dialects of the feed', async () => {
    await goesOn(await greeted(client));
    const feed = { ...lark.addresses.jobs, tls: clientOptions(ca.certificate, client) };
    expect(await request(feed, '10.1.0.7')).toBeUndefined();
    const json = await JobFeedClient.connect(feed);
    expect(await json.list()).toEqual([]);
    await json.close();
    expect(JSON.parse(await page('/healthz'))).toEqual({ status: 'ok' });
  });

  it.each(['openflow', 'jobs'] as const)('refuse at %s who shows no certificate', async (listener) => {
    await isGone(secure(listener));
    await isCounted(listener, 'no-certificate');
  });

  it.each(['openflow', 'jobs'] as const)(
    'refuse at %s a certificate of another CA, and say whose',
    async (listener) => {
      await isGone(secure(listener, stranger));
      await isCounted(listener, 'untrusted');
      const line = lines.find(({ reason }) => reason === 'untrusted');
      expect(line).toMatchObject({ peer: '127.0.0.1', detail: expect.stringContaining('CN=stranger') });
    },
  );

  it.each([
    ['openflow', HELLO],
    ['jobs', 'SEND\n'],
    ['jobs', '{"id":1,"op":"list"}\n'],
    ['http', 'GET /healthz HTTP/1.1\r\nHost: lark\r\n\r\n'],
  ] as const)('name plain text at %s as such', async (listener, said) => {
    const socket = plain(listener);
    socket.write(said);
    await isGone(socket);
    await isCounted(listener, 'plain-on-tls');
  });

  it('refuse whoever says nothing, when the time for a handshake is over', async () => {
    const silent = LISTENERS.map((listener) => ({ listener, socket: plain(listener) }));
    await Promise.all(silent.map(({ socket }) => isGone(socket)));
    for (const { listener } of silent) await isCounted(listener, 'timeout');
  });

  it('show another certificate when the file changes, and cut no connection for it', async () => {
    const before = await greeted(client);
    const serial = before.getPeerX509Certificate()?.serialNumber;
    show('renewed');
    await eventually('the reload', () => lines.some(({ msg }) => msg === 'policy.reloaded'));
    const after = await greeted(client);
    expect(after.getPeerX509Certificate()?.subject).toBe('CN=renewed');
    expect(after.getPeerX509Certificate()?.serialNumber).not.toBe(serial);
    const http = secure('http');
    await once(http, 'secureConnect');
    expect(http.getPeerX509Certificate()?.subject).toBe('CN=renewed');
    await goesOn(before);
  });

  it('keep their certificate when the new one is none, and say so until it is mended', async () => {
    writeFileSync(at('live.pem'), 'not a certificate\n');
    const refused = async () => (JSON.parse(await page('/v1/status')) as StatusView).policy.refused;
    await eventually('the refusal', async () => (await refused()) !== null);
    expect((await refused())?.problems[0]).toMatchObject({
      code: 'CONFIG_FILE',
      message: expect.stringMatching(/^live\.pem holds no certificate/),
    });
    expect(await page('/metrics')).toContain('\nlark_config_load_error 1\n');
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'policy.refused', code: 'CONFIG_FILE' }));
    expect((await greeted(client)).getPeerX509Certificate()?.subject).toBe('CN=lark');
    show('renewed');
    await eventually('the mended file', async () => (await refused()) === null);
    expect((await greeted(client)).getPeerX509Certificate()?.subject).toBe('CN=renewed');
  });

  it('take no session of before from a client whose CA is no longer theirs', async () => {
    const first = secure('jobs', client);
    const [session] = (await once(first, 'session')) as [Buffer];
    writeFileSync(at('policy.yaml'), SECURE.replaceAll('clientCa: ca.pem', 'clientCa: other-ca.pem'));
    await eventually('the reload', () => lines.some(({ msg }) => msg === 'policy.reloaded'));
    const again = connectTls({ ...lark.addresses.jobs, ...clientOptions(ca.certificate, client), session });
    sockets.push(again.on('error', () => {}));
    await isGone(again);
    await isCounted('jobs', 'untrusted');
  });

  it.each(LISTENERS)('close when Lark stops, though the other side at %s does not', async (listener) => {
    const socket = connectTls({
      ...lark.addresses[listener],
      ...clientOptions(ca.certificate, client),
    });
    sockets.push(socket.on('error', () => {}));
    await once(socket, 'secureConnect');
    await lark.close();
  });

  it('tell when their certificates end', async () => {
    const text = await page('/metrics');
    const ends = [...text.matchAll(/^lark_tls_certificate_expiry_timestamp_seconds\{listener="(\w+)"\} ([\d.e+]+)$/gm)];
    expect(ends.map(([, listener]) => listener)).toEqual(['openflow', 'http', 'jobs']);
    const days = (Number(ends[0]?.[2]) * 1000 - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
  });
});

describe('an HTTP listener with a CA for clients', () => {
  beforeEach(() => {
    isSecure = true;
    return start(SECURE.replace('key: live.key } }', 'key: live.key, clientCa: ca.pem } }'));
  });
  const ask = (issued?: Issued) => {
    const own = issued === undefined ? {} : { cert: issued.certificate, key: issued.key };
    return httpsFetch({ ca: ca.certificate, ...own })(`https://127.0.0.1:${lark.addresses.http.port}/metrics`);
  };

  it('answers who shows a certificate of it, and nobody else', async () => {
    await expect(ask()).rejects.toThrow();
    await expect(ask(stranger)).rejects.toThrow();
    const text = await (await ask(client)).text();
    for (const reason of ['no-certificate', 'untrusted']) {
      expect(text).toContain(`lark_connections_refused_total{listener="http",reason="${reason}"} 1`);
    }
  });
});

describe('listeners that speak plain text', () => {
  beforeEach(() => {
    isSecure = false;
    return start(PLAIN);
  });

  it.each(LISTENERS)('name TLS at %s as such, at its first bytes', async (listener) => {
    const began = performance.now();
    await isGone(secure(listener, client));
    await isCounted(listener, 'tls-on-plain');
    // Not by a time-out of the handshake.
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
