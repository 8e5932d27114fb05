// What users, groups and jobs send and get now: by how far the counters of their rules have risen between two readings. The
// switches are asked when somebody asks, at most once a second however many do; after a while without anybody, the first answer
// takes a second more, since a rate needs two readings.

import type { IpAddress } from '../protocols/packet/address.ts';
import { DECIDED_RULES, ofKind, RuleKind } from './enforcement/cookie.ts';
import type { EnforcementEngine } from './enforcement/engine.ts';
import type { ManagedSwitch } from './enforcement/managed-switch.ts';
import { keyOf } from './enforcement/reconcile/found-rules.ts';
import { inSlices } from './in-slices.ts';
import { countedEnds, type PacketCount } from './job-rules.ts';
import type { AdmissionService } from './jobs/admission-service.ts';
import { type Clock, pause } from './jobs/clock.ts';
import type { RateRowView, RatesRequest, RatesView } from './northbound/lark-api.ts';
import type { SwitchRule } from './southbound/flow-stats.ts';

const LEAST_INTERVAL_MS = 1000;
/** A reading as old as this is no beginning of a rate of now, and is not kept. */
const OLD_MS = 15_000;
const READ_TIMEOUT_MS = 4000;

export interface RateReadingsParts {
  readonly engine: EnforcementEngine;
  readonly admission: AdmissionService;
  readonly clock: Clock;
}

/** What each of a switch's rules had counted, by table, priority and match. */
type SwitchCounts = ReadonlyMap<string, { readonly packets: bigint; readonly bytes: bigint }>;

interface Traffic {
  readonly sent: PacketCount;
  readonly received: PacketCount;
}

interface Reading {
  readonly at: number;
  readonly counts: ReadonlyMap<ManagedSwitch, SwitchCounts>;
  /** Since the reading before; undefined for the first. */
  readonly intervalMs: number | undefined;
  /** By the address of the job at its own switch. */
  readonly risen: ReadonlyMap<IpAddress, Traffic>;
  readonly silentSwitches: readonly string[];
  /** Datapath ids of switches that told twice. */
  readonly told: ReadonlySet<bigint>;
}

export class RateReadings {
  readonly #parts: RateReadingsParts;
  #latest: Reading | undefined;
  #underway: Promise<Reading> | undefined;

  constructor(parts: RateReadingsParts) {
    this.#parts = parts;
  }

  async read({ by, sort, limit }: RatesRequest): Promise<RatesView> {
    let reading = await this.#reading();
    while (reading.intervalMs === undefined) {
      await pause(this.#parts.clock, LEAST_INTERVAL_MS);
      reading = await this.#reading();
    }
    const { at, intervalMs, silentSwitches } = reading;
    const { rows, jobsNotCounted } = this.#rows(reading, by, intervalMs / 1000);
    rows.sort((a, b) => sizeOf(b, sort) - sizeOf(a, sort) || compare(a.name ?? '', b.name ?? ''));
    return {
      by,
      at: new Date(at).toISOString(),
      intervalSec: intervalMs / 1000,
      rows: rows.slice(0, limit),
      total: rows.length,
      jobsNotCounted,
      silentSwitches,
    };
  }

  /** The latest, where that is not a second old yet. */
  #reading(): Promise<Reading> {
    const age = this.#latest === undefined ? Number.POSITIVE_INFINITY : this.#parts.clock.now() - this.#latest.at;
    // A wall clock that was set back makes a reading old, too.
    if (this.#latest !== undefined && age >= 0 && age < LEAST_INTERVAL_MS) return Promise.resolve(this.#latest);
    this.#underway ??= this.#readAll(age >= 0 && age <= OLD_MS ? this.#latest : undefined).finally(() => {
      this.#underway = undefined;
    });
    return this.#underway;
  }

  async #readAll(before: Reading | undefined): Promise<Reading> {
    const { engine, clock } = this.#parts;
    const counts = new Map<ManagedSwitch, SwitchCounts>();
    const risen = new Map<IpAddress, Traffic>();
    const silentSwitches: string[] = [];
    const told = new Set<bigint>();
    const begun = clock.now();
    await Promise.all(
      engine.switches().map(async (managed) => {
        const rules = await readCounting(managed);
        if (rules === undefined) {
          silentSwitches.push(managed.state.name);
          return;
        }
        const former = before?.counts.get(managed);
        if (former !== undefined) told.add(managed.state.dpid);
        counts.set(managed, await this.#addRisen(managed, rules, former, risen));
      }),
    );
    const reading = {
      at: begun,
      counts,
      intervalMs: before && Math.max(1, begun - before.at),
      risen,
      silentSwitches: silentSwitches.sort(),
      told,
    };
    this.#latest = reading;
    // Unreferenced: a Lark that stops does not wait for it.
    setTimeout(() => {
      if (this.#latest === reading) this.#latest = undefined;
    }, OLD_MS).unref();
    return reading;
  }

  async #addRisen(
    managed: ManagedSwitch,
    rules: readonly SwitchRule[],
    former: SwitchCounts | undefined,
    risen: Map<IpAddress, Traffic>,
  ): Promise<SwitchCounts> {
    const { jobs } = this.#parts.engine;
    const counts = new Map<string, { readonly packets: bigint; readonly bytes: bigint }>();
    const isHere = (address: IpAddress | undefined): address is IpAddress =>
      address !== undefined && jobs.byAddress(address)?.location?.dpid === managed.state.dpid;
    await inSlices(rules, (rule) => {
      const { sender, recipient } = countedEnds(rule);
      if (!isHere(sender) && !isHere(recipient)) return;
      const key = keyOf(rule);
      const { packets, bytes } = rule;
      counts.set(key, { packets, bytes });
      if (former === undefined) return;
      // A rule that was taken away and came back counts from nought.
      const known = former.get(key);
      const isSame = known !== undefined && known.packets <= packets;
      const rise = {
        packets: Number(isSame ? packets - known.packets : packets),
        bytes: Number(isSame ? bytes - known.bytes : bytes),
      };
      if (isHere(sender)) addTo(risen, sender, { sent: rise });
      if (isHere(recipient)) addTo(risen, recipient, { received: rise });
    });
    return counts;
  }

  #rows({ risen, told }: Reading, by: RatesRequest['by'], seconds: number) {
    const rows = new Map<string | null, { user: string | null; jobs: number; traffic: Traffic }>();
    let jobsNotCounted = 0;
    for (const { job } of this.#parts.admission.list()) {
      const dpid = this.#parts.engine.jobs.get(job)?.location?.dpid;
      if (dpid === undefined || !told.has(dpid)) jobsNotCounted++;
      const name = by === 'job' ? job.key : by === 'user' ? job.user : (job.accountingGroup ?? null);
      const row = rows.get(name) ?? { user: by === 'job' ? job.user : null, jobs: 0, traffic: NOTHING };
      const traffic = job.addresses.reduce((sum, address) => plus(sum, risen.get(address) ?? {}), row.traffic);
      rows.set(name, { ...row, jobs: row.jobs + 1, traffic });
    }
    const perSec = ({ packets, bytes }: PacketCount) => ({
      packetsPerSec: rounded(packets / seconds),
      bytesPerSec: rounded(bytes / seconds),
    });
    const views = Array.from(rows, ([name, { user, jobs, traffic }]): RateRowView => {
      return { name, user, jobs, sent: perSec(traffic.sent), received: perSec(traffic.received) };
    });
    return { rows: views, jobsNotCounted };
  }
}

const NONE: PacketCount = { packets: 0, bytes: 0 };
const NOTHING: Traffic = { sent: NONE, received: NONE };

function addTo(risen: Map<IpAddress, Traffic>, address: IpAddress, more: Partial<Traffic>): void {
  risen.set(address, plus(risen.get(address) ?? NOTHING, more));
}

function plus(a: Traffic, { sent = NONE, received = NONE }: Partial<Traffic>): Traffic {
  return { sent: sum(a.sent, sent), received: sum(a.received, received) };
}

function sum(a: PacketCount, b: PacketCount): PacketCount {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

function sizeOf({ sent, received }: RateRowView, sort: RatesRequest['sort']): number {
  if (sort === 'sent') return sent.bytesPerSec;
  return sort === 'received' ? received.bytesPerSec : sent.bytesPerSec + received.bytesPerSec;
}

/** To a tenth. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Those that count packets of jobs; a 1.0 switch cannot choose, and tells all. */
async function readCounting(managed: ManagedSwitch): Promise<readonly SwitchRule[] | undefined> {
  const canChoose = managed.connection.version === 4;
  const isMultiTable = managed.pipeline.name === 'multi-table';
  const filters = !canChoose
    ? [{}]
    : [...(isMultiTable ? [{ cookie: ofKind(RuleKind.JOB) }] : []), { cookie: DECIDED_RULES }];
  const read = await Promise.all(filters.map((filter) => managed.rules.readRules(READ_TIMEOUT_MS, filter)));
  return read.every((rules) => rules !== undefined) ? read.flat() : undefined;
}
