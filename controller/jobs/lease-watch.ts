// Which leases are over, and which have been used up by half without a renewal: each of these is told of once, so that an
// operator hears of a worker node that has fallen silent before its jobs end.

import type { Admitted } from './admission.ts';
import type { Clock } from './clock.ts';
import type { Job } from './job.ts';
import { LeaseTimer } from './lease-timer.ts';

export interface LeaseWatchOptions<Leased extends Admitted> {
  readonly clock: Clock;
  readonly jobs: () => readonly Leased[];
  readonly ended: (leases: readonly Leased[]) => void;
  readonly half: (lease: Leased) => void;
}

export class LeaseWatch<Leased extends Admitted> {
  readonly #options: LeaseWatchOptions<Leased>;
  readonly #timer: LeaseTimer;
  /** Jobs of whose present lease it was told that half is over. */
  readonly #told = new WeakSet<Job>();

  constructor(options: LeaseWatchOptions<Leased>) {
    this.#options = options;
    this.#timer = new LeaseTimer(options.clock, () => this.look());
  }

  /** A lease has begun or was renewed. */
  watch(lease: Admitted): void {
    if (lease.leaseEndsAt === undefined) return;
    this.#told.delete(lease.job);
    this.#timer.arm(halfTime(lease, lease.leaseEndsAt));
  }

  /** Looks at all leases now. The timer calls it. */
  look(): void {
    const { clock, jobs, ended, half } = this.#options;
    const now = clock.now();
    const over: Leased[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const lease of jobs()) {
      const { job, leaseEndsAt } = lease;
      if (leaseEndsAt === undefined) continue;
      const halfAt = halfTime(lease, leaseEndsAt);
      if (leaseEndsAt <= now) over.push(lease);
      else if (halfAt > now) next = Math.min(next, halfAt);
      else {
        next = Math.min(next, leaseEndsAt);
        if (this.#told.has(job)) continue;
        this.#told.add(job);
        half(lease);
      }
    }
    if (next < Number.POSITIVE_INFINITY) this.#timer.arm(next);
    if (over.length > 0) ended(over);
  }

  stop(): void {
    this.#timer.stop();
  }
}

function halfTime({ leaseMs = 0 }: Admitted, leaseEndsAt: number): number {
  return leaseEndsAt - leaseMs / 2;
}
