// Leases against a model of them: in any order of leases, releases, registrations, removals, waits, full disks and crashes every
// lease that was answered is there until it ends, and nobody else has its address.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, type IpAddress } from '../../../protocols/packet/address.ts';
import type { AddressPool } from '../../config/config.ts';
import { parseConfig } from '../../config/load-config.ts';
import { Counters } from '../../telemetry/counters.ts';
import { JobError } from '../admission.ts';
import { AdmissionService } from '../admission-service.ts';
import type { Job } from '../job.ts';
import { CONFIRMED, FakeEnforcer, REFUSED, SILENT } from '../testing/fake-enforcer.ts';
import { ManualClock, turnOfTheLoop } from '../testing/manual-clock.ts';
import { address, sampleJob } from '../testing/sample-job.ts';
import { SimulatedStore } from '../testing/simulated-store.ts';
import type { AddressLease } from './address-lease.ts';
import { AddressLeases } from './address-leases.ts';

const LEASE_MS = 60_000;
const SETTLE_MS = 200;

function poolsOf(entries: string): readonly AddressPool[] {
  const ranges = '[10.1.0.0/16, 2001:db8:1::/48]';
  const { config, errors } = parseConfig('policy.yaml', `jobs: { ranges: ${ranges} }\naddresses: ${entries}`);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  return config.addresses;
}

class World {
  readonly clock: ManualClock;
  store: SimulatedStore;
  enforcer = new FakeEnforcer();
  pools: readonly AddressPool[];
  admission!: AdmissionService;
  leases!: AddressLeases;

  constructor(pools: readonly AddressPool[], clock = new ManualClock(), store = new SimulatedStore()) {
    this.pools = pools;
    this.clock = clock;
    this.store = store;
    this.#start();
  }

  /** As `kill -9`, and a start on what the disk has of the commits that waited. */
  crash(unacknowledged = 0): void {
    this.admission.stop();
    this.leases.stop();
    this.store = this.store.afterCrash(unacknowledged);
    this.enforcer = new FakeEnforcer();
    this.#start();
  }

  #start(): void {
    const { enforcer, clock, store } = this;
    this.admission = new AdmissionService({
      enforcer,
      clock,
      settleMs: () => SETTLE_MS,
      counters: new Counters(),
      store,
      leases: {
        holderOf: (address) => this.leases.holderOf(address),
        numberOf: (key) => this.leases.numberOf(key),
      },
    });
    this.leases = new AddressLeases(this.admission, clock, () => this.pools);
    this.admission.events.on('removed', ({ job }) => this.leases.jobRemoved(job.key));
    const state = store.load();
    this.admission.restore(state);
    this.leases.restore(state.leases);
  }

  lease(job: Job, peer = '192.0.2.1'): Promise<AddressLease> {
    const guard = ({ peer: former }: AddressLease) => {
      if (former !== peer) throw new JobError('JOB_NOT_YOURS', 'not yours');
    };
    return this.leases.lease({ registration: job.registration, leaseMs: LEASE_MS, peer, claim: () => {}, guard });
  }

  /** The job with what it has leased, registered. */
  register(job: Job, addresses: readonly IpAddress[]): Promise<unknown> {
    return this.admission.register({ ...job, addresses }, { leaseMs: undefined, peer: undefined });
  }

  async remove(key: string): Promise<void> {
    const removal = this.admission.remove(key);
    await this.clock.advance(SETTLE_MS);
    await removal;
  }
}

const job = (slot: number, start = 1) => sampleJob({ id: `s#${slot}`, start: String(start), slot: `slot${slot}@wn1` });
const codeOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => 'OK',
    (error: JobError) => error.code,
  );
const texts = ({ addresses }: AddressLease) => addresses.map(({ address }) => formatIp(address));
const BOTH = '{ four: { range: 10.1.0.0/29, gateway: 10.1.0.1 }, six: { range: 2001:db8:1::/64 } }';

describe('a lease', () => {
  it('is an address of each version, the same when it is asked for again, and another for another job', async () => {
    const world = new World(poolsOf(BOTH));
    const first = await world.lease(job(1));
    expect(first.addresses).toMatchObject([
      { pool: 'four', prefixLength: 29 },
      { pool: 'six', prefixLength: 64, gateway: undefined },
    ]);
    expect(texts(await world.lease(job(1)))).toEqual(texts(first));
    const [again, other] = await Promise.all([world.lease(job(1)), world.lease(job(2))]);
    expect([texts(again), texts(other)]).toEqual([
      ['10.1.0.2', '2001:db8:1::1'],
      ['10.1.0.3', '2001:db8:1::2'],
    ]);
  });

  it('is refused whole where one version has none free, and without pools', async () => {
    const world = new World(poolsOf('{ four: { range: 10.1.0.2/32 }, six: { range: 2001:db8:1::/64 } }'));
    await world.lease(job(1));
    expect(await codeOf(world.lease(job(2)))).toBe('JOB_ADDRESS_NONE_FREE');
    expect(world.leases.list()).toHaveLength(1);
    world.pools = [];
    expect(await codeOf(world.lease(job(3)))).toBe('JOB_ADDRESS_NO_POOL');
  });

  it('goes on to the next pool where one is used up', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/32 }, two: { range: 10.1.0.3/32 } }'));
    await world.lease(job(1));
    expect((await world.lease(job(2))).addresses).toMatchObject([{ pool: 'two' }]);
  });

  it('that cannot be written is none, and its address goes to the next', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/32 } }'));
    world.store.isAutomatic = false;
    const failing = codeOf(world.lease(job(1)));
    await turnOfTheLoop();
    expect(await codeOf(world.lease(job(2)))).toBe('JOB_ADDRESS_NONE_FREE');
    world.store.fail();
    expect(await failing).toBe('JOB_STORE_FAILED');
    world.store.isAutomatic = true;
    expect(await codeOf(world.lease(job(2)))).toBe('OK');
  });

  it('keeps others from registering with its address, and not its own job', async () => {
    const world = new World(poolsOf(BOTH));
    const { addresses } = await world.lease(job(1));
    const own = addresses.map(({ address }) => address);
    expect(await codeOf(world.register(job(2), own))).toBe('JOB_ADDRESS_LEASED');
    expect(await codeOf(world.register(job(1), own))).toBe('OK');
  });

  it('in use outlives its time, cannot be released, and ends with its job; only then its address is free', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/32 } }'));
    const lease = await world.lease(job(1));
    await world.register(job(1), [lease.addresses[0]!.address]);
    await world.clock.advance(3 * LEASE_MS);
    expect(await codeOf(world.leases.release(lease.key, () => {}))).toBe('JOB_ADDRESS_IN_USE');
    expect(await codeOf(world.lease(job(2)))).toBe('JOB_ADDRESS_NONE_FREE');
    const removal = world.admission.remove(lease.key);
    await world.clock.advance(SETTLE_MS - 1);
    expect(await codeOf(world.lease(job(2)))).toBe('JOB_ADDRESS_NONE_FREE');
    await world.clock.advance(1);
    await removal;
    expect(world.leases.list()).toEqual([]);
    expect(await codeOf(world.lease(job(2)))).toBe('OK');
  });

  it('is not given while a switch that is away may have rules of the former job', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/32 } }'));
    const lease = await world.lease(job(1));
    await world.register(job(1), [lease.addresses[0]!.address]);
    world.enforcer.automatic = SILENT;
    await world.remove(lease.key);
    world.enforcer.automatic = CONFIRMED;
    expect(await codeOf(world.lease(job(2)))).toBe('JOB_ADDRESS_NONE_FREE');
    await world.admission.forgetSwitch('0000000000000001');
    expect(await codeOf(world.lease(job(2)))).toBe('OK');
  });

  it('is no address that a job which leased nothing has, or is leaving', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/32 } }'));
    await world.register(job(1), [address('10.1.0.2')]);
    expect(await codeOf(world.lease(job(2)))).toBe('JOB_ADDRESS_NONE_FREE');
    const removal = world.admission.remove(job(1).key);
    await world.clock.advance(SETTLE_MS - 1);
    expect(await codeOf(world.lease(job(2)))).toBe('JOB_ADDRESS_NONE_FREE');
    await world.clock.advance(1);
    await removal;
    expect(await codeOf(world.lease(job(2)))).toBe('OK');
  });

  it('that ended with its job or by its time is not there after a crash', async () => {
    const world = new World(poolsOf(BOTH));
    const lease = await world.lease(job(1));
    await world.register(
      job(1),
      lease.addresses.map((each) => each.address),
    );
    await world.remove(lease.key);
    world.crash();
    expect(world.leases.list()).toEqual([]);
    await world.lease(job(2));
    await world.clock.advance(LEASE_MS + 250);
    expect(world.store.load().leases).toEqual([]);
  });

  it('is not there after a crash that follows the answer of its job’s removal at once', async () => {
    const world = new World(poolsOf(BOTH));
    const lease = await world.lease(job(1));
    await world.register(
      job(1),
      lease.addresses.map((each) => each.address),
    );
    world.store.isAutomatic = false;
    const removal = world.admission.remove(lease.key);
    await turnOfTheLoop();
    world.store.sync();
    await world.clock.advance(SETTLE_MS);
    await removal;
    world.crash();
    expect(world.leases.list()).toEqual([]);
  });

  it('whose end a full disk did not take is ended when there is room, and no job’s change is lost for it', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/32 } }'));
    // Both are number one.
    await world.lease(job(1));
    await world.register(job(2), [address('10.1.0.77')]);
    world.store.isAutomatic = false;
    world.admission.moved(world.admission.byKey(job(2).key)!.job, { dpid: 9n, portNo: 9, portName: 'elsewhere' });
    await world.clock.advance(LEASE_MS + 250);
    world.store.fail();
    await turnOfTheLoop();
    world.store.isAutomatic = true;
    await world.clock.advance(10_000);
    const { leases, jobs } = world.store.load();
    expect([leases, jobs[0]?.location?.portName]).toEqual([[], 'elsewhere']);
  });

  it('that ends while it is asked for again is given anew, and not to two', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/31 } }'));
    const first = await world.lease(job(1));
    await world.clock.advance(LEASE_MS - 1);
    world.store.isAutomatic = false;
    const again = world.lease(job(1));
    await world.clock.advance(300);
    expect(world.leases.list()).toEqual([]);
    const other = world.lease(job(2));
    world.store.isAutomatic = true;
    world.store.sync();
    const given = [texts(await again), texts(await other)].flat();
    expect(new Set(given)).toEqual(new Set(['10.1.0.2', '10.1.0.3']));
    world.crash();
    expect(world.leases.list().flatMap(texts).sort()).toEqual(given.sort());
    expect(texts(first)).toEqual(['10.1.0.2']);
  });

  it('whose job came to nothing ends all the same', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/32 } }'));
    const lease = await world.lease(job(1));
    world.enforcer.automatic = undefined;
    const registering = codeOf(world.register(job(1), [lease.addresses[0]!.address]));
    await world.clock.advance(LEASE_MS + 1000);
    expect(world.leases.list()).toHaveLength(1);
    world.enforcer.automatic = CONFIRMED;
    world.enforcer.waiting.shift()?.answer(REFUSED);
    await world.clock.advance(SETTLE_MS);
    expect(await registering).toBe('JOB_NOT_CONFIRMED');
    await world.clock.advance(60_000);
    expect(world.leases.list()).toEqual([]);
  });

  it('of a job that is removed before it was admitted is there until its time, after a crash too', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2/32 } }'));
    const lease = await world.lease(job(1));
    world.enforcer.automatic = undefined;
    const registering = codeOf(world.register(job(1), [lease.addresses[0]!.address]));
    await turnOfTheLoop();
    const removal = world.admission.remove(lease.key);
    await turnOfTheLoop();
    for (const { answer } of world.enforcer.waiting.splice(0)) answer(CONFIRMED);
    await world.clock.advance(SETTLE_MS);
    await removal;
    expect(await registering).toBe('JOB_NOT_CONFIRMED');
    expect(world.leases.list()).toEqual([lease]);
    world.crash();
    expect(world.leases.list()).toEqual([lease]);
    await world.clock.advance(LEASE_MS + 250);
    expect(world.leases.list()).toEqual([]);
    world.crash();
    expect(world.leases.list()).toEqual([]);
  });

  it('of a slot’s former job ends when the next asks, unless that one is registered or another’s', async () => {
    const world = new World(poolsOf('{ one: { range: 10.1.0.2-10.1.0.3, prefixLength: 24 } }'));
    const ended: string[] = [];
    world.leases.events.on('ended', ({ registration }, how) => ended.push(`${registration.start} ${how}`));
    await world.lease(job(1, 1));
    expect(await codeOf(world.lease(job(1, 2), '192.0.2.66'))).toBe('JOB_NOT_YOURS');
    const second = await world.lease(job(1, 2));
    expect([ended, texts(second)]).toEqual([['1 replaced'], ['10.1.0.3']]);
    await world.register(job(1, 2), [second.addresses[0]!.address]);
    await world.lease(job(1, 3));
    expect(world.leases.list()).toHaveLength(2);
  });
});

describe('leases', () => {
  const slot = fc.integer({ min: 1, max: 3 });
  const command = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('lease' as const), slot, start: fc.integer({ min: 1, max: 2 }) }),
    },
    fc.record({
      kind: fc.constantFrom('release' as const, 'register' as const, 'intrude' as const, 'remove' as const),
      slot,
    }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1000, LEASE_MS / 2, LEASE_MS) }),
    fc.record({ kind: fc.constant('full' as const), slot }),
    fc.record({ kind: fc.constant('crash' as const), slot, written: fc.boolean() }),
  );

  it('are what the model says, whatever happens', async () => {
    const property = fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
      const world = new World(poolsOf('{ one: { range: 10.1.0.0/29, gateway: 10.1.0.6 } }'));
      /** By key: the address and when the lease ends. Keys of registered jobs are in `registered`. */
      const model = new Map<string, { job: Job; address: IpAddress; endsAt: number }>();
      const registered = new Set<string>();
      const current = (slot: number) =>
        [...model.values()].findLast((each) => each.job.registration.slot === job(slot).registration.slot);
      const given = (asked: Job, lease: AddressLease) => {
        const address = lease.addresses[0]!.address;
        const known = model.get(asked.key);
        if (known !== undefined) expect(address).toBe(known.address);
        else {
          expect(
            [...model.values()].filter(
              (each) => each.address === address && !isReplacedBy(each.job, asked, registered),
            ),
          ).toEqual([]);
          for (const [key, each] of model) if (isReplacedBy(each.job, asked, registered)) model.delete(key);
        }
        model.delete(asked.key);
        model.set(asked.key, { job: asked, address, endsAt: world.clock.now() + LEASE_MS });
      };
      for (const each of commands) {
        if (each.kind === 'lease') {
          const asked = job(each.slot, each.start);
          const lease = await world.lease(asked).catch((error: JobError) => error.code);
          if (typeof lease === 'string')
            expect([lease, world.leases.list().length]).toEqual(['JOB_ADDRESS_NONE_FREE', 5]);
          else given(asked, lease);
        } else if (each.kind === 'wait') await world.clock.advance(each.ms + 250);
        else {
          const lease = current(each.slot);
          if (each.kind === 'crash' || each.kind === 'full') {
            // One lease is under way meanwhile.
            world.store.isAutomatic = false;
            const asked = job(each.slot, 9);
            const outcome = world.lease(asked).then(
              (got) => got,
              (error: JobError) => error.code,
            );
            await turnOfTheLoop();
            if (each.kind === 'full') {
              world.store.fail();
              expect(typeof (await outcome)).toBe('string');
              world.store.isAutomatic = true;
            } else {
              const wasUnderWay = world.store.waiting > 0;
              world.crash(each.written ? 1 : 0);
              const found = world.leases.list().find(({ key }) => key === asked.key);
              if (each.written && wasUnderWay) given(asked, found!);
            }
          } else if (lease === undefined) continue;
          else if (each.kind === 'release') {
            const code = await codeOf(world.leases.release(lease.job.key, () => {}));
            expect(code).toBe(registered.has(lease.job.key) ? 'JOB_ADDRESS_IN_USE' : 'OK');
            if (code === 'OK') model.delete(lease.job.key);
          } else if (each.kind === 'register') {
            // After a crash nobody has heard of its switch, so it is not OK a second time.
            if (registered.has(lease.job.key)) continue;
            expect(await codeOf(world.register(lease.job, [lease.address]))).toBe('OK');
            registered.add(lease.job.key);
          } else if (each.kind === 'intrude') {
            const intruder = sampleJob({ id: 'intruder', machine: 'wn1', slot: 'slot77@wn1' });
            expect(await codeOf(world.register(intruder, [lease.address]))).toBe('JOB_ADDRESS_LEASED');
          } else if (registered.delete(lease.job.key)) {
            await world.remove(lease.job.key);
            model.delete(lease.job.key);
          }
        }
        for (const [key, { endsAt }] of model) {
          if (endsAt <= world.clock.now() && !registered.has(key)) model.delete(key);
        }
        const have = world.leases.list().map(({ key, addresses }) => [key, addresses[0]?.address]);
        expect(new Map(have as [string, IpAddress][])).toEqual(
          new Map([...model].map(([key, { address }]) => [key, address])),
        );
        expect(new Set(have.map(([, address]) => address)).size).toBe(have.length);
        for (const [key, { address }] of model) {
          const holder = world.admission.byAddress(address)?.job.key;
          expect([undefined, key]).toContain(holder);
        }
      }
      world.admission.stop();
      world.leases.stop();
    });
    await fc.assert(property, { numRuns: 200 });
  });
});

/** A lease ends when the next job of its slot gets one, unless its own is registered. */
function isReplacedBy(former: Job, asked: Job, registered: ReadonlySet<string>): boolean {
  return (
    former.registration.slot === asked.registration.slot && former.key !== asked.key && !registered.has(former.key)
  );
}
