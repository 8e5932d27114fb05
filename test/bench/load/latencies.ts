// How long answers took, kept so that keeping them makes no garbage: a collection would be taken for a slow answer.

export class Latencies {
  #values = new Float64Array(1 << 20);
  #count = 0;

  add(ms: number): void {
    if (this.#count === this.#values.length) {
      const more = new Float64Array(this.#values.length * 2);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#count++] = ms;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Microseconds, of this share of them at most. */
  percentileUs(share: number): number {
    return percentile(this.#all(), share) * 1000;
  }

  /**
   * The same of one who asks only after the last answer, and so asks less while answers are slow. Here those are added that would
   * have been asked meanwhile at the usual pace, each with what was left of the wait.
   */
  correctedPercentileUs(share: number): number {
    const usual = percentile(this.#all(), 0.5);
    const all = [...this.#all()];
    for (const latency of this.#all()) for (let left = latency - usual; left >= usual; left -= usual) all.push(left);
    return percentile(all, share) * 1000;
  }

  #all(): Float64Array {
    return this.#values.subarray(0, this.#count);
  }
}

function percentile(values: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
