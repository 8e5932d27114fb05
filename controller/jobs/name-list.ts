// The names of an ad's attributes, in order, as one value that all jobs share whose ads have the same ones: the jobs of a
// pool have few different lists, and a list takes more room than all else that is kept of a job.

export interface NameList {
  /** The names as a JSON array, by which a list is told from others. */
  readonly json: string;
  readonly list: readonly string[];
  /** Where each is in the list. */
  readonly places: ReadonlyMap<string, number>;
}

/** Beyond so many all are forgotten and met anew; those in use go on. */
const MOST_LISTS = 1024;
const lists = new Map<string, NameList>();

/** @param json as `JSON.stringify` writes an array of strings. */
export function nameListOf(json: string): NameList {
  const known = lists.get(json);
  if (known !== undefined) return known;
  const list = JSON.parse(json) as readonly string[];
  const made = { json, list, places: new Map(list.map((name, place) => [name, place])) };
  if (lists.size >= MOST_LISTS) lists.clear();
  lists.set(json, made);
  return made;
}
