// What happens, as numbered events: the latest are kept for who comes back and wants to know what it missed, in a ring of
// bounded size, and each is told to who listens as it happens. An id is the process's own mark and a number that counts up:
// so an id of a former process is known for what it is, and its holder is told that it may have missed something.

export interface LarkEvent {
  /** `MARK-NUMBER` */
  readonly id: string;
  /** `job.admitted`, as in the log. */
  readonly event: string;
  /** ISO 8601 */
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface MissedEvents {
  readonly events: readonly LarkEvent[];
  /** True where there were more than are kept, or nobody knows: the id is of another process, or none. */
  readonly hasGap: boolean;
}

/** As much of the log as is read. */
export interface EventSource {
  /** Of the latest event. */
  readonly lastId: string;
  /** The id after which the latest `count` events come, or all that are kept where these are fewer. */
  idBeforeLast(count: number): string;
  /** What is kept and came after the event with this id, the first `most` of it. */
  since(id: string, most: number): MissedEvents;
  /** Called after each event from now on, until the returned function is called. */
  listen(listener: () => void): () => void;
}

export const KEPT_EVENTS = 4096;

export class EventLog implements EventSource {
  readonly #mark: string;
  readonly #now: () => number;
  readonly #kept: number;
  readonly #ring: LarkEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #count = 0;

  /** @param now wall-clock milliseconds; the first is the mark of this log. */
  constructor(now: () => number, kept = KEPT_EVENTS) {
    this.#now = now;
    this.#mark = now().toString(36);
    this.#kept = kept;
  }

  add(event: string, data: LarkEvent['data']): void {
    this.#count += 1;
    const made = { id: `${this.#mark}-${this.#count}`, event, at: new Date(this.#now()).toISOString(), data };
    this.#ring[this.#count % this.#kept] = made;
    for (const listener of [...this.#listeners]) listener();
  }

  get lastId(): string {
    return `${this.#mark}-${this.#count}`;
  }

  idBeforeLast(count: number): string {
    return `${this.#mark}-${Math.max(this.#count - count, this.#oldest - 1)}`;
  }

  since(id: string, most: number): MissedEvents {
    const oldest = this.#oldest;
    const known = this.#numberOf(id);
    const from = known === undefined ? oldest : Math.max(known + 1, oldest);
    const events: LarkEvent[] = [];
    const end = Math.min(this.#count, from + most - 1);
    for (let number = from; number <= end; number++) events.push(this.#ring[number % this.#kept]!);
    return { events, hasGap: known === undefined || known + 1 < oldest };
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get #oldest(): number {
    return Math.max(1, this.#count - this.#kept + 1);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  #numberOf(id: string): number | undefined {
    const [, mark, digits] = /^(\w+)-(\d{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    return mark === this.#mark && number <= this.#count ? number : undefined;
  }
}
