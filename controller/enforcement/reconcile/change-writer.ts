// Carries out changes of a switch's rules, in the order of change-order.ts where packets may come between. A change that must not be seen half done (promise 3) goes as one bundle where the switch takes bundles. Elsewhere a guard
// is raised first: a rule that sends to the controller whatever would be forwarded, which judges by the new state, so that
// nothing leaks and nothing is lost. It is lifted once the switch has confirmed all behind it. A full table always has room
// for it: a rule that matches nothing keeps its place.

import type { SwitchRule } from '../../southbound/flow-stats.ts';
import type { SwitchConnection } from '../../southbound/switch-connection.ts';
import type { Guard } from '../pipeline.ts';
import { stepsOf } from './change-order.ts';
import type { GroupChange } from './rule-groups.ts';
import type { RuleSender } from './rule-sender.ts';

/** How long a switch may take to carry out a change. */
const CHANGE_TIMEOUT_MS = 10_000;

export class ChangeWriter {
  /** Whether the switch takes bundles. */
  canBundle = false;
  readonly #connection: SwitchConnection;
  readonly #sender: RuleSender;
  readonly #guard: Guard | undefined;
  #isGuarded = false;
  #guardedChanges = 0;

  constructor(connection: SwitchConnection, sender: RuleSender, guard: Guard | undefined) {
    this.#connection = connection;
    this.#sender = sender;
    this.#guard = guard;
  }

  /**
   * @param leftOver rules of Lark's that belong to no group.
   * @param isWhole the changes must not be seen half done.
   * @param isCramped the switch has little room.
   * @returns what became of them, where the switch says so by itself: false means that it has carried out nothing.
   */
  write(
    changes: readonly GroupChange[],
    leftOver: readonly SwitchRule[],
    { isWhole, isCramped }: { readonly isWhole: boolean; readonly isCramped: boolean },
  ): Promise<boolean> | undefined {
    const write = (deletesFirst: boolean) => {
      for (const step of stepsOf(changes, leftOver, deletesFirst)) {
        if (step.do === 'add') this.#sender.add(step.rule);
        else if (step.do === 'delete') this.#sender.delete(step.rule);
        else this.#sender.send(step.rule.deletion);
      }
    };
    if (!isWhole || this.#guard === undefined) {
      write(isCramped);
      return undefined;
    }
    if (this.canBundle && !this.#isGuarded) return this.#sender.inBundle(() => write(true), CHANGE_TIMEOUT_MS);
    this.raiseGuard();
    write(isCramped);
    void this.#liftWhenConfirmed();
    return undefined;
  }

  /** Whether a change that must not be seen half done goes behind the guard. */
  get usesGuard(): boolean {
    return !this.canBundle || this.#isGuarded;
  }

  /** It is deleted like any rule that should not be there. */
  forgetGuard(): void {
    this.#guardedChanges++;
    this.#isGuarded = false;
  }

  raiseGuard(): void {
    if (this.#guard === undefined || this.#isGuarded) return;
    this.#sender.delete(this.#guard.reserve);
    this.#sender.add(this.#guard.guard);
    this.#isGuarded = true;
  }

  async #liftWhenConfirmed(): Promise<void> {
    const change = ++this.#guardedChanges;
    const isConfirmed = await this.#connection.barrier(CHANGE_TIMEOUT_MS);
    if (!isConfirmed || change !== this.#guardedChanges) return;
    this.#sender.delete(this.#guard!.guard);
    this.#sender.add(this.#guard!.reserve);
    this.#isGuarded = false;
  }
}
