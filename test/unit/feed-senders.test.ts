// Who may say what on the job feed, over real loopback sockets: hosts are told apart by their loopback addresses.

import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkerConfig } from '../../controller/config/config.ts';
import { AdmissionService } from '../../controller/jobs/admission-service.ts';
import { systemClock } from '../../controller/jobs/clock.ts';
import { clean, type FeedAddress, JobFeedClient, request, send } from '../../controller/jobs/feed/client.ts';
import { FeedGate, type FeedRules } from '../../controller/jobs/feed/feed-gate.ts';
import { JobDesk } from '../../controller/jobs/feed/job-desk.ts';
import { RequestLog } from '../../controller/jobs/feed/request-log.ts';
import { JobFeed } from '../../controller/jobs/feed/server.ts';
import { CONFIRMED, FakeEnforcer } from '../../controller/jobs/testing/fake-enforcer.ts';
import { jobAd, machineAd } from '../../controller/jobs/testing/sample-ads.ts';
import { address } from '../../controller/jobs/testing/sample-job.ts';
import { Counters } from '../../controller/telemetry/counters.ts';
import { parsePrefix } from '../../protocols/packet/address.ts';

const MACHINE = 'wn021.example.edu';
const KEY = `submit01.example.edu#4711.0#1754300100|1|${MACHINE}|slot1_3@${MACHINE}`;
const OPEN: FeedRules = { ranges: [], claims: 'open', workers: new Map() };

let enforcer: FakeEnforcer;
let admission: AdmissionService;
let counters: Counters;
let feed: JobFeed;
let at: FeedAddress;
let rules: FeedRules;
let hasPorts: boolean;
let warned: object[];

beforeEach(async () => {
  [enforcer, counters, rules, hasPorts, warned] = [new FakeEnforcer(), new Counters(), OPEN, false, []];
  admission = new AdmissionService({ enforcer, clock: systemClock, settleMs: () => 1, counters });
  const log = { debug: () => {}, warn: (fields: object) => void warned.push(fields), error: () => {} };
  const gate = new FeedGate({ rules: () => rules, admission, hasPorts: () => hasPorts });
  const leases = { leaseMs: undefined, calloutLeaseMs: undefined, nat: 'refuse' } as const;
  const desk = new JobDesk({ admission, gate, config: () => leases, now: () => systemClock.now() });
  const requests = new RequestLog({ clock: systemClock, counters, log });
  feed = new JobFeed({ desk, requests, clock: systemClock, counters, log });
  at = { host: '127.0.0.1', port: (await feed.listen({ host: '127.0.0.1', port: 0 })).port };
});

afterEach(async () => {
  admission.stop();
  await feed.close(100);
});

const prefixes = (...texts: string[]) => texts.map((text) => parsePrefix(text)!);
const workers = (...entries: [string, Partial<Record<keyof WorkerConfig, string[]>>][]) =>
  new Map(
    entries.map(([name, { from = [], ranges = [] }]) => [
      name,
      { from: prefixes(...from), ranges: prefixes(...ranges) },
    ]),
  );
const holder = (text = '10.1.0.7') => admission.byAddress(address(text))?.job;
const counted = (verb: string, outcome: string) => counters.jobRequests.at([verb, outcome]).value;

/** All that the feed says to one who says this and closes, from another address of this host. */
async function ask(text: string, localAddress = '127.0.0.2'): Promise<string> {
  const socket = connect({ ...at, localAddress, allowHalfOpen: true });
  let said = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  socket.on('error', () => {});
  socket.end(text);
  await once(socket, 'close');
  return said;
}

const line = (fields: object) => `${JSON.stringify({ id: 1, ...fields })}\n`;

describe('jobs.from', () => {
  it('refuses everybody else, in both dialects, counts it and says why', async () => {
    rules = { ...OPEN, from: prefixes('127.0.0.1') };
    expect(await ask(`SEND\n${jobAd()}\n${machineAd()}\n`)).toMatch(
      /^ERROR JOB_SENDER_REFUSED .*127\.0\.0\.2 is not in jobs\.from\.\n$/,
    );
    expect(await ask(line({ op: 'list' }))).toMatch(/JOB_SENDER_REFUSED/);
    expect(holder()).toBeUndefined();
    expect(counted('unknown', 'JOB_SENDER_REFUSED')).toBe(2);
    expect(warned).toContainEqual(expect.objectContaining({ peer: '127.0.0.2', outcome: 'JOB_SENDER_REFUSED' }));
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
  });

  it('counts anew for each request on a connection that stands', async () => {
    const client = await JobFeedClient.connect(at);
    expect(await client.list()).toEqual([]);
    rules = { ...OPEN, from: prefixes('127.0.0.9') };
    await expect(client.list()).rejects.toMatchObject({ code: 'JOB_SENDER_REFUSED' });
    rules = { ...OPEN, from: prefixes('127.0.0.0/8') };
    expect(await client.list()).toEqual([]);
    await client.close();
  });
});

describe('a job', () => {
  it('is not listened to from an address of jobs.ranges, whatever jobs.from says', async () => {
    rules = { ...OPEN, ranges: prefixes('127.0.0.2/32'), from: prefixes('127.0.0.0/8') };
    expect(await ask('REQUEST\n10.1.0.7\n')).toMatch(/^ERROR JOB_SENDER_REFUSED .*jobs\.ranges/);
    expect(await request(at, '10.1.0.7')).toBeUndefined();
  });

  it('is not listened to from the address that it is registered with', async () => {
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
    const gate = new FeedGate({ rules: () => rules, admission, hasPorts: () => false });
    expect(() => gate.listen({ address: '10.1.0.7', since: 0 })).toThrow(
      /10\.1\.0\.7 is the address of a registered job/,
    );
    expect(() => gate.listen({ address: '10.1.0.8', since: 0 })).not.toThrow();
    await admission.remove(KEY);
    expect(() => gate.listen({ address: '10.1.0.7', since: 0 })).not.toThrow();
  });
});

describe("another host's job", () => {
  it('is neither removed nor renewed in the JSON form', async () => {
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
    expect(await ask(line({ op: 'remove', key: KEY }))).toMatch(/"JOB_NOT_YOURS".*127\.0\.0\.1/);
    expect(await ask(line({ op: 'renew', key: KEY, leaseSec: 1 }))).toMatch(/"JOB_NOT_YOURS"/);
    expect(admission.byKey(KEY)?.leaseEndsAt).toBeUndefined();
    expect(counted('remove', 'JOB_NOT_YOURS')).toBe(1);
    const own = await JobFeedClient.connect(at);
    expect(await own.remove(KEY)).toEqual({ pendingSwitches: [] });
    await own.close();
  });

  it('is not removed while it is still being registered', async () => {
    enforcer.automatic = undefined;
    const answer = send(at, jobAd(), machineAd());
    for (const deadline = Date.now() + 5000; enforcer.waiting.length === 0; ) {
      if (Date.now() > deadline) throw new Error('the enforcer was never asked');
      await new Promise(setImmediate);
    }
    expect(await ask(line({ op: 'remove', key: KEY }))).toMatch(/"JOB_NOT_YOURS"/);
    enforcer.waiting[0]?.answer(CONFIRMED);
    expect(await answer).toBe('OK');
  });

  it('is not ended by a registration that claims to be of the same machine', async () => {
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
    const next = jobAd({ GlobalJobId: '"submit01.example.edu#666.0#1754300100"', Owner: '"mallory"' });
    expect(await ask(`SEND\n${next}\n${machineAd()}\n`)).toMatch(/^ERROR JOB_NOT_YOURS /);
    expect(holder()?.user).toBe('alice');
    expect(await send(at, next, machineAd())).toBe('OK');
    expect(holder()?.user).toBe('mallory');
  });
});

describe('jobs.claims: strict', () => {
  const strict = (...entries: Parameters<typeof workers>) =>
    ({ ...OPEN, claims: 'strict', workers: workers(...entries) }) as const;
  const asked = () => send(at, jobAd(), machineAd());

  it('takes a job of a machine from its own address, with an address of its ranges', async () => {
    rules = strict([MACHINE, { from: ['127.0.0.1'], ranges: ['10.1.0.0/29'] }]);
    expect(await asked()).toBe('OK');
    expect(await clean(at, '10.1.0.7')).toBe('OK');
  });

  it.each<[string, Partial<Record<keyof WorkerConfig, string[]>>, RegExp]>([
    [
      'an address outside of its ranges',
      { from: ['127.0.0.1'], ranges: ['10.1.0.8/29'] },
      /10\.1\.0\.7 is not in the ranges of wn021/,
    ],
    ['a machine at another address', { from: ['127.0.0.3'], ranges: ['10.1.0.0/29'] }, /JOB_SENDER_REFUSED/],
    ['a machine that nothing proves', { ranges: ['10.1.0.0/29'] }, /JOB_SENDER_REFUSED/],
    ['a machine without ranges and ports', { from: ['127.0.0.1'] }, /says neither which addresses .* nor which ports/],
  ])('refuses %s', async (_, worker, message) => {
    rules = strict([MACHINE, worker]);
    const answer = await asked();
    expect(answer).toMatch(message);
    expect(holder()).toBeUndefined();
  });

  it("refuses one machine's claim to be another", async () => {
    rules = strict(
      [MACHINE, { from: ['127.0.0.1'], ranges: ['10.1.0.0/29'] }],
      ['wn022', { from: ['127.0.0.2'], ranges: ['10.1.0.8/29'] }],
    );
    const answer = await ask(`SEND\n${jobAd()}\n${machineAd()}\n`);
    expect(answer).toMatch(/^ERROR JOB_CLAIM_REFUSED .*127\.0\.0\.2 is not an address of wn021/);
    expect(counted('SEND', 'JOB_CLAIM_REFUSED')).toBe(1);
    expect(await asked()).toBe('OK');
  });

  it('leaves a machine with ports in the file to where they are looked up', async () => {
    rules = strict([MACHINE, { from: ['127.0.0.1'] }]);
    hasPorts = true;
    expect(await asked()).toBe('OK');
  });

  it('goes by the certificate where there is one, and by the address, too, where the file gives it', () => {
    rules = strict(['wn1', { ranges: ['10.1.0.0/29'] }], ['wn2', { from: ['127.0.0.3'], ranges: ['10.1.0.0/29'] }]);
    const gate = new FeedGate({ rules: () => rules, admission, hasPorts: () => false });
    const peer = (name: string) => ({
      address: '127.0.0.1',
      since: 0,
      isMachine: (machine: string) => machine === name,
    });
    const job = (machine: string) =>
      ({ registration: { machine }, addresses: [address('10.1.0.7')] }) as unknown as Parameters<FeedGate['claim']>[0];
    expect(() => gate.claim(job('wn1'), peer('wn1'))).not.toThrow();
    expect(() => gate.claim(job('wn1'), peer('wn2'))).toThrow(/certificate is not for wn1/);
    expect(() => gate.claim(job('wn2'), peer('wn2'))).toThrow(/127\.0\.0\.1 is not an address of wn2/);
  });
});
