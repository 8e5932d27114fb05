// One connected switch under Lark's rule: what is known of it, the rules that it should have, and how a change of either
// reaches it.
//
// The order on the wire is what keeps promise 2: every change deletes first what was decided on the old state, in the
// same turn of the event loop in which the state changes, so a rule decided later follows its delete on the connection.
// A change that must not be seen half done (promise 3) goes as one bundle where the switch takes bundles; elsewhere a
// guard sends what it concerns to the controller meanwhile, which judges by the new state: nothing leaks, nothing is lost.
//
// A switch that connects is read first, then mended: rules that are right stay untouched and keep their counters. Until
// that is done packets are judged and sent on one by one, and no rule is made for them.

import type { Logger } from 'pino';
import { isGroupMac, type MacAddress } from '../../protocols/packet/address.ts';
import type { ForeignRules, SwitchConfig } from '../config/config.ts';
import type { JobTable, PlacedJob } from '../network/job-table.ts';
import { widenPort } from '../network/port-numbers.ts';
import { type SwitchPort, SwitchState } from '../network/switch-state.ts';
import type { FlowRule, Output } from '../southbound/flow-rule.ts';
import { flowStatsRequest, readFlowStats, type SwitchRule } from '../southbound/flow-stats.ts';
import { packetOut } from '../southbound/rule-messages.ts';
import type { PortDescription, SwitchConnection } from '../southbound/switch-connection.ts';
import type { Counters } from '../telemetry/counters.ts';
import { DECIDED_RULES, isDecided } from './cookie.ts';
import type { ForwardingView } from './ends.ts';
import { TABLE_COUNT } from './multi-table/layout.ts';
import { MultiTablePipeline } from './multi-table/multi-table.ts';
import type { Pipeline } from './pipeline.ts';
import type { PolicyView } from './policy-view.ts';
import { type Concern, DecidedRules } from './reconcile/decided-rules.ts';
import { type ForeignRule, overlapping, TakenPlaces } from './reconcile/foreign-rules.ts';
import { FoundRules } from './reconcile/found-rules.ts';
import { type GroupChange, RuleGroups } from './reconcile/rule-groups.ts';
import { RuleSender } from './reconcile/rule-sender.ts';
import { SingleTablePipeline } from './single-table.ts';

/** How long the switch may take to tell its rules when it connects, and when somebody asks. */
const READ_TIMEOUT_MS = 10_000;
/** OFPC_ARP_MATCH_IP (OF1.0 §5.3.1). */
const ARP_MATCH_IP = 1 << 7;
/** OFPPC_PORT_DOWN and OFPPS_LINK_DOWN, the same in both versions. */
const PORT_DOWN = 1;
const LINK_DOWN = 1;
/** Rules decided for packets that a switch is given at a time. */
const MOST_DECIDED = 65_536;
/** Of them, drops of broadcasts that nobody may hear: each is deleted when a job comes. */
const MOST_UNHEARD = 256;
/** Groups that are compared with what the switch has before other work gets its turn. */
const SLICE = 256;

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
  readonly #sender: RuleSender;
  /** The pipeline's rules that the switch has. */
  readonly #groups = new RuleGroups();
  readonly #decided = new DecidedRules(MOST_DECIDED);
  /** Groups that changed while the switch was being read. */
  readonly #dirty = new Set<string>();
  /** Bundles whose outcome is not known yet. */
  readonly #unsettled = new Set<Promise<boolean>>();
  #foreign: readonly ForeignRule[] = [];
  #taken: TakenPlaces;
  #canBundle = false;
  #mended: Promise<boolean> | undefined;
  #isMended = false;
  #guardedChanges = 0;
  #refusals = 0;
  #classesSeen = 0;

  constructor(parts: SwitchParts) {
    const { connection, config, jobs, policy } = parts;
    const { features, version } = connection;
    this.connection = connection;
    this.#counters = parts.counters;
    this.#log = parts.log;
    this.#sender = new RuleSender(connection, (kind) => this.#counters.flowMods.add([this.state.name, kind]));
    this.#taken = new TakenPlaces(version, []);
    const pipelineName = choosePipeline(connection, config);
    const state = new SwitchState(
      {
        dpid: features.datapathId,
        version,
        config,
        canMatchArp: features.version === 4 || (features.capabilities & ARP_MATCH_IP) !== 0,
        agesHosts: pipelineName === 'single-table',
      },
      { now: () => performance.now(), onHostEvicted: (mac) => this.refresh(this.pipeline.groupsOfHost(mac)) },
    );
    state.setPorts(connection.ports.map((port) => toPort(port, version)));
    if (parts.former !== undefined) state.inheritJobPorts(parts.former);
    this.view = { state, jobs, policy };
    this.pipeline =
      pipelineName === 'multi-table' ? new MultiTablePipeline(this.view) : new SingleTablePipeline(this.view);
  }

  get state(): SwitchState {
    return this.view.state;
  }

  /** False until it is known which rules the switch has, and what it lacks has been sent. */
  get isMended(): boolean {
    return this.#isMended;
  }

  /** Rules of others that take packets from Lark's, as of when the switch was read. */
  get foreignRules(): readonly ForeignRule[] {
    return this.#foreign;
  }

  /** How many rules of Lark's it has, as far as Lark knows. */
  get ruleCount(): number {
    return this.#groups.size + this.#decided.size;
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
    const left = () => Math.max(1, deadline - performance.now());
    if (!this.#isMended && !(await within(this.mend(), timeoutMs))) return false;
    if (this.#unsettled.size > 0) {
      const settled = Promise.all(this.#unsettled).then((outcomes) => outcomes.every(Boolean));
      if (!(await within(settled, left()))) return false;
    }
    return this.connection.barrier(left());
  }

  /** Rules of Lark's and others', as the switch has them now; undefined if it does not tell in time. */
  async readRules(timeoutMs = READ_TIMEOUT_MS): Promise<readonly SwitchRule[] | undefined> {
    const parts = await this.connection.statistics(flowStatsRequest(this.connection.version), timeoutMs);
    return parts?.flatMap(readFlowStats);
  }

  /** A rule that was decided for a packet. Before the switch is mended there are none. */
  install(decided: FlowRule): void {
    if (!this.#isMended || this.#taken.has(decided)) return;
    if (isGroupMac(decided.match.ethDst ?? 0) && this.#decided.countOf('unheard') >= MOST_UNHEARD) return;
    const { rule, evicted } = this.#decided.add(decided);
    if (evicted !== undefined) this.#sender.delete(evicted);
    this.#sender.add(rule);
  }

  send(packet: { inPort: number; bufferId: number; data: Uint8Array }, outputs: readonly Output[]): void {
    this.connection.send(packetOut(this.connection.version, packet, outputs));
    this.#counters.packetOuts.add([this.state.name]);
  }

  /** Deletes the rules that were decided for packets on any of these; without any, all of them. */
  deleteDecided(concerns?: readonly Concern[]): void {
    const rules =
      concerns === undefined ? this.#decided.takeAll() : concerns.flatMap((each) => this.#decided.take(each));
    for (const rule of rules) this.#sender.delete(rule);
  }

  /** The switch says that a rule is gone. */
  onDecidedGone(cookie: bigint): void {
    this.#decided.onGone(cookie);
  }

  /** Brings groups of the pipeline's rules in line with what is known now: first what goes, the strictest of what comes first. */
  refresh(groups: Iterable<string> = this.#allGroups()): void {
    if (!this.#isMended) {
      for (const group of groups) this.#dirty.add(group);
      return;
    }
    const changes = [...groups].map((group) => this.#changeOf(group)).filter(isAny);
    const isWhole = changes.some(({ group }) => this.pipeline.needsGuard(group));
    void this.#carryOut(changes, [], isWhole);
  }

  #changeOf(group: string): GroupChange {
    const { gone, added } = this.#groups.difference(group, this.pipeline.rulesOf(group));
    return { group, gone, added: added.filter((rule) => !this.#taken.has(rule)) };
  }

  /**
   * @param leftOver rules of Lark's that belong to no group.
   * @param isWhole the changes must not be seen half done.
   * @returns what became of them, where the switch says so by itself.
   */
  #carryOut(
    changes: readonly GroupChange[],
    leftOver: readonly SwitchRule[],
    isWhole: boolean,
  ): Promise<boolean> | undefined {
    for (const change of changes) this.#groups.note(change);
    const write = () => {
      for (const { deletion } of leftOver) this.#sender.send(deletion);
      for (const { gone } of changes) for (const rule of gone) this.#sender.delete(rule);
      for (const { added } of changes) for (const rule of added) this.#sender.add(rule);
    };
    const { guard } = this.pipeline;
    if (isWhole && guard !== undefined && this.#canBundle) {
      return this.#settle(this.#sender.inBundle(write, READ_TIMEOUT_MS));
    }
    if (!isWhole || guard === undefined) {
      write();
      return undefined;
    }
    this.#sender.add(guard);
    write();
    void this.#liftGuard(guard);
    return undefined;
  }

  /** A bundle is under way; if it is refused, the switch has none of it, and is read and mended anew without bundles. */
  #settle(outcome: Promise<boolean>): Promise<boolean> {
    const settled = outcome.then(async (isCommitted) => {
      if (isCommitted) return true;
      if (this.connection.state !== 'up') return false;
      this.#log.warn({ switch: this.state.name }, 'switch.bundle_refused');
      const { guard } = this.pipeline;
      // What it was to change is not changed: nothing passes unasked until it is.
      this.deleteDecided();
      if (guard !== undefined) this.#sender.add(guard);
      this.#isMended = false;
      this.#mended = this.#mend({ bundles: false });
      return this.#mended;
    });
    this.#unsettled.add(settled);
    void settled.finally(() => this.#unsettled.delete(settled));
    return settled;
  }

  /** Takes the guard away once all behind it is in place, unless a rule was refused or a later change put it there anew. */
  async #liftGuard(guard: FlowRule): Promise<void> {
    const change = ++this.#guardedChanges;
    const refusals = this.#refusals;
    const isConfirmed = await this.connection.barrier(READ_TIMEOUT_MS);
    if (isConfirmed && change === this.#guardedChanges && refusals === this.#refusals) this.#sender.delete(guard);
  }

  /** The switch refused a rule: what it cannot hold is asked about from now on, and nothing passes unasked. */
  onRuleRefused(rule: FlowRule): void {
    if (isDecided(rule.cookie)) {
      this.#decided.onGone(rule.cookie);
      return;
    }
    this.#refusals++;
    this.refresh(this.pipeline.askAboutUnknown());
  }

  /** Those that have rules now, and those that should. */
  #allGroups(): ReadonlySet<string> {
    return new Set([...this.pipeline.groups(), ...this.#groups.names()]);
  }

  onPort(port: SwitchPort, isGone: boolean): void {
    const { state } = this;
    const uplinks = state.uplinkKey;
    if (isGone) state.removePort(port.portNo);
    else state.setPorts([port]);
    if (isGone || !port.isUp) {
      for (const mac of state.hosts.forgetPort(port.portNo)) this.#onHostGone(mac);
      this.deleteDecided([{ outPort: port.portNo }, { inPort: port.portNo }]);
    }
    if (state.uplinkKey === uplinks) {
      this.refresh(this.pipeline.groupsOfPort(port.portNo));
      return;
    }
    this.deleteDecided();
    this.refresh();
  }

  /** Notes where a host is; what was decided on its former place goes. */
  learn(mac: MacAddress, portNo: number): void {
    const { kind } = this.state.hosts.learn(mac, portNo);
    if (kind === 'moved') this.deleteDecided([{ destination: mac }]);
    if (kind === 'moved' || kind === 'new') this.refresh(this.pipeline.groupsOfHost(mac));
  }

  /** The host has fallen silent: its rule has left the switch by itself. */
  onHostSilent(mac: MacAddress): void {
    this.state.hosts.forget(mac);
    // What is gone cannot be deleted; deleting it again does no harm.
    this.#onHostGone(mac);
  }

  /** A job came or went, or its MAC became known. */
  onJob(placed: PlacedJob, isNew: boolean): void {
    const { state } = this;
    const { location, mac } = placed;
    const isHere = location?.dpid === state.dpid;
    if (isHere && isNew) state.markJobPort(location.portNo);
    if (mac !== undefined) state.hosts.forget(mac);
    this.deleteDecided([
      ...placed.job.addresses.map((address) => ({ address })),
      ...(mac === undefined ? [] : [{ source: mac }, { destination: mac }]),
      ...(isHere ? [{ inPort: location.portNo }, { outPort: location.portNo }] : []),
      // A new job may hear what nobody heard before.
      ...(isNew ? (['unheard'] as const) : []),
    ]);
    this.refresh(this.#gatesMayChange() ? undefined : this.pipeline.groupsOfJob(placed));
  }

  /** OpenFlow 1.0: whether a job's IPv6 may pass its gate depends on every class that there is. */
  #gatesMayChange(): boolean {
    if (this.connection.version !== 1) return false;
    const { classCount } = this.view.policy.engine;
    const isChanged = classCount !== this.#classesSeen;
    this.#classesSeen = classCount;
    return isChanged;
  }

  #onHostGone(mac: MacAddress): void {
    this.deleteDecided([{ destination: mac }]);
    this.refresh(this.pipeline.groupsOfHost(mac));
  }

  ruleOf(xid: number): FlowRule | undefined {
    return this.#sender.ruleOf(xid);
  }

  /** Reads the switch, and in one turn sends what it lacks and deletes what it has too much. */
  async #mend({ bundles = true } = {}): Promise<boolean> {
    const { connection } = this;
    const { version } = connection;
    const reading = this.readRules();
    const probing = bundles ? this.#sender.canBundle(READ_TIMEOUT_MS) : Promise.resolve(false);
    const rules = await reading;
    this.#canBundle = await probing;
    this.#groups.clear();
    if (rules === undefined) {
      connection.close(`the switch did not tell its rules within ${READ_TIMEOUT_MS} ms`);
      return false;
    }
    const found = new FoundRules(version, rules);
    this.#taken = new TakenPlaces(version, found.foreign);
    const lacking = await this.#compare(found);
    if (connection.state !== 'up') return false;

    // From here on in one turn.
    const changes = [
      ...lacking.filter(({ group }) => !this.#dirty.has(group)),
      ...[...this.#dirty].map((group) => this.#changeOf(group)).filter(isAny),
    ];
    this.#dirty.clear();
    const added = changes.flatMap((change) => change.added);
    if (!this.#judgeForeign(found, [...this.#groups.rules(), ...added])) return false;
    this.#isMended = true;
    this.#deleteFormerDecided(found);
    const { guard } = this.pipeline;
    const isGuarded = !this.#canBundle && guard !== undefined && changes.length > 0;
    const leftOver = found.leftOver(isGuarded ? [...added, guard] : added);
    const outcome = this.#carryOut(changes, leftOver, changes.length > 0);
    const isConfirmed = (outcome === undefined || (await outcome)) && (await connection.barrier(READ_TIMEOUT_MS));
    if (!isConfirmed) connection.close(`the switch did not confirm its first rules within ${READ_TIMEOUT_MS} ms`);
    const sent = { added: added.length, removed: leftOver.length + found.decided.length };
    const kept = this.#groups.size - added.length;
    this.#log.info({ switch: this.state.name, isConfirmed, kept, ...sent, bundles: this.#canBundle }, 'switch.mended');
    return isConfirmed;
  }

  /** Notes what the switch has and should have, group by group; the answer is what it lacks. */
  async #compare(found: FoundRules): Promise<GroupChange[]> {
    const lacking: GroupChange[] = [];
    for (const [index, group] of [...this.pipeline.groups()].entries()) {
      if (index % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
      if (this.connection.state !== 'up') return [];
      const wanted = this.pipeline.rulesOf(group).filter((rule) => !this.#taken.has(rule));
      const kept = wanted.filter((rule) => found.claim(rule));
      this.#groups.note({ group, gone: [], added: kept });
      const change = this.#groups.difference(group, wanted);
      if (isAny(change)) lacking.push(change);
    }
    return lacking;
  }

  /** What was decided on a former connection nobody remembers the reasons of. */
  #deleteFormerDecided({ decided }: FoundRules): void {
    if (decided.length === 0) return;
    if (this.connection.version === 4) this.#sender.deleteAll({ match: {}, cookie: DECIDED_RULES });
    else for (const { deletion } of decided) this.#sender.send(deletion);
  }

  /** Rules of others in Lark's way: reported, removed, or a reason not to take the switch, as the file says. */
  #judgeForeign({ foreign, hadDefault }: FoundRules, larks: readonly FlowRule[]): boolean {
    const { name } = this.state;
    if (hadDefault) this.#log.warn({ switch: name }, 'switch.was_standalone');
    this.#foreign = overlapping(this.connection.version, foreign, larks);
    const mode: ForeignRules = this.view.policy.config.openflow.foreign;
    if (mode === 'refuse' && this.#foreign.length > 0) {
      const [{ rule }] = this.#foreign as [ForeignRule];
      this.connection.close(
        `the switch has ${this.#foreign.length} rules that are not Lark's and come before Lark's, such as ` +
          `table=${rule.table},priority=${rule.priority},${rule.match} actions=${rule.actions}; ` +
          'remove them, or set openflow.foreign to leave or remove',
      );
      return false;
    }
    for (const { rule } of this.#foreign) {
      const said = { table: rule.table, priority: rule.priority, match: rule.match, actions: rule.actions };
      this.#log.warn({ switch: name, ...said, isRemoved: mode === 'remove' }, 'switch.foreign_rule');
      if (mode === 'remove') this.#sender.send(rule.deletion);
    }
    if (mode === 'remove') {
      this.#foreign = [];
      this.#taken = new TakenPlaces(this.connection.version, []);
    }
    return true;
  }
}

function isAny({ gone, added }: GroupChange): boolean {
  return gone.length + added.length > 0;
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
