// Ports from which more packets are asked about than their limit lets through (packet-in-limit.ts). Such a port is held: for a
// while the switch itself drops all that comes from it, by a rule that leaves by its hard time-out and tells then how many
// packets it ate. A port that many are behind is never held; its packets beyond the limit are merely not looked at.
//
// The rule is in no group of the pipeline's: mending neither restores it nor takes it away, and it outlives a connection.
// Whoever comes to the port as a new job inherits nothing of it.

import type { PacketInLimitConfig } from '../config/config.ts';
import { widenPort } from '../network/port-numbers.ts';
import { DROP, type FlowRule } from '../southbound/flow-rule.ts';
import type { SwitchRule } from '../southbound/flow-stats.ts';
import type { Counters } from '../telemetry/counters.ts';
import { kindOf, makeCookie, RuleKind } from './cookie.ts';
import type { ForwardingView } from './ends.ts';
import { Priority } from './static-rules.ts';

export interface PortStormsParts {
  readonly view: ForwardingView;
  readonly limit: () => PacketInLimitConfig | undefined;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** False: it cannot have this rule now. */
  readonly hold: (rule: FlowRule) => boolean;
  readonly release: (rule: FlowRule) => void;
  readonly counters: Pick<Counters, 'portStorms' | 'stormPackets'>;
  readonly tell: (fields: object, event: 'port.storm' | 'port.storm_over') => void;
}

interface Storm {
  /** Until then it is one and the same. */
  readonly until: number;
  isHeld: boolean;
}

/** Ports that the switch does not have are one. */
const NO_PORT = -1;

export class PortStorms {
  readonly #parts: PortStormsParts;
  readonly #storms = new Map<number, Storm>();

  constructor(parts: PortStormsParts) {
    this.#parts = parts;
  }

  /** Whether many are behind this port; undefined where the switch has no such port. */
  isShared(portNo: number): boolean | undefined {
    const { state, jobs } = this.#parts.view;
    const role = state.roleOf(portNo);
    if (role === undefined) return undefined;
    // A switch of somebody's is behind it, or the way out of a site whose file does not say so.
    if (role === 'edge') return state.hosts.countAt(portNo) > 1;
    return role !== 'job' || state.isMachinePort(portNo) || jobs.at(state.dpid, portNo).size > 1;
  }

  isHeld(portNo: number): boolean {
    return this.#storms.get(portNo)?.isHeld === true;
  }

  /** How many ports are held. */
  get held(): number {
    let held = 0;
    for (const { isHeld } of this.#storms.values()) if (isHeld) held++;
    return held;
  }

  /** One more packet from this port is beyond its limit. */
  beyond(portNo: number): void {
    const { view, limit, now, hold, counters, tell } = this.#parts;
    const isShared = this.isShared(portNo);
    const key = isShared === undefined ? NO_PORT : portNo;
    const storm = this.#storms.get(key);
    const { holdSec } = limit() ?? {};
    if (holdSec === undefined || (storm !== undefined && now() < storm.until)) return;
    const isHeld = isShared === false && hold(holdRule(portNo, holdSec));
    this.#storms.set(key, { until: now() + holdSec * 1000, isHeld });
    const { state } = view;
    counters.portStorms.add([state.name]);
    const port = state.port(portNo)?.name ?? null;
    tell({ switch: state.name, port, portNo, isHeld, ...(isHeld && { holdSec }) }, 'port.storm');
  }

  /** The switch says that the rule which held the port is gone. */
  over(portNo: number, packets: number): void {
    const { view, counters, tell } = this.#parts;
    this.#storms.delete(portNo);
    counters.stormPackets.add([view.state.name], packets);
    const port = view.state.port(portNo)?.name ?? null;
    tell({ switch: view.state.name, port, portNo, packets }, 'port.storm_over');
  }

  /** The port is held no longer: somebody else is behind it, or nobody. */
  release(portNo: number): void {
    const { isHeld = false } = this.#storms.get(portNo) ?? {};
    this.#storms.delete(portNo);
    if (isHeld) this.#parts.release(holdRule(portNo, 0));
  }

  /** What ports are, or the limits, may be another from now on. */
  review(): void {
    for (const [portNo, { isHeld }] of [...this.#storms]) {
      const mayStay = this.#parts.limit() !== undefined && this.isShared(portNo) === false;
      if (isHeld && !mayStay) this.release(portNo);
    }
  }

  /** Those of the rules that the switch had when it connected go on until their time is over. */
  adopt(rules: readonly SwitchRule[]): void {
    const { view, now } = this.#parts;
    for (const { cookie, fields, hardTimeoutSec } of rules) {
      const inPort = fields.get('inPort');
      if (kindOf(cookie) !== 'storm' || inPort === undefined) continue;
      const portNo = view.state.version === 1 ? widenPort(Number(inPort.value)) : Number(inPort.value);
      this.#storms.set(portNo, { until: now() + hardTimeoutSec * 1000, isHeld: true });
    }
    this.review();
  }

  /** The switch refused a rule: its port is not held. */
  refused({ cookie, match: { inPort } }: FlowRule): void {
    const storm = kindOf(cookie) === 'storm' && inPort !== undefined ? this.#storms.get(inPort) : undefined;
    if (storm !== undefined) storm.isHeld = false;
  }
}

function holdRule(inPort: number, hardTimeoutSec: number): FlowRule {
  const cookie = makeCookie(RuleKind.STORM);
  return { priority: Priority.STORM, match: { inPort }, outputs: DROP, cookie, idleTimeoutSec: 0, hardTimeoutSec };
}
