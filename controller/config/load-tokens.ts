// The token file of the HTTP API, checked: a line for each token, with its name, its scope and the SHA-256 of the token
// itself, which is nowhere on Lark's disk. Nobody but its owner may write to it, and only its group may read it.

import { createHash } from 'node:crypto';
import { type ApiToken, TOKEN_SCOPES, type TokensConfig } from './config.ts';
import type { Findings } from './findings.ts';
import type { NamedFiles } from './named-files.ts';
import { nameProblem } from './schema.ts';

const MOST_TOKENS = 1000;
/** Write for the group; all for others. */
const TOO_OPEN = 0o027;
const EXPECTED = `expected a name, a scope (${TOKEN_SCOPES.join(', ')}), and the SHA-256 of the token, as \`lark token\` prints them`;

/** What is wrong with it is in `findings`; then, and where the file was not read, it is without `entries`. */
export function loadTokens(path: string, named: NamedFiles, findings: Findings): TokensConfig {
  const file = named.files.get(path);
  const error = (problem: string) => findings.error('CONFIG_FILE', ['http', 'tokens'], `${path} ${problem}`);
  if (file === undefined) return { path, entries: undefined, digest: undefined };
  if ('error' in file) {
    error(file.error);
    return { path, entries: undefined, digest: undefined };
  }
  if ((file.mode & TOO_OPEN) !== 0) {
    error(
      `may be written or read by others than its owner and group (its mode is ${file.mode.toString(8)}): chmod 600, or 640`,
    );
  }
  const entries = new Map<string, ApiToken>();
  for (const [index, line] of Buffer.from(file.bytes).toString('utf8').split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [name = '', scopeText, sha256 = '', ...rest] = line.trim().split(/\s+/);
    const scope = TOKEN_SCOPES.find((each) => each === scopeText);
    const place = `line ${index + 1}`;
    // Never the line itself: who mistook the file may have written the token there.
    if (scope === undefined || !/^[0-9a-f]{64}$/.test(sha256) || rest.length > 0) {
      error(`has something else on ${place}: ${EXPECTED}`);
    } else if (nameProblem('token', name) !== undefined) {
      error(`has a name on ${place} that is none: expected up to 64 letters, digits, and . _ : @ - inside`);
    } else if (entries.has(name))
      error(`names two tokens ${JSON.stringify(name)}, the second on ${place}: each has a name of its own`);
    else entries.set(name, { name, scope, sha256: Buffer.from(sha256, 'hex') });
  }
  if (entries.size > MOST_TOKENS) error(`has ${entries.size} tokens: up to ${MOST_TOKENS} are taken`);
  const digest = createHash('sha256').update(file.bytes).digest('hex');
  return { path, entries: [...entries.values()], digest };
}
