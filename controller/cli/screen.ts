// The process's terminal as a command may take it over: keys one by one, its size, and a way to give it back as it was however
// the process ends.

import { writeSync } from 'node:fs';
import type { Screen } from './context.ts';

const STDOUT = 1;

export function processScreen(process: NodeJS.Process): Screen {
  const { stdin, stdout } = process;
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    onResize(listener) {
      stdout.on('resize', listener);
      return () => void stdout.off('resize', listener);
    },
    onKeys(listener) {
      const hear = (bytes: Buffer) => listener(bytes.toString('utf8'));
      stdin.setRawMode(true);
      stdin.on('data', hear).resume();
      return () => {
        stdin.off('data', hear).pause();
        stdin.setRawMode(false);
      };
    },
    atExit(text) {
      // At once: what is written in another way may not get out any more.
      const write = () => {
        try {
          writeSync(STDOUT, text);
        } catch {
          // The terminal is gone, and needs nothing.
        }
        stdin.setRawMode?.(false);
      };
      process.on('exit', write);
      return () => void process.off('exit', write);
    },
  };
}
