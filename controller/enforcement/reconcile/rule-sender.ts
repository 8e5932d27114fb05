// Writes rules to one switch, and remembers them until it has confirmed them, so that an error of the switch can name its rule. A
// set of changes may go as one bundle (ONF extension 230): the switch carries out all of it at once or none.

import { BundleControl, BundleFlag, encodeMessage, type Message } from 'node-openflow';
import { encodedAdd } from '../../southbound/encoded-rules.ts';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import { putXid } from '../../southbound/raw-packets.ts';
import { addRule, type DeleteFilter, deleteRule, deleteRules } from '../../southbound/rule-messages.ts';
import type { Outgoing, SwitchConnection } from '../../southbound/switch-connection.ts';
import type { FlowModKind } from '../../telemetry/counters.ts';
import { makeCookie, RuleKind } from '../cookie.ts';
import type { EncodedRule } from './pairs/decided-pairs.ts';
import { Unconfirmed } from './unconfirmed.ts';

/** FlowMods that the switch has not confirmed; of more than these the oldest are forgotten. */
const MOST_UNCONFIRMED = 4096;
/** In place of the rule that was added. */
const DELETION = 'deletion';
const FLAGS = BundleFlag.ATOMIC | BundleFlag.ORDERED;
/** Of rules that many switches have, each the same one. */
const IS_SHARED: ReadonlySet<bigint> = new Set([makeCookie(RuleKind.BASE), makeCookie(RuleKind.VERDICT)]);

/** A rule that was added, or the id of one that was decided for a packet, or that it was a deletion. */
type Sent = FlowRule | number | typeof DELETION;

export class RuleSender {
  readonly #connection: SwitchConnection;
  readonly #onSent: (kind: FlowModKind) => void;
  readonly #unconfirmed = new Unconfirmed<Sent>();
  #sent = 0;
  #bundleId = 0;
  /** While a bundle is being written: where its messages go. */
  #bundle: number | undefined;

  /** @param onSent called for each FlowMod. */
  constructor(connection: SwitchConnection, onSent: (kind: FlowModKind) => void) {
    this.#connection = connection;
    this.#onSent = onSent;
  }

  add(rule: FlowRule | EncodedRule): void {
    if ('flowMod' in rule) this.#note(this.#writeEncoded(rule.flowMod), rule.id);
    else this.#note(this.#writeAddition(rule), rule);
    this.#onSent('add');
  }

  #writeAddition(rule: FlowRule): number {
    const { version } = this.#connection;
    const isShared = this.#bundle === undefined && IS_SHARED.has(rule.cookie);
    return isShared
      ? this.#connection.sendEncoded(encodedAdd(version, rule))
      : this.#writeEncoded(encodeMessage(addRule(version, rule)));
  }

  /** How many FlowMods were sent until now: what a barrier that is asked for in this turn confirms. */
  get sent(): number {
    return this.#sent;
  }

  /** The switch has answered a barrier that followed so many: no error comes for them any more (OF1.3.5 §7.3.8). */
  confirmed(sent: number): void {
    while (this.#sent - this.#unconfirmed.size < sent) this.#unconfirmed.forgetFirst();
  }

  #note(xid: number, what: Sent): void {
    this.#unconfirmed.add(xid, what);
    this.#sent++;
    if (this.#unconfirmed.size > MOST_UNCONFIRMED) this.#unconfirmed.forgetFirst();
  }

  delete(rule: FlowRule | EncodedRule): void {
    if ('flowMod' in rule) this.#sendDeletion(rule.flowMod);
    else this.send(deleteRule(this.#connection.version, rule));
  }

  deleteAll(filter: DeleteFilter): void {
    this.send(deleteRules(this.#connection.version, filter));
  }

  /** A delete, as a message. */
  send(deletion: Message): void {
    this.#sendDeletion(encodeMessage(deletion));
  }

  #sendDeletion(deletion: Uint8Array): void {
    this.#note(this.#writeEncoded(deletion), DELETION);
    this.#onSent('delete');
  }

  /**
   * The rule that a message with this xid added, or the id of one that was decided for a packet; undefined if the switch has
   * confirmed it, or it is none.
   */
  ruleOf(xid: number): FlowRule | number | undefined {
    const what = this.#unconfirmed.get(xid);
    return what === DELETION ? undefined : what;
  }

  /** Whether a message with this xid deleted rules; false once the switch has confirmed it. */
  isDeletion(xid: number): boolean {
    return this.#unconfirmed.get(xid) === DELETION;
  }

  /** True if the switch opens a bundle for us. 1.0 has none. */
  async canBundle(timeoutMs: number): Promise<boolean> {
    if (this.#connection.version !== 4) return false;
    const bundleId = ++this.#bundleId;
    const isOpen = this.#control(bundleId, BundleControl.OPEN_REQUEST, timeoutMs);
    const isDiscarded = this.#control(bundleId, BundleControl.DISCARD_REQUEST, timeoutMs);
    return (await isOpen) && (await isDiscarded);
  }

  /**
   * Sends all that `write` adds and deletes as one bundle, in this turn of the event loop; whatever is sent afterwards
   * follows it. True once the switch has carried it all out; false where it refused, and then it carried out nothing.
   */
  async inBundle(write: () => void, timeoutMs: number): Promise<boolean> {
    const bundleId = ++this.#bundleId;
    const isOpen = this.#control(bundleId, BundleControl.OPEN_REQUEST, timeoutMs);
    this.#bundle = bundleId;
    try {
      write();
    } finally {
      this.#bundle = undefined;
    }
    const isCommitted = this.#control(bundleId, BundleControl.COMMIT_REQUEST, timeoutMs);
    return (await isOpen) && (await isCommitted);
  }

  #control(bundleId: number, bundleType: number, timeoutMs: number): Promise<boolean> {
    const message = { version: 4, type: 'bundleControl', bundleId, bundleType, flags: FLAGS, properties: NONE };
    return this.#connection.request(message as Outgoing, timeoutMs);
  }

  #writeEncoded(bytes: Uint8Array): number {
    const bundleId = this.#bundle;
    if (bundleId === undefined) return this.#connection.sendEncoded(bytes);
    return this.#connection.sendNumbered((xid) => {
      putXid(bytes, xid);
      return { version: 4, xid, type: 'bundleAdd', bundleId, flags: FLAGS, message: bytes };
    });
  }
}

const NONE = new Uint8Array(0);
