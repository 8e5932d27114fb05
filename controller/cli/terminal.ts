// What a command may do to the terminal, passed in so that tests run a command and read what it printed. Names in ads
// are chosen by the people whose jobs they are, so nothing from outside is printed without `printable`.

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether standard output is a terminal: if not, no colours, and `run` logs JSON. */
  readonly isTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
}

const paint =
  (on: number, off: number): Paint =>
  (text) =>
    `\u001b[${on}m${text}\u001b[${off}m`;
const plain: Paint = (text) => text;

const COLOURED: Style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  red: paint(31, 39),
  green: paint(32, 39),
  yellow: paint(33, 39),
};
const PLAIN: Style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };

/** Colours only where a person looks and has not asked for none: https://no-color.org. */
export function styleFor(terminal: Pick<Terminal, 'isTty' | 'env'>): Style {
  const noColor = terminal.env.NO_COLOR;
  return terminal.isTty && (noColor === undefined || noColor === '') ? COLOURED : PLAIN;
}

/** Control characters become `\x1b` and the like: a job's name must not move the cursor or forge a line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** JSON for programs: one document, indented, with a newline at its end. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value, null, 2)}\n`);
}
