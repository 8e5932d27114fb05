// What the rules of the multi-table pipeline are made from: the view that `decide` has, and small numbers for ports and
// queues, which metadata has few bits for.

import type { PlacedJob } from '../../network/job-table.ts';
import { LOCAL_PORT } from '../../network/port-numbers.ts';
import {
  DROP,
  type FlowMatch,
  type FlowRule,
  type MaskedMetadata,
  type Output,
  type Register,
  type RegisterLoad,
  type RegisterMove,
  TO_CONTROLLER,
  type Tracking,
} from '../../southbound/flow-rule.ts';
import { makeCookie, type RuleKind } from '../cookie.ts';
import type { ForwardingView } from '../ends.ts';
import type { PipelineMemory } from '../pipeline.ts';
import { KnownJobs } from './known-jobs.ts';
import { MAX_PORT_INDEX, MAX_QUEUE_INDEX } from './layout.ts';

export class MultiTableContext {
  readonly view: ForwardingView;
  readonly known: KnownJobs;
  /** True once the switch had no room for a rule: then unknown addresses of jobs are not dropped unasked. */
  asksAboutUnknown: boolean;
  /** True once the switch is known to have Nicira's registers; before that no rule is made. */
  hasRegisters: boolean;
  #portIndexes = new Map<number, number>();
  #takenIndexes = new Set<number>();

  constructor(view: ForwardingView, memory?: PipelineMemory) {
    this.view = view;
    this.known = new KnownJobs(view);
    this.asksAboutUnknown = memory?.asksAboutUnknown === true;
    this.hasRegisters = memory?.hasRegisters === true;
    for (const [portNo, index] of memory?.portIndexes ?? []) {
      this.#portIndexes.set(portNo, index);
      this.#takenIndexes.add(index);
    }
  }

  get memory(): PipelineMemory {
    const { asksAboutUnknown, hasRegisters } = this;
    return { asksAboutUnknown, hasRegisters, portIndexes: [...this.#portIndexes] };
  }

  /** What was found out by another for a policy that is in force from this turn on. */
  takeOver(other: MultiTableContext): void {
    this.known.takeOver(other.known);
    this.#portIndexes = other.#portIndexes;
    this.#takenIndexes = other.#takenIndexes;
  }

  /**
   * From 1; the same for as long as the switch is connected, and the port's own number where that fits, so that the rules of
   * a former connection stay right. Undefined when there are too many ports.
   */
  portIndex(portNo: number): number | undefined {
    const known = this.#portIndexes.get(portNo);
    if (known !== undefined) return known;
    let index = portNo === LOCAL_PORT ? MAX_PORT_INDEX : portNo;
    if (index > MAX_PORT_INDEX || this.#takenIndexes.has(index)) {
      for (index = MAX_PORT_INDEX; index > 0 && this.#takenIndexes.has(index); index--);
    }
    if (index === 0) return undefined;
    this.#portIndexes.set(portNo, index);
    this.#takenIndexes.add(index);
    return index;
  }

  /** From 1, by the queue's place in the file; undefined where this switch's WAN port has no such queue. */
  queueIndex(name: string): number | undefined {
    const index = [...(this.view.state.wan?.queues.keys() ?? [])].indexOf(name) + 1;
    return index === 0 || index > MAX_QUEUE_INDEX ? undefined : index;
  }

  /** Where a job's frames leave this switch: its own port, or the fabric port that its MAC was seen at. */
  outPortOf({ location, mac }: PlacedJob): number | undefined {
    const { state } = this.view;
    if (location === undefined || mac === undefined) return undefined;
    const portNo = location.dpid === state.dpid ? location.portNo : state.hosts.portOf(mac);
    if (portNo === undefined) return undefined;
    const isRight = location.dpid === state.dpid ? state.roleOf(portNo) === 'job' : state.roleOf(portNo) === 'fabric';
    return isRight ? portNo : undefined;
  }
}

/** The parts of a rule that are not its match. */
export interface RuleBody {
  readonly moves?: readonly RegisterMove[];
  readonly loads?: readonly RegisterLoad[];
  readonly dscp?: number;
  readonly tracking?: Tracking;
  readonly outputTo?: Register;
  readonly outputs?: readonly Output[];
  readonly goto?: number;
  readonly writeMetadata?: MaskedMetadata;
  readonly idleTimeoutSec?: number;
}

export const toController: RuleBody = { outputs: TO_CONTROLLER };
export const drop: RuleBody = { outputs: DROP };

/** Makes rules of one kind. */
export function ruleMaker(kind: RuleKind) {
  const cookie = makeCookie(kind);
  return (table: number, priority: number, match: FlowMatch, body: RuleBody): FlowRule => ({
    table,
    priority,
    match,
    outputs: DROP,
    idleTimeoutSec: 0,
    hardTimeoutSec: 0,
    ...body,
    cookie,
  });
}
