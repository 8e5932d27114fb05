// Leased addresses over HTTP and the command line, with a whole Lark that is killed at any moment: what was answered holds
// after it, and a lease goes with its job.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../controller/cli/program.ts';
import type { AddressLeasesView, AddressLeaseView } from '../../controller/northbound/lark-api.ts';
import { ChildLark } from '../support/child-lark.ts';

const POLICY = `
openflow: { listen: 127.0.0.1:0 }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/16, 2001:db8:1::/48], notConnected: wait }
store: { path: store }
switches: { leaf: { dpid: '0x1', machines: { wn1: [j1] } } }
addresses:
  nodes: { range: 10.1.0.0/29, gateway: 10.1.0.1, workers: { wn2: 10.1.0.6/32 } }
  nodes6: { range: 2001:db8:1::/64 }
`;

let folder: string;
let lark: ChildLark;
const file = () => join(folder, 'policy.yaml');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lark-leases-'));
  writeFileSync(file(), POLICY);
  lark = await ChildLark.start(file());
});
afterAll(async () => {
  await lark.kill();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const { key, isInUse } of await leases()) {
    await ask('DELETE', `/v1/${isInUse ? 'jobs' : 'addresses'}/${encodeURIComponent(key)}`);
  }
});

const KEY = 's#1|1|wn1|slot1@wn1';
const url = () => `http://127.0.0.1:${lark.address('http').port}`;
const adOf = (number: number) => `[ GlobalJobId = "s#${number}"; Owner = "alice"; NumJobStarts = 1 ]`;

async function ask(method: string, path: string, fields?: Readonly<Record<string, string>>) {
  const body = fields && new URLSearchParams(fields);
  const answer = await fetch(`${url()}${path}`, { method, ...(body && { body }) });
  return [answer.status, (await answer.json()) as Record<string, unknown>] as const;
}

const lease = (number: number, machine = 'wn1') =>
  ask('POST', '/v1/addresses', { jobAd: adOf(number), machine, slot: `slot${number}@${machine}` });
const texts = (view: unknown) => (view as AddressLeaseView).addresses.map(({ address }) => address);
const leases = async () => (await lark.get<AddressLeasesView>('/v1/addresses')).leases;

/** What a command line prints against this Lark. */
async function cli(...args: readonly string[]): Promise<readonly [code: number, said: string]> {
  let said = '';
  const out = (text: string) => {
    said += text;
  };
  const unused = () => Promise.reject(new Error('not needed here'));
  const code = await runCli(['--url', url(), ...args], {
    terminal: { out, err: out, isTty: false, env: {} },
    fetch,
    version: '1.0.0',
    loadConfig: unused,
    startLark: unused,
    planFromState: unused,
    runDemo: unused,
    signals: () => () => {},
    readerGone: new AbortController().signal,
    screen: undefined,
    exitNow: () => {},
  });
  return [code, said];
}

describe('a leased address', () => {
  it('is the same after kill -9, and nobody else gets it', async () => {
    const [status, first] = await lease(1);
    expect([status, texts(first)]).toEqual([200, ['10.1.0.2', '2001:db8:1::1']]);
    expect(first).toMatchObject({
      machine: 'wn1',
      isInUse: false,
      addresses: [{ pool: 'nodes', prefixLength: 29, gateway: '10.1.0.1' }, { pool: 'nodes6' }],
    });
    await lark.kill();
    lark = await ChildLark.start(file());
    expect(await leases()).toEqual([first]);
    expect(texts((await lease(2))[1])).toEqual(['10.1.0.3', '2001:db8:1::2']);
    expect(texts((await lease(1))[1])).toEqual(texts(first));
  });

  it('is its machine’s own where the file says so', async () => {
    expect(texts((await lease(1, 'WN2'))[1])).toEqual(['10.1.0.6', expect.stringMatching(/^2001:db8:1::/)]);
    expect(await lease(2, 'wn2')).toMatchObject([503, { code: 'JOB_ADDRESS_NONE_FREE' }]);
  });

  it('is its job’s when that registers, and goes with it, before a crash and after one', async () => {
    const [, leased] = await lease(1);
    const [ipv4 = '', ipv6 = ''] = texts(leased);
    const place = { machine: 'wn1', slot: 'slot1@wn1', ipv4, ipv6 };
    const intruder = { jobAd: adOf(9), machine: 'wn1', slot: 'slot9@wn1', ipv4 };
    expect(await ask('POST', '/v1/jobs', intruder)).toMatchObject([409, { code: 'JOB_ADDRESS_LEASED' }]);
    const [status, job] = await ask('POST', '/v1/jobs', { jobAd: adOf(1), ...place });
    // Its switch is not there: registered all the same.
    expect(status).toBe(202);
    await lark.kill();
    lark = await ChildLark.start(file());
    expect(await leases()).toMatchObject([{ isInUse: true, leaseEndsAt: null }]);
    const path = encodeURIComponent(String(job.key));
    expect(await ask('DELETE', `/v1/addresses/${path}`)).toMatchObject([409, { code: 'JOB_ADDRESS_IN_USE' }]);
    expect((await ask('DELETE', `/v1/jobs/${path}`))[0]).toBe(200);
    expect(await leases()).toEqual([]);
    await lark.kill();
    lark = await ChildLark.start(file());
    expect(await leases()).toEqual([]);
    expect(await ask('DELETE', `/v1/addresses/${path}`)).toMatchObject([404, { code: 'JOB_ADDRESS_NOT_LEASED' }]);
  });

  it('is told of in the log, in events and in metrics', async () => {
    const [, leased] = await lease(1);
    expect(lark.log.find(({ event }) => event === 'address.leased')).toMatchObject({
      job: leased.key,
      addresses: texts(leased),
    });
    expect(await (await fetch(`${url()}/metrics`)).text()).toContain('lark_address_leases{pool="nodes"} 1\n');
    const [, events] = await cli('events', '--no-follow', '--kind', 'address');
    expect(events).toMatch(/address\.leased job=/);
  });
});

describe('lark address', () => {
  it('leases, lists and releases', async () => {
    const ad = join(folder, 'job.ad');
    writeFileSync(ad, adOf(1));
    const leasing = ['address', 'lease', '--job-ad', ad, '--machine', 'wn1', '--slot', 'slot1@wn1'];
    const [leased, printed] = await cli(...leasing, '--lease', '60');
    const [, ipv4, ipv6] = /^(10\.1\.0\.\d)\/29 10\.1\.0\.1\n(2001:db8:1::\d)\/64\n$/.exec(printed) ?? [];
    expect([leased, ipv4, ipv6]).toEqual([0, expect.any(String), expect.any(String)]);
    const [code, listed] = await cli('address');
    expect([code, listed.split('\n')[1]?.split(/ +/).toSpliced(4, 1)]).toEqual([
      0,
      [ipv4, 'nodes', 'wn1', 'slot1@wn1', KEY],
    ]);
    expect(await cli('address', 'release', KEY)).toEqual([0, `Free now: ${ipv4}, ${ipv6}.\n`]);
    expect(await cli('address')).toEqual([0, 'No address is leased.\n']);
    expect(await cli('address', 'release', 'nobody')).toEqual([1, expect.stringContaining('JOB_ADDRESS_NOT_LEASED')]);
    expect(await cli(...leasing, '--lease', 'long')).toEqual([
      2,
      expect.stringContaining('must be a number of seconds'),
    ]);
  });
});
