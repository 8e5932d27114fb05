// Several controllers that are asked one packet at a time, in short turns, by one generator that is connected to all of them. What
// holds up the machine, or the generator, meets all alike: such pauses are longer than any answer, and of few of them the slowest
// hundredth is made.

import { type Asking, connectAll } from './asking.ts';
import type { LoadResult, LoadSpec } from './load-spec.ts';
import { processorUs, residentMiB } from './process-stat.ts';

const TURN_MS = 50;

interface Contender {
  readonly pid: number;
  readonly asking: Asking;
  answers: number;
  askedMs: number;
  workedBefore: number;
  rssAtFirstMiB: number;
}

/**
 * @param specs of one switch with one packet at a time each. How long they take is that of the first: each controller is asked
 * for so long.
 */
export async function runInTurns(specs: readonly LoadSpec[]): Promise<LoadResult[]> {
  const contenders: Contender[] = [];
  for (const spec of specs) {
    const begin = { answers: 0, askedMs: 0, workedBefore: 0, rssAtFirstMiB: 0 };
    contenders.push({ pid: spec.controller.pid, asking: await connectAll(spec), ...begin });
  }
  const { warmUpMs, measureMs } = specs[0]!;
  await takeTurns(contenders, warmUpMs);
  for (const each of contenders) {
    each.asking.latencies!.clear();
    each.answers = 0;
    each.askedMs = 0;
    each.workedBefore = processorUs(each.pid);
    each.rssAtFirstMiB = residentMiB(each.pid);
  }
  await takeTurns(contenders, measureMs);
  const results = contenders.map(resultOf);
  for (const { asking } of contenders) for (const each of asking.switches) each.disconnect();
  return results;
}

/** Whoever was last is the first of the next round. */
async function takeTurns(contenders: readonly Contender[], eachMs: number): Promise<void> {
  const rounds = Math.ceil(eachMs / TURN_MS);
  for (let round = 0; round < rounds; round++) {
    for (const each of round % 2 === 0 ? contenders : contenders.toReversed()) await takeTurn(each);
  }
}

async function takeTurn(contender: Contender): Promise<void> {
  const [only] = contender.asking.switches;
  const [before, begin] = [only!.answers, performance.now()];
  only!.ask();
  await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  await new Promise<void>((resolve) => only!.stopAsking(resolve));
  contender.answers += only!.answers - before;
  contender.askedMs += performance.now() - begin;
}

function resultOf({ pid, asking, answers, askedMs, workedBefore, rssAtFirstMiB }: Contender): LoadResult {
  const latencies = asking.latencies!;
  return {
    answersPerSec: (answers / askedMs) * 1000,
    cpuUsPerAnswer: (processorUs(pid) - workedBefore) / answers,
    p50Us: latencies.correctedPercentileUs(0.5),
    p99Us: latencies.correctedPercentileUs(0.99),
    rssMiB: residentMiB(pid),
    rssAtFirstMiB,
    dropped: asking.switches.filter(({ isClosed }) => isClosed).length,
    shareHeldBack: 0,
  };
}
