// Long work in the one thread that everything else waits for: done a slice at a time, between which others have their turn.

/** Far below what a switch, or a person, would notice. */
const SLICE_MS = 5;
/** The clock is looked at after so many. */
const AT_ONCE = 64;

/** Calls `task` for each, and lets the event loop turn whenever 5 ms have passed. What is added to `items` meanwhile may be left out. */
export async function inSlices<T>(items: Iterable<T>, task: (item: T) => void): Promise<void> {
  let begin = performance.now();
  let done = 0;
  for (const item of items) {
    task(item);
    if (++done % AT_ONCE > 0 || performance.now() - begin < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    begin = performance.now();
  }
}
