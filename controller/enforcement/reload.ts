// What another policy file makes of the jobs and switches that there are, worked out before anything changes: the policy
// view that follows, the jobs whose port the file now tells otherwise, and for each connected switch what of its rules may
// be another. Both the reload and the plan of one are made from this.

import type { Config, SwitchConfig } from '../config/config.ts';
import { JobTable, type PlacedJob, type PortLocation } from '../network/job-table.ts';
import { PortDirectory } from '../network/port-directory.ts';
import type { SwitchState } from '../network/switch-state.ts';
import type { ClassNumbers } from './class-numbers.ts';
import type { ForwardingView } from './ends.ts';
import { locateJob } from './locate.ts';
import type { NextPipeline, Pipeline } from './pipeline.ts';
import type { PolicyView } from './policy-view.ts';
import { type Shift, Succession } from './succession.ts';

/** One connected switch, as far as a change of the file concerns it. */
export interface AffectedSwitch {
  readonly state: SwitchState;
  readonly pipeline: Pipeline;
  readonly takesBundles: boolean;
  /** The pipeline that it would get where the file says this of it. */
  pipelineUnder(wanted: SwitchConfig['pipeline']): Pipeline['name'];
}

export interface ReloadParts<Switch extends AffectedSwitch> {
  readonly former: PolicyView;
  readonly config: Config;
  readonly jobs: JobTable;
  readonly switches: readonly Switch[];
  /** Where fresh class numbers come from; a copy for a plan. */
  readonly numbers: ClassNumbers;
  /** From the former view's jobs to those of the new file, where all of them were put in already. */
  readonly succession?: Succession;
}

export interface PreparedSwitch<Switch> {
  readonly target: Switch;
  /** What the file says of it; the very one that it has where that is the same. */
  readonly config: SwitchConfig | undefined;
  /** As it will be; the hosts are the switch's own. */
  readonly view: ForwardingView;
  /** Another pipeline than it has: its connection has to be made anew. */
  readonly isRebuilt: boolean;
  readonly next: NextPipeline;
}

export interface MovedJob {
  readonly placed: PlacedJob;
  readonly location: PortLocation;
}

export interface PreparedReload<Switch> {
  readonly policy: PolicyView;
  readonly shifts: readonly Shift[];
  readonly moves: readonly MovedJob[];
  readonly switches: readonly PreparedSwitch<Switch>[];
  /** Numbers of classes that are no more. */
  readonly retired: readonly number[];
}

export function prepareReload<Switch extends AffectedSwitch>(parts: ReloadParts<Switch>): PreparedReload<Switch> {
  const { former, config, jobs, switches, numbers } = parts;
  const succession = parts.succession ?? successionOf(former, config, jobs);
  const shifts = succession.shifts();
  const policy = former.successor(succession, shifts, numbers);
  const entries = switches.map(({ state }) => {
    const entry = entryOf(config, state);
    return { entry, isChanged: !isSame(state.config, entry) };
  });
  const isAnyChanged = entries.some(({ isChanged }) => isChanged);
  // Where one is another, jobs may move between all of them.
  const states = switches.map(({ state }, i) => (isAnyChanged ? state.under(entries[i]!.entry) : state));
  const moves = isAnyChanged ? movesOf(parts, states) : [];
  const jobsThen = moves.length === 0 ? jobs : withMoves(jobs, moves, states);
  const isRangesChanged = !isSame(former.config.jobs.ranges, config.jobs.ranges);
  const prepared = switches.map((target, i): PreparedSwitch<Switch> => {
    const { entry, isChanged } = entries[i]!;
    const { pipeline } = target;
    const view: ForwardingView = { state: states[i]!, jobs: jobsThen, policy };
    const isAny = isChanged || isRangesChanged || moves.length > 0;
    const next = isAny ? { pipeline: pipeline.over(view), touched: undefined } : pipeline.under(view, shifts);
    const said = isChanged ? entry : target.state.config;
    return { target, config: said, view, isRebuilt: target.pipelineUnder(entry?.pipeline) !== pipeline.name, next };
  });
  const live = new Set([...policy.engine.live()].map(({ id }) => id));
  const retired = [...former.engine.live()].map(({ id }) => id).filter((id) => !live.has(id));
  return { policy, shifts, moves, switches: prepared, retired };
}

/** What becomes of all jobs of the table. */
export function successionOf(former: PolicyView, config: Config, jobs: JobTable): Succession {
  return new Succession(
    former.sorted,
    config,
    Array.from(jobs.all(), ({ job }) => job),
  );
}

/** What a file says of a switch: by its datapath id, or by the name of its LOCAL port. */
export function entryOf(config: Config, state: Pick<SwitchState, 'dpid' | 'bridgeName'>): SwitchConfig | undefined {
  return (
    config.switches.find(({ dpid }) => dpid === state.dpid) ??
    config.switches.find(({ dpid, name }) => dpid === undefined && name === state.bridgeName)
  );
}

/** Jobs whose port follows from what the file says of a switch, and is told otherwise now. */
function movesOf(
  { former, config, jobs, switches }: Pick<ReloadParts<AffectedSwitch>, 'former' | 'config' | 'jobs' | 'switches'>,
  then: readonly SwitchState[],
): MovedJob[] {
  const portsBefore = new PortDirectory(switches.map(({ state }) => state));
  const portsThen = new PortDirectory(then);
  const moves: MovedJob[] = [];
  for (const placed of jobs.all()) {
    if (placed.location === undefined) continue;
    const after = locateJob(placed.job, portsThen, config);
    if (after.kind !== 'port' || isSamePort(after, placed.location)) continue;
    const before = locateJob(placed.job, portsBefore, former.config);
    // What makes no difference to the file is no reason to move: a learned location never overrides a registered one.
    if (before.kind === 'port' && isSamePort(before, after)) continue;
    const { dpid, portNo, portName } = after;
    moves.push({ placed, location: { dpid, portNo, portName } });
  }
  return moves;
}

function withMoves(jobs: JobTable, moves: readonly MovedJob[], states: readonly SwitchState[]): JobTable {
  const moved = new JobTable();
  const byJob = new Map(moves.map(({ placed, location }) => [placed.job, location]));
  for (const { job, location, mac } of jobs.all()) {
    const placed = moved.add(job, byJob.get(job) ?? location);
    if (mac !== undefined) moved.learnMac(placed, mac);
  }
  for (const { location } of moves) {
    states.find(({ dpid }) => dpid === location.dpid)?.markJobPort(location.portNo);
  }
  return moved;
}

function isSamePort(a: PortLocation, b: PortLocation): boolean {
  return a.dpid === b.dpid && a.portNo === b.portNo;
}

/** By content. Maps compare in their order: the number of a queue is its place in the file. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a, asJson) === JSON.stringify(b, asJson);
}

function asJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  return value instanceof Map ? [...value] : value;
}
