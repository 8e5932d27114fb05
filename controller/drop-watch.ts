// Tells of packets that policies drop: of those that a switch asks about as they come, and of those that a switch drops by its
// rules by how far the rules' counters have risen. These are read every ten seconds, one switch after the other, only while
// somebody listens to events, and only the rules that drop: of a 1.0 switch all have to be read.

import type { IpAddress } from '../protocols/packet/address.ts';
import type { Frame } from '../protocols/packet/frame.ts';
import { kindOf, ofKind, RuleKind } from './enforcement/cookie.ts';
import type { EndpointClass, JudgedEndpoint } from './enforcement/endpoint-classes.ts';
import { destinationAddress, judgedAt, sourceAddress } from './enforcement/ends.ts';
import type { EnforcementEngine } from './enforcement/engine.ts';
import type { ManagedSwitch } from './enforcement/managed-switch.ts';
import { classesOf, Table } from './enforcement/multi-table/layout.ts';
import { listed } from './enforcement/plan/end-labels.ts';
import { keyOf } from './enforcement/reconcile/found-rules.ts';
import type { Drop, Origin } from './enforcement/verdict.ts';
import { type DroppedKind, DroppedPackets } from './events/dropped-packets.ts';
import type { EventLog } from './events/event-log.ts';
import type { Clock } from './jobs/clock.ts';
import { placeText } from './rule-view.ts';
import type { SwitchRule } from './southbound/flow-stats.ts';

const READ_EVERY_MS = 10_000;
const READ_TIMEOUT_MS = 5_000;

export interface DropWatchParts {
  readonly engine: EnforcementEngine;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly readEveryMs?: number;
}

type Named = Pick<DroppedKind, 'policy' | 'place' | 'from' | 'to'>;

export class DropWatch {
  readonly #parts: DropWatchParts;
  readonly #dropped: DroppedPackets;
  /** What each rule that drops had counted when it was read last, by switch and without its cookie, whose id is another each time it is decided. */
  #counted = new Map<ManagedSwitch, ReadonlyMap<string, bigint>>();
  #cancel: () => void = () => {};
  #isStopped = false;

  constructor(parts: DropWatchParts) {
    const { engine, events, clock } = parts;
    this.#parts = parts;
    this.#dropped = new DroppedPackets({ clock, add: (event, fields) => events.add(event, fields) });
    engine.events.on('dropped', (managed, drop, frame) => this.#noteDecided(managed, drop, frame));
    this.#readLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#dropped.stop();
  }

  #noteDecided({ state }: ManagedSwitch, { origin }: Drop, frame: Frame): void {
    if (origin === undefined) return;
    const from = this.#endAt(sourceAddress(frame));
    const to = this.#endAt(destinationAddress(frame));
    const named = {
      from: from === undefined ? null : this.#nameOf(from),
      to: to === undefined ? null : this.#nameOf(to),
    };
    this.#dropped.note({ switch: state.name, by: 'controller', ...whose(origin), ...named }, 1);
  }

  #readLater(): void {
    if (this.#isStopped) return;
    const { clock, readEveryMs = READ_EVERY_MS } = this.#parts;
    this.#cancel = clock.after(readEveryMs, () => void this.#read().finally(() => this.#readLater()));
  }

  async #read(): Promise<void> {
    const counted = new Map<ManagedSwitch, ReadonlyMap<string, bigint>>();
    for (const managed of this.#parts.events.listenerCount === 0 ? [] : this.#parts.engine.switches()) {
      const rules = managed.rules.isMended ? await readDropping(managed) : undefined;
      if (rules === undefined) continue;
      const before = this.#counted.get(managed);
      if (before !== undefined) this.#noteRisen(managed, rules, before);
      counted.set(managed, new Map(rules.map((rule) => [keyOf(rule), rule.packets])));
    }
    this.#counted = counted;
  }

  #noteRisen(managed: ManagedSwitch, rules: readonly SwitchRule[], before: ReadonlyMap<string, bigint>): void {
    // What names a rule's policy and ends is worked out once, and only where a counter has risen.
    const originOf = once(() => managed.rules.origins());
    const nameOfClass = memoized((id: number) => this.#nameOfClass(id));
    for (const rule of rules) {
      const known = before.get(keyOf(rule)) ?? 0n;
      // A rule that was taken away and came back counts from nought.
      const risen = rule.packets >= known ? rule.packets - known : rule.packets;
      if (risen === 0n) continue;
      const named =
        kindOf(rule.cookie) === 'verdict' ? this.#ofClasses(rule, originOf, nameOfClass) : this.#ofAddresses(rule);
      if (named !== undefined)
        this.#dropped.note({ switch: managed.state.name, by: 'switch', ...named }, Number(risen));
    }
  }

  /** A rule of the verdict table: exact for two classes; for more the policy is that of some of them. */
  #ofClasses(
    rule: SwitchRule,
    originOf: () => (rule: SwitchRule) => Origin | undefined,
    nameOfClass: (id: number) => string | null,
  ): Named | undefined {
    const { engine } = this.#parts.engine.policy;
    const classes = rule.metadata === undefined ? undefined : classesOf(rule.metadata);
    const [source, destination] = [classes?.source, classes?.destination].map((id) =>
      [...engine.live()].find((each) => each.id === id),
    );
    const verdict = source && destination && engine.verdictOfClasses(source, destination);
    if (verdict?.action === 'forward') return undefined;
    const origin = verdict === undefined ? originOf()(rule) : verdict.origin;
    if (origin === undefined) return undefined;
    const nameOf = (end: EndpointClass | undefined) => (end === undefined ? null : nameOfClass(end.id));
    return { ...whose(origin), from: nameOf(source), to: nameOf(destination) };
  }

  /** A rule that was decided for a packet: every packet that it matches has the verdict on any of its addresses. */
  #ofAddresses({ source, destination }: SwitchRule): Named | undefined {
    const [from, to] = [this.#endAt(source?.network), this.#endAt(destination?.network)];
    if (from === undefined || to === undefined) return undefined;
    const verdict = this.#parts.engine.policy.verdict(from, to);
    if (verdict.action !== 'drop' || verdict.origin === undefined) return undefined;
    return { ...whose(verdict.origin), from: this.#nameOf(from), to: this.#nameOf(to) };
  }

  /** Undefined: unregistered, so that no policy was asked. */
  #endAt(address: IpAddress | undefined): JudgedEndpoint | undefined {
    return address === undefined ? undefined : judgedAt(this.#parts.engine, address);
  }

  #nameOf(end: JudgedEndpoint): string {
    if (end.kind === 'job') return `jobs of ${end.job.user}`;
    if (end.kind === 'local') return 'local addresses';
    return zoneName(end.zone);
  }

  /** By the users and zones in it. */
  #nameOfClass(id: number): string | null {
    const { policy, jobs } = this.#parts.engine;
    const users = new Set<string>();
    for (const { classes, keys } of policy.cohorts()) {
      if (!classes.some((each) => each.id === id)) continue;
      for (const key of keys) users.add(jobs.byKey(key)?.job.user ?? '');
    }
    if (users.size > 0) return `jobs of ${listed([...users].sort())}`;
    const blocks = policy.blocks().filter(({ endpointClass }) => endpointClass.id === id);
    const zones = new Set(blocks.map(({ prefix }) => zoneName(policy.zoneOf(prefix.network, prefix.length))));
    return zones.size > 0 ? listed([...zones]) : null;
  }
}

async function readDropping(managed: ManagedSwitch): Promise<readonly SwitchRule[] | undefined> {
  const filters =
    managed.pipeline.name === 'multi-table'
      ? [{ table: Table.VERDICT }, { cookie: ofKind(RuleKind.DROP) }]
      : [{ cookie: ofKind(RuleKind.DROP) }];
  const read: SwitchRule[] = [];
  for (const filter of filters) {
    const rules = await managed.rules.readRules(READ_TIMEOUT_MS, filter);
    if (rules === undefined) return undefined;
    for (const rule of rules) if (isDropping(rule)) read.push(rule);
  }
  return read;
}

function isDropping({ actions, cookie }: SwitchRule): boolean {
  return actions === 'drop' && ['verdict', 'drop'].includes(kindOf(cookie) ?? '');
}

function whose({ policy, place }: Origin): Pick<Named, 'policy' | 'place'> {
  return { policy, place: placeText(place) };
}

function zoneName(zone: string): string {
  return zone === 'wan' ? 'wan' : `zone ${zone}`;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function memoized<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    if (!known.has(key)) known.set(key, make(key));
    return known.get(key) as Value;
  };
}
