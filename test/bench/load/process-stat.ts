// What a process has used, by the kernel's account (proc(5)).

import { readFileSync } from 'node:fs';

/** What the kernel counts processor time in (sysconf CLK_TCK). */
const TICK_US = 10_000;
const PAGE_BYTES = 4096;

/** User and system time of a process with all of its threads. */
export function processorUs(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

export function residentMiB(pid: number): number {
  return (Number(statOf(pid)[21]) * PAGE_BYTES) / 2 ** 20;
}

/** From the third field on: the second, the name, may have blanks. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
