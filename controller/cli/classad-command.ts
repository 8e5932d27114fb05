// `lark classad`: try a policy expression on ads as an operator would, and the same over JSON lines for other programs. Each
// line of input gets exactly one line of output, in order; a line that cannot be read gets an `error` and does not stop the rest.

import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import {
  type ClassAd,
  ClassAdError,
  type Expression,
  evaluate,
  type Lex,
  matches,
  parseAd,
  parseExpression,
  type Semantics,
  unparse,
} from 'node-classad';

export interface CommandIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

interface AdFiles {
  readonly my?: string;
  readonly target?: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

const EXAMPLES = `
Examples:
  $ lark classad eval 'MY.Owner =?= "alice" && TARGET.Zone == "campus"' --my job.ad --target zone.ad
                                         what the \`when\` of a rule comes to
  $ lark classad match --my job.ad --target machine.ad
                                         would they run together? JSON, whose Requirements hold included
  $ lark classad unparse 'a&&b'          an expression as HTCondor prints it, in old and in new syntax
`;

/** Adds `classad eval`, `classad match` and `classad unparse` to a program. */
export function registerClassadCommand(program: Command, io: CommandIo): void {
  const classad = program
    .command('classad')
    .summary("evaluate, match and print ClassAds, HTCondor's language")
    .description(
      "Evaluates, matches and prints ClassAds, HTCondor's language of jobs and machines. Needs no running Lark.",
    )
    .addHelpText('after', EXAMPLES);
  registerEval(classad, io);
  registerMatch(classad, io);
  registerUnparse(classad, io);
  for (const command of classad.commands) {
    command.configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });
  }
}

function registerEval(classad: Command, io: CommandIo): void {
  classad
    .command('eval')
    .argument('[expression]', 'such as \'MY.Owner == "alice" && TARGET.Zone =?= undefined\'')
    .summary('print the value of an expression')
    .description('Prints the value of an expression.')
    .option('--my <file>', 'the ad in which it is evaluated, in long form, new syntax or JSON')
    .option('--target <file>', 'the ad that TARGET means')
    .option('--new-syntax', 'read strings with C escapes, and print the value in new syntax')
    .option('--jsonl', 'read {"my","target","expr","lex","sem"} from standard input, a line each, and write {"value"}')
    .action(
      async (
        expression: string | undefined,
        options: AdFiles & { newSyntax?: true; jsonl?: true },
        command: Command,
      ) => {
        if (options.jsonl) return eachLine(io, command, evalLine);
        if (expression === undefined) return command.error('error: give an expression, or --jsonl', { exitCode: 2 });
        const syntax = options.newSyntax ? 'new' : 'old';
        const parsed = orFail(command, 'expression', () => parseExpression(expression, { lex: syntax }));
        const my = await readAd(command, options.my);
        const target = await readAd(command, options.target);
        io.stdout.write(`${unparse(evaluate(parsed, { my, target }), syntax)}\n`);
      },
    );
}

function registerMatch(classad: Command, io: CommandIo): void {
  classad
    .command('match')
    .summary("tell whether two ads meet each other's Requirements")
    .description("Tells whether two ads meet each other's Requirements: JSON, with each side by itself.")
    .option('--my <file>', 'the left ad')
    .option('--target <file>', 'the right ad')
    .option('--jsonl', 'read {"my","target","sem"} from standard input, a line each')
    .action(async (options: AdFiles & { jsonl?: true }, command: Command) => {
      if (options.jsonl) return eachLine(io, command, matchLine);
      const my = await readAd(command, options.my);
      const target = await readAd(command, options.target);
      if (!my || !target) return command.error('error: give both --my and --target, or --jsonl', { exitCode: 2 });
      io.stdout.write(`${JSON.stringify(matches(my, target))}\n`);
    });
}

function registerUnparse(classad: Command, io: CommandIo): void {
  classad
    .command('unparse')
    .argument('[expression]', 'in old syntax')
    .summary('print an expression in old and in new syntax')
    .description('Prints an expression as HTCondor prints it, in old and in new syntax.')
    .option('--jsonl', 'read {"expr","lex","sem"} from standard input, a line each, and write {"old","new"}')
    .action(async (expression: string | undefined, options: { jsonl?: true }, command: Command) => {
      if (options.jsonl) return eachLine(io, command, unparseLine);
      if (expression === undefined) return command.error('error: give an expression, or --jsonl', { exitCode: 2 });
      const parsed = orFail(command, 'expression', () => parseExpression(expression, { lex: 'old' }));
      io.stdout.write(`${unparse(parsed, 'old')}\n${unparse(parsed, 'new')}\n`);
    });
}

/** `{"value": …}`: printed in old syntax; null if the expression does not parse. */
export function evalLine(input: JsonObject): JsonObject {
  const semantics = oneOf(input, 'sem');
  const expression = parsedOrNull(input, semantics);
  const my = adOf(input, 'my', semantics);
  const target = adOf(input, 'target', semantics);
  return { value: expression && unparse(evaluate(expression, { my, target, semantics }), 'old') };
}

/** `{"symmetric", "leftMatchesRight", "rightMatchesLeft"}` */
export function matchLine(input: JsonObject): JsonObject {
  const semantics = oneOf(input, 'sem');
  const my = adOf(input, 'my', semantics);
  const target = adOf(input, 'target', semantics);
  if (!my || !target) throw new InputError("'my' and 'target' must both be ads");
  return { ...matches(my, target, { semantics }) };
}

/** `{"old", "new"}`: both null if the expression does not parse. */
export function unparseLine(input: JsonObject): JsonObject {
  const expression = parsedOrNull(input, oneOf(input, 'sem'));
  return { old: expression && unparse(expression, 'old'), new: expression && unparse(expression, 'new') };
}

/** A line of input that is not what it should be. */
class InputError extends Error {}

function parsedOrNull(input: JsonObject, semantics: Semantics): Expression | null {
  const lex: Lex = oneOf(input, 'lex');
  if (typeof input.expr !== 'string') throw new InputError("'expr' must be a string");
  try {
    return parseExpression(input.expr, { lex, semantics });
  } catch (error) {
    if (error instanceof ClassAdError) return null;
    throw error;
  }
}

/** `lex` and `sem` are 'old' if left out, as in HTCondor's daemons. */
function oneOf(input: JsonObject, key: 'lex' | 'sem'): 'old' | 'new' {
  const value = input[key] ?? 'old';
  if (value !== 'old' && value !== 'new') throw new InputError(`'${key}' must be 'old' or 'new'`);
  return value;
}

function adOf(input: JsonObject, key: 'my' | 'target', semantics: Semantics): ClassAd | undefined {
  const text = input[key] ?? null;
  if (text === null) return undefined;
  if (typeof text !== 'string') throw new InputError(`'${key}' must be an ad's text or null`);
  try {
    return parseAd(text, { semantics });
  } catch (error) {
    if (error instanceof ClassAdError) throw new InputError(`'${key}': ${error.message}`);
    throw error;
  }
}

async function eachLine(io: CommandIo, command: Command, answer: (input: JsonObject) => JsonObject): Promise<void> {
  let failures = 0;
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const output = answerLine(line, answer);
    if ('error' in output) failures += 1;
    if (!io.stdout.write(`${JSON.stringify(output)}\n`)) await drained(io.stdout);
  }
  if (failures > 0)
    command.error(`error: ${failures} of the lines could not be read; see their "error"`, { exitCode: 1 });
}

function answerLine(line: string, answer: (input: JsonObject) => JsonObject): JsonObject {
  try {
    const input: unknown = JSON.parse(line);
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new InputError('not a JSON object');
    return answer(input as JsonObject);
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError) return { value: null, error: error.message };
    throw error;
  }
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.once('drain', resolve));
}

async function readAd(command: Command, file: string | undefined): Promise<ClassAd | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file).catch((error: Error) => command.error(`error: ${error.message}`, { exitCode: 1 }));
  return orFail(command, file, () => parseAd(text));
}

function orFail<T>(command: Command, place: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ClassAdError) return command.error(`${place}:${error.message}`, { exitCode: 1 });
    throw error;
  }
}
