// The entries of folders by which a path leads to a file: its own name, each symbolic link on the way, and where something
// is missing the name of that. Whoever watches these folders for these names is told of every way in which the file can
// become another: written, replaced by a rename, reached through a link that is swapped, or made again with its folders.

import { lstat, readlink } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';

/** Names by the folder that they stand in; the folders were there when they were looked at. */
export type Way = ReadonlyMap<string, ReadonlySet<string>>;

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** Never rejects: the way ends where nothing more can be found out. */
export async function wayOf(path: string): Promise<Way> {
  const way = new Map<string, Set<string>>();
  const note = (folder: string, name: string) => way.set(folder, (way.get(folder) ?? new Set()).add(name));
  const { root } = parse(resolve(path));
  let at = root;
  const ahead = resolve(path).slice(root.length).split(sep);
  let links = 0;
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const target = await look(join(at, name));
    if (target !== 'there' || ahead.length === 0) note(at, name);
    if (target === 'missing') return way;
    if (target === 'there') {
      at = join(at, name);
      continue;
    }
    links++;
    if (links > MAX_LINKS) return way;
    if (target.link.startsWith(sep)) at = root;
    ahead.unshift(...target.link.split(sep));
  }
  return way;
}

/** What is at a path; a link is not followed. */
async function look(path: string): Promise<'there' | 'missing' | { readonly link: string }> {
  try {
    return (await lstat(path)).isSymbolicLink() ? { link: await readlink(path) } : 'there';
  } catch {
    return 'missing';
  }
}
