// The fixed budget: the same few thousand inputs in every run. `npm run fuzz` goes on for longer.

import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Blackboard } from './blackboard.ts';
import { findingText, fuzz, type Target } from './target.ts';
import { allTargets } from './targets.ts';
import { watch } from './watch.ts';

const SEED = 1;
const EXECUTIONS = 1500;

describe('damaged input', () => {
  it.each(allTargets().map((target) => [target.name, target] as const))('of %s gets an answer', (_name, target) => {
    const finding = fuzz(target, SEED, 0, EXECUTIONS);
    expect(finding === undefined ? 'no finding' : findingText(finding, SEED)).toBe('no finding');
  });
});

describe('a finding', () => {
  const faulty: Target = {
    name: 'faulty',
    corpus: [Uint8Array.of(1, 2, 3, 4)],
    run: (bytes) => {
      if (bytes.includes(0xff)) throw new Error('no 255, please');
    },
  };

  it('comes back with the same seed, with its bytes and what went wrong', () => {
    const finding = fuzz(faulty, SEED, 0, 1000);
    expect(finding?.bytes).toContain(0xff);
    expect(fuzz(faulty, SEED, 0, 1000)).toMatchObject({ bytes: finding?.bytes, target: 'faulty' });
    const text = findingText(finding!, SEED);
    expect(text).toContain(`--seed ${SEED}`);
    expect(text).toContain(Buffer.from(finding!.bytes).toString('hex'));
    expect(text).toContain('no 255, please');
  });
});

describe('the watch over the fuzzing thread', () => {
  const input = Uint8Array.of(0xde, 0xad);

  async function outcomeOf(code: string, { maxGrowthBytes = 1 << 30, patienceMs = 1000 } = {}) {
    const memory = Blackboard.memory();
    const blackboard = new Blackboard(memory);
    blackboard.write('planted', input);
    return watch(new Worker(code, { eval: true }), blackboard, patienceMs, maxGrowthBytes);
  }

  it('reports the input that never ends', async () => {
    const { finding } = await outcomeOf('for (;;);');
    expect(finding).toEqual({ target: 'planted', bytes: input, problem: 'not finished after 1000 ms' });
  });

  it('reports the input that takes all memory', async () => {
    const code = 'const kept = []; for (;;) kept.push(Buffer.alloc(1 << 22, 1));';
    const { finding } = await outcomeOf(code, { maxGrowthBytes: 1 << 27, patienceMs: 50_000 });
    expect(finding).toMatchObject({ target: 'planted', bytes: input });
    expect(finding?.problem).toMatch(/^the process has grown by \d+ bytes$/);
  });

  it('reports a thread that dies, and hands on what one says', async () => {
    expect((await outcomeOf('process.exit(3)')).finding?.problem).toBe('the thread ended with code 3');
    const answer = "require('node:worker_threads').parentPort.postMessage({ done: 5 })";
    expect(await outcomeOf(answer)).toEqual({ done: 5 });
  });
});
