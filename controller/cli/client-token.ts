// The token that the command line sends to a running Lark: from a file, or from the environment. Never from an option, since
// every user of a host sees the options of its processes.

import { statSync } from 'node:fs';
import { CliError, ExitCode } from './exit-code.ts';
import { readGiven } from './https-fetch.ts';

const READABLE_BY_OTHERS = 0o007;

/** `--token-file`, else LARK_TOKEN_FILE, else LARK_TOKEN; undefined where there is none. */
export function clientToken(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const [source, path] = option !== undefined ? ['--token-file', option] : ['LARK_TOKEN_FILE', env.LARK_TOKEN_FILE];
  if (!path) return env.LARK_TOKEN ? tokenIn(env.LARK_TOKEN, 'LARK_TOKEN') : undefined;
  const text = readGiven(source, path);
  const { mode } = statSync(path);
  if ((mode & READABLE_BY_OTHERS) !== 0) {
    const shown = (mode & 0o777).toString(8);
    throw new CliError(
      ExitCode.USAGE,
      `${source} is '${path}', which every user of this host may use (its mode is ${shown}): chmod 600.`,
    );
  }
  return tokenIn(text, `${source} '${path}'`);
}

function tokenIn(text: string, source: string): string {
  const token = text.trim();
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return token;
  throw new CliError(ExitCode.USAGE, `${source} holds no token: expected one line, as \`lark token\` writes it.`);
}
