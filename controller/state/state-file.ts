// The state of a running Lark as a file: all that a plan of another policy needs to be worked out elsewhere. One JSON
// document, written in pieces, since a site may have a hundred thousand jobs. Jobs are there with the attributes that policies
// may ask about, so the file is as confidential as the ads themselves.

import type { AttributeValue } from '../../policies/policy.ts';
import { formatIp, formatMac } from '../../protocols/packet/address.ts';
import type { PolicySource } from '../config/load-config.ts';
import type { Pipeline, PipelineMemory } from '../enforcement/pipeline.ts';
import type { PolicyView } from '../enforcement/policy-view.ts';
import type { AffectedSwitch } from '../enforcement/reload.ts';
import type { Registration } from '../jobs/job.ts';
import type { JobTable, PlacedJob } from '../network/job-table.ts';
import { formatDpid, type SwitchState } from '../network/switch-state.ts';

export const STATE_FORMAT = 'lark-state-1';

/** Whole numbers of 64 bits, and numbers that JSON does not have, as text. */
export type SavedValue = string | number | boolean | { readonly integer: string } | { readonly real: string };

export interface SavedJob {
  readonly registration: Registration;
  readonly user: string;
  readonly accountingGroup: string | null;
  readonly addresses: readonly string[];
  /** The registered one. */
  readonly mac: string | null;
  /** The one it is known by, perhaps from its packets. */
  readonly usedMac: string | null;
  readonly externalInterface: string | null;
  readonly location: { readonly dpid: string; readonly portNo: number; readonly portName: string | null } | null;
  readonly attributes: Readonly<Record<string, SavedValue>>;
  readonly classes: readonly number[];
}

export interface SavedSwitch {
  readonly dpid: string;
  readonly version: 1 | 4;
  readonly canMatchArp: boolean;
  readonly pipeline: 'single-table' | 'multi-table';
  /** The pipelines that it would get where the file says nothing, and where it names the other one. */
  readonly pipelines: Readonly<Record<'unless' | 'single' | 'multi', Pipeline['name']>>;
  readonly memory: PipelineMemory;
  /** It tells replies by its connection tracking. */
  readonly canTrackConnections: boolean;
  readonly takesBundles: boolean;
  readonly ports: readonly {
    readonly portNo: number;
    readonly name: string;
    readonly mac: number;
    readonly isUp: boolean;
  }[];
  readonly jobPorts: readonly number[];
  readonly hosts: readonly (readonly [mac: string, portNo: number])[];
}

export interface SavedState {
  readonly format: typeof STATE_FORMAT;
  readonly policy: { readonly file: string; readonly text: string };
  readonly classNumbers: {
    readonly next: number;
    readonly free: readonly number[];
    readonly held: readonly (readonly [number, readonly string[]])[];
    readonly local: number;
    readonly blocks: readonly (readonly [string, number])[];
  };
  readonly switches: readonly SavedSwitch[];
  /** Names of switches that are not connected. */
  readonly away: readonly string[];
  readonly jobs: readonly SavedJob[];
}

export interface StateParts {
  readonly policy: PolicyView;
  readonly source: PolicySource;
  readonly jobs: JobTable;
  readonly switches: readonly AffectedSwitch[];
  readonly away: readonly string[];
}

/** The document in pieces; all of them belong to one moment, so they have to be taken in one turn of the event loop. */
export function* writeState({ policy, source, jobs, switches, away }: StateParts): Iterable<string> {
  const { next, free, held } = policy.numbers.state;
  const { local, blocks } = policy.classNumbers([]);
  const head: Omit<SavedState, 'jobs'> = {
    format: STATE_FORMAT,
    policy: { file: policy.config.file, text: source.text },
    classNumbers: { next, free, held: held.map(([number, dpids]) => [number, dpids.map(formatDpid)]), local, blocks },
    switches: switches.map(saveSwitch),
    away,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"jobs":[`;
  let separator = '\n';
  for (const placed of jobs.all()) {
    yield `${separator}${JSON.stringify(saveJob(placed, policy.numbersOf(placed.job)))}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}

function saveSwitch(target: AffectedSwitch): SavedSwitch {
  const { state, pipeline } = target;
  const pipelines = {
    unless: target.pipelineUnder(undefined),
    single: target.pipelineUnder('single-table'),
    multi: target.pipelineUnder('multi-table'),
  };
  const can = { canTrackConnections: state.canTrackConnections, takesBundles: target.takesBundles };
  return { ...saveSwitchState(state), pipeline: pipeline.name, pipelines, memory: pipeline.memory, ...can };
}

function saveSwitchState(state: SwitchState) {
  const hosts = state.hosts.all().flatMap((mac) => {
    const portNo = state.hosts.portOf(mac);
    return portNo === undefined ? [] : [[formatMac(mac), portNo] as const];
  });
  return {
    dpid: formatDpid(state.dpid),
    version: state.version,
    canMatchArp: state.canMatchArp,
    ports: Array.from(state.ports(), ({ portNo, name, mac, isUp }) => ({ portNo, name, mac, isUp })),
    jobPorts: [...state.jobPorts],
    // The least recently seen first, so that a table made from it has them in this order.
    hosts: hosts.reverse(),
  };
}

function saveJob({ job, location, mac }: PlacedJob, classes: readonly number[]): SavedJob {
  const attributes = [...job.attributes].flatMap(([name, value]) =>
    value === undefined ? [] : [[name, saveValue(value)] as const],
  );
  return {
    registration: job.registration,
    user: job.user,
    accountingGroup: job.accountingGroup ?? null,
    addresses: job.addresses.map(formatIp),
    mac: job.mac === undefined ? null : formatMac(job.mac),
    usedMac: mac === undefined ? null : formatMac(mac),
    externalInterface: job.externalInterface ?? null,
    location:
      location === undefined
        ? null
        : { ...location, dpid: formatDpid(location.dpid), portName: location.portName ?? null },
    attributes: Object.fromEntries(attributes),
    classes,
  };
}

function saveValue(value: Exclude<AttributeValue, undefined>): SavedValue {
  if (typeof value === 'bigint') return { integer: String(value) };
  const isInJson = typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0));
  return isInJson ? value : { real: Object.is(value, -0) ? '-0' : String(value) };
}
