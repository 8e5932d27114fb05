// The command blocks of a document, run one after the other in one shell as its reader types them, and what the document says
// that they print. A fence ```sh is a block of commands; ```text after it is what they print, in this order and among other lines,
// where any white space is as good as any other and … stands for anything. A command that fails is a fault, unless the fence
// says how the block ends: ```sh exit=1.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface CommandBlock {
  /** In the document, of the fence. */
  readonly line: number;
  readonly commands: string;
  /** The exit code that the document says. */
  readonly exit: number;
  /** The lines that it shows. */
  readonly shown: readonly string[];
}

export interface RunBlock {
  readonly exit: number;
  readonly printed: string;
  /** The codes of commands that failed within it. */
  readonly failures: readonly number[];
}

export function blocksOf(path: string): readonly CommandBlock[] {
  const blocks: { line: number; commands: string; exit: number; shown: string[] }[] = [];
  const text = readFileSync(path, 'utf8');
  for (const fence of text.matchAll(/^```(\w+)(?: exit=(\d+))?\n(.*?)^```$/gms)) {
    const [, language, exit, body = ''] = fence;
    const line = text.slice(0, fence.index).split('\n').length;
    if (language === 'sh') blocks.push({ line, commands: body, exit: Number(exit ?? 0), shown: [] });
    else if (language === 'text') blocks.at(-1)!.shown.push(...body.trimEnd().split('\n'));
  }
  return blocks;
}

/** The lines shown that were not printed, from the first one on: empty where all were, in their order. */
export function missingIn(printed: string, shown: readonly string[]): readonly string[] {
  const lines = printed.split('\n').map(plain);
  let at = 0;
  for (const [index, line] of shown.entries()) {
    const pattern = new RegExp(`^${plain(line).split('…').map(literally).join('.*')}$`);
    const found = lines.slice(at).findIndex((each) => pattern.test(each));
    if (found === -1) return shown.slice(index);
    at += found + 1;
  }
  return [];
}

const plain = (line: string): string => line.trim().replaceAll(/\s+/g, ' ').replaceAll(/ ?… ?/g, '…');

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const MARK = '\u0001';

/**
 * Types the blocks into a shell, which a block may leave for another one, and resolves with what became of each. A block that
 * was not reached is missing.
 * @param start The shell's command and arguments.
 * @param deadlineMs For all of them together; what has not ended by then is killed.
 */
export async function runBlocks(
  blocks: readonly CommandBlock[],
  start: readonly [string, readonly string[]],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly deadlineMs: number },
): Promise<readonly RunBlock[]> {
  const [file, args] = start;
  const shell = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  const ended = new Promise<void>((resolve, reject) => shell.once('error', reject).once('exit', () => resolve()));
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const timer = setTimeout(() => shell.kill('SIGKILL'), options.deadlineMs);
  shell.stdin.on('error', () => {});
  // The trap is set anew each time, since a block may have begun another shell.
  const trap = `trap 'printf "\\001failed %d\\n" $?' ERR`;
  for (const { commands } of blocks) shell.stdin.write(`exec 2>&1; ${trap}\n${commands}printf '\\001end %d\\n' $?\n`);
  shell.stdin.end();
  await ended;
  clearTimeout(timer);
  return said.split(new RegExp(`(?<=${MARK}end \\d+\\n)`)).flatMap((part) => {
    const end = new RegExp(`${MARK}end (\\d+)\\n$`).exec(part);
    if (end === null) return [];
    const failures = [...part.matchAll(new RegExp(`${MARK}failed (\\d+)\\n`, 'g'))].map(([, code]) => Number(code));
    return [{ exit: Number(end[1]), printed: part.replaceAll(new RegExp(`${MARK}.*\\n`, 'g'), ''), failures }];
  });
}

/** What a block did otherwise than its document says, as sentences: empty where it was as it should be. */
export function faultsOf(block: CommandBlock, ran: RunBlock | undefined): readonly string[] {
  if (ran === undefined) return ['it was not reached: the shell ended before it, or did not come so far in time'];
  const faults = [
    ...(ran.exit === block.exit ? [] : [`it ended with ${ran.exit}, not with ${block.exit}`]),
    ...(block.exit === 0 ? ran.failures.map((code) => `a command in it ended with ${code}`) : []),
    ...missingIn(ran.printed, block.shown)
      .slice(0, 1)
      .map((line) => `it did not print, or not in its place: ${line}`),
  ];
  return faults.length === 0 ? [] : [...faults, `it printed:\n${ran.printed}`];
}
