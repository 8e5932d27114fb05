// When a command that goes on by itself has to end: at SIGINT or SIGTERM, or when nobody reads its output any more.

import type { CommandContext } from './context.ts';

export interface Ending {
  readonly signal: AbortSignal;
  /** Stops listening. */
  forget(): void;
}

export function endOf({ parts }: CommandContext): Ending {
  const told = new AbortController();
  const forget = parts.signals(() => told.abort());
  return { signal: AbortSignal.any([told.signal, parts.readerGone]), forget };
}
