// HTCondor's ClassAd language: parse, evaluate, match and print. What is exported here is the package's whole interface.

export { attributeNames, ClassAd, foldedNames, lookup } from './ad.ts';
export { type AdSyntax, detectSyntax, type ParseAdOptions, parseAd, parseAds } from './ad-text.ts';
export { bytesToText, toBytes } from './bytes.ts';
export { ClassAdError, type ClassAdErrorCode, type Position } from './errors.ts';
export { type Budget, type EvaluateOptions, evaluate, evaluateAttribute, evaluator } from './evaluate.ts';
export { DEFAULT_LIMITS, type Limits } from './evaluation.ts';
export type { Expression } from './expression.ts';
export type { Layout } from './layout.ts';
export type { Lex, Semantics } from './lexer.ts';
export { type Match, matches, ranks } from './match.ts';
export { type ParseOptions, parseExpression } from './parser.ts';
export { type References, type ReferencesOptions, references } from './references.ts';
export { resolveScopes } from './resolve-scopes.ts';
export { type Syntax, unparse } from './unparse.ts';
export { type AdForm, unparseAd } from './unparse-ad.ts';
export {
  type AbsTime,
  type AdValue,
  ERROR,
  isAd,
  isError,
  isList,
  type ListValue,
  type RelTime,
  toPlain,
  toText,
  typeOf,
  type Value,
  type ValueType,
} from './values.ts';
