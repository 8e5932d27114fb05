// Changes that a store has not taken yet and must take in the end. Each says all that is to be written of its subject (a
// job, a switch), so of one subject only the latest counts; numbers tell which that is, since answers of the store come
// late and a change that failed must not overwrite a later one that did not.

import type { StoreChange } from './job-store.ts';

export interface NumberedChange {
  readonly number: number;
  readonly change: StoreChange;
}

export class OwedChanges {
  #owed: readonly NumberedChange[] = [];
  #lastNumber = 0;
  /** Of `later`, by subject. */
  readonly #later = new Map<number | string, NumberedChange>();
  /** How many changes of a subject the store has in hand. */
  readonly #underway = new Map<number | string, number>();
  /** The latest change of each subject that the store took, as long as an earlier one may still be owed. */
  readonly #taken = new Map<number | string, number>();

  get size(): number {
    return this.#owed.length + this.#later.size;
  }

  /** Owed from now on, without having been given yet. */
  later(change: StoreChange): void {
    this.#later.set(subjectOf(change), { number: ++this.#lastNumber, change });
  }

  /** What to give to the store next: what is owed, then these. What the store has of the same subject comes first. */
  begin(changes: readonly StoreChange[]): readonly NumberedChange[] {
    if (this.#later.size > 0) {
      const later = [...this.#later.values()];
      this.#later.clear();
      this.#owe(later);
    }
    const isFree = ({ change }: NumberedChange) => !this.#underway.has(subjectOf(change));
    const owed = this.#owed.filter(isFree);
    this.#owed = this.#owed.filter((each) => !isFree(each));
    const batch = [...owed, ...changes.map((change) => ({ number: ++this.#lastNumber, change }))];
    for (const { change } of batch) this.#count(subjectOf(change), 1);
    return batch;
  }

  taken(batch: readonly NumberedChange[]): void {
    for (const { number, change } of batch) {
      const subject = subjectOf(change);
      this.#count(subject, -1);
      this.#taken.set(subject, Math.max(number, this.#taken.get(subject) ?? 0));
    }
    this.#owe([]);
  }

  /** @param first how many from the front of the batch stay owed; nobody wants the others any more. */
  failed(batch: readonly NumberedChange[], first: number): void {
    for (const { change } of batch) this.#count(subjectOf(change), -1);
    this.#owe(batch.slice(0, first));
  }

  #owe(more: readonly NumberedChange[]): void {
    const isStillWanted = ({ number, change }: NumberedChange) => number > (this.#taken.get(subjectOf(change)) ?? 0);
    const wanted = [...this.#owed, ...more].filter(isStillWanted).sort((a, b) => a.number - b.number);
    this.#owed = [...new Map(wanted.map((each) => [subjectOf(each.change), each])).values()];
    if (this.#owed.length === 0 && this.#underway.size === 0) this.#taken.clear();
  }

  #count(subject: number | string, by: 1 | -1): void {
    const count = (this.#underway.get(subject) ?? 0) + by;
    if (count === 0) this.#underway.delete(subject);
    else this.#underway.set(subject, count);
  }
}

function subjectOf(change: StoreChange): number | string {
  switch (change.kind) {
    case 'job':
      return change.job.sequence;
    case 'ended':
      return change.ended.sequence;
    case 'free':
      return change.sequence;
    case 'jobPort':
      return `${change.dpid} ${change.portName}`;
    case 'lease':
      return `lease ${change.lease.number}`;
    case 'leaseEnded':
      return `lease ${change.number}`;
    case 'class':
      return `class ${change.number}`;
    default:
      return change.dpid;
  }
}
