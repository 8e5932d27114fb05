// What can be completed on a command line, read off the commander program itself, so that it cannot go stale.

import type { Argument, Command, Option } from 'commander';

/** What may stand in a place: one of these words, a file, or something that cannot be guessed. */
export type Completable = { readonly words: readonly string[] } | 'file' | 'anything';

export interface CompletableOption {
  /** `--by`, and `-h` where there is a short one. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Undefined for one without a value. */
  readonly value: Completable | undefined;
}

export interface CompletableCommand {
  /** `lark`, `lark switches forget`. */
  readonly path: string;
  readonly description: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletableOption[];
  /** Undefined for a command without arguments; the first stands for all. */
  readonly argument: Completable | undefined;
}

/** The program and its commands, from above down; options of the program hold for all of them. */
export function completableCommands(program: Command, path = program.name()): readonly CompletableCommand[] {
  const subcommands = program.commands.filter((each) => !isHidden(each));
  const help = { flags: ['--help', '-h'], description: 'display help for command', value: undefined };
  return [
    {
      path,
      description: describe(program),
      subcommands: subcommands.map((each) => ({ name: each.name(), description: describe(each) })),
      options: [...program.options.filter(({ hidden }) => !hidden).map(completableOption), help],
      argument: argumentOf(program.registeredArguments[0]),
    },
    ...subcommands.flatMap((each) => completableCommands(each, `${path} ${each.name()}`)),
  ];
}

function completableOption({
  long,
  short,
  description,
  argChoices,
  flags,
  required,
  optional,
}: Option): CompletableOption {
  const names = [long, short].filter((flag) => flag != null);
  const value = required || optional ? completableOf(argChoices, flags) : undefined;
  return { flags: names, description, value };
}

function argumentOf(argument: Argument | undefined): Completable | undefined {
  return argument && completableOf(argument.argChoices, argument.name());
}

/** Files are called so in the help: `--log <file>`, `[FILE]`. */
function completableOf(choices: readonly string[] | undefined, name: string): Completable {
  if (choices !== undefined) return { words: choices };
  return /\bfile\b/i.test(name) ? 'file' : 'anything';
}

function describe(command: Command): string {
  return command.summary() || command.description();
}

/** commander has no public way to ask. */
function isHidden(command: Command): boolean {
  return (command as unknown as { readonly _hidden?: boolean })._hidden === true;
}
