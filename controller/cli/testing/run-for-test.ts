// Runs a command line in a test: against a Lark whose HTTP API is called without a socket, and with every part of the
// service replaced by what the test gives. Answers with what was printed and the exit code.

import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { buildHttpServer } from '../../northbound/http-server.ts';
import type { LarkApi } from '../../northbound/lark-api.ts';
import { fakeLark, fakeMetrics } from '../../northbound/testing/fake-lark.ts';
import type { CliParts } from '../context.ts';
import { type RegisterCommand, runCli } from '../program.ts';
import type { Terminal } from '../terminal.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Given {
  /** What differs from `fakeLark`. */
  readonly api?: Partial<LarkApi>;
  readonly parts?: Partial<CliParts>;
  readonly furtherCommands?: readonly RegisterCommand[];
  readonly env?: Terminal['env'];
  readonly isTty?: boolean;
  /** Called with everything that is printed, as it is printed. */
  readonly onOut?: (text: string) => void;
  readonly onErr?: (text: string) => void;
}

export async function runForTest(args: readonly string[], given: Given = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const api = fakeLark(given.api);
  const server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }) });
  const terminal: Terminal = {
    out: (text) => {
      out += text;
      given.onOut?.(text);
    },
    err: (text) => {
      err += text;
      given.onErr?.(text);
    },
    isTty: given.isTty ?? false,
    env: given.env ?? {},
  };
  const parts: CliParts = {
    terminal,
    fetch: fetchFrom(server),
    version: '9.8.7',
    loadConfig: unexpected,
    startLark: unexpected,
    planFromState: unexpected,
    runDemo: unexpected,
    signals: () => () => {},
    readerGone: new AbortController().signal,
    exitNow: () => {},
    ...given.parts,
  };
  const code = await runCli(args, parts, given.furtherCommands);
  await server.close();
  return { code, out, err };
}

async function unexpected(): Promise<never> {
  throw new Error('this test did not expect that part of Lark to be asked');
}

/** `fetch` that hands each request to the server directly; what it was asked is as over the network. */
export function fetchFrom(server: FastifyInstance): typeof fetch {
  return async (input, { method = 'GET', body, headers: asked } = {}) => {
    const { pathname, search } = new URL(String(input));
    const response = await server.inject({
      method: method as 'GET' | 'POST' | 'DELETE',
      url: `${pathname}${search}`,
      headers: Object.fromEntries(new Headers(asked)),
      ...(typeof body === 'string' && { payload: body }),
    });
    const headers = { 'content-type': String(response.headers['content-type']) };
    return new Response(response.body, { status: response.statusCode, headers });
  };
}
