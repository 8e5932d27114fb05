// Writes rules to one switch, and remembers them until it has confirmed them, so that an error of the switch can name its rule. A
// set of changes may go as one bundle (ONF extension 230): the switch carries out all of it at once or none.

import { BundleControl, BundleFlag, encodeMessage, type Message } from 'node-openflow';
import type { FlowRule } from '../../southbound/flow-rule.ts';
import { addRule, type DeleteFilter, deleteRule, deleteRules } from '../../southbound/rule-messages.ts';
import type { Outgoing, SwitchConnection } from '../../southbound/switch-connection.ts';
import type { FlowModKind } from '../../telemetry/counters.ts';

/** Rules that the switch has not confirmed, by xid; of more than these the oldest are forgotten. */
const UNCONFIRMED_RULES = 4096;
const FLAGS = BundleFlag.ATOMIC | BundleFlag.ORDERED;

export class RuleSender {
  readonly #connection: SwitchConnection;
  readonly #onSent: (kind: FlowModKind) => void;
  /** In the order in which they were sent. */
  readonly #unconfirmed = new Map<number, FlowRule>();
  #added = 0;
  #bundleId = 0;
  /** While a bundle is being written: where its messages go. */
  #bundle: number | undefined;

  /** @param onSent called for each FlowMod. */
  constructor(connection: SwitchConnection, onSent: (kind: FlowModKind) => void) {
    this.#connection = connection;
    this.#onSent = onSent;
  }

  add(rule: FlowRule): void {
    const xid = this.#write(addRule(this.#connection.version, rule));
    this.#unconfirmed.set(xid, rule);
    this.#added++;
    if (this.#unconfirmed.size > UNCONFIRMED_RULES) this.#forgetFirst();
    this.#onSent('add');
  }

  /** How many rules were added until now: what a barrier that is asked for in this turn confirms. */
  get added(): number {
    return this.#added;
  }

  /** The switch has answered a barrier that followed so many: no error comes for them any more (OF1.3.5 §7.3.8). */
  confirmed(added: number): void {
    while (this.#added - this.#unconfirmed.size < added) this.#forgetFirst();
  }

  #forgetFirst(): void {
    this.#unconfirmed.delete(this.#unconfirmed.keys().next().value!);
  }

  delete(rule: FlowRule): void {
    this.#write(deleteRule(this.#connection.version, rule));
    this.#onSent('delete');
  }

  deleteAll(filter: DeleteFilter): void {
    this.send(deleteRules(this.#connection.version, filter));
  }

  /** A delete that was made elsewhere. */
  send(deletion: Outgoing): void {
    this.#write(deletion);
    this.#onSent('delete');
  }

  /** The rule that a message with this xid added; undefined if the switch has confirmed it, or it is none. */
  ruleOf(xid: number): FlowRule | undefined {
    return this.#unconfirmed.get(xid);
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

  #write(message: Outgoing): number {
    const bundleId = this.#bundle;
    if (bundleId === undefined) return this.#connection.send(message);
    return this.#connection.sendNumbered((xid) => {
      const added = encodeMessage({ ...message, xid } as Message);
      return { version: 4, type: 'bundleAdd', bundleId, flags: FLAGS, message: added } as Outgoing;
    });
  }
}

const NONE = new Uint8Array(0);
