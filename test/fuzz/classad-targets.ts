// ClassAds: any text gives an ad or a ClassAdError with its place; evaluation answers whatever it is; and an ad
// that is printed is one ad when it is read again, whatever strings it holds.

import { readFileSync } from 'node:fs';
import {
  type ClassAd,
  ClassAdError,
  evaluate,
  evaluateAttribute,
  matches,
  parseAds,
  parseExpression,
  references,
  resolveScopes,
  unparse,
  unparseAd,
} from '../../protocols/classad/src/index.ts';
import { repositoryUrl } from './repository.ts';
import type { Target } from './target.ts';

/** An evaluation may use them up: they bound an execution's time. */
const limits = { steps: 20_000, depth: 100 };
const fixed = { limits, now: () => 0, random: () => 0 };
const other = parseAds('[ Zone = "wan"; Owner = "bob"; Requirements = TARGET.Cpus > 1 ]')[0]!;

interface Case {
  readonly my?: string | null;
  readonly target?: string | null;
  readonly expr?: string;
}

function casesOf(name: string): readonly Case[] {
  const lines = readFileSync(new URL(`protocols/classad/cases/${name}.jsonl`, repositoryUrl()), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Case);
}

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** A character for each byte, so that every kind of byte comes through. */
const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** The result, or undefined where the text was refused in the way that refusals are made. */
function orRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ClassAdError)) throw error;
    if (error.message === '' || error.expected === '') throw new Error('an error without a sentence', { cause: error });
    return undefined;
  }
}

function useExpression(bytes: Uint8Array): void {
  const text = toText(bytes);
  for (const syntax of ['old', 'new'] as const) {
    const expression = orRefused(() => parseExpression(text, { lex: syntax, semantics: syntax }));
    if (expression === undefined) continue;
    evaluate(expression, { my: other, target: other, semantics: syntax, ...fixed });
    references(expression);
    unparse(resolveScopes(expression), 'old');
    // What is printed need not print the same when read again: signs before numbers and years of one digit do not, in
    // HTCondor either. It must only be answered.
    for (const printed of [unparse(expression, 'old'), unparse(expression, 'new')]) {
      orRefused(() => parseExpression(printed, { lex: syntax, semantics: syntax }));
    }
  }
}

function useAds(bytes: Uint8Array): void {
  for (const semantics of ['old', 'new'] as const) {
    for (const ad of orRefused(() => parseAds(toText(bytes), { semantics })) ?? []) useAd(ad);
  }
}

function useAd(ad: ClassAd): void {
  evaluateAttribute(ad, 'Requirements', { target: other, ...fixed });
  matches(ad, other, fixed);
  for (const form of ['new-line', 'json'] as const) {
    const printed = orRefused(() => unparseAd(ad, form));
    const again = printed === undefined ? undefined : orRefused(() => parseAds(printed));
    if (printed === undefined || again === undefined) continue;
    if (again.length !== 1) throw new Error(`${printed} reads back as ${again.length} ads`);
  }
}

export function classadTargets(): readonly Target[] {
  const cases = [...casesOf('eval'), ...casesOf('unparse')];
  const expressions = cases.flatMap(({ expr }) => (expr === undefined ? [] : [toBytes(expr)]));
  const job = readFileSync(new URL('protocols/classad/cases/job.ad', repositoryUrl()), 'utf8');
  const texts = [...casesOf('match'), ...casesOf('eval')].flatMap(({ my, target }) => [my, target]);
  const ads = [job, ...new Set(texts.filter((text) => typeof text === 'string'))];
  const json = ads.flatMap((text) => (orRefused(() => parseAds(text)) ?? []).map((ad) => unparseAd(ad, 'json')));
  return [
    { name: 'classad-expression', corpus: expressions, run: useExpression },
    { name: 'classad-ad', corpus: ads.map(toBytes), run: useAds },
    { name: 'classad-json', corpus: json.map(toBytes), run: useAds },
  ];
}
