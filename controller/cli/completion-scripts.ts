// Completion scripts for shells. All three go through the words before the cursor to find out which command it is in and
// whether an option waits for its value; then they offer what can stand there.

import type { Completable, CompletableCommand } from './completion-model.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, commands: readonly CompletableCommand[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

/** The options of a command with those of the program. */
function optionsOf(command: CompletableCommand, [program]: readonly CompletableCommand[]) {
  const known = new Set(command.options.flatMap(({ flags }) => flags));
  const global = (program?.options ?? []).filter(({ flags }) => !flags.some((flag) => known.has(flag)));
  return command === program ? command.options : [...command.options, ...global];
}

/** In single quotes, which bash and zsh take alike. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Case branches that find the command: `'lark switches forget') path=…`. */
function stepCases(commands: readonly CompletableCommand[]): readonly string[] {
  return commands.flatMap(({ path, subcommands }) =>
    subcommands.map(({ name }) => `      ${quoted(`${path} ${name}`)}) at="$at $word" ;;`),
  );
}

/** Case branches for the options that take a value. */
function valueCases(commands: readonly CompletableCommand[], offer: (value: Completable) => string): readonly string[] {
  return commands.flatMap((command) =>
    optionsOf(command, commands).flatMap(({ flags, value }) =>
      value === undefined
        ? []
        : [`    ${flags.map((flag) => quoted(`${command.path} ${flag}`)).join('|')}) ${offer(value)} ;;`],
    ),
  );
}

const walk = (takesValue: string, first: number, words: string, current: string) => `
  local at=lark word value= i
  for ((i = ${first}; i < ${current}; i++)); do
    word=\${${words}[i]}
    if [[ -n $value ]]; then
      # --option=value may be three words.
      if [[ $word != "=" ]]; then value=; fi
      continue
    fi
    case "$at $word" in
${takesValue}
    esac
  done`;

function takesValueCases(commands: readonly CompletableCommand[]): string {
  const options = valueCases(commands, () => 'value=$word').map((line) => `  ${line}`);
  return [...stepCases(commands), ...options].join('\n');
}

function bashScript(commands: readonly CompletableCommand[]): string {
  const offer = (value: Completable | undefined): string => {
    if (value === undefined || value === 'anything') return ':';
    if (value === 'file') return '_lark_files';
    return `_lark_words ${quoted(value.words.join(' '))}`;
  };
  const options = commands.map((command) => {
    const flags = optionsOf(command, commands).flatMap((option) => option.flags);
    return `      ${quoted(command.path)}) _lark_words ${quoted(flags.join(' '))} ;;`;
  });
  const operands = commands.map(({ path, subcommands, argument }) => {
    const names = subcommands.map(({ name }) => name).join(' ');
    return `      ${quoted(path)}) ${names === '' ? offer(argument) : `_lark_words ${quoted(names)}`} ;;`;
  });
  return `# bash completion for lark, made by: lark completion bash
_lark_words() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}
_lark_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
_lark() {
  local current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()${walk(takesValueCases(commands), 1, 'COMP_WORDS', 'COMP_CWORD')}
  if [[ $current == "=" ]]; then current=; fi
  if [[ -n $value ]]; then
    case "$at $value" in
${valueCases(commands, offer).join('\n')}
    esac
  elif [[ $current == -* ]]; then
    case "$at" in
${options.join('\n')}
    esac
  else
    case "$at" in
${operands.join('\n')}
    esac
  fi
}
complete -F _lark lark
`;
}

function zshScript(commands: readonly CompletableCommand[]): string {
  const described = (items: readonly (readonly [name: string, description: string])[]) =>
    items.map(([name, description]) => quoted(`${name.replaceAll(':', '\\:')}:${description}`)).join(' ');
  const offer = (value: Completable | undefined): string => {
    if (value === undefined || value === 'anything') return ':';
    return value === 'file' ? '_files' : `compadd -- ${value.words.map(quoted).join(' ')}`;
  };
  const options = commands.map((command) => {
    const all = optionsOf(command, commands).flatMap(({ flags, description }) =>
      flags.map((flag) => [flag, description] as const),
    );
    return `      ${quoted(command.path)}) offered=(${described(all)}) ;;`;
  });
  const operands = commands.map(({ path, subcommands, argument }) => {
    const names = subcommands.map(({ name, description }) => [name, description] as const);
    return `      ${quoted(path)}) ${names.length === 0 ? offer(argument) : `offered=(${described(names)})`} ;;`;
  });
  return `#compdef lark
# zsh completion for lark, made by: lark completion zsh
_lark() {
  local current=\${words[CURRENT]}
  local -a offered${walk(takesValueCases(commands), 2, 'words', 'CURRENT')}
  if [[ -n $value ]]; then
    case "$at $value" in
${valueCases(commands, offer).join('\n')}
    esac
  elif [[ $current == -* ]]; then
    case "$at" in
${options.join('\n')}
    esac
    _describe -o option offered
  else
    case "$at" in
${operands.join('\n')}
    esac
    if (( $#offered )); then _describe command offered; fi
  fi
}
if [[ $funcstack[1] == _lark ]]; then _lark "$@"; else compdef _lark lark; fi
`;
}

function fishScript(commands: readonly CompletableCommand[]): string {
  const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const paths = commands.flatMap(({ path, subcommands }) => subcommands.map(({ name }) => text(`${path} ${name}`)));
  const taking = commands.flatMap((command) =>
    optionsOf(command, commands).flatMap(({ flags, value }) =>
      value === undefined ? [] : flags.map((flag) => text(`${command.path} ${flag}`)),
    ),
  );
  const offer = (value: Completable | undefined): string => {
    if (value === undefined) return '';
    if (value === 'file') return ' -r -F';
    return value === 'anything' ? ' -x' : ` -x -a ${text(value.words.join(' '))}`;
  };
  const lines = commands.flatMap((command) => {
    const { path, subcommands, argument } = command;
    const at = `complete -c lark -n ${text(`__lark_at ${text(path)}`)}`;
    return [
      ...subcommands.map(({ name, description }) => `${at} -a ${text(name)} -d ${text(description)}`),
      ...optionsOf(command, commands).map(({ flags, description, value }) => {
        const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
        return `${at} ${names.join(' ')}${offer(value)} -d ${text(description)}`;
      }),
      ...(subcommands.length > 0 || argument === undefined || argument === 'anything'
        ? []
        : [argument === 'file' ? `${at} -F` : `${at} -a ${text(argument.words.join(' '))}`]),
    ];
  });
  return `# fish completion for lark, made by: lark completion fish
set -g __lark_paths ${paths.join(' ')}
set -g __lark_taking ${taking.join(' ')}
function __lark_at
  set -l path lark
  set -l value
  for word in (commandline -opc)[2..-1]
    if test -n "$value"
      set value
    else if contains -- "$path $word" $__lark_paths
      set path "$path $word"
    else if contains -- "$path $word" $__lark_taking
      set value $word
    end
  end
  test "$path" = "$argv[1]"
end
complete -c lark -f
${lines.join('\n')}
`;
}
