// What changes what Lark enforces, or shows more than a list of jobs, is taken from Lark's own host alone: there are no
// tokens yet by which others could be told apart.

import { ProblemError } from './problem.ts';

/** Throws HTTP_NOT_LOCAL unless the peer's address is a loopback one. */
export function requireLocal(peer: string): void {
  if (isLoopback(peer)) return;
  throw new ProblemError('HTTP_NOT_LOCAL', `This was asked from ${peer}, and is answered on Lark's own host alone.`);
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(address);
}
