// After a reload of the policy file the endpoints fall into new classes. Each new class takes the number of that former
// class with which it shares the most members, so that the rules of jobs that are sorted as before stay as they are. A
// pure function; a number goes to one class at most.

/** So many members are in `now` and were in the class that had the number `before`. */
export interface SharedMembers<Class> {
  readonly now: Class;
  readonly before: number;
  readonly members: number;
}

/**
 * The classes that keep a number; all others get fresh ones. Of equal shares the earlier class of `shared` is served
 * first, so the answer depends on nothing else.
 */
export function inheritNumbers<Class>(shared: Iterable<SharedMembers<Class>>): Map<Class, number> {
  const heirs = new Map<Class, number>();
  const given = new Set<number>();
  for (const { now, before } of [...shared].sort((a, b) => b.members - a.members)) {
    if (heirs.has(now) || given.has(before)) continue;
    heirs.set(now, before);
    given.add(before);
  }
  return heirs;
}
