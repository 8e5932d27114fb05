// One connected switch under Lark's rule: what is known of it, the rules that it has from the start, and how a change of
// either reaches it.
//
// The order on the wire is what keeps promise 2: every change deletes first what was decided on the old state, in the
// same turn of the event loop in which the state changes, so a rule decided later follows its delete on the connection.
// Between a delete and what replaces it packets go to the controller, which judges them by the new state: nothing leaks.

import type { Logger } from 'pino';
import { type IpAddress, isGroupMac, type MacAddress } from '../../protocols/packet/address.ts';
import type { SwitchConfig } from '../config/config.ts';
import type { JobTable, PlacedJob } from '../network/job-table.ts';
import { widenPort } from '../network/port-numbers.ts';
import { type SwitchPort, SwitchState } from '../network/switch-state.ts';
import { probeCapabilities } from '../southbound/capabilities.ts';
import { forgetConnections } from '../southbound/connection-tracking.ts';
import {
  coveredBy,
  type FlowMatch,
  type FlowRule,
  type Output,
  ruleKey,
  sameInstructions,
} from '../southbound/flow-rule.ts';
import { flowStatsRequest, readFlowStats, type SwitchRule } from '../southbound/flow-stats.ts';
import {
  addRule,
  type DeleteFilter,
  deleteRule,
  deleteRules,
  type PacketConnection,
  packetOut,
} from '../southbound/rule-messages.ts';
import type { PortDescription, SwitchConnection } from '../southbound/switch-connection.ts';
import type { Counters } from '../telemetry/counters.ts';
import { ANY_OF_LARKS, DECIDED_RULES, isLarks, makeCookie, RuleKind } from './cookie.ts';
import type { ForwardingView } from './ends.ts';
import { TABLE_COUNT } from './multi-table/layout.ts';
import { MultiTablePipeline } from './multi-table/multi-table.ts';
import type { Pipeline } from './pipeline.ts';
import type { PolicyView } from './policy-view.ts';
import { SingleTablePipeline } from './single-table.ts';
import { tracksConnections } from './tracks-connections.ts';

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
  readonly policy: PolicyView;
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
  readonly #recentRules = new Map<number, FlowRule>();
  #mended: Promise<boolean> | undefined;
  #isMended = false;
  /** Addresses of jobs that came before it was known what the switch can do. */
  readonly #newWhileMending: IpAddress[] = [];
  #guardedChanges = 0;
  #refusals = 0;

  constructor(parts: SwitchParts) {
    const { connection, config, jobs, policy } = parts;
    const { features } = connection;
    this.connection = connection;
    this.#counters = parts.counters;
    this.#log = parts.log;
    const pipelineName = choosePipeline(connection, config);
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
    this.view = { state, jobs, policy };
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

  /** A rule that was decided for a packet. */
  install(rule: FlowRule): void {
    if (isGroupMac(rule.match.ethDst ?? 0)) {
      if (this.#groupDrops.size >= MAX_GROUP_DROPS) return;
      this.#groupDrops.set(ruleKey(rule), rule);
    }
    this.#add(rule);
  }

  send(
    packet: { inPort: number; bufferId: number; data: Uint8Array },
    outputs: readonly Output[],
    connection?: PacketConnection,
  ): void {
    this.connection.send(packetOut(this.connection.version, packet, outputs, connection));
    this.#counters.packetOuts.add([this.state.name]);
  }

  /** Deletes rules that were decided for packets; those from the start that 1.0 cannot spare come back by `refresh`. */
  deleteDecided(filter: DeleteFilter): void {
    const { version } = this.connection;
    this.connection.send(deleteRules(version, version === 4 ? { ...filter, cookie: DECIDED_RULES } : filter));
    this.#counters.flowMods.add([this.state.name, 'delete']);
    if (version === 4 || filter.outPort !== undefined) return;
    for (const rules of this.#installed.values()) {
      for (const [key, rule] of rules) if (coveredBy(rule.match, filter.match)) rules.delete(key);
    }
  }

  /** A new job may hear what nobody heard before. */
  #deleteGroupDrops(): void {
    for (const rule of this.#groupDrops.values()) this.#delete(rule);
    this.#groupDrops.clear();
  }

  /** Brings groups of the pipeline's rules in line with what is known now: first what goes, the strictest of what comes first. */
  refresh(groups: Iterable<string> = this.#allGroups()): void {
    if (!this.#isMended) return;
    for (const group of groups) this.#refreshGroup(group);
  }

  #refreshGroup(group: string): void {
    const wanted = new Map(this.pipeline.rulesOf(group).map((rule) => [ruleKey(rule), rule]));
    const installed = this.#installed.get(group) ?? new Map<string, FlowRule>();
    const gone = [...installed].filter(([key]) => !wanted.has(key));
    const changed = [...wanted]
      .filter(([key, rule]) => {
        const has = installed.get(key);
        return has === undefined || !sameInstructions(has, rule);
      })
      .sort(([, a], [, b]) => a.priority - b.priority);
    const guard = gone.length + changed.length > 0 ? this.pipeline.guardOf(group) : undefined;
    if (guard !== undefined) this.#add(guard);
    for (const [key, rule] of gone) {
      installed.delete(key);
      this.#delete(rule);
    }
    for (const [key, rule] of changed) {
      installed.set(key, rule);
      this.#add(rule);
    }
    if (guard !== undefined) void this.#liftGuard(guard);
    if (installed.size > 0) this.#installed.set(group, installed);
    else this.#installed.delete(group);
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
    if (isNew) this.#forgetConnections(placed);
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

  /** A job inherits no connections of whoever had its addresses before. */
  #forgetConnections({ job }: PlacedJob): void {
    if (!this.#isMended) this.#newWhileMending.push(...job.addresses);
    else if (tracksConnections(this.view)) {
      for (const message of job.addresses.flatMap(forgetConnections)) this.connection.send(message);
    }
  }

  /** Removes what Lark left there before, puts in place the rules from the start, and confirms both. */
  async #mend(): Promise<boolean> {
    const { connection } = this;
    if (this.pipeline.name === 'multi-table' && this.state.config?.registers !== false) {
      this.pipeline.adapt(await probeCapabilities(connection, makeCookie(RuleKind.BASE), READ_TIMEOUT_MS));
    }
    if (tracksConnections(this.view)) {
      for (const message of this.#newWhileMending.flatMap(forgetConnections)) connection.send(message);
    }
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
function choosePipeline(connection: SwitchConnection, config: SwitchConfig | undefined): Pipeline['name'] {
  const canDoBoth = connection.version === 4 && connection.features.nTables >= TABLE_COUNT;
  return canDoBoth ? (config?.pipeline ?? 'multi-table') : 'single-table';
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
