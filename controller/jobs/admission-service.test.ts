import { beforeEach, describe, expect, it } from 'vitest';
import { Counters } from '../telemetry/counters.ts';
import type { Admitted } from './admission.ts';
import { AdmissionService } from './admission-service.ts';
import type { Job } from './job.ts';
import { CONFIRMED, DPID, FakeEnforcer, REFUSED, SILENT } from './testing/fake-enforcer.ts';
import { ManualClock, turnOfTheLoop } from './testing/manual-clock.ts';
import { address, sampleJob } from './testing/sample-job.ts';

const SETTLE_MS = 200;
const NO_LEASE = { leaseMs: undefined };

let clock: ManualClock;
let enforcer: FakeEnforcer;
let counters: Counters;
let service: AdmissionService;

beforeEach(() => {
  clock = new ManualClock();
  enforcer = new FakeEnforcer();
  counters = new Counters();
  service = new AdmissionService({ enforcer, clock, settleMs: () => SETTLE_MS, counters });
});

const keyOf = (job: Job) => job.key;

/** What became of a promise so far. */
function watch<T>(promise: Promise<T>): { state: 'pending' | 'done' | 'failed'; value?: T; code?: string } {
  const watched: { state: 'pending' | 'done' | 'failed'; value?: T; code?: string } = { state: 'pending' };
  promise.then(
    (value) => Object.assign(watched, { state: 'done', value }),
    (error) => Object.assign(watched, { state: 'failed', code: error.code ?? String(error) }),
  );
  return watched;
}

describe('register', () => {
  it('tells the enforcer in the same turn and answers only when the edge switch has confirmed', async () => {
    enforcer.automatic = undefined;
    const job = sampleJob();
    const outcome = watch(service.register(job, NO_LEASE));
    await turnOfTheLoop();
    expect(enforcer.log).toEqual([`added ${keyOf(job)}`]);
    expect(service.byAddress(address('10.1.0.1'))?.job).toBe(job);
    await clock.advance(10_000);
    expect(outcome.state).toBe('pending');
    enforcer.waiting[0]?.answer(CONFIRMED);
    await turnOfTheLoop();
    expect(outcome.value).toMatchObject({
      job,
      enforcement: 'port',
      leaseEndsAt: undefined,
      location: { dpid: 1n, portNo: 7 },
    });
  });

  it('changes nothing for the same registration again, but renews its lease', async () => {
    const job = sampleJob();
    await service.register(job, { leaseMs: 1000 });
    await clock.advance(600);
    const again = await service.register(sampleJob(), { leaseMs: 1000 });
    expect(again.leaseEndsAt).toBe(clock.now() + 1000);
    expect(again.job).toBe(job);
    expect(enforcer.log).toHaveLength(1);
  });

  it('gives two concurrent requests for one registration one outcome', async () => {
    enforcer.automatic = undefined;
    const first = watch(service.register(sampleJob(), NO_LEASE));
    const second = watch(service.register(sampleJob(), NO_LEASE));
    await turnOfTheLoop();
    expect(enforcer.waiting).toHaveLength(1);
    enforcer.automatic = CONFIRMED;
    enforcer.waiting[0]?.answer(REFUSED);
    await clock.advance(SETTLE_MS);
    expect([first.code, second.code]).toEqual(['JOB_NOT_CONFIRMED', 'JOB_NOT_CONFIRMED']);
  });

  it('refuses an address or a MAC address that a job of another machine has', async () => {
    const holder = sampleJob({ mac: '02:00:00:00:00:01' });
    await service.register(holder, NO_LEASE);
    const other = { id: 'submit#2.0#2', machine: 'wn2' };
    await expect(service.register(sampleJob(other), NO_LEASE)).rejects.toMatchObject({ code: 'JOB_ADDRESS_HELD' });
    await expect(
      service.register(sampleJob({ ...other, addresses: ['10.1.0.2'], mac: '02:00:00:00:00:01' }), NO_LEASE),
    ).rejects.toMatchObject({ code: 'JOB_MAC_HELD' });
    expect(service.list().map((admitted) => admitted.job)).toEqual([holder]);
    expect(enforcer.log).toHaveLength(1);
  });

  it('ends the former job of the same machine first, and waits until its rules are gone and have settled', async () => {
    const former = sampleJob({ addresses: ['10.1.0.1', '2001:db8::1'] });
    await service.register(former, NO_LEASE);
    enforcer.automatic = undefined;
    const next = sampleJob({ id: 'submit#2.0#2' });
    const outcome = watch(service.register(next, NO_LEASE));
    await turnOfTheLoop();
    expect(service.byAddress(address('10.1.0.1'))).toBeUndefined();
    expect(service.byAddress(address('2001:db8::1'))).toBeUndefined();
    enforcer.waiting.shift()?.answer(CONFIRMED);
    await clock.advance(SETTLE_MS - 1);
    expect(enforcer.waiting).toHaveLength(0);
    await clock.advance(1);
    enforcer.waiting.shift()?.answer(CONFIRMED);
    await turnOfTheLoop();
    expect(outcome.state).toBe('done');
    expect(service.byAddress(address('10.1.0.1'))?.job).toBe(next);
  });

  it('refuses a job that cannot be located before it ends the former one', async () => {
    const former = sampleJob();
    await service.register(former, NO_LEASE);
    enforcer.location = () => ({ kind: 'unlocated', message: 'no port is called veth9' });
    const next = sampleJob({ id: 'submit#2.0#2' });
    await expect(service.register(next, NO_LEASE)).rejects.toMatchObject({ code: 'JOB_UNLOCATED' });
    enforcer.location = () => ({ kind: 'away', message: 'core is not connected' });
    await expect(service.register(next, NO_LEASE)).rejects.toMatchObject({ code: 'JOB_SWITCH_AWAY' });
    expect(service.byAddress(address('10.1.0.1'))?.job).toBe(former);
  });

  it('refuses a job of one class too many, also where the last free one was taken while it was written', async () => {
    const first = service.register(sampleJob(), NO_LEASE);
    enforcer.classLimit = () => 3;
    await expect(first).rejects.toMatchObject({ code: 'JOB_TOO_MANY_CLASSES' });
    await expect(service.register(sampleJob(), NO_LEASE)).rejects.toMatchObject({ code: 'JOB_TOO_MANY_CLASSES' });
    expect(service.list()).toEqual([]);
    expect(enforcer.log).toEqual([]);
    enforcer.classLimit = () => undefined;
    await service.register(sampleJob(), NO_LEASE);
  });

  it('is undone when the edge switch does not confirm', async () => {
    enforcer.automatic = undefined;
    const outcome = watch(service.register(sampleJob(), { leaseMs: 1000 }));
    await turnOfTheLoop();
    enforcer.waiting.shift()?.answer(REFUSED);
    await turnOfTheLoop();
    expect(service.list()).toEqual([]);
    expect(outcome.state).toBe('pending');
    enforcer.waiting.shift()?.answer(CONFIRMED);
    await clock.advance(SETTLE_MS);
    expect(outcome.code).toBe('JOB_NOT_CONFIRMED');
    expect(enforcer.onSwitches.size).toBe(0);
    await clock.advance(5000);
    expect(clock.timers).toBe(0);
  });

  it('waits for the removal of the job that had the address', async () => {
    const former = sampleJob();
    await service.register(former, NO_LEASE);
    enforcer.automatic = undefined;
    const removal = watch(service.remove(keyOf(former)));
    const outcome = watch(service.register(sampleJob({ id: 'submit#2.0#2', machine: 'wn2' }), NO_LEASE));
    await turnOfTheLoop();
    enforcer.waiting.shift()?.answer(CONFIRMED);
    enforcer.automatic = CONFIRMED;
    await clock.advance(SETTLE_MS);
    expect([removal.state, outcome.state]).toEqual(['done', 'done']);
  });

  it('lists a job without addresses as unenforced, and says nothing to the switches', async () => {
    const admitted = await service.register(sampleJob({ addresses: [] }), NO_LEASE);
    expect(admitted.enforcement).toBe('unenforced');
    await service.remove(keyOf(admitted.job));
    expect(enforcer.log).toEqual([]);
    expect(service.list()).toEqual([]);
  });
});

it('takes no more jobs than it may keep, but lets one take the place of another', async () => {
  service = new AdmissionService({ enforcer, clock, settleMs: () => 0, counters, mostJobs: 1 });
  await service.register(sampleJob(), NO_LEASE);
  const second = sampleJob({ id: 'submit#2.0#2', addresses: ['10.1.0.2'] });
  await expect(service.register(second, NO_LEASE)).rejects.toMatchObject({ code: 'JOB_FEED_BUSY' });
  await service.register(sampleJob({ start: '2' }), NO_LEASE);
  expect(service.list().map((admitted) => admitted.job.registration.start)).toEqual(['2']);
});

describe('remove', () => {
  it('answers after the barriers and the settling time', async () => {
    const job = sampleJob();
    await service.register(job, NO_LEASE);
    const removal = watch(service.remove(keyOf(job)));
    await turnOfTheLoop();
    expect(service.byAddress(address('10.1.0.1'))).toBeUndefined();
    expect(enforcer.log.at(-1)).toBe(`removed ${keyOf(job)}`);
    await clock.advance(SETTLE_MS - 1);
    expect(removal.state).toBe('pending');
    await clock.advance(1);
    expect(removal.value).toEqual({ job, pendingSwitches: [] });
  });

  it('shares the removal that is under way', async () => {
    const job = sampleJob();
    await service.register(job, NO_LEASE);
    const both = [watch(service.remove(keyOf(job))), watch(service.remove(keyOf(job)))];
    expect(service.removalOf(address('10.1.0.1'))).toBeDefined();
    await clock.advance(SETTLE_MS);
    expect(both.map((removal) => removal.state)).toEqual(['done', 'done']);
    expect(enforcer.log.filter((line) => line.startsWith('removed'))).toHaveLength(1);
    expect(service.removalOf(address('10.1.0.1'))).toBeUndefined();
  });

  it('refuses what is not registered', async () => {
    await expect(service.remove('nothing')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    await expect(service.renew('nothing', 1)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('holds the addresses back until a silent switch is mended', async () => {
    const job = sampleJob();
    await service.register(job, NO_LEASE);
    enforcer.automatic = SILENT;
    const removal = watch(service.remove(keyOf(job)));
    await clock.advance(SETTLE_MS);
    expect(removal.value?.pendingSwitches).toEqual([DPID]);
    enforcer.automatic = CONFIRMED;
    await expect(service.register(sampleJob({ start: '2' }), NO_LEASE)).rejects.toMatchObject({
      code: 'JOB_ADDRESS_HELD_BACK',
      message: expect.stringContaining(DPID),
    });
    enforcer.mend();
    await turnOfTheLoop();
    await service.register(sampleJob({ start: '2' }), NO_LEASE);
    expect(service.heldBack.list()).toEqual([]);
  });

  it('frees the addresses of a switch that an operator has declared forgotten', async () => {
    const job = sampleJob();
    await service.register(job, NO_LEASE);
    enforcer.automatic = SILENT;
    const removal = service.remove(keyOf(job));
    await clock.advance(SETTLE_MS);
    await removal;
    expect(await service.forgetSwitch(DPID)).toEqual([address('10.1.0.1')]);
    expect(service.heldBack.blocking(address('10.1.0.1'))).toEqual([]);
  });

  it('ends a registration that still waits for its switch', async () => {
    enforcer.automatic = undefined;
    const job = sampleJob();
    const outcome = watch(service.register(job, NO_LEASE));
    const removal = watch(service.remove(keyOf(job)));
    await turnOfTheLoop();
    for (const call of enforcer.waiting.splice(0)) call.answer(CONFIRMED);
    await clock.advance(SETTLE_MS);
    expect([outcome.code, removal.state]).toEqual(['JOB_NOT_CONFIRMED', 'done']);
    expect(service.list()).toEqual([]);
  });

  it('ends a registration that still waits for the former holder to be gone', async () => {
    await service.register(sampleJob(), NO_LEASE);
    const next = sampleJob({ id: 'submit#2.0#2' });
    const outcome = watch(service.register(next, NO_LEASE));
    const removal = watch(service.remove(keyOf(next)));
    await clock.advance(3 * SETTLE_MS);
    expect([outcome.state, removal.state]).toEqual(['done', 'done']);
    expect(service.list()).toEqual([]);
  });
});

describe('leases', () => {
  it('ends a job whose lease is over, and leaves those without a lease or with a renewed one', async () => {
    const brief = sampleJob({ id: 'a', addresses: ['10.1.0.1'] });
    const renewed = sampleJob({ id: 'b', addresses: ['10.1.0.2'] });
    const endless = sampleJob({ id: 'c', addresses: ['10.1.0.3'] });
    await service.register(brief, { leaseMs: 60_000 });
    await service.register(renewed, { leaseMs: 60_000 });
    await service.register(endless, NO_LEASE);
    await clock.advance(59_000);
    await service.renew(keyOf(renewed), 60_000);
    await clock.advance(2000);
    expect(service.list().map((admitted) => admitted.job)).toEqual([renewed, endless]);
    expect([...counters.leasesEnded.entries()]).toEqual([{ labels: [], value: 1 }]);
    await clock.advance(120_000);
    expect(service.list().map((admitted) => admitted.job)).toEqual([endless]);
    expect(clock.timers).toBe(0);
  });

  it('ends no lease after stop', async () => {
    await service.register(sampleJob(), { leaseMs: 1000 });
    service.stop();
    await clock.advance(10_000);
    expect(service.list()).toHaveLength(1);
  });
});

describe('events', () => {
  it('tells each admission and each removal of an admitted job, with its reason, once', async () => {
    const seen: string[] = [];
    service.events.on('admitted', (admitted: Admitted) => seen.push(`admitted ${admitted.job.registration.start}`));
    service.events.on('removed', (removed, reason) => seen.push(`${reason} ${removed.job.registration.start}`));
    await service.register(sampleJob({ start: '1' }), NO_LEASE);
    const second = service.register(sampleJob({ start: '2' }), { leaseMs: 1000 });
    await clock.advance(SETTLE_MS);
    await second;
    await clock.advance(5000);
    const third = sampleJob({ start: '3' });
    await service.register(third, NO_LEASE);
    const removal = service.remove(keyOf(third));
    await clock.advance(SETTLE_MS);
    await removal;
    enforcer.automatic = REFUSED;
    const refused = watch(service.register(sampleJob({ start: '4' }), NO_LEASE));
    await clock.advance(SETTLE_MS);
    expect(refused.code).toBe('JOB_NOT_CONFIRMED');
    expect(seen).toEqual(['admitted 1', 'replaced 1', 'admitted 2', 'lease 2', 'admitted 3', 'asked 3']);
  });
});

it('page walks all jobs once, while others come and go', async () => {
  const jobs = Array.from({ length: 7 }, (_, i) => sampleJob({ id: `j${i}`, addresses: [`10.1.0.${i + 1}`] }));
  for (const job of jobs) await service.register(job, NO_LEASE);
  const first = service.page(0, 3);
  void service.remove('j2|1|wn1|slot1@wn1');
  void service.remove('j4|1|wn1|slot1@wn1');
  await turnOfTheLoop();
  const second = service.page(first.next ?? 0, 3);
  expect([...first.jobs, ...second.jobs].map((admitted) => admitted.job.registration.globalJobId)).toEqual([
    'j0',
    'j1',
    'j2',
    'j3',
    'j5',
    'j6',
  ]);
  expect(second.next).toBeUndefined();
});
