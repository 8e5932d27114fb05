import fc from 'fast-check';
import { evaluate, parseAd, parseExpression, resolveScopes } from 'node-classad';
import { describe, expect, test } from 'vitest';
import type { AttributeValue, EndpointView } from '../policy.ts';
import { type Condition, readCondition } from './condition.ts';

function condition(text: string): Condition {
  const reading = readCondition(text);
  if ('problem' in reading) throw new Error(reading.problem);
  return reading.value;
}

/** The problem, with what stands in the text at its place. */
function problem(text: string): { said: string; at: string } {
  const reading = readCondition(text);
  if (!('problem' in reading)) throw new Error(`${text} was accepted`);
  return { said: reading.problem, at: text.slice(reading.offset ?? 0) };
}

const answer = (text: string, my: EndpointView<string>, target: EndpointView<string> = {}) =>
  condition(text).evaluate(my, target);

describe('scopes', () => {
  test('MY is the source, TARGET and OTHER are the destination', () => {
    expect(answer('MY.a == 1 && TARGET.a == 2 && OTHER.a == 2', { a: 1 }, { a: 2 })).toBe(true);
  });

  test('a bare name is MY’s and never falls back on TARGET’s', () => {
    expect(answer('a == 1', { a: 1 }, { a: 2 })).toBe(true);
    expect(answer('a is undefined', {}, { a: 2 })).toBe(true);
    expect(condition('a && MY.b && TARGET.c')).toMatchObject({ my: ['a', 'b'], target: ['c'], bareNames: ['a'] });
  });

  test('attributes called like scopes or literals change nothing', () => {
    const hostile = { a: 1, my: 'x', target: 'x', other: 'x', null: 5, LEFT: 'x', RIGHT: 'x', ad: 'x' };
    expect(answer('MY.a == 1 && TARGET.a == 2', hostile, { ...hostile, a: 2 })).toBe(true);
    expect(answer('MY.b is null', hostile, hostile)).toBe(true);
  });

  test('Machine.X is the machine ad’s attribute, of either end', () => {
    const text = 'MY.Machine.Site == "a" && TARGET.machine.Site == "b" && Machine.Site == "a"';
    expect(answer(text, { 'Machine.Site': 'a' }, { 'Machine.Site': 'b' })).toBe(true);
    expect(condition(text).significantAttributes).toEqual(['Machine.Site']);
  });

  test('names differ in letter case alone: one attribute, as first spelled', () => {
    const { significantAttributes, evaluate: run } = condition('MY.Owner == "a" || target.OWNER == "b"');
    expect(significantAttributes).toEqual(['Owner']);
    expect(run({ owner: 'x' }, { oWNER: 'b' })).toBe(true);
  });
});

describe('what an answer is', () => {
  test.each<[string, boolean | string]>([
    ['1', true],
    ['0', false],
    ['0.5', true],
    ['0.0', false],
    ['undefined', 'undefined'],
    ['MY.none == 1', 'undefined'],
    ['error', 'error'],
    ['"true"', 'error'],
    ['1 + "a"', 'error'],
    ['{ 1 }', 'error'],
    ['MY.none =?= "a"', false],
  ])('%s is %s', (text, expected) => {
    expect(answer(text, {})).toBe(expected);
  });

  test('YAML’s true and false are expressions', () => {
    const reading = readCondition(true);
    expect('value' in reading && reading.value.evaluate({}, {})).toBe(true);
  });

  test('an expression that would take long is an error, soon', () => {
    const text = 'regexp("^(a+)+$", MY.a)';
    expect(answer(text, { a: `${'a'.repeat(5000)}b` })).toBe('error');
  });
});

describe('what is refused, and where', () => {
  test.each([
    ['MY.a && time() > 5', /^time\(\) cannot be used in a policy: .*time passes/, 'time() > 5'],
    ['MY.a && random(3) > 1', /same two ends must always/, 'random(3)'],
    ['MY.a || Eval("MY.b")', /^Eval\(\) cannot .*cannot be told beforehand/, 'Eval('],
    ['debug(MY.a)', /side effect/, 'debug('],
    ['userMap("m", MY.Owner) == "x"', /machine that Lark runs on/, 'userMap('],
    ['formatTime(0) == "x"', /time passes/, 'formatTime('],
    ['"time()" == "x" && CurrentTime > 5', /CurrentTime cannot be read/, 'CurrentTime'],
    ['MY.CurrentTime > 5', /CurrentTime cannot be read/, 'CurrentTime'],
    ['stringListMembr("a", MY.l)', /did you mean stringListMember\(\)/, 'stringListMembr'],
    ['nonsense(1)', /there is no function nonsense\(\) for policies/, 'nonsense'],
    ['size(MY) > 3', /^MY as a whole cannot be read/, 'MY) > 3'],
    ['{ TARGET } is undefined', /^TARGET as a whole/, 'TARGET }'],
    ['MY.Machine is undefined', /machine ad as a whole/, 'Machine is'],
    ['MY.a.b == 1', /^\.b of something else than MY/, 'b == 1'],
    ['MY.TARGET.a == 1', /TARGET cannot be read/, 'TARGET.a'],
    ['parent.a == 1', /parent cannot be read/, 'parent.a'],
    ['.a == 1', /^\.a has no meaning here: write MY\.a/, 'a == 1'],
    ['[ a = 1 ].a == 1', /^\.a of something else/, 'a == 1'],
    ['size([ a = 1 ]) == 1', /^an ad/, '[ a = 1 ]'],
    ['MY.a == ', /^the text ends; expected/, ''],
    ['MY.a ==\n  && MY.b', /found '&&'/, '&& MY.b'],
    ['MY.é == 1 && "ä" == )', /./, 'é'],
    ['"ä€😀" == )', /found '\)'/, ')'],
    ['MY.a ? 1 : 2 ) || ( 3', /^found '\)'/, ') ||'],
    ['MY.a ? 1 : 2 } , { 3', /^found ','/, ', {'],
    ['MY.a ? 1 : 2 , 3', /one expression/, ', 3'],
    ['MY.a ? 1 : 2 MY.b', /expected/, 'MY.b'],
    ['MY.a\0', /NUL/, '\0'],
  ])('%s', (text, said, at) => {
    const found = problem(text);
    expect(found.said).toMatch(said);
    expect(found.at.startsWith(at)).toBe(true);
  });

  test('no text, too long a text and no expression at all', () => {
    for (const input of ['', ' ', 7, null, ['a']]) expect(readCondition(input)).toHaveProperty('problem');
    expect(problem(`MY.a${' || MY.a'.repeat(600)}`).said).toContain('at most 4096 characters');
    expect(condition(`MY.a${'||MY.a'.repeat(680)}`).evaluate({ a: true }, {})).toBe(true);
  });
});

test('what is missing is said as a person would write it', () => {
  const { missing } = condition('MY.a && TARGET.b && MY.Machine.c');
  expect(missing({ a: 1 }, { a: 1 })).toEqual(['MY.Machine.c', 'TARGET.b']);
});

describe('agreement with the language itself', () => {
  const names = ['a', 'b', 'Owner'];
  const literal = fc.constantFrom('1', '2', '0', '2.5', '"x"', '"X"', '"y"', 'true', 'false', 'undefined', 'error');
  const reference = fc
    .tuple(fc.constantFrom('MY', 'TARGET', 'my', 'Target'), fc.constantFrom(...names))
    .map((parts) => parts.join('.'));
  const { expression } = fc.letrec<{ expression: string }>((tie) => {
    const inner = tie('expression');
    const binary = fc.constantFrom('&&', '||', '==', '!=', '=?=', '=!=', '<', '>=', '+', '-', '*', '/', 'is', 'isnt');
    return {
      expression: fc.oneof(
        { maxDepth: 4, depthIdentifier: 'e' },
        reference,
        literal,
        fc.tuple(inner, binary, inner).map(([l, op, r]) => `(${l} ${op} ${r})`),
        fc.tuple(inner, inner, inner).map(([c, t, e]) => `(${c} ? ${t} : ${e})`),
        fc.tuple(inner, inner).map(([l, r]) => `(${l} ?: (${r}))`),
        inner.map((of) => `!(${of})`),
        fc
          .tuple(fc.constantFrom('isUndefined', 'isString', 'toLower', 'string'), inner)
          .map(([f, of]) => `${f}(${of})`),
        fc.tuple(inner, inner).map(([l, r]) => `strcat(${l}, ${r})`),
        fc.tuple(inner, inner).map(([l, r]) => `member(${l}, { ${r}, "x" })`),
      ),
    };
  });
  const value = fc.constantFrom<AttributeValue>(undefined, 1, 2, 2.5, 2n ** 60n, 'x', 'X', 'é"\\', true, false);
  const end = fc.record({ a: value, b: value, Owner: value });
  const hostile = { my: 'x', target: 7, left: true, null: 1 };
  const adOf = (view: EndpointView<string>) =>
    parseAd(
      `[ ${Object.entries(view)
        .filter(([, each]) => each !== undefined)
        .map(([name, each]) => `'${name}' = ${typeof each === 'string' ? JSON.stringify(each) : String(each)}`)
        .join('; ')} ]`,
    );

  test('a condition is what the expression is on the two whole ads, and reads what it declares alone', () => {
    fc.assert(
      fc.property(expression, end, end, (text, my, target) => {
        const compiled = condition(text);
        const bound = resolveScopes(parseExpression(text));
        const whole = evaluate(bound, { my: adOf({ ...my, ...hostile }), target: adOf({ ...target, ...hostile }) });
        const expected =
          whole === undefined
            ? 'undefined'
            : typeof whole === 'string' || typeof whole === 'object'
              ? 'error'
              : Boolean(whole);
        const shown = (view: EndpointView<string>) =>
          Object.fromEntries(compiled.significantAttributes.map((name) => [name, view[name]]));
        expect(compiled.evaluate(shown(my), shown(target))).toBe(expected);
        expect(compiled.evaluate({ ...my, ...hostile }, { ...target, ...hostile })).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
