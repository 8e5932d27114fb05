// docs/cli-reference.md: what every command says of itself by --help, one after the other. docs/cli.md explains; this page is
// complete, since nobody writes it.

export interface CommandHelp {
  /** `lark`, `lark switches forget` */
  readonly path: string;
  /** What --help prints. */
  readonly help: string;
}

/** Options of the program, which --help repeats for each command. */
const GLOBAL_OPTIONS = /\nGlobal Options:\n(?: .*\n)*/;

/** @param commands `lark` itself first, each followed by its subcommands. */
export function cliReference(commands: readonly CommandHelp[]): string {
  const sections = commands.map(({ path, help }) => {
    const own = help.replace(GLOBAL_OPTIONS, '').trim();
    return `## ${path}\n\n\`\`\`text\n${own}\n\`\`\`\n`;
  });
  return [
    '# Reference of the command `lark`',
    '',
    'What each command says of itself, as `lark COMMAND --help` prints it; the options of `lark` can be given to all of them. [cli.md](cli.md) explains the commands and shows',
    'what they print. This page is generated from the program (`npm run docs`), and a test holds them equal.',
    '',
    ...sections,
  ].join('\n');
}
