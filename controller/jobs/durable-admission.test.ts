// What the store, leases and switches that are away mean for the answers of the admission service.

import { beforeEach, describe, expect, it } from 'vitest';
import { Counters } from '../telemetry/counters.ts';
import type { Admitted } from './admission.ts';
import { logAdmission } from './admission-log.ts';
import { AdmissionService } from './admission-service.ts';
import type { Job } from './job.ts';
import { EMPTY_STATE } from './store/job-store.ts';
import { CONFIRMED, DPID, FakeEnforcer, SILENT } from './testing/fake-enforcer.ts';
import { ManualClock, turnOfTheLoop } from './testing/manual-clock.ts';
import { address, sampleJob } from './testing/sample-job.ts';
import { SimulatedStore } from './testing/simulated-store.ts';

const NO_LEASE = { leaseMs: undefined };
const keyOf = (job: Job) => job.key;

let clock: ManualClock;
let enforcer: FakeEnforcer;
let store: SimulatedStore;
let service: AdmissionService;
let notConnected: 'refuse' | 'wait';

function start(): void {
  enforcer = new FakeEnforcer();
  const counters = new Counters();
  const mode = () => notConnected;
  service = new AdmissionService({ enforcer, clock, settleMs: () => 0, counters, store, notConnected: mode });
  service.restore(store.load());
}

function restart(): void {
  service.stop();
  store = store.afterCrash(0);
  start();
}

beforeEach(() => {
  clock = new ManualClock();
  store = new SimulatedStore();
  notConnected = 'refuse';
  start();
});

const AWAY = () => ({ kind: 'away', message: 'core is not connected' }) as const;

describe('the store', () => {
  it('has a job before a switch hears of it, and before it is answered', async () => {
    store.isAutomatic = false;
    const outcome = service.register(sampleJob(), NO_LEASE);
    await turnOfTheLoop();
    expect([enforcer.log, service.list()]).toEqual([[], []]);
    store.sync();
    expect((await outcome).location).toEqual({ dpid: 1n, portNo: 7, portName: undefined });
    expect(enforcer.log).toHaveLength(1);
  });

  it('that is full refuses a job, a renewal and a removal, and nothing has changed', async () => {
    const job = sampleJob();
    await service.register(job, { leaseMs: 1000 });
    const before = service.list();
    store.isAutomatic = false;
    const asked = [
      service.register(sampleJob({ id: 'other', addresses: ['10.1.0.2'] }), NO_LEASE),
      service.register(sampleJob({ start: '2' }), NO_LEASE),
      service.renew(keyOf(job), 9000),
    ];
    const answers = Promise.allSettled(asked);
    // The renewal comes after the removal of the former holder, which the second registration asks for.
    for (let round = 0; round < 2; round++) {
      await turnOfTheLoop();
      store.fail();
    }
    for (const answer of await answers) expect(answer).toMatchObject({ reason: { code: 'JOB_STORE_FAILED' } });
    const removal = service.remove(keyOf(job));
    store.fail();
    await expect(removal).rejects.toMatchObject({
      code: 'JOB_STORE_FAILED',
      message: expect.stringContaining('space'),
    });
    expect(service.list()).toEqual(before);
    expect(enforcer.log).toHaveLength(1);
    store.isAutomatic = true;
    await service.remove(keyOf(job));
    expect(service.list()).toEqual([]);
  });

  it('that is full keeps no lease from ending, and has the end as soon as it can be written', async () => {
    await service.register(sampleJob(), { leaseMs: 1000 });
    store.isAutomatic = false;
    await clock.advance(1000);
    expect(service.list()).toEqual([]);
    store.fail();
    await turnOfTheLoop();
    expect(store.afterCrash(0).load().jobs).toHaveLength(1);
    await clock.advance(10_000);
    store.sync();
    expect(store.afterCrash(0).load().jobs).toEqual([]);
  });
});

describe('after a restart', () => {
  it('the engine has every job at its place, and the switches that may know them', async () => {
    await service.meetSwitch(DPID);
    const job = sampleJob({ mac: '02:00:00:00:00:01' });
    await service.register(job, { leaseMs: 60_000, peer: '192.0.2.1' });
    const before = service.list();
    restart();
    expect(service.list()).toEqual(before);
    expect(enforcer.restored).toMatchObject([{ job, location: { dpid: 1n, portNo: 7 } }]);
    expect(enforcer.knownSwitches).toEqual([DPID]);
  });

  it('leases go on by the clock on the wall, and those that are over end', async () => {
    await service.register(sampleJob({ id: 'a', addresses: ['10.1.0.1'] }), { leaseMs: 1000 });
    await service.register(sampleJob({ id: 'b', addresses: ['10.1.0.2'] }), { leaseMs: 5000 });
    service.stop();
    await clock.advance(2000);
    restart();
    expect(service.list().map(({ job }) => job.registration.globalJobId)).toEqual(['b']);
    await clock.advance(3000);
    expect(service.list()).toEqual([]);
  });

  it('a job is not confirmed anew before its switch is back', async () => {
    await service.register(sampleJob(), NO_LEASE);
    restart();
    await expect(service.register(sampleJob(), NO_LEASE)).rejects.toMatchObject({ code: 'JOB_SWITCH_AWAY' });
    notConnected = 'wait';
    expect((await service.register(sampleJob(), NO_LEASE)).enforcement).toBe('waiting');
    enforcer.mend();
    await turnOfTheLoop();
    expect((await service.register(sampleJob(), NO_LEASE)).enforcement).toBe('port');
  });

  it('holds back what a silent switch may still have, until it is forgotten, which outlives restarts too', async () => {
    await service.meetSwitch(DPID);
    const job = sampleJob();
    await service.register(job, NO_LEASE);
    enforcer.automatic = SILENT;
    await service.remove(keyOf(job));
    restart();
    const next = sampleJob({ id: 'next', machine: 'wn2' });
    await expect(service.register(next, NO_LEASE)).rejects.toMatchObject({ code: 'JOB_ADDRESS_HELD_BACK' });
    enforcer.connected.add(DPID);
    expect(await service.forgetSwitch(DPID)).toBeUndefined();
    enforcer.connected.clear();
    expect(await service.forgetSwitch(DPID)).toEqual([address('10.1.0.1')]);
    restart();
    expect(enforcer.knownSwitches).toEqual([]);
    expect((await service.register(next, NO_LEASE)).job).toEqual(next);
  });

  it('a job that moved to another port is there', async () => {
    const job = sampleJob();
    await service.register(job, NO_LEASE);
    service.moved(job, { dpid: 2n, portNo: 9, portName: 'veth9' });
    await turnOfTheLoop();
    restart();
    expect(enforcer.restored[0]?.location).toEqual({ dpid: 2n, portNo: 9, portName: 'veth9' });
  });
});

describe('a job whose switch is not connected', () => {
  let seen: string[];
  beforeEach(() => {
    seen = [];
    notConnected = 'wait';
    enforcer.location = AWAY;
    service.events.on('waiting', () => seen.push('waiting'));
    service.events.on('admitted', ({ enforcement }: Admitted) => seen.push(`admitted ${enforcement}`));
  });

  it('waits where the file says so, out of reach of the switches, and is enforced when its switch connects', async () => {
    const job = sampleJob();
    expect((await service.register(job, NO_LEASE)).enforcement).toBe('waiting');
    service.networkChanged();
    await turnOfTheLoop();
    expect(enforcer.log).toEqual([]);
    enforcer.location = () => ({ kind: 'port', dpid: 1n, portNo: 3 });
    service.networkChanged();
    await turnOfTheLoop();
    expect(enforcer.log).toEqual([`added ${keyOf(job)}`]);
    expect(service.byKey(keyOf(job))).toMatchObject({ enforcement: 'port', location: { dpid: 1n, portNo: 3 } });
    expect(seen).toEqual(['waiting', 'admitted port']);
    restart();
    expect(enforcer.restored).toHaveLength(1);
  });

  it('waits on after a restart', async () => {
    await service.register(sampleJob(), NO_LEASE);
    restart();
    expect(enforcer.restored).toEqual([]);
    service.networkChanged();
    await turnOfTheLoop();
    expect(service.list()).toMatchObject([{ enforcement: 'port' }]);
  });

  it('is not answered OK before its switch has confirmed, though it has been given its rules', async () => {
    const job = sampleJob();
    await service.register(job, NO_LEASE);
    enforcer.location = () => ({ kind: 'port', dpid: 1n, portNo: 3 });
    enforcer.automatic = undefined;
    service.networkChanged();
    await turnOfTheLoop();
    enforcer.waiting.shift()?.answer(SILENT);
    await turnOfTheLoop();
    expect((await service.register(sampleJob(), NO_LEASE)).enforcement).toBe('waiting');
    enforcer.mend();
    await turnOfTheLoop();
    expect((await service.register(sampleJob(), NO_LEASE)).enforcement).toBe('port');
    expect(seen).toEqual(['waiting', 'admitted port']);
  });

  it('can be removed while it waits, and leaves nothing behind', async () => {
    const job = sampleJob();
    await service.register(job, NO_LEASE);
    expect(await service.remove(keyOf(job))).toEqual({ job, pendingSwitches: [] });
    service.networkChanged();
    await turnOfTheLoop();
    expect(enforcer.log).toEqual([]);
    expect(store.afterCrash(0).load()).toEqual(EMPTY_STATE);
  });
});

describe('the log', () => {
  it('tells of admissions, removals with their reason, and leases that are half over, each once', async () => {
    const lines: string[] = [];
    const note = (fields: object, event: string) =>
      lines.push(`${event} ${'reason' in fields ? fields.reason : ''}`.trim());
    logAdmission(service.events, { info: note, warn: note });
    const job = sampleJob();
    await service.register(job, { leaseMs: 10_000 });
    await clock.advance(6000);
    await service.renew(keyOf(job), 10_000);
    await clock.advance(4000);
    await service.renew(keyOf(job), 20_000);
    await clock.advance(20_000);
    const other = sampleJob({ id: 'other' });
    await service.register(other, NO_LEASE);
    service.portGone([other]);
    await turnOfTheLoop();
    enforcer.automatic = CONFIRMED;
    expect(lines).toEqual([
      'job.admitted',
      'job.lease_half_over',
      'job.lease_half_over',
      'job.removed lease',
      'job.admitted',
      'job.removed port',
    ]);
  });
});
