// Accounting groups as the policy file names them. A group covers its subgroups: `group_physics` covers
// `group_physics.cms`, but not `group_physics2`. Names compare without regard to letter case, as HTCondor's negotiator
// compares them, and in ASCII only: beyond it, lower-casing makes letters equal that HTCondor holds apart.

import { z } from 'zod';
import { describeValue } from './schema.ts';

export function foldGroup(group: string): string {
  return group.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Whether a job's accounting group is one of these or below one of them; both folded. */
export function covers(group: string, wanted: string): boolean {
  return wanted === group || wanted.startsWith(`${group}.`);
}

export function isGroupName(text: string): boolean {
  return text.split('.').every((part) => part !== '' && !/[\s*]/.test(part));
}

/** `isGroupName`, for editors. */
export const GROUP_PATTERN = '[^\\s*.]+(\\.[^\\s*.]+)*';

/** A list such as `[group_physics.cms]`. */
export const groupNames = z.array(
  z
    .string()
    .refine(isGroupName, {
      error: (issue) => `${describeValue(issue.input)} is no accounting group: expected one such as group_physics.cms`,
    })
    .meta({ title: 'accounting group', pattern: `^${GROUP_PATTERN}$` }),
);
