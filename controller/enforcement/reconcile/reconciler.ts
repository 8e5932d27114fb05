// Keeps one switch's rules as they should be. What they should be follows from what is known (the pipeline's groups) and
// from what was decided for packets; this sends the difference, in an order that opens no gap, and knows what the switch
// has. A switch that connects goes through these steps:
//
//   1. its rules are read. Packets are judged and sent on one by one; no rule is made. A crash here leaves it as it was.
//   2. in one turn: what was decided on a former connection is deleted, and what is wrong or lacking is sent, as one bundle or
//      behind a guard. Rules that are right stay untouched. A crash here leaves the old rules, or the new ones, or the
//      guard, which forwards nothing unasked.
//   3. a barrier confirms it: the switch is mended. From step 2 on each change is sent in the turn in which it happens.
//
// A switch that refuses to delete a rule is read and mended anew: whatever it was to stop doing it may still do. Nothing counts as
// confirmed meanwhile.
//
// A bundle that is refused has changed nothing: then all goes on without bundles from step 1, behind a guard.

import type { Logger } from 'pino';
import { isGroupMac } from '../../../protocols/packet/address.ts';
import type { ForeignRules } from '../../config/config.ts';
import { type FlowRule, ruleKey } from '../../southbound/flow-rule.ts';
import { flowStatsRequest, type RuleFilter, readFlowStats, type SwitchRule } from '../../southbound/flow-stats.ts';
import { describeRule } from '../../southbound/rule-messages.ts';
import type { SwitchConnection } from '../../southbound/switch-connection.ts';
import type { FlowModKind } from '../../telemetry/counters.ts';
import { DECIDED_RULES, isDecided, isLarks } from '../cookie.ts';
import type { ForwardingView } from '../ends.ts';
import type { NextPipeline, Pipeline } from '../pipeline.ts';
import { answerByRule } from '../repeated-packets.ts';
import { ChangeWriter } from './change-writer.ts';
import type { Concern } from './concern.ts';
import type { DecidedRoom } from './decided-room.ts';
import { type DecidedFor, DecidedRules } from './decided-rules.ts';
import { type ForeignRule, overlapping, TakenPlaces } from './foreign-rules.ts';
import { FoundRules, keyOf } from './found-rules.ts';
import type { RepeatedPacket } from './pairs/ways.ts';
import { namesUnder, type PlannedChange, planChange } from './planned-change.ts';
import { Room } from './room.ts';
import { RuleBudget } from './rule-budget.ts';
import { type GroupChange, isAny, RuleGroups } from './rule-groups.ts';
import { RuleSender } from './rule-sender.ts';
import { isStillRight } from './still-right.ts';
import { within } from './within.ts';

/** How long the switch may take to tell its rules when it connects, and when somebody asks. */
const READ_TIMEOUT_MS = 10_000;
/** Rules decided for packets that a switch is given at a time. */
const MOST_DECIDED = 65_536;
/** Of them, drops of broadcasts that nobody may hear: each is deleted when a job comes. */
const MOST_UNHEARD = 256;
/** Groups that are compared with what the switch has before other work gets its turn. */
const SLICE = 256;
/** A switch that has so often in a row refused to delete rules is given up. */
const MOST_REFUSED_DELETIONS = 16;

export interface ReconcilerParts {
  readonly connection: SwitchConnection;
  readonly pipeline: Pipeline;
  /** What has to be known before the first rules are made. */
  readonly prepare: () => Promise<void>;
  /** These were its rules when it connected: what is learned from them counts for what it should have. */
  readonly onFound: (rules: readonly SwitchRule[], hadDefault: boolean) => void;
  /** The switch's name, for people. */
  readonly name: () => string;
  readonly foreign: () => ForeignRules;
  /** Rules that it has room for, as the file says. */
  readonly ruleBudget: () => number | undefined;
  readonly log: Logger;
  /** Begins to mend when it is this switch's turn. */
  readonly inTurn: (mend: () => Promise<boolean>) => Promise<boolean>;
  readonly onSent: (kind: FlowModKind) => void;
  /** Shared with the other switches. */
  readonly decidedRoom: DecidedRoom;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #connection: SwitchConnection;
  readonly #pipeline: Pipeline;
  readonly #log: Logger;
  readonly #sender: RuleSender;
  readonly #writer: ChangeWriter;
  /** The pipeline's rules that the switch has. */
  readonly #groups = new RuleGroups();
  readonly #decided: DecidedRules;
  /** What a plan has found of the decided rules as they are: the reload that follows it does not judge them all again. */
  readonly #foundStale = new WeakMap<NextPipeline, { readonly changes: number; readonly rules: readonly FlowRule[] }>();
  /** The same of the rules of groups. */
  readonly #foundChanges = new WeakMap<
    NextPipeline,
    { readonly changes: number; readonly wanted: readonly GroupChange[] }
  >();
  readonly #room: Room;
  /** Groups that changed while the switch was being read. */
  readonly #dirty = new Set<string>();
  /** Bundles whose outcome is not known yet. */
  readonly #unsettled = new Set<Promise<boolean>>();
  #foreign: readonly ForeignRule[] = [];
  #taken: TakenPlaces;
  #mended: Promise<boolean> | undefined;
  #prepared: Promise<void> | undefined;
  #wasRead = false;
  #isMended = false;
  #wasNearlyFull = false;
  /** How many mendings are under way: one that is refused its bundle waits for another. */
  #mending = 0;
  #refusedDeletions = 0;

  constructor(parts: ReconcilerParts) {
    const { connection, pipeline, log } = parts;
    this.#parts = parts;
    this.#connection = connection;
    this.#pipeline = pipeline;
    this.#log = log;
    this.#sender = new RuleSender(connection, parts.onSent);
    const now = () => performance.now();
    const { decidedRoom: room } = parts;
    this.#decided = new DecidedRules({ version: connection.version, most: MOST_DECIDED, room, now });
    this.#writer = new ChangeWriter(connection, this.#sender, pipeline.guard);
    this.#taken = new TakenPlaces(connection.version, []);
    const budget = new RuleBudget(parts.ruleBudget);
    this.#room = new Room({ budget, pipeline, groups: this.#groups, decided: this.#decided, now });
  }

  /** False until it is known which rules the switch has, and what it lacks has been sent. */
  get isMended(): boolean {
    return this.#isMended;
  }

  /** Whether the switch has all that it should have, as far as Lark knows, and nothing waits for room. */
  get isSettled(): boolean {
    return this.#isMended && !this.#wasNearlyFull && this.#room.leftOut.size === 0;
  }

  /** Rules of others that take packets from Lark's, as of when the switch was read. */
  get foreignRules(): readonly ForeignRule[] {
    return this.#foreign;
  }

  /** Rules of Lark's that the switch has, as far as Lark knows. */
  get ruleCount(): number {
    return this.#groups.size + this.#decided.size;
  }

  /** Of them, those that follow from what is known, and were not decided for packets. */
  get groupRuleCount(): number {
    return this.#groups.size;
  }

  /** Whether it has rules that were decided for packets. */
  get hasDecided(): boolean {
    return this.#decided.size > 0;
  }

  get takesBundles(): boolean {
    return this.#writer.canBundle;
  }

  /** How much of the switch's room is in use, from 0 to 1, and how many groups of rules had to be left out. */
  get room(): { readonly share: number; readonly leftOut: number } {
    return { share: this.#room.share, leftOut: this.#room.leftOut.size };
  }

  /** Settles true once the switch is mended, false if it closed before; asked again, the answer is the same. */
  mend(): Promise<boolean> {
    // One that has closed before its turn has nothing to be mended.
    const mend = async () => this.#connection.state === 'up' && this.#mend({ bundles: true });
    this.#mended ??= this.#parts.inTurn(mend);
    return this.#mended;
  }

  /** True when all that was sent until now is in the switch's tables. */
  async confirm(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    const left = () => Math.max(1, deadline - performance.now());
    for (;;) {
      const refused = this.#refusedDeletions;
      if (!(await this.#confirmOnce(left))) return false;
      // What was refused meanwhile may be what had to be confirmed.
      if (refused === this.#refusedDeletions) return true;
    }
  }

  async #confirmOnce(left: () => number): Promise<boolean> {
    if (!this.#isMended && !(await within(this.mend(), left()))) return false;
    if (this.#unsettled.size > 0) {
      const settled = Promise.all(this.#unsettled).then((outcomes) => outcomes.every(Boolean));
      if (!(await within(settled, left()))) return false;
    }
    return this.#barrier(left());
  }

  async #barrier(timeoutMs: number): Promise<boolean> {
    const { sent } = this.#sender;
    const isConfirmed = await this.#connection.barrier(timeoutMs);
    if (isConfirmed) this.#sender.confirmed(sent);
    return isConfirmed;
  }

  /** Rules of Lark's and others', as the switch has them now; undefined if it does not tell in time. */
  async readRules(timeoutMs = READ_TIMEOUT_MS, only?: RuleFilter): Promise<readonly SwitchRule[] | undefined> {
    const parts = await this.#connection.statistics(flowStatsRequest(this.#connection.version, only), timeoutMs);
    return parts?.flatMap(readFlowStats);
  }

  /** Of rules as the switch tells them: the policy behind each, as far as Lark sent it; undefined where none is. */
  origins(): (rule: SwitchRule) => FlowRule['origin'] {
    const { version } = this.#connection;
    const byKey = new Map<string, FlowRule['origin']>();
    for (const rule of this.#groups.rules()) {
      if (rule.origin === undefined) continue;
      const { match } = describeRule(version, rule);
      byKey.set(keyOf({ table: rule.table ?? 0, priority: rule.priority, match }), rule.origin);
    }
    return (rule) => {
      if (!isLarks(rule.cookie)) return undefined;
      return isDecided(rule.cookie) ? this.#decided.byCookie(rule.cookie)?.origin : byKey.get(keyOf(rule));
    };
  }

  /** A rule that was decided for a packet. Before the switch is mended, and where there is no room, there are none. */
  install(decided: FlowRule, packet: DecidedFor, isWide = false): void {
    if (!this.#isMended || this.#taken.has(decided) || !this.#room.hasRoomForDecided()) return;
    if (isGroupMac(decided.match.ethDst ?? 0) && this.#decided.countOf('unheard') >= MOST_UNHEARD) return;
    const { evicted, added } = this.#decided.add(decided, packet, isWide);
    if (evicted !== undefined) this.#sender.delete(evicted);
    this.#sender.add(added);
  }

  /** A rule that leaves by itself, and is neither restored nor taken away by mending. False if the switch cannot have it now. */
  hold(rule: FlowRule): boolean {
    if (!this.#isMended || this.#taken.has(rule)) return false;
    this.#sender.add(rule);
    return true;
  }

  /** Takes away before its time what `hold` has put there. */
  release(rule: FlowRule): void {
    this.#sender.delete(rule);
  }

  /** What a packet's own rule, which is on its way, will do with it; undefined for one that has to be judged. */
  decidedFor(packetIn: Uint8Array): RepeatedPacket | undefined {
    return this.#isMended ? answerByRule(this.#decided, this.#connection.version, packetIn) : undefined;
  }

  /** To be called when the connection has closed: what it had is not kept. */
  abandon(): void {
    this.#decided.forgetAll();
  }

  /** Every packet is judged from now on, until another rule is decided: a host may be heard from elsewhere. */
  judgeAnew(): void {
    this.#decided.answerNoMore();
  }

  /** Deletes the rules that were decided for packets on any of these; without any, all of them. False if there are none. */
  deleteDecided(concerns?: readonly Concern[]): boolean {
    const rules =
      concerns === undefined ? this.#decided.takeAll() : concerns.flatMap((each) => this.#decided.take(each));
    for (const rule of rules) this.#sender.delete(rule);
    return rules.length > 0;
  }

  /**
   * Deletes the rules that were decided for packets and would not be made now.
   * @param next from the same turn; `planned` may have been asked about it.
   */
  deleteStale(view: ForwardingView, next: NextPipeline): void {
    for (const rule of this.#stale(view, next)) {
      this.#decided.takeRule(rule);
      this.#sender.delete(rule);
    }
  }

  #stale(view: ForwardingView, next: NextPipeline): readonly FlowRule[] {
    const { changes } = this.#decided;
    const found = this.#foundStale.get(next);
    if (found?.changes === changes) return found.rules;
    const rules = this.#decided.unless((rule, packet, key) => isStillRight(view, rule, packet, key));
    this.#foundStale.set(next, { changes, rules });
    return rules;
  }

  /** The switch says that a rule is gone. */
  onDecidedGone(cookie: bigint): void {
    this.#decided.onGone(cookie);
  }

  /**
   * Brings groups of the pipeline's rules in line with what is known now; without any, all of them. False if the switch has
   * them so already.
   */
  refresh(groups: Iterable<string> = this.#allGroups()): boolean {
    if (this.#isMended) return this.#apply([...groups].map((group) => this.#changeOf(group)));
    for (const group of groups) this.#dirty.add(group);
    return true;
  }

  /** As `refresh`; none of the changes may be seen without the others. */
  refreshWhole(groups: Iterable<string> = this.#allGroups()): void {
    if (!this.#isMended) this.refresh(groups);
    else
      this.#apply(
        [...groups].map((group) => this.#changeOf(group)),
        { isWhole: true },
      );
  }

  /** As `refreshWhole`, of the groups that may have other rules. In the turn in which the policy of `next` is put in force. */
  succeed(next: NextPipeline): void {
    if (!this.#isMended || next.takeOver === undefined) {
      this.refreshWhole(next.touched);
      return;
    }
    const wanted = this.#changesUnder(next);
    next.takeOver();
    this.#apply(wanted, { isWhole: true });
  }

  /** What `deleteStale` and `succeed` would send. */
  planned(view: ForwardingView, next: NextPipeline): PlannedChange {
    const planned = planChange({
      changes: this.#changesUnder(next),
      guard: this.#pipeline.guard,
      takesBundles: this.#writer.canBundle,
      isCramped: this.#room.isNearlyFull,
    });
    return { stale: this.#stale(view, next), ...planned };
  }

  #changesUnder(next: NextPipeline): readonly GroupChange[] {
    const { changes } = this.#groups;
    const found = this.#foundChanges.get(next);
    if (found?.changes === changes) return found.wanted;
    const names = namesUnder(next, this.#groups);
    const wanted = this.#groups.differences(names, (group) => this.#wantedOf(group, next.pipeline));
    this.#foundChanges.set(next, { changes, wanted });
    return wanted;
  }

  /**
   * The rule that the switch refused with an error of this xid; undefined where it was none. A group that is not whole is left
   * out. One that cannot be spared takes with it what forwards at all: then everything is asked about, until it fits.
   */
  onRefused(xid: number, isFull: boolean): FlowRule | undefined {
    if (this.#sender.isDeletion(xid)) this.#onDeletionRefused();
    const sent = this.#sender.ruleOf(xid);
    const rule = typeof sent === 'number' ? this.#decided.byId(sent) : sent;
    if (rule === undefined) return undefined;
    const group = isDecided(rule.cookie) ? undefined : this.#groups.groupOf(rule);
    const isDecidedHere = isDecided(rule.cookie) && this.#decided.onGone(rule.cookie);
    // Of a group that was left out meanwhile, the switch may have refused more than one rule.
    if (isFull && (isDecidedHere || group !== undefined)) this.#room.onFull(rule.table ?? 0);
    if (isDecided(rule.cookie) || rule.isOptional === true) return rule;
    if (!isFull) this.#room.onRefused();
    const isGuard = group === undefined && isSameRule(rule, this.#pipeline.guard?.guard);
    if (group !== undefined || isGuard) this.refresh(this.#room.leaveOut(group));
    return rule;
  }

  #onDeletionRefused(): void {
    this.#refusedDeletions++;
    if (this.#connection.state !== 'up') return;
    if (this.#mending > 0) {
      // It looks by itself whether anything was refused.
      this.#isMended = false;
      return;
    }
    this.#log.warn({ switch: this.#parts.name() }, 'switch.deletion_refused');
    this.deleteDecided();
    this.#writer.raiseGuard();
    void this.#mendAnew({ bundles: this.#writer.canBundle });
  }

  #mendAnew(options: { readonly bundles: boolean }): Promise<boolean> {
    this.#isMended = false;
    this.#mended = this.#mend(options);
    return this.#mended;
  }

  #changeOf(group: string): GroupChange {
    return this.#groups.difference(group, this.#wantedOf(group, this.#pipeline));
  }

  /** Without those whose place another's rule has. */
  #wantedOf(group: string, pipeline: Pipeline): readonly FlowRule[] {
    const rules = this.#room.rulesOf(group, pipeline);
    return this.#taken.isNone ? rules : rules.filter((rule) => !this.#taken.has(rule));
  }

  #apply(changes: readonly GroupChange[], { isWhole = false } = {}): boolean {
    const wanted = changes.filter(isAny);
    // What is left out may have room by now, and a table that was nearly full may not be so any more.
    if (wanted.length === 0 && this.isSettled) return false;
    const fitting = this.#fit(wanted);
    const needsGuard = isWhole || fitting.some(({ group }) => this.#pipeline.needsGuard(group));
    void this.#carryOut(fitting, [], needsGuard && fitting.length > 0);
    return fitting.length > 0;
  }

  /** Notes the changes, and what has to go or may come back by the room that there is then. */
  #fit(changes: readonly GroupChange[]): readonly GroupChange[] {
    for (const { group, wanted } of changes) this.#groups.note(group, wanted);
    const { decided, groups } = this.#room.makeRoom();
    for (const rule of decided) this.#sender.delete(rule);
    const back = groups.length > 0 || this.#room.leftOut.size === 0 ? [] : this.#room.takeBack();
    const asks = this.#pipeline.askAboutUnknown(this.#room.lacksMore);
    const more = [...new Set([...asks, ...groups, ...back])].map((group) => this.#changeOf(group));
    for (const { group, wanted } of more) this.#groups.note(group, wanted);
    if (back.length > 0) for (const rule of this.#room.makeRoom().decided) this.#sender.delete(rule);
    this.#tellOfRoom(groups.length, back.length);
    // What was to be added and is left out all the same never gets there.
    const spared = new Set(groups);
    return [...changes.map((change) => (spared.has(change.group) ? { ...change, added: [] } : change)), ...more];
  }

  #tellOfRoom(leftOut: number, back: number): void {
    const { isNearlyFull, share } = this.#room;
    if (leftOut === 0 && back === 0 && isNearlyFull === this.#wasNearlyFull) return;
    this.#wasNearlyFull = isNearlyFull;
    const said = { switch: this.#parts.name(), usedPercent: Math.round(share * 100), rules: this.ruleCount };
    const groups = { leftOutNow: leftOut, takenBack: back, leftOut: this.#room.leftOut.size };
    if (isNearlyFull) this.#log.warn({ ...said, ...groups }, 'switch.nearly_full');
    else this.#log.info({ ...said, ...groups }, 'switch.has_room');
  }

  #carryOut(
    changes: readonly GroupChange[],
    leftOver: readonly SwitchRule[],
    isWhole: boolean,
  ): Promise<boolean> | undefined {
    const outcome = this.#writer.write(changes, leftOver, { isWhole, isCramped: this.#room.isNearlyFull });
    return outcome && this.#settle(outcome);
  }

  /** A bundle is under way; if it is refused, the switch has none of it, and is read and mended anew without bundles. */
  #settle(outcome: Promise<boolean>): Promise<boolean> {
    const settled = outcome.then(async (isCommitted) => {
      if (isCommitted) return true;
      if (this.#connection.state !== 'up') return false;
      this.#log.warn({ switch: this.#parts.name() }, 'switch.bundle_refused');
      // What it was to change is not changed: nothing passes unasked until it is.
      this.deleteDecided();
      this.#writer.raiseGuard();
      return this.#mendAnew({ bundles: false });
    });
    this.#unsettled.add(settled);
    void settled.finally(() => this.#unsettled.delete(settled));
    return settled;
  }

  /** Those that have rules now, and those that should. */
  #allGroups(): ReadonlySet<string> {
    return new Set([...this.#pipeline.groups(), ...this.#groups.names()]);
  }

  /** Reads the switch, and in one turn sends what it lacks and deletes what it has too much. */
  async #mend(options: { readonly bundles: boolean }): Promise<boolean> {
    this.#mending++;
    try {
      for (let refused = 0; refused < MOST_REFUSED_DELETIONS; refused++) {
        const outcome = await this.#mendOnce(options);
        if (outcome !== 'deletion-refused') return outcome;
        this.#log.warn({ switch: this.#parts.name() }, 'switch.deletion_refused');
        this.#isMended = false;
      }
      this.#connection.close(`the switch refused to delete rules ${MOST_REFUSED_DELETIONS} times in a row`);
      return false;
    } finally {
      this.#mending--;
    }
  }

  async #mendOnce({ bundles }: { readonly bundles: boolean }): Promise<boolean | 'deletion-refused'> {
    const connection = this.#connection;
    this.#prepared ??= this.#parts.prepare();
    await this.#prepared;
    const reading = this.readRules();
    const probing = bundles ? this.#sender.canBundle(READ_TIMEOUT_MS) : Promise.resolve(false);
    const rules = await reading;
    this.#writer.canBundle = await probing;
    this.#groups.clear();
    if (rules === undefined) {
      connection.close(`the switch did not tell its rules within ${READ_TIMEOUT_MS} ms`);
      return false;
    }
    const found = new FoundRules(connection.version, rules);
    if (!this.#wasRead) this.#parts.onFound(rules, found.hadDefault);
    this.#wasRead = true;
    this.#taken = new TakenPlaces(connection.version, found.foreign);
    const lacking = await this.#compare(found);
    if (connection.state !== 'up') return false;

    // From here on in one turn.
    const changes = [
      ...lacking.filter(({ group }) => !this.#dirty.has(group)),
      ...[...this.#dirty].map((group) => this.#changeOf(group)).filter(isAny),
    ];
    this.#dirty.clear();
    const lark = [...this.#groups.rules(), ...changes.flatMap(({ added }) => added)];
    if (!this.#judgeForeign(found, lark)) return false;
    this.#isMended = true;
    const refused = this.#refusedDeletions;
    this.#deleteFormerDecided(found);
    const whole = this.#fit(changes);
    const added = whole.flatMap((change) => change.added);
    const guard = whole.length > 0 && this.#writer.usesGuard ? this.#pipeline.guard : undefined;
    if (guard === undefined) this.#writer.forgetGuard();
    const leftOver = found.leftOver(guard === undefined ? added : [...added, guard.guard]);
    const outcome = this.#carryOut(whole, leftOver, whole.length > 0);
    const isConfirmed = (outcome === undefined || (await outcome)) && (await this.#barrier(READ_TIMEOUT_MS));
    if (!isConfirmed) connection.close(`the switch did not confirm its first rules within ${READ_TIMEOUT_MS} ms`);
    if (isConfirmed && refused !== this.#refusedDeletions) return 'deletion-refused';
    const counts = {
      kept: this.#groups.size - added.length,
      added: added.length,
      removed: leftOver.length + found.decided.length,
    };
    const said = { switch: this.#parts.name(), isConfirmed, bundles: this.#writer.canBundle };
    this.#log.info({ ...said, ...counts }, 'switch.mended');
    return isConfirmed;
  }

  /** Notes what the switch has and should have, group by group; the answer is what it lacks. */
  async #compare(found: FoundRules): Promise<GroupChange[]> {
    const lacking: GroupChange[] = [];
    const uses = new Map<string, number>();
    for (const [index, group] of [...this.#pipeline.groups()].entries()) {
      if (index % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
      if (this.#connection.state !== 'up') return [];
      const wanted = this.#wantedOf(group, this.#pipeline);
      const kept: FlowRule[] = [];
      let packets = 0;
      for (const rule of wanted) {
        const there = found.claim(rule);
        if (there === undefined) continue;
        kept.push(rule);
        packets += Number(there.packets);
      }
      this.#groups.note(group, kept.length === wanted.length ? wanted : kept);
      uses.set(group, packets);
      const change = this.#groups.difference(group, wanted);
      if (isAny(change)) lacking.push(change);
    }
    this.#room.noteUses(uses);
    return lacking;
  }

  /** What was decided on a former connection nobody remembers the reasons of. */
  #deleteFormerDecided({ decided }: FoundRules): void {
    if (decided.length === 0) return;
    if (this.#connection.version === 4) this.#sender.deleteAll({ match: {}, cookie: DECIDED_RULES });
    else for (const { deletion } of decided) this.#sender.send(deletion);
  }

  /** Rules of others in Lark's way: reported, removed, or a reason not to take the switch, as the file says. */
  #judgeForeign({ foreign }: FoundRules, larks: readonly FlowRule[]): boolean {
    const name = this.#parts.name();
    const mode = this.#parts.foreign();
    this.#foreign = overlapping(this.#connection.version, foreign, larks);
    const [first] = this.#foreign;
    if (mode === 'refuse' && first !== undefined) {
      const { table, priority, match, actions } = first.rule;
      this.#connection.close(
        `the switch has ${this.#foreign.length} rules that are not Lark's and come before Lark's, such as ` +
          `table=${table},priority=${priority},${match} actions=${actions}; ` +
          'remove them, or set openflow.foreign to leave or remove',
      );
      return false;
    }
    for (const { rule } of this.#foreign) {
      const { table, priority, match, actions } = rule;
      const said = { switch: name, table, priority, match, actions, isRemoved: mode === 'remove' };
      this.#log.warn(said, 'switch.foreign_rule');
      if (mode === 'remove') this.#sender.send(rule.deletion);
    }
    if (mode === 'remove') {
      this.#foreign = [];
      this.#taken = new TakenPlaces(this.#connection.version, []);
    }
    return true;
  }
}

function isSameRule(a: FlowRule, b: FlowRule | undefined): boolean {
  return b !== undefined && ruleKey(a) === ruleKey(b);
}
