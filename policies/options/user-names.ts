// User names as the policy file lists them. Lark compares them with a job's `Owner` exactly, letter case included, as
// HTCondor and the operating system do. `Owner` is the bare account name: a name written with a domain, as in the ad's
// `User` attribute, would match nobody, which is worth a warning.

import { z } from 'zod';
import type { PolicyContext } from '../policy-kind.ts';
import { describeValue, type Reading, readBy, UNBROKEN } from './schema.ts';

function readUserName(input: unknown): Reading<string> {
  if (typeof input === 'number' || typeof input === 'boolean') {
    return { problem: `expected a user name, found ${describeValue(input)}; put quotes around it: "${input}"` };
  }
  if (typeof input !== 'string' || input === '') {
    return { problem: `expected a user name such as alice (a job's Owner); found ${describeValue(input)}` };
  }
  if (/[\s\p{Cc}]/u.test(input)) {
    return { problem: `${describeValue(input)} is no user name: it has white space; write one name per list item` };
  }
  return { value: input };
}

/** A list of user names, such as `[alice, bob]`. */
export const userNames = z.array(
  readBy(readUserName, { title: 'user', type: 'string', pattern: UNBROKEN, examples: ['alice'] }),
);

/** Warns of names that no `Owner` can equal, of names listed twice, and of a list without names. */
export function warnOfUserNames(names: readonly string[], path: readonly string[], context: PolicyContext): void {
  if (names.length === 0)
    context.warn(path, 'the list is empty, so this acts for nobody: name users or remove the key');
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    const at = name.indexOf('@');
    if (at !== -1) {
      const suggestion = at === 0 ? 'write the bare account name' : `write "${name.slice(0, at)}"`;
      context.warn([...path, index], `"${name}" matches nobody: a job's Owner has no domain; ${suggestion}`);
    }
    if (seen.has(name)) context.warn([...path, index], `"${name}" is listed twice`);
    seen.add(name);
  }
}
