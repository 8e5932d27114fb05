// A problem of a policy file as the API shows it.

import type { ConfigProblem } from '../config/problem.ts';
import type { ProblemView } from './lark-api.ts';

export function problemView({ code, message, file, place }: ConfigProblem): ProblemView {
  return { code, message, file: place?.file ?? file, line: place?.line ?? null, column: place?.column ?? null };
}
