// One connected switch under Lark's rule: what is known of it, the rules that it has from the start, and how a change of
// either reaches it.
//
// The order on the wire is what keeps promise 2: every change deletes first what was decided on the old state, in the
// same turn of the event loop in which the state changes, so a rule decided later follows its delete on the connection.
// Between a delete and what replaces it packets go to the controller, which judges them by the new state: nothing leaks.

import type { Logger } from 'pino';
import { isGroupMac, type MacAddress } from '../../protocols/packet/address.ts';
import type { Frame } from '../../protocols/packet/frame.ts';
import type { SwitchConfig } from '../config/config.ts';
import type { JobTable, PlacedJob } from '../network/job-table.ts';
import { widenPort } from '../network/port-numbers.ts';
import { type SwitchPort, SwitchState } from '../network/switch-state.ts';
import { coveredBy, type FlowMatch, type FlowRule, type Output, ruleKey } from '../southbound/flow-rule.ts';
import { flowStatsRequest, readFlowStats, type SwitchRule } from '../southbound/flow-stats.ts';
import { addRule, type DeleteFilter, deleteRule, deleteRules, packetOut } from '../southbound/rule-messages.ts';
import type { PortDescription, SwitchConnection } from '../southbound/switch-connection.ts';
import type { Counters } from '../telemetry/counters.ts';
import { ANY_OF_LARKS, DECIDED_RULES, isLarks } from './cookie.ts';
import { DecidedRules } from './decided-rules.ts';
import type { ForwardingView } from './ends.ts';
import { TABLE_COUNT } from './multi-table/layout.ts';
import { MultiTablePipeline } from './multi-table/multi-table.ts';
import type { Pipeline } from './pipeline.ts';
import type { PlannedRules } from './plan/rule-changes.ts';
import type { PolicyView } from './policy-view.ts';
import { differenceOf, type RuleDifference } from './rule-difference.ts';
import { SingleTablePipeline } from './single-table.ts';

/** How long the switch may take to tell its rules when it connects, and when somebody asks. */
const READ_TIMEOUT_MS = 10_000;
/** OFPC_ARP_MATCH_IP (OF1.0 §5.3.1). */
const ARP_MATCH_IP = 1 << 7;
/** OFPPC_PORT_DOWN and OFPPS_LINK_DOWN, the same in both versions. */
const PORT_DOWN = 1;
const LINK_DOWN = 1;
/** Drops of broadcasts that nobody may hear: each is deleted when a job comes. No more of them than this. */
const MAX_GROUP_DROPS = 256;
/** Rules sent lately, by xid, so that an error of the switch can name its rule. */
const RECENT_RULES = 1024;

export interface SwitchParts {
  readonly connection: SwitchConnection;
  readonly config: SwitchConfig | undefined;
  readonly jobs: JobTable;
  /** The one in force: a reload replaces it. */
  readonly policy: () => PolicyView;
  readonly counters: Counters;
  readonly log: Logger;
  readonly former: SwitchState | undefined;
}

export class ManagedSwitch {
  readonly connection: SwitchConnection;
  readonly view: ForwardingView;
  readonly #counters: Counters;
  readonly #log: Logger;
  readonly pipeline: Pipeline;
  /** The pipeline's rules that the switch has, by group and key. */
  readonly #installed = new Map<string, Map<string, FlowRule>>();
  readonly #groupDrops = new Map<string, FlowRule>();
  readonly #decided = new DecidedRules();
  readonly #recentRules = new Map<number, FlowRule>();
  #mended: Promise<boolean> | undefined;
  #isMended = false;
  #guardedChanges = 0;
  #refusals = 0;

  constructor(parts: SwitchParts) {
    const { connection, config, jobs, policy } = parts;
    const { features } = connection;
    this.connection = connection;
    this.#counters = parts.counters;
    this.#log = parts.log;
    const pipelineName = choosePipeline(connection, config?.pipeline);
    const state = new SwitchState(
      {
        dpid: features.datapathId,
        version: connection.version,
        config,
        canMatchArp: features.version === 4 || (features.capabilities & ARP_MATCH_IP) !== 0,
        agesHosts: pipelineName === 'single-table',
      },
      { now: () => performance.now(), onHostEvicted: (mac) => this.refresh(this.pipeline.groupsOfHost(mac)) },
    );
    state.setPorts(connection.ports.map((port) => toPort(port, connection.version)));
    if (parts.former !== undefined) state.inheritJobPorts(parts.former);
    this.view = {
      state,
      jobs,
      get policy() {
        return policy();
      },
    };
    this.pipeline =
      pipelineName === 'multi-table' ? new MultiTablePipeline(this.view) : new SingleTablePipeline(this.view);
  }

  get state(): SwitchState {
    return this.view.state;
  }

  /** False until rules of a former connection are gone and the first rules of this one are confirmed. */
  get isMended(): boolean {
    return this.#isMended;
  }

  /**
   * Brings the switch in line, once it is known which of its ports have jobs. Settles true once it is mended, false if it
   * closed before; asked again, the answer is the same.
   */
  mend(): Promise<boolean> {
    this.#mended ??= this.#mend();
    return this.#mended;
  }

  /** True when all that was sent until now is in the switch's tables. */
  async confirm(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    if (!this.#isMended && !(await within(this.mend(), timeoutMs))) return false;
    return this.connection.barrier(Math.max(1, deadline - performance.now()));
  }

  /** Rules of Lark's and others', as the switch has them now; undefined if it does not tell in time. */
  async readRules(timeoutMs = READ_TIMEOUT_MS): Promise<readonly SwitchRule[] | undefined> {
    const parts = await this.connection.statistics(flowStatsRequest(this.connection.version), timeoutMs);
    return parts?.flatMap(readFlowStats);
  }

  /** A rule that was decided for this packet. */
  install(rule: FlowRule, frame: Frame, inPort: number): void {
    this.#decided.note(rule, frame, inPort);
    if (isGroupMac(rule.match.ethDst ?? 0)) {
      if (this.#groupDrops.size >= MAX_GROUP_DROPS) return;
      this.#groupDrops.set(ruleKey(rule), rule);
    }
    this.#add(rule);
  }

  send(packet: { inPort: number; bufferId: number; data: Uint8Array }, outputs: readonly Output[]): void {
    this.connection.send(packetOut(this.connection.version, packet, outputs));
    this.#counters.packetOuts.add([this.state.name]);
  }

  /** Deletes rules that were decided for packets; those from the start that 1.0 cannot spare come back by `refresh`. */
  deleteDecided(filter: DeleteFilter): void {
    const { version } = this.connection;
    this.connection.send(deleteRules(version, version === 4 ? { ...filter, cookie: DECIDED_RULES } : filter));
    this.#counters.flowMods.add([this.state.name, 'delete']);
    this.#decided.forget(filter);
    if (version === 4 || filter.outPort !== undefined) return;
    for (const rules of this.#installed.values()) {
      for (const [key, rule] of rules) if (coveredBy(rule.match, filter.match)) rules.delete(key);
    }
  }

  /** A new job may hear what nobody heard before. */
  #deleteGroupDrops(): void {
    for (const rule of [...this.#groupDrops.values()]) this.#deleteDecidedRule(rule);
  }

  /** Brings groups of the pipeline's rules in line with what is known now: first what goes, the strictest of what comes first. */
  refresh(groups: Iterable<string> = this.#allGroups()): void {
    if (!this.#isMended) return;
    for (const group of groups) this.#refreshGroup(group);
  }

  #refreshGroup(group: string): void {
    const difference = this.#difference([group], this.pipeline);
    const isChange = difference.gone.length + difference.written.length > 0;
    this.#carryOut(difference, isChange ? this.pipeline.guardOf(group) : undefined);
  }

  /** Deletes before adds, behind the guard where there is one. */
  #carryOut({ gone, written }: RuleDifference, guard: FlowRule | undefined): void {
    if (guard !== undefined) this.#add(guard);
    for (const { group, rule } of gone) {
      const ofGroup = this.#installed.get(group);
      ofGroup?.delete(ruleKey(rule));
      if (ofGroup?.size === 0) this.#installed.delete(group);
      this.#delete(rule);
    }
    for (const { group, rule } of written) {
      const ofGroup = this.#installed.get(group) ?? new Map<string, FlowRule>();
      this.#installed.set(group, ofGroup.set(ruleKey(rule), rule));
      this.#add(rule);
    }
    if (guard !== undefined) void this.#liftGuard(guard);
  }

  #difference(groups: Iterable<string>, pipeline: Pipeline): RuleDifference {
    return differenceOf(groups, (group) => pipeline.rulesOf(group), this.#installed);
  }

  /** How many rules of the pipeline it has. */
  get ruleCount(): number {
    return [...this.#installed.values()].reduce((sum, rules) => sum + rules.size, 0);
  }

  /**
   * What the file says of this switch, or the policy in force, is another from this turn on: takes away at once what was
   * decided for packets and would be decided otherwise now. `refreshGuarded` has to follow in the same turn.
   */
  reconfigure(config: SwitchConfig | undefined): void {
    this.state.reconfigure(config);
    const stale = this.#decided.stale(this.view);
    if (stale === 'all') this.deleteDecided({ match: {} });
    else for (const rule of stale) this.#deleteDecidedRule(rule);
  }

  /** As `refresh`; while any rule of these groups changes, the verdicts of all are asked about. */
  refreshGuarded(groups: Iterable<string> = this.#allGroups()): void {
    if (!this.#isMended) return;
    const difference = this.#difference(groups, this.pipeline);
    if (difference.gone.length + difference.written.length === 0) return;
    this.#carryOut(difference, this.#guardOfAll(this.pipeline));
  }

  /**
   * What `reconfigure` and `refreshGuarded` would send if this were known instead. Undefined while the switch is being
   * mended: then all of its rules are on their way.
   */
  planned(view: ForwardingView, groups: Iterable<string> | undefined): PlannedRules | undefined {
    if (!this.#isMended) return undefined;
    const pipeline = this.pipeline.over(view);
    const all = new Set([...pipeline.groups(), ...this.#installed.keys()]);
    const difference = this.#difference(groups ?? all, pipeline);
    const isChange = difference.gone.length + difference.written.length > 0;
    const guard = isChange ? this.#guardOfAll(pipeline) : undefined;
    return { stale: this.#decided.stale(view), ...difference, guard };
  }

  pipelineUnder(wanted: SwitchConfig['pipeline']): Pipeline['name'] {
    return choosePipeline(this.connection, wanted);
  }

  #guardOfAll(pipeline: Pipeline): FlowRule | undefined {
    return pipeline
      .groupsOfClasses()
      .map((group) => pipeline.guardOf(group))
      .find((guard) => guard !== undefined);
  }

  #deleteDecidedRule(rule: FlowRule): void {
    this.#decided.forgetRule(rule);
    this.#groupDrops.delete(ruleKey(rule));
    this.#delete(rule);
  }

  /** Takes the guard away once all behind it is in place, unless a rule was refused or a later change put it there anew. */
  async #liftGuard(guard: FlowRule): Promise<void> {
    const change = ++this.#guardedChanges;
    const refusals = this.#refusals;
    const isConfirmed = await this.connection.barrier(READ_TIMEOUT_MS);
    if (isConfirmed && change === this.#guardedChanges && refusals === this.#refusals) this.#delete(guard);
  }

  /** The switch refused a rule of the pipeline: what it cannot hold is asked about from now on, and nothing passes unasked. */
  onRuleRefused(): void {
    this.#refusals++;
    this.refresh(this.pipeline.askAboutUnknown());
  }

  /** Those that have rules now, and those that should. */
  #allGroups(): ReadonlySet<string> {
    return new Set([...this.pipeline.groups(), ...this.#installed.keys()]);
  }

  onPort(port: SwitchPort, isGone: boolean): void {
    const { state } = this;
    const uplinks = state.uplinkKey;
    if (isGone) state.removePort(port.portNo);
    else state.setPorts([port]);
    if (isGone || !port.isUp) {
      for (const mac of state.hosts.forgetPort(port.portNo)) this.#onHostGone(mac);
      this.deleteDecided({ match: {}, outPort: port.portNo });
      this.deleteDecided({ match: { inPort: port.portNo } });
    }
    if (state.uplinkKey === uplinks) {
      // Single-table rules of other ports may have gone with the deletes of 1.0.
      this.refresh(this.connection.version === 1 ? undefined : this.pipeline.groupsOfPort(port.portNo));
      return;
    }
    this.deleteDecided({ match: {} });
    this.refresh();
  }

  /** Notes where a host is; what was decided on its former place goes. */
  learn(mac: MacAddress, portNo: number): void {
    const { kind } = this.state.hosts.learn(mac, portNo);
    if (kind === 'moved') this.deleteDecided({ match: { ethDst: mac } });
    if (kind === 'moved' || kind === 'new') this.refresh(this.pipeline.groupsOfHost(mac));
  }

  /** The host has fallen silent: its rule has left the switch by itself. */
  onHostSilent(mac: MacAddress): void {
    this.state.hosts.forget(mac);
    // What is gone cannot be deleted; deleting it again does no harm.
    this.#onHostGone(mac);
  }

  /** A job came, went, or its MAC became known: `matches` name it in what was decided. */
  onJob(placed: PlacedJob, matches: readonly FlowMatch[], isNew: boolean): void {
    const { state } = this;
    const { location, mac } = placed;
    const isHere = location?.dpid === state.dpid;
    if (isHere && isNew) state.markJobPort(location.portNo);
    if (mac !== undefined) state.hosts.forget(mac);
    for (const match of matches) this.deleteDecided({ match });
    if (isHere) {
      this.deleteDecided({ match: { inPort: location.portNo } });
      this.deleteDecided({ match: {}, outPort: location.portNo });
    }
    if (isNew) this.#deleteGroupDrops();
    this.refresh(this.connection.version === 1 ? undefined : this.pipeline.groupsOfJob(placed));
  }

  #onHostGone(mac: MacAddress): void {
    this.deleteDecided({ match: { ethDst: mac } });
    this.refresh(this.pipeline.groupsOfHost(mac));
  }

  ruleOf(xid: number): FlowRule | undefined {
    return this.#recentRules.get(xid);
  }

  /** Removes what Lark left there before, puts in place the rules from the start, and confirms both. */
  async #mend(): Promise<boolean> {
    const { connection } = this;
    if (connection.version === 4) {
      connection.send(deleteRules(4, { match: {}, cookie: ANY_OF_LARKS }));
    } else {
      const rules = await this.readRules();
      if (rules === undefined) {
        connection.close(`the switch did not tell its rules within ${READ_TIMEOUT_MS} ms`);
        return false;
      }
      for (const rule of rules) if (isLarks(rule.cookie)) connection.send(rule.deletion);
    }
    this.#isMended = true;
    this.refresh();
    const isConfirmed = await connection.barrier(READ_TIMEOUT_MS);
    if (!isConfirmed) connection.close(`the switch did not confirm its first rules within ${READ_TIMEOUT_MS} ms`);
    this.#log.info({ switch: this.state.name, isConfirmed }, 'switch.mended');
    return isConfirmed;
  }

  #add(rule: FlowRule): void {
    const xid = this.connection.send(addRule(this.connection.version, rule));
    this.#recentRules.set(xid, rule);
    if (this.#recentRules.size > RECENT_RULES) this.#recentRules.delete(this.#recentRules.keys().next().value!);
    this.#counters.flowMods.add([this.state.name, 'add']);
  }

  #delete(rule: FlowRule): void {
    this.connection.send(deleteRule(this.connection.version, rule));
    this.#counters.flowMods.add([this.state.name, 'delete']);
  }
}

/** By what the switch can do, unless the file says otherwise. */
function choosePipeline(connection: SwitchConnection, wanted: SwitchConfig['pipeline']): Pipeline['name'] {
  const canDoBoth = connection.version === 4 && connection.features.nTables >= TABLE_COUNT;
  return canDoBoth ? (wanted ?? 'multi-table') : 'single-table';
}

export function toPort(port: PortDescription, version: 1 | 4): SwitchPort {
  return {
    portNo: version === 1 ? widenPort(port.portNo) : port.portNo,
    name: port.name,
    mac: port.hwAddr,
    isUp: (port.config & PORT_DOWN) === 0 && (port.state & LINK_DOWN) === 0,
  };
}

/** The promise's value, or false when it takes longer. */
async function within(promise: Promise<boolean>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
