// The controller of a benchmark in a process of its own: the real `startLark`, told over the channel to its parent what to
// run, when to say how much memory it uses, and when to stop.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import pino from 'pino';
import { parseConfig } from '../../../controller/config/load-config.ts';
import { type RunningLark, startLark } from '../../../controller/main.ts';

export interface ToChild {
  readonly start?: { readonly policy: string };
  /** The policy file is this from now on, and is read anew. */
  readonly reload?: { readonly policy: string };
  readonly memory?: true;
  readonly processor?: true;
  readonly heldUp?: true;
  readonly stop?: true;
}

export interface FromChild {
  /** It listens. */
  readonly started?: RunningLark['addresses'];
  /** Bytes of the JavaScript heap and beside it, after a collection; resident memory as it is. */
  readonly memory?: { readonly used: number; readonly resident: number };
  /** Milliseconds that its processor has worked for it, which other programs change less than they do the clock. */
  readonly processorMs?: number;
  /** How long the event loop was held up since this was last asked. */
  readonly heldUp?: HeldUp;
  /** Switches that have not confirmed the reload, or are away. */
  readonly reloaded?: readonly string[];
  readonly failed?: string;
}

/** Milliseconds, of what is looked at every millisecond. */
export interface HeldUp {
  readonly longestMs: number;
  readonly p99Ms: number;
}

const log = pino({ level: process.env.LARK_BENCH_LOG ?? 'error' }, pino.destination(2));
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let lark: RunningLark | undefined;
let policy = '';

process.on('message', (message: ToChild) => {
  carryOut(message).catch((error: unknown) =>
    say({ failed: error instanceof Error ? (error.stack ?? '') : `${error}` }),
  );
});
process.on('disconnect', () => process.exit(1));

async function carryOut({ start, reload, memory, processor, heldUp, stop }: ToChild): Promise<void> {
  if (start !== undefined) {
    policy = start.policy;
    const load = async () => parseConfig('bench.yaml', policy);
    const result = await load();
    if (result.config === undefined) throw new Error(JSON.stringify(result.errors));
    const { config, source } = result;
    lark = await startLark(config, { log, version: 'bench', warnings: [], load, ...(source && { source }) });
    say({ started: lark.addresses });
  }
  if (reload !== undefined) {
    policy = reload.policy;
    const result = await lark?.reload();
    if (result?.outcome !== 'reloaded') throw new Error(`the reload came to nothing: ${JSON.stringify(result)}`);
    const { silent, away } = result.switches;
    say({ reloaded: [...silent, ...away] });
  }
  if (memory === true) {
    // Twice: what a finalizer lets go is collected by the next.
    for (let i = 0; i < 2; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    say({ memory: { used: heapUsed + external, resident: rss } });
  }
  if (processor === true) {
    const { user, system } = process.cpuUsage();
    say({ processorMs: (user + system) / 1000 });
  }
  if (heldUp === true) {
    say({ heldUp: { longestMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6 } });
    delay.reset();
  }
  if (stop === true) {
    await lark?.close();
    process.disconnect();
    process.exit(0);
  }
}

function say(message: FromChild): void {
  process.send?.(message);
}
