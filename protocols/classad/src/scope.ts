// Where names are looked up. A scope is an ad within the ads around it. In a match the two ads stand inside two context
// ads, which give `MY`, `TARGET`, `OTHER` and `AD` their meaning, and those in the match ad, which is the root. So an attribute
// called `target` in an ad shadows the word, as in HTCondor: whoever evaluates a policy of his own must resolve scopes first.

import { ClassAd } from './ad.ts';
import type { ByteString } from './bytes.ts';
import { attribute } from './expression.ts';

export interface Scope {
  readonly role: 'ad' | 'context' | 'match';
  readonly ad: ClassAd;
  /** The ad around this one. */
  readonly parent: Scope | null;
  readonly root: Scope;
  /** In old semantics: where a bare name is looked for when it is found neither here nor in the ads around. */
  readonly alternate: Scope | null;
  /** Of a context: the side that it stands for, and the other. Of the match: the left and the right side. */
  readonly own: Scope | null;
  readonly other: Scope | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function makeScope(role: Scope['role'], ad: ClassAd, parent: Scope | null): Mutable<Scope> {
  const scope: Mutable<Scope> = { role, ad, parent, root: null as never, alternate: null, own: null, other: null };
  scope.root = parent === null ? scope : parent.root;
  return scope;
}

/** The scope of an ad within `parent`, or of an ad that stands alone. */
export function enter(ad: ClassAd, parent: Scope | null): Scope {
  return makeScope('ad', ad, parent);
}

/** The two sides of a match, which see each other. `fallsBack`: names that one lacks are looked for in the other. */
export function matchScopes(left: ClassAd, right: ClassAd, fallsBack: boolean): { left: Scope; right: Scope } {
  const match = makeScope('match', MATCH_AD, null);
  const leftContext = makeScope('context', LEFT_CONTEXT, match);
  const rightContext = makeScope('context', RIGHT_CONTEXT, match);
  const leftScope = makeScope('ad', left, leftContext);
  const rightScope = makeScope('ad', right, rightContext);
  match.own = leftContext.own = rightContext.other = leftScope;
  match.other = leftContext.other = rightContext.own = rightScope;
  if (fallsBack) {
    leftScope.alternate = rightScope;
    rightScope.alternate = leftScope;
  }
  return { left: leftScope, right: rightScope };
}

/** The scope that a word such as `target` or `LEFT` stands for in a context or a match. */
export function scopeNamed(scope: Scope, key: ByteString): Scope | null {
  if (scope.role === 'context') {
    if (key === 'target' || key === 'other') return scope.other;
    return key === 'my' || key === 'ad' ? scope.own : null;
  }
  if (scope.role === 'match') {
    if (key === 'left') return scope.own;
    if (key === 'right') return scope.other;
    if (key === 'lctx') return scope.own?.parent ?? null;
    if (key === 'rctx') return scope.other?.parent ?? null;
  }
  return null;
}

/** Whether two scopes are of the same ad at the same place. The scope of a nested ad is made anew each time. */
export function isSameScope(left: Scope | null, right: Scope | null): boolean {
  let [a, b] = [left, right];
  while (a !== b) {
    if (a === null || b === null || a.ad !== b.ad || a.role !== 'ad') return false;
    [a, b] = [a.parent, b.parent];
  }
  return true;
}

// These ads are never changed; they serve all matches.
const MATCH_AD = new ClassAd();
MATCH_AD.set('leftMatchesRight', attribute('Requirements', attribute('RIGHT')));
MATCH_AD.set('rightMatchesLeft', attribute('Requirements', attribute('LEFT')));
MATCH_AD.set('leftRankValue', attribute('Rank', attribute('LEFT')));
MATCH_AD.set('rightRankValue', attribute('Rank', attribute('RIGHT')));
const LEFT_CONTEXT = contextAd('LEFT', 'RIGHT');
const RIGHT_CONTEXT = contextAd('RIGHT', 'LEFT');

function contextAd(own: string, other: string): ClassAd {
  const ad = new ClassAd();
  for (const name of ['other', 'target']) ad.set(name, attribute(other, null, true));
  for (const name of ['my', 'ad']) ad.set(name, attribute(own, null, true));
  return ad;
}
