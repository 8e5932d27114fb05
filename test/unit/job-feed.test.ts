// The job feed over real loopback sockets, before the real admission service and a fake enforcer.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { parseAd, parseAds, unparseAd } from 'node-classad';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdmissionService } from '../../controller/jobs/admission-service.ts';
import { systemClock } from '../../controller/jobs/clock.ts';
import {
  askClassic,
  clean,
  type FeedAddress,
  JobFeedClient,
  request,
  send,
} from '../../controller/jobs/feed/client.ts';
import type { FeedLimits } from '../../controller/jobs/feed/feed-context.ts';
import { FeedGate } from '../../controller/jobs/feed/feed-gate.ts';
import { JobDesk } from '../../controller/jobs/feed/job-desk.ts';
import { RequestLog } from '../../controller/jobs/feed/request-log.ts';
import { JobFeed } from '../../controller/jobs/feed/server.ts';
import { CONFIRMED, DPID, FakeEnforcer, SILENT } from '../../controller/jobs/testing/fake-enforcer.ts';
import {
  type Attributes,
  jobAd,
  longJobAd,
  longMachineAd,
  machineAd,
} from '../../controller/jobs/testing/sample-ads.ts';
import { address } from '../../controller/jobs/testing/sample-job.ts';
import { Counters } from '../../controller/telemetry/counters.ts';

const KEY = 'submit01.example.edu#4711.0#1754300100|1|wn021.example.edu|slot1_3@wn021.example.edu';

let enforcer: FakeEnforcer;
let admission: AdmissionService;
let counters: Counters;
let feed: JobFeed;
let at: FeedAddress;
let nat: 'refuse' | 'unenforced';
let calloutLeaseMs: number | undefined;
const faults: object[] = [];

async function start(limits: Partial<FeedLimits> = {}): Promise<void> {
  enforcer = new FakeEnforcer();
  counters = new Counters();
  admission = new AdmissionService({ enforcer, clock: systemClock, settleMs: () => 1, counters });
  const log = { debug: () => {}, warn: () => {}, error: (fields: object) => void faults.push(fields) };
  const desk = new JobDesk({
    admission,
    gate: new FeedGate({
      rules: () => ({ ranges: [], from: undefined, claims: 'open', workers: new Map(), tls: undefined }),
      admission,
      hasPorts: () => false,
    }),
    config: () => ({ leaseMs: undefined, calloutLeaseMs, nat }),
    now: () => systemClock.now(),
  });
  const requests = new RequestLog({ clock: systemClock, counters, log });
  feed = new JobFeed({ desk, requests, clock: systemClock, counters, log, limits });
  const { port } = await feed.listen({ host: '127.0.0.1', port: 0 });
  at = { host: '127.0.0.1', port };
}

beforeEach(async () => {
  nat = 'refuse';
  calloutLeaseMs = undefined;
  faults.length = 0;
  await start();
});

afterEach(async () => {
  admission.stop();
  await feed.close(100);
  expect(faults).toEqual([]);
});

/** A raw connection that keeps what it has read. */
async function open(localAddress = '127.0.0.1'): Promise<Socket & { read_: string }> {
  const socket = Object.assign(connect({ ...at, localAddress, noDelay: true, allowHalfOpen: true }), { read_: '' });
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    socket.read_ += chunk;
  });
  await once(socket, 'connect');
  return socket;
}

/** Resolves when the feed has closed its side; with all that it said. */
async function answerOf(socket: Socket & { read_: string }): Promise<string> {
  if (!socket.readableEnded) await once(socket, 'end');
  socket.destroy();
  return socket.read_;
}

/** Cuts the connection with an RST. `resetAndDestroy` would end it well first, and that is the end of a request. */
function reset(socket: Socket): void {
  (socket as unknown as { _handle: { reset(done: () => void): void } })._handle.reset(() => {});
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 5000; !condition(); await new Promise((resolve) => setTimeout(resolve, 2))) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
  }
}

/** A second job, of another start and, if so said, of other ads. */
const otherJob = (attributes: Attributes = {}) =>
  jobAd({ GlobalJobId: '"submit01.example.edu#4712.0#1754300100"', ...attributes });
const holder = (text = '10.1.0.7') => admission.byAddress(address(text))?.job;

describe('SEND', () => {
  it('answers OK, and only when the edge switch has confirmed', async () => {
    enforcer.automatic = undefined;
    const answer = send(at, jobAd(), machineAd());
    await until(() => enforcer.waiting.length === 1, 'the enforcer is asked');
    let isAnswered = false;
    void answer.then(() => {
      isAnswered = true;
    });
    // A round trip on another connection: an answer to the first would have come with it.
    expect(await request(at, '10.1.0.8')).toBeUndefined();
    expect(isAnswered).toBe(false);
    enforcer.waiting[0]?.answer(CONFIRMED);
    expect(await answer).toBe('OK');
    expect(holder()?.user).toBe('alice');
  });

  it('takes an ad longer than 16 KiB that comes byte by byte', async () => {
    const environment = 'x'.repeat(17 * 1024);
    const socket = await open();
    for (const byte of Buffer.from(`SEND\n${jobAd({ Environment: `"${environment}"` })}\n${machineAd()}\n`)) {
      socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    expect(await answerOf(socket)).toBe('OK\n');
    expect(holder()?.attributes.get('environment')).toBe(environment);
  });

  it('takes long-form ads from a peer that half-closes', async () => {
    expect(await askClassic(at, `HTCONDOR\nSEND\n${longJobAd()}\n------\n${longMachineAd()}\n`)).toBe('OK');
    expect(holder()?.accountingGroup).toBe('group_cms.production');
  });

  it('is carried through for a peer that has closed without waiting', async () => {
    const socket = await open();
    socket.write(`SEND\n${jobAd()}\n${machineAd()}`, () => socket.destroy());
    await until(() => enforcer.log.length === 1, 'the enforcer is asked');
    expect(holder()?.user).toBe('alice');
    const next = await open();
    next.write('CLEAN\n10.1.0.7', () => next.destroy());
    await until(() => holder() === undefined, 'the job is removed');
  });

  it('changes nothing when the same registration is sent again, from whichever host', async () => {
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
    const again = await open('127.0.0.2');
    again.end(`SEND\n${jobAd()}\n${machineAd()}\n`);
    expect(await answerOf(again)).toBe('OK\n');
    expect(enforcer.log).toHaveLength(1);
    const stranger = await open('127.0.0.2');
    stranger.end('CLEAN\n10.1.0.7\n');
    expect(await answerOf(stranger)).toMatch(/^ERROR JOB_NOT_YOURS /);
  });

  it('says where a job is not enforced by its port', async () => {
    enforcer.location = () => ({ kind: 'by-address' });
    expect(await send(at, jobAd(), machineAd())).toBe('OK by-address');
    nat = 'unenforced';
    const shared = machineAd({ LarkNetworkType: '"nat"', LarkInnerAddressIPv4: '"192.168.0.2"' });
    expect(await send(at, otherJob(), shared)).toBe('OK unenforced');
    expect(admission.byAddress(address('192.168.0.2'))).toBeUndefined();
    expect(await send(at, otherJob({ NumJobStarts: '2' }), shared)).toBe('OK unenforced');
    expect(admission.size).toBe(2);
    expect(await clean(at, '192.168.0.2')).toBe('OK');
    expect(admission.size).toBe(1);
  });
});

describe('CLEAN', () => {
  beforeEach(async () => {
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
  });

  it('answers OK when the rules are gone', async () => {
    enforcer.automatic = undefined;
    const answer = clean(at, '10.1.0.7');
    await until(() => enforcer.waiting.length === 1, 'the enforcer is asked');
    expect(holder()).toBeUndefined();
    enforcer.waiting[0]?.answer(CONFIRMED);
    expect(await answer).toBe('OK');
  });

  it('answers PENDING and the switches that may still have rules', async () => {
    enforcer.automatic = SILENT;
    expect(await clean(at, '10.1.0.7')).toBe(`PENDING ${DPID}`);
    expect(await send(at, otherJob(), machineAd())).toMatch(/^ERROR JOB_ADDRESS_HELD_BACK /);
  });

  it('is not taken from another host than the one that registered', async () => {
    const socket = await open('127.0.0.2');
    socket.end('CLEAN\n10.1.0.7\n');
    expect(await answerOf(socket)).toMatch(/^ERROR JOB_NOT_YOURS .*127\.0\.0\.1/);
    expect(holder()?.user).toBe('alice');
  });

  it('that was begun before the present holder registered does not remove it', async () => {
    const late = await open();
    late.write('CLE');
    await until(() => feed.connections === 1, 'the late connection is taken');
    expect(await send(at, otherJob(), machineAd())).toBe('OK');
    late.end('AN\n10.1.0.7\n');
    expect(await answerOf(late)).toMatch(/^ERROR JOB_NOT_YOURS .*former/);
    expect(holder()?.registration.globalJobId).toMatch(/4712/);
  });

  it('of a machine whose address another machine has now does not remove the next holder', async () => {
    expect(await clean(at, '10.1.0.7')).toBe('OK');
    const second = await open('127.0.0.2');
    second.end(
      `SEND\n${otherJob()}\n${machineAd({ Machine: '"wn022.example.edu"', Name: '"slot1@wn022.example.edu"' })}\n`,
    );
    expect(await answerOf(second)).toBe('OK\n');
    expect(await clean(at, '10.1.0.7')).toMatch(/^ERROR JOB_NOT_YOURS /);
    expect(holder()?.registration.machine).toBe('wn022.example.edu');
  });

  it('that comes while the former holder is being replaced is about that one', async () => {
    enforcer.automatic = undefined;
    const next = send(at, otherJob(), machineAd());
    await until(() => enforcer.waiting.length === 1, 'the former is being removed');
    const kept = feed.keptBytes;
    const late = clean(at, '10.1.0.7');
    await until(() => feed.keptBytes === kept + 'CLEAN\n10.1.0.7\n'.length, 'the late CLEAN has come');
    enforcer.automatic = CONFIRMED;
    enforcer.waiting[0]?.answer(CONFIRMED);
    expect([await next, await late]).toEqual(['OK', 'OK']);
    expect(holder()?.registration.globalJobId).toMatch(/4712/);
  });

  it('of an address that no job has says so', async () => {
    expect(await clean(at, '10.1.0.8')).toMatch(/^ERROR JOB_NOT_FOUND /);
  });
});

describe('REQUEST', () => {
  it('answers FOUND and the ad on one line, or NOFOUND', async () => {
    expect(await askClassic(at, 'REQUEST\n10.1.0.7\n')).toBe('NOFOUND');
    await send(at, jobAd(), machineAd());
    expect(await askClassic(at, 'REQUEST\n10.1.0.7\n')).toBe(`FOUND${jobAd()}`);
    expect(await askClassic(at, 'HTCONDOR\nREQUEST\n10.1.0.7\n')).toBe(`FOUND${jobAd()}`);
  });

  it('gives an ad that came in long form as one line that says the same', async () => {
    await send(at, longJobAd(), longMachineAd());
    const answer = await request(at, '10.1.0.7');
    expect(answer).not.toContain('\n');
    expect(parseAds(answer ?? '')).toHaveLength(1);
    expect(answer).toBe(unparseAd(parseAd(longJobAd()), 'new-line'));
  });

  it('without a newline is answered after a silence', async () => {
    await send(at, jobAd(), machineAd());
    const socket = await open();
    socket.write('REQUEST\n10.1.0.7');
    expect(await answerOf(socket)).toBe(`FOUND${jobAd()}\n`);
  });
});

describe('GRIDFTP', () => {
  const event = (action: string, direction = 'download') =>
    `GRIDFTP\n${action}\n192.0.2.9\n50000\nalice\n/data/f 1\n${direction}\n`;

  it('keeps a transfer from STARTUP to SHUTDOWN', async () => {
    expect(await askClassic(at, event('REQUEST'))).toBe('NOFOUND');
    expect(await askClassic(at, event('STARTUP'))).toBe('OK');
    expect(await askClassic(at, event('UPDATE', 'upload'))).toBe('OK');
    const answer = await askClassic(at, 'GRIDFTP\nREQUEST\n192.0.2.9\n50000');
    expect(answer).toMatch(/^FOUND\[.*User = "alice".*\]$/);
    expect(answer).toMatch(/"upload"/);
    const stranger = await open('127.0.0.2');
    stranger.end(event('SHUTDOWN'));
    expect(await answerOf(stranger)).toMatch(/^ERROR JOB_NOT_YOURS /);
    expect(await askClassic(at, event('SHUTDOWN'))).toBe('OK');
    expect(await askClassic(at, event('REQUEST'))).toBe('NOFOUND');
  });

  it('refuses what is no transfer', async () => {
    expect(await askClassic(at, event('STARTUP', 'sideways'))).toMatch(/^ERROR JOB_REQUEST_MALFORMED /);
    expect(await askClassic(at, event('STARTUP').replace('50000', '70000'))).toMatch(/^ERROR JOB_REQUEST_MALFORMED /);
    expect(feed.transfers.size).toBe(0);
  });
});

describe('what is refused changes nothing', () => {
  const otherMachine = { Machine: '"wn022.example.edu"', Name: '"slot1@wn022.example.edu"' };

  it.each<[string, string, () => string]>([
    ['JOB_AD_MALFORMED', 'an ad with a bracket too few', () => `SEND\n[ Owner = "x"\n${machineAd()}\n`],
    ['JOB_AD_INCOMPLETE', 'an ad without Owner', () => `SEND\n${otherJob({ Owner: 'undefined' })}\n${machineAd()}\n`],
    [
      'JOB_ADDRESS_MISSING',
      'no address',
      () => `SEND\n${otherJob()}\n${machineAd({ LarkInnerAddressIPv4: 'undefined' })}\n`,
    ],
    [
      'JOB_ADDRESS_INVALID',
      'loopback',
      () => `SEND\n${otherJob()}\n${machineAd({ LarkInnerAddressIPv4: '"127.0.0.1"' })}\n`,
    ],
    [
      'JOB_ADDRESS_INVALID',
      'multicast',
      () => `SEND\n${otherJob()}\n${machineAd({ LarkInnerAddressIPv4: '"239.1.1.1"' })}\n`,
    ],
    [
      'JOB_ADDRESS_INVALID',
      'unspecified',
      () => `SEND\n${otherJob()}\n${machineAd({ LarkInnerAddressIPv4: '"0.0.0.0"' })}\n`,
    ],
    ['JOB_ADDRESS_HELD', 'an address of another machine', () => `SEND\n${otherJob()}\n${machineAd(otherMachine)}\n`],
    ['JOB_NAT_UNENFORCEABLE', 'NAT mode', () => `SEND\n${otherJob()}\n${machineAd({ LarkNetworkType: '"nat"' })}\n`],
    [
      'JOB_AD_TOO_LONG',
      'a line over 1 MiB, read to its end',
      () => `SEND\n[ A = "${'x'.repeat(8 * 1024 * 1024)}" ]\n${machineAd()}\n`,
    ],
    ['JOB_REQUEST_MALFORMED', 'a SEND that ends too soon', () => `SEND\n${otherJob()}\n`],
    ['JOB_REQUEST_MALFORMED', 'an address that is none', () => 'CLEAN\n10.1.0\n'],
    ['JOB_REQUEST_MALFORMED', 'an HTTP request', () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['JOB_REQUEST_MALFORMED', 'rubbish', () => '\u0000\u0001\u0002\u0003'],
    ['JOB_REQUEST_MALFORMED', 'a blank line', () => '\n'],
  ])('%s: %s', async (code, _what, text) => {
    await send(at, jobAd(), machineAd());
    const before = admission.list();
    const answer = await askClassic(at, text());
    expect(answer).toMatch(new RegExp(`^ERROR ${code} [^\\n]+$`));
    expect(admission.list()).toEqual(before);
    expect(enforcer.log).toHaveLength(1);
    const counted = [...counters.jobRequests.entries()].filter(({ labels }) => labels[1] === code);
    expect(counted.map(({ value }) => value)).toEqual([1]);
  });

  it('JOB_UNLOCATED, JOB_SWITCH_AWAY and JOB_NOT_CONFIRMED', async () => {
    enforcer.location = () => ({ kind: 'unlocated', message: 'No port is called veth7.' });
    expect(await send(at, jobAd(), machineAd())).toBe('ERROR JOB_UNLOCATED No port is called veth7.');
    enforcer.location = () => ({ kind: 'away', message: 'Switch core is not connected.' });
    expect(await send(at, jobAd(), machineAd())).toBe('ERROR JOB_SWITCH_AWAY Switch core is not connected.');
    enforcer.location = () => ({ kind: 'port', dpid: 1n, portNo: 7 });
    enforcer.automatic = { edgeConfirmed: false, silent: [], away: [] };
    expect(await send(at, jobAd(), machineAd())).toMatch(/^ERROR JOB_NOT_CONFIRMED /);
    expect(admission.size).toBe(0);
  });

  it('nor does a peer that resets the connection in the middle of a request', async () => {
    const socket = await open();
    const text = `SEND\n${longJobAd()}\n------\n${longMachineAd()}`;
    socket.write(text);
    await until(() => feed.keptBytes === text.length, 'all of it has come');
    reset(socket);
    await until(() => feed.connections === 0, 'the connection is gone');
    expect([admission.size, feed.keptBytes]).toEqual([0, 0]);
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
  });
});

describe('JSON lines', () => {
  it('register, get, list, renew and remove jobs', async () => {
    const client = await JobFeedClient.connect(at);
    const job = await client.register(jobAd(), machineAd(), { leaseSec: 60 });
    expect(job).toMatchObject({ key: KEY, user: 'alice', addresses: ['10.1.0.7'], enforcement: 'port' });
    expect(job.leaseEndsAt).not.toBeNull();
    expect(await client.get({ address: '10.1.0.7' })).toMatchObject({ job, jobAd: jobAd(), machineAd: machineAd() });
    expect(await client.get({ key: KEY })).toMatchObject({ job });
    expect(await client.list()).toEqual([job]);
    const renewed = await client.renew(KEY, { leaseSec: 600 });
    expect(Date.parse(renewed.leaseEndsAt ?? '')).toBeGreaterThan(Date.parse(job.leaseEndsAt ?? '') + 500_000);
    expect(await client.remove(KEY)).toEqual({ pendingSwitches: [] });
    await expect(client.remove(KEY)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    await expect(client.renew(KEY)).rejects.toMatchObject({ code: 'JOB_REQUEST_MALFORMED' });
    await client.close();
  });

  it('answer requests as they finish, each with its id', async () => {
    enforcer.automatic = undefined;
    const socket = await open();
    const slow = JSON.stringify({ id: 'slow', op: 'register', jobAd: jobAd(), machineAd: machineAd() });
    socket.write(
      `${slow}\n{"id":2,"op":"list"}\nno json\n{"id":3,"op":"fly"}\n{"op":"list"}\n{"id":4,"op":"get","address":"10.1.0.9"}\n`,
    );
    await until(() => socket.read_.split('\n').length === 6, 'five are answered');
    const quick = socket.read_
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(quick.map(({ id, error }) => `${id} ${error?.code}`).sort()).toEqual([
      '2 undefined',
      '3 JOB_REQUEST_MALFORMED',
      '4 JOB_NOT_FOUND',
      'null JOB_REQUEST_MALFORMED',
      'null JOB_REQUEST_MALFORMED',
    ]);
    enforcer.waiting[0]?.answer(CONFIRMED);
    socket.end();
    const all = (await answerOf(socket)).trim().split('\n');
    expect(JSON.parse(all.at(-1) ?? '')).toMatchObject({ id: 'slow', result: { job: { key: KEY } } });
    expect(all).toHaveLength(6);
  });

  it('take ads as JSON objects with their expressions and 64-bit integers', async () => {
    const socket = await open();
    const machine = unparseAd(parseAd(machineAd()), 'json').replaceAll('\n', ' ');
    socket.end(
      `{"id":1,"op":"register","jobAd":{"Owner":"bob","GlobalJobId":"s#1.0#1","Sum":"\\/Expr(1 + 1)\\/","Big":9007199254740993},"machineAd":${machine}}`,
    );
    expect(JSON.parse(await answerOf(socket))).toMatchObject({ id: 1, result: { job: { user: 'bob' } } });
    expect(holder()?.attributes.get('sum')).toBe(2);
    expect(holder()?.attributes.get('big')).toBe(9007199254740993n);
  });

  it('hold a client back that has too many requests under way, and lose none', async () => {
    await feed.close();
    await start({ requestsInFlight: 4 });
    enforcer.automatic = undefined;
    const client = await JobFeedClient.connect(at);
    const jobs = Array.from({ length: 40 }, (_, i) =>
      client.register(
        jobAd({ GlobalJobId: `"s#${i}.0#1"` }),
        machineAd({
          LarkInnerAddressIPv4: `"10.1.1.${i}"`,
          LarkInnerMacAddress: `"02:00:00:00:01:${(i + 16).toString(16)}"`,
        }),
      ),
    );
    await until(() => enforcer.waiting.length === 4, 'four are under way');
    let most = 0;
    let answered = 0;
    while (answered < 40) {
      await until(() => enforcer.waiting.length > 0, 'another one is under way');
      most = Math.max(most, enforcer.waiting.length);
      enforcer.waiting.shift()?.answer(CONFIRMED);
      answered += 1;
    }
    expect((await Promise.all(jobs)).map((job) => job.globalJobId)).toEqual(jobs.map((_, i) => `s#${i}.0#1`));
    expect(most).toBe(4);
    await client.close();
  });

  it('are carried through for a peer that has closed', async () => {
    const socket = await open();
    const line = JSON.stringify({ id: 1, op: 'register', jobAd: jobAd(), machineAd: machineAd() });
    socket.write(`${line}\n`, () => socket.destroy());
    await until(() => admission.byKey(KEY) !== undefined, 'the job is registered');
  });

  it('over 1 MiB end the connection with an error', async () => {
    const client = await JobFeedClient.connect(at);
    await expect(client.register('x'.repeat(1024 * 1024 + 1), machineAd())).rejects.toMatchObject({
      code: 'JOB_AD_TOO_LONG',
    });
    await expect(client.list()).rejects.toMatchObject({ code: 'JOB_AD_TOO_LONG' });
    await client.close();
  });

  it('list jobs page by page', async () => {
    const client = await JobFeedClient.connect(at);
    for (let i = 1; i <= 5; i++) {
      const place = { LarkInnerAddressIPv4: `"10.1.1.${i}"`, LarkInnerMacAddress: `"02:00:00:00:01:0${i}"` };
      await client.register(jobAd({ GlobalJobId: `"s#${i}.0#1"` }), machineAd(place));
    }
    const page = await client.ask<{ jobs: object[]; next: number }>({ op: 'list', limit: 3 });
    const rest = await client.ask<{ jobs: object[]; next: null }>({ op: 'list', limit: 3, after: page.next });
    expect([page.jobs.length, rest.jobs.length, rest.next]).toEqual([3, 2, null]);
    await client.close();
  });
});

describe('limits', () => {
  it('refuse connections beyond their number', async () => {
    await feed.close();
    await start({ connections: 2 });
    const first = [await open(), await open()];
    await until(() => feed.connections === 2, 'both are taken');
    expect(await answerOf(await open())).toMatch(/^ERROR JOB_FEED_BUSY /);
    for (const socket of first) socket.destroy();
    await until(() => feed.connections === 0, 'they are gone');
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
  });

  it('refuse connections of one address beyond their number or rate, and take those of others', async () => {
    await feed.close();
    await start({ ofPeer: { connections: 2, perSec: 0.001, burst: 3 } });
    const first = [await open(), await open()];
    await until(() => feed.connections === 2, 'both are taken');
    expect(await answerOf(await open())).toMatch(/^ERROR JOB_FEED_BUSY This address has too many connections/);
    for (const socket of first) socket.destroy();
    await until(() => feed.connections === 0, 'they are gone');
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
    expect(await answerOf(await open())).toMatch(/^ERROR JOB_FEED_BUSY This address makes new connections too fast/);
    const other = await open('127.0.0.2');
    other.write('REQUEST\n10.1.0.7\n');
    expect(await answerOf(other)).toMatch(/^FOUND/);
    const reasons = [...counters.connectionsRefused.entries()].map(({ labels, value }) => [...labels, value]);
    expect(reasons).toEqual([
      ['jobs', 'too-many-of-peer', 1],
      ['jobs', 'too-fast', 1],
    ]);
  });

  it('of one address that asks too fast are not taken, on whichever connection, and those of others are', async () => {
    await feed.close();
    await start({ requestsOfPeer: { perSec: 0.001, burst: 5 }, holdMs: 1 });
    const asking = [await open(), await open()];
    for (const socket of asking) socket.write('{"id":1,"op":"list"}\n'.repeat(4));
    const answers = () => asking.map(({ read_ }) => read_.split('\n').length - 1).reduce((sum, each) => sum + each, 0);
    // Both have tried more than once for what is left.
    await until(() => counters.feedHolds.at([]).value > 6, 'they are held, again and again');
    expect(answers()).toBe(5);
    const other = await open('127.0.0.2');
    other.end('{"id":2,"op":"list"}\n');
    expect(JSON.parse(await answerOf(other))).toMatchObject({ id: 2, result: { jobs: [] } });
    expect(answers()).toBe(5);
  });

  it('of one that asks too fast are all answered, as fast as it may ask', async () => {
    await feed.close();
    await start({ requestsOfPeer: { perSec: 500, burst: 2 }, holdMs: 5 });
    const socket = await open();
    // The last without a newline.
    socket.end(Array.from({ length: 30 }, (_, id) => `{"id":${id},"op":"list"}`).join('\n'));
    const begun = performance.now();
    const ids = (await answerOf(socket))
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: number }).id);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, id) => id));
    // Twice the burst at most is there at once.
    expect(performance.now() - begun).toBeGreaterThan(((30 - 4) / 500) * 1000 - 10);
    expect(counters.feedHolds.at([]).value).toBeGreaterThan(0);
  });

  it('close a connection on which nothing is said, and count it', async () => {
    await feed.close();
    await start({ requestTimeoutMs: 50 });
    expect(await answerOf(await open())).toBe('');
    expect(counters.connectionsRefused.at(['jobs', 'silent']).value).toBe(1);
  });

  it('refuse what all connections together would have to keep', async () => {
    await feed.close();
    await start({ bufferedBytes: 100_000 });
    const first = await open();
    first.write(`SEND\n[ A = "${'x'.repeat(90_000)}`);
    await until(() => feed.connections === 1, 'the first is taken');
    const second = await open();
    second.write(`SEND\n[ A = "${'x'.repeat(90_000)}`);
    const answer = await Promise.race([answerOf(first), answerOf(second)]);
    expect(answer).toMatch(/^ERROR JOB_FEED_BUSY /);
    first.destroy();
    second.destroy();
    await until(() => feed.connections === 0, 'both are gone');
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
  });

  it('end a request that does not become whole, in both dialects', async () => {
    await feed.close();
    await start({ requestTimeoutMs: 50 });
    const classic = await open();
    classic.write(`SEND\n${longJobAd()}\n------\n${longMachineAd()}\n`);
    expect(await answerOf(classic)).toMatch(/^ERROR JOB_REQUEST_MALFORMED .*half-closes/);
    const json = await open();
    json.write('{"id":1,"op":"list"}\n{"id":2,');
    const lines = (await answerOf(json))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { id: 1, result: {} },
      { id: null, error: { code: 'JOB_REQUEST_MALFORMED' } },
    ]);
    expect(admission.size).toBe(0);
  });

  it('close connections on which nothing moves, and leave a peer that says nothing without an answer', async () => {
    await feed.close();
    await start({ idleTimeoutMs: 50 });
    const client = await JobFeedClient.connect(at);
    await client.list();
    await until(() => feed.connections === 0, 'it is closed');
    const probe = await open();
    probe.end();
    expect(await answerOf(probe)).toBe('');
  });
});

it('answers what is under way when it stops', async () => {
  enforcer.automatic = undefined;
  const answer = send(at, jobAd(), machineAd());
  const client = await JobFeedClient.connect(at);
  const listed = client.register(
    otherJob(),
    machineAd({ LarkInnerAddressIPv4: '"10.1.0.8"', LarkInnerMacAddress: 'undefined' }),
  );
  await until(() => enforcer.waiting.length === 2, 'both are under way');
  const closed = feed.close();
  for (const call of enforcer.waiting) call.answer(CONFIRMED);
  expect(await answer).toBe('OK');
  expect((await listed).addresses).toEqual(['10.1.0.8']);
  await closed;
  expect(admission.list().map(({ job }) => job.key)).toHaveLength(2);
});

describe('the lease of an original callout', () => {
  it('is none, unless the file gives it one; then the same SEND again renews it', async () => {
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
    expect(admission.byKey(KEY)?.leaseEndsAt).toBeUndefined();
    await admission.remove(KEY);
    calloutLeaseMs = 60_000;
    const before = Date.now();
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
    const first = admission.byKey(KEY)?.leaseEndsAt ?? 0;
    expect(first).toBeGreaterThanOrEqual(before + 60_000);
    calloutLeaseMs = 120_000;
    expect(await send(at, jobAd(), machineAd())).toBe('OK');
    expect(admission.byKey(KEY)?.leaseEndsAt).toBeGreaterThanOrEqual(first + 60_000);
  });
});
