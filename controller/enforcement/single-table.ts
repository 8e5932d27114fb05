// The single-table pipeline's rules from the start (static-rules.ts), for OpenFlow 1.0 and for switches with too few
// tables: all else is decided packet by packet.

import type { PlacedJob } from '../network/job-table.ts';
import type { FlowRule } from '../southbound/flow-rule.ts';
import type { ForwardingView } from './ends.ts';
import type { NextPipeline, Pipeline } from './pipeline.ts';
import { askAboutAll, baseRules, gateRules } from './static-rules.ts';

const BASE = 'base';
/** The same on every switch. */
const BASE_RULES = baseRules();
const LAST_RESORT = { group: BASE, rules: [askAboutAll()] };
const MEMORY = { asksAboutUnknown: false, hasRegisters: false, portIndexes: [] };

export class SingleTablePipeline implements Pipeline {
  readonly name = 'single-table';
  readonly guard = undefined;
  readonly heart = undefined;
  readonly lastResort = LAST_RESORT;
  readonly memory = MEMORY;
  readonly #view: ForwardingView;

  constructor(view: ForwardingView) {
    this.#view = view;
  }

  /** One table has no use for registers: each rule names one packet's addresses. */
  adapt(): void {}

  *groups(): Iterable<string> {
    yield BASE;
    for (const { portNo } of this.#view.state.ports()) yield portGroup(portNo);
  }

  rulesOf(group: string): readonly FlowRule[] {
    if (group === BASE) return BASE_RULES;
    const portNo = Number(group.slice(PORT_PREFIX.length));
    return this.#view.state.roleOf(portNo) === 'job' ? gateRules(this.#view, portNo) : [];
  }

  groupsOfJob({ location }: PlacedJob): readonly string[] {
    return location?.dpid === this.#view.state.dpid ? [portGroup(location.portNo)] : [];
  }

  groupsOfPort(portNo: number): readonly string[] {
    return [portGroup(portNo)];
  }

  groupsOfHost(): readonly string[] {
    return [];
  }

  groupsOfClasses(): readonly string[] {
    return [];
  }

  needsGuard(): boolean {
    return false;
  }

  /** What comes in by a port without its gate is asked about like all else. */
  rank(group: string): number | undefined {
    return group === BASE ? undefined : 0;
  }

  /** It always does, but for the gates: there a job that has no rules of its own goes without. */
  askAboutUnknown(): readonly string[] {
    return [];
  }

  over(view: ForwardingView): SingleTablePipeline {
    return new SingleTablePipeline(view);
  }

  /** In OpenFlow 1.0 the verdicts say whether a job's gate lets IPv6 pass. */
  under(view: ForwardingView): NextPipeline {
    const touched = this.#view.state.version === 1 ? undefined : new Set<string>();
    return { pipeline: this.over(view), touched };
  }
}

const PORT_PREFIX = 'port:';

function portGroup(portNo: number): string {
  return `${PORT_PREFIX}${portNo}`;
}
