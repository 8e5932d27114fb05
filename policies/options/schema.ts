// The building blocks of every schema of the policy file: a mapping that knows its keys, a value read from text by a
// function of one's own and the form that editors know it by, and the words by which messages say what was found. Schemas
// are zod's, so that a policy's options have a type; the messages are Lark's: what was expected, what was found, what to
// write instead.

import { z } from 'zod';
import { unknownName } from './nearest-name.ts';

/**
 * What reading one value gives: the value, or a sentence that says what was expected and what to do. `offset` is where
 * in the value's text the trouble is, in UTF-16 units, and `isExpression` says that the text is an expression.
 */
export type Reading<T> =
  | { readonly value: T }
  | { readonly problem: string; readonly offset?: number; readonly isExpression?: true };

/**
 * How a value is written in the file, in the words of JSON Schema (draft 2020-12), for editors and the reference: `title`
 * says in a few words what it is. A form refuses nothing that the reader takes; what it cannot tell is the reader's.
 */
export interface ValueForm {
  readonly title?: string;
  readonly [keyword: string]: unknown;
}

/**
 * A value that `read` makes out of whatever stands in the file; `undefined` is what it gets for a key that is missing.
 * @param form left out: anything, as far as editors know.
 */
export function readBy<T>(read: (input: unknown) => Reading<T>, form: ValueForm = {}) {
  const schema = z.unknown().transform((input, context): T => {
    const reading = read(input);
    if ('value' in reading) return reading.value;
    const { problem, offset, isExpression } = reading;
    context.addIssue({ code: 'custom', message: problem, params: { offset, isExpression } });
    return z.NEVER;
  });
  return schema.meta(form);
}

/**
 * A mapping with these keys and no others. Its message for unknown keys holds one line a key, in the order of the
 * issue's `keys`, so that the loader can give each its own place.
 *
 * @param refused keys that people may well write and that are not carried out, each with the sentence that says so.
 */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape, refused: Readonly<Record<string, string>> = {}) {
  const known = Object.keys(shape);
  const explain = (key: string) => (Object.hasOwn(refused, key) ? refused[key] : unknownName('key', key, known));
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? issue.keys.map(explain).join('\n') : undefined),
  });
}

/** A number of the file that must be whole and within bounds, both included. */
export function wholeNumber(what: string, least: number, most: number) {
  return readBy(
    (input): Reading<number> => {
      if (typeof input === 'number' && Number.isInteger(input) && input >= least && input <= most) {
        return { value: input };
      }
      return { problem: `expected ${what}, a whole number from ${least} to ${most}; found ${describeValue(input)}` };
    },
    wholeNumberForm(least, most),
  );
}

export function wholeNumberForm(least: number, most: number): ValueForm {
  return { title: `a whole number from ${least} to ${most}`, type: 'integer', minimum: least, maximum: most };
}

/** A text of the file that must be one of these. */
export function oneOf<const Choice extends string>(...choices: readonly Choice[]) {
  return readBy((input): Reading<Choice> => {
    const choice = choices.find((candidate) => candidate === input);
    if (choice !== undefined) return { value: choice };
    return { problem: `expected ${choices.map((each) => `"${each}"`).join(' or ')}; found ${describeValue(input)}` };
  }, choiceForm(choices));
}

/** The name of something that the file or an ad gives one. */
export function nameOf(what: string) {
  return readBy(
    (input): Reading<string> =>
      typeof input === 'string' && input !== ''
        ? { value: input }
        : { problem: `expected the name of ${what}; found ${describeValue(input)}` },
    { title: `the name of ${what}`, type: 'string', minLength: 1 },
  );
}

/** The form of a whole schema. What only a check of its own can tell is left out; `examples` are as the file writes them. */
export function formOf(schema: z.ZodType): ValueForm {
  const { $schema, ...form } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // zod leaves the examples of what it transforms out: they might be outputs. Here they never are.
    override({ zodSchema, jsonSchema }) {
      const { examples } = z.globalRegistry.get(zodSchema) ?? {};
      if (examples !== undefined) jsonSchema.examples = examples as unknown[];
    },
  });
  return form;
}

/** The pattern of text without white space and control characters. */
export const UNBROKEN = '^[^\\s\\x00-\\x1f\\x7f-\\x9f]+$';

function choiceForm(choices: readonly string[]): ValueForm {
  return { type: 'string', enum: choices };
}

const LONGEST_QUOTE = 60;

/** A value of the file in words: `the text "a"`, `the number 12`, `a list`, `nothing`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return `the truth value ${value}`;
  const text = String(value);
  return `the text ${JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text)}`;
}
