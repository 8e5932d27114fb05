// The multi-table pipeline as groups of rules: the file's, each port's, each host's, each job's, and the verdicts of the
// classes that packets can have on this switch.

import type { MacAddress } from '../../../protocols/packet/address.ts';
import type { PlacedJob } from '../../network/job-table.ts';
import type { Capabilities } from '../../southbound/capabilities.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import type { EndpointClass } from '../endpoint-classes.ts';
import type { ForwardingView } from '../ends.ts';
import type { NextPipeline, Pipeline, PipelineMemory } from '../pipeline.ts';
import { heirsOf, isRenumbered, type Shift } from '../succession.ts';
import { askAboutAll, baseKey, baseRules } from './base-rules.ts';
import { MultiTableContext } from './context.ts';
import { hostRules } from './host-rules.ts';
import { jobRules } from './job-rules.ts';
import { portRules } from './port-rules.ts';
import { outcomeKey, verdictGuard, verdictReserve, verdictRules } from './verdict-rules.ts';

const BASE = 'base';
const VERDICTS = 'verdicts';
const LAST_RESORT = { group: BASE, rules: [askAboutAll()] };
const GUARD = { guard: verdictGuard(), reserve: verdictReserve() };

const NO_CLASSES: ReadonlyMap<number, EndpointClass> = new Map();

export class MultiTablePipeline implements Pipeline {
  readonly name = 'multi-table';
  readonly guard = GUARD;
  readonly heart = VERDICTS;
  readonly lastResort = LAST_RESORT;
  readonly #context: MultiTableContext;
  /** The classes that the verdict table speaks of, by number. */
  #classes = NO_CLASSES;

  constructor(view: ForwardingView, memory?: PipelineMemory) {
    this.#context = new MultiTableContext(view, memory);
  }

  get memory(): PipelineMemory {
    return this.#context.memory;
  }

  /** Before the first rules are made: what they are made of depends on it. */
  adapt({ registers, connections }: Capabilities): void {
    this.#context.hasRegisters = registers;
    this.#context.view.state.canTrackConnections = connections;
  }

  *groups(): Iterable<string> {
    const { known, view } = this.#context;
    known.lookAgain();
    yield VERDICTS;
    yield BASE;
    // A job's own rules before the gate of its port, which lets nothing else from there on.
    for (const placed of known.all()) yield jobGroup(placed);
    for (const { portNo } of view.state.ports()) yield `port:${portNo}`;
    for (const mac of view.state.hosts.all()) yield `host:${mac}`;
  }

  rulesOf(group: string): readonly FlowRule[] {
    const context = this.#context;
    if (group === BASE) return this.#baseRules();
    if (group === VERDICTS) return this.#verdictRules();
    const kind = group.slice(0, group.indexOf(':'));
    const name = group.slice(kind.length + 1);
    if (kind === 'port') return portRules(context, Number(name));
    if (kind === 'host') return hostRules(context, Number(name) as MacAddress);
    const placed = context.view.jobs.byKey(name);
    return placed === undefined || !context.known.isKnown(placed) ? [] : jobRules(context, placed);
  }

  groupsOfJob(placed: PlacedJob): readonly string[] {
    const { view, known } = this.#context;
    const isHere = placed.location?.dpid === view.state.dpid;
    const isPresent = view.jobs.get(placed.job) !== undefined;
    // So it is at most switches, of which there may be a thousand.
    if (isPresent && !isHere && !known.isKnown(placed)) return NO_GROUPS;
    return this.#groupsOfKnown(placed, isHere, isPresent);
  }

  #groupsOfKnown(placed: PlacedJob, isHere: boolean, isPresent: boolean): readonly string[] {
    const { view, known } = this.#context;
    const { state } = view;
    const { job, location, mac } = placed;
    const { more, less } = isHere ? known.onLocalChange(isPresent ? job : undefined) : NO_CHANGE;
    const come = [...more, ...(isPresent ? [placed] : [])];
    return [
      // New classes first: their verdicts must be there before any packet has them.
      ...(come.some((each) => this.#isOfNewClass(each)) ? [VERDICTS] : []),
      ...more.map(jobGroup),
      jobGroup(placed),
      // Hosts that were seen at a port which is a job's now have no rules any more.
      ...(isHere && location !== undefined
        ? [`port:${location.portNo}`, ...state.hosts.at(location.portNo).map((seen) => `host:${seen}`)]
        : []),
      ...(mac === undefined ? [] : [`host:${mac}`]),
      ...less.map(jobGroup),
    ];
  }

  /** By the class itself: its number may have been another's when the table was made. */
  #isOfNewClass({ job }: PlacedJob): boolean {
    const { policy } = this.#context.view;
    return policy.classesOf(job).some((each) => this.#classes.get(each.id) !== each);
  }

  groupsOfPort(portNo: number): readonly string[] {
    return [`port:${portNo}`];
  }

  groupsOfClasses(): readonly string[] {
    return [VERDICTS];
  }

  /** A job at another switch leaves by the port that its MAC was seen at. */
  groupsOfHost(mac: MacAddress): readonly string[] {
    const placed = this.#context.view.jobs.byMac(mac);
    const group = `host:${mac}`;
    return placed === undefined ? [group] : [jobGroup(placed), group];
  }

  needsGuard(group: string): boolean {
    return group === VERDICTS;
  }

  /**
   * Hosts, then jobs at other switches, then jobs of this one, then ports: what comes in by a job's port without its gate, or
   * would leave by one without rules, is asked about. A job whose address is in no range cannot be spared, nor a port to
   * another switch where it has rules that come before verdicts.
   */
  rank(group: string): number | undefined {
    const { jobs, policy, state } = this.#context.view;
    const kind = group.slice(0, group.indexOf(':'));
    if (kind === 'host') return 0;
    if (kind === 'port') {
      const role = state.roleOf(Number(group.slice(kind.length + 1)));
      return role === 'fabric' && this.#context.hasRegisters ? undefined : 3;
    }
    if (kind !== 'job') return undefined;
    const placed = jobs.byKey(group.slice(kind.length + 1));
    if (placed === undefined) return 0;
    if (!placed.job.addresses.every((address) => policy.isInRanges(address))) return undefined;
    return placed.location?.dpid === state.dpid ? 2 : 1;
  }

  askAboutUnknown(asks: boolean): readonly string[] {
    if (this.#context.asksAboutUnknown === asks) return [];
    this.#context.asksAboutUnknown = asks;
    return [BASE];
  }

  over(view: ForwardingView): MultiTablePipeline {
    return new MultiTablePipeline(view, this.memory);
  }

  under(view: ForwardingView, shifts: readonly Shift[]): NextPipeline {
    const pipeline = this.over(view);
    const { known } = this.#context;
    const then = pipeline.#context.known;
    then.succeed(known, heirsOf(shifts));
    const jobs = shifts.flatMap((shift) => {
      const isNowKnown = then.isAll || then.mayMeet(shift.after);
      if ((known.isAll || known.mayMeet(shift.before)) !== isNowKnown) return [...shift.jobs.values()];
      if (!isRenumbered(shift)) return [];
      return [...shift.jobs.values()].filter((job) => {
        const placed = view.jobs.get(job);
        return placed !== undefined && then.isKnown(placed);
      });
    });
    const touched = new Set([VERDICTS, BASE, ...jobs.map((job) => jobGroup({ job }))]);
    return { pipeline, touched, takeOver: () => this.#takeOver(pipeline) };
  }

  #takeOver(next: MultiTablePipeline): void {
    this.#context.takeOver(next.#context);
    this.#classes = next.#classes;
  }

  /** Made once for all switches on which they come to the same: a thousand idle ones have little else. */
  #baseRules(): readonly FlowRule[] {
    const context = this.#context;
    return context.view.policy.derived(`base ${baseKey(context)}`, () => baseRules(context));
  }

  /** Of the classes of jobs and of the file's blocks; where all jobs are known, or none is, made once for all switches on which verdicts come to the same. */
  #verdictRules(): readonly FlowRule[] {
    const context = this.#context;
    const { known, view } = context;
    const make = (present: readonly EndpointClass[]) => ({
      rules: [GUARD.reserve, ...verdictRules(context, present)],
      classes: new Map(present.map((endpointClass) => [endpointClass.id, endpointClass])),
    });
    const made = () => make(known.presentClasses());
    const whose = known.isAll ? 'all' : known.isNone ? 'none' : undefined;
    const { rules, classes } =
      whose === undefined ? made() : view.policy.derived(`verdicts of ${whose} ${outcomeKey(context)}`, made);
    this.#classes = classes;
    return rules;
  }
}

const NO_GROUPS: readonly string[] = [];
const NO_CHANGE = { more: [], less: [] } as const;

function jobGroup({ job }: Pick<PlacedJob, 'job'>): string {
  return `job:${job.key}`;
}
