#!/usr/bin/env node
// The `lark` command: gives the command line its process. What a command does not need is not loaded, so that
// `lark jobs` starts fast, and the laboratory is loaded for `lark demo` alone.

import { setFlagsFromString } from 'node:v8';
import { registerClassadCommand } from './classad-command.ts';
import type { CliParts } from './context.ts';
import { packageVersion } from './package-version.ts';
import { runCli } from './program.ts';
import { processScreen } from './screen.ts';

// A reader that has seen enough (`lark jobs | head`) is no error, and a log that nobody reads must not stop the service.
const readerGone = new AbortController();
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  readerGone.abort();
});

const parts: CliParts = {
  terminal: {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    isTty: process.stdout.isTTY === true,
    env: process.env,
  },
  fetch,
  version: packageVersion(),
  loadConfig: async (path) => {
    const { defaultConfig, loadConfig } = await import('../config/load-config.ts');
    return path === undefined ? { config: defaultConfig(), warnings: [] } : loadConfig(path);
  },
  startLark: async (config, options) => {
    // What has died young is collected by this thread alone: to wake others for it takes longer than the work.
    setFlagsFromString('--no-parallel-scavenge');
    const { startLark } = await import('../main.ts');
    return startLark(config, options);
  },
  planFromState: async (state, next, withRules) => {
    const { planFromState } = await import('../state/plan-from-state.ts');
    return planFromState(state, next, withRules);
  },
  runDemo: async (options) => {
    const { runDemo } = await import('../../mininet/demo/demo.ts');
    return runDemo(options);
  },
  signals: (listener) => {
    process.on('SIGTERM', listener).on('SIGINT', listener).on('SIGHUP', listener);
    return () => process.off('SIGTERM', listener).off('SIGINT', listener).off('SIGHUP', listener);
  },
  readerGone: readerGone.signal,
  screen: process.stdin.isTTY && process.stdout.isTTY ? processScreen(process) : undefined,
  exitNow: (code) => process.exit(code),
};

const exitCode = await runCli(process.argv.slice(2), parts, [(program) => registerClassadCommand(program, process)]);
// Set only where there is something to say: a command may have set a code of its own.
if (exitCode !== 0) process.exitCode = exitCode;
