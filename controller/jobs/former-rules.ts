// Rules that former jobs may have left on switches: as long as there may be any, their addresses are held back, here, in the
// store, and over restarts.

import type { IpAddress } from '../../protocols/packet/address.ts';
import type { Enforcer } from './enforcer.ts';
import { HeldBackAddresses, type HoldingJob } from './held-back.ts';
import type { JobJournal } from './job-journal.ts';

export class FormerRules {
  readonly heldBack = new HeldBackAddresses();
  readonly #journal: JobJournal;
  readonly #enforcer: Pick<Enforcer, 'whenMended' | 'forget'>;

  constructor(journal: JobJournal, enforcer: Pick<Enforcer, 'whenMended' | 'forget'>) {
    this.#journal = journal;
    this.#enforcer = enforcer;
  }

  /** Until each of the switches has been mended. */
  hold(held: HoldingJob): void {
    this.heldBack.hold(held);
    for (const dpid of held.switches) {
      void this.#enforcer.whenMended(dpid).then(() => {
        const left = this.heldBack.release(held.sequence, dpid);
        if (left !== undefined) this.#journal.settled(left);
      });
    }
  }

  /** See `AdmissionService.forgetSwitch`. */
  async forgetSwitch(dpid: string): Promise<readonly IpAddress[] | undefined> {
    if (!this.#enforcer.forget(dpid)) return undefined;
    const left = this.heldBack.withoutSwitch(dpid);
    await this.#journal.forgetSwitch(dpid, left);
    for (const { sequence } of left) this.heldBack.release(sequence, dpid);
    const addresses = new Set(left.flatMap((held) => held.addresses));
    return [...addresses].filter((address) => this.heldBack.blocking(address).length === 0);
  }
}
