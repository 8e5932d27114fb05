// The names of an ad's attributes, in order, as one value that all jobs share whose ads have the same ones: the jobs of a
// pool have few different lists, and a list takes more room than all else that is kept of a job.

export interface NameList {
  /** The names as a JSON array in UTF-8, by which a list is told from others. */
  readonly bytes: Buffer;
  readonly list: readonly string[];
  /** Where each is in the list. */
  readonly places: ReadonlyMap<string, number>;
}

/** Beyond so many all are forgotten and met anew; those in use go on. */
const MOST_LISTS = 1024;
/** By the length of their bytes: comparing bytes costs less than making a text of them to look up. */
const byLength = new Map<number, NameList[]>();
/** By how many names they have. */
const byCount = new Map<number, NameList[]>();
let count = 0;

/** @param bytes as `NameList.bytes`; copied where they are kept. */
export function nameListOf(bytes: Uint8Array): NameList {
  const known = byLength.get(bytes.length)?.find((each) => each.bytes.equals(bytes));
  if (known !== undefined) return known;
  return keep(Buffer.from(bytes));
}

/** The list of these names. */
export function nameListFor(names: readonly string[]): NameList {
  const known = byCount.get(names.length)?.find(({ list }) => list.every((name, i) => name === names[i]));
  return known ?? nameListOf(Buffer.from(JSON.stringify(names)));
}

function keep(own: Buffer): NameList {
  const list = JSON.parse(own.toString('utf8')) as readonly string[];
  const made = { bytes: own, list, places: new Map(list.map((name, place) => [name, place])) };
  if (count >= MOST_LISTS) {
    byLength.clear();
    byCount.clear();
    count = 0;
  }
  byLength.set(own.length, [...(byLength.get(own.length) ?? []), made]);
  byCount.set(list.length, [...(byCount.get(list.length) ?? []), made]);
  count++;
  return made;
}
