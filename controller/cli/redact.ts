// Takes secrets out of what is given to others: by the names under which they stand, and by what they look like. Lines stay
// where they are, so that places in a file are still right. It errs on the side of taking out too much.

import { isPair, isScalar, parseAllDocuments, visit } from 'yaml';

export const REDACTED = '<redacted>';

const SECRET_NAME = /pass(?:word|phrase|wd)|secret|token|credential|api[-_]?key|private[-_]?key|authorization/i;
/** Of `name = value`: quoted, quoted within a text that is quoted itself, or bare. Nothing here goes back far in a long line. */
const VALUE = [
  String.raw`\\"(?:[^"\\]|\\[^"])*\\"`,
  String.raw`"(?:[^"\\]|\\.)*"`,
  `'[^']*'`,
  String.raw`[^\s,;&}\]"']+`,
];
const NAMED = new RegExp(String.raw`((?:${SECRET_NAME.source})[\w.-]*\\?["']?\s*[:=]\s*)(${VALUE.join('|')})`, 'gi');

const LOOKS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, REDACTED],
  // No metric's name has a capital or a digit.
  [/\blark_(?=[a-z_]*[A-Z0-9-])[A-Za-z0-9_-]{32,}/g, REDACTED],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/-]{6,}=*/gi, `$1 ${REDACTED}`],
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"']+@/gi, `$1${REDACTED}@`],
  // A line of a token file: whose it is, and the hash.
  [/(?<![\w.:@-])[\w.:@-]{1,64}\s+(?:read|write)\s+[0-9a-f]{64}\b/g, REDACTED],
];

/** Of any text. `known` are secrets that are known as such. */
export function redactText(text: string, known: readonly string[] = []): string {
  let redacted = text;
  for (const secret of known) if (secret !== '') redacted = redacted.replaceAll(secret, REDACTED);
  for (const [look, instead] of LOOKS)
    redacted = redacted.replace(look, (all, ...groups) => keepLines(all, fill(instead, groups)));
  return redacted.replace(NAMED, (_all, name: string, value: string) => {
    const quote = /^\\?["']/.exec(value)?.[0] ?? '';
    return `${name}${quote}${REDACTED}${quote}`;
  });
}

/** Of a YAML file: what stands under a secret's name, whatever its form, and then as of any text. */
export function redactYaml(text: string, known: readonly string[] = []): string {
  const cuts: (readonly [start: number, end: number])[] = [];
  for (const document of parseAllDocuments(text)) {
    visit(document as never, {
      Pair(_key, pair) {
        if (!isPair(pair) || !isScalar(pair.key) || !SECRET_NAME.test(String(pair.key.value))) return undefined;
        const range = (pair.value as { readonly range?: readonly [number, number, number] | null } | null)?.range;
        if (range) cuts.push([range[0], range[1]]);
        return visit.SKIP;
      },
    });
  }
  let redacted = text;
  for (const [start, end] of cuts.reverse()) {
    redacted = redacted.slice(0, start) + keepLines(redacted.slice(start, end), REDACTED) + redacted.slice(end);
  }
  return redactText(redacted, known);
}

/** Of JSON: what stands under a secret's name, and in each text. */
export function redactJson(value: unknown, known: readonly string[] = []): unknown {
  if (typeof value === 'string') return redactText(value, known);
  if (Array.isArray(value)) return value.map((each) => redactJson(each, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, SECRET_NAME.test(name) ? REDACTED : redactJson(each, known)]),
  );
}

function keepLines(text: string, instead: string): string {
  return instead + '\n'.repeat(text.split('\n').length - 1);
}

function fill(instead: string, groups: readonly unknown[]): string {
  return instead.replace('$1', String(groups[0]));
}
