// The grammar of the original callouts' requests, written as it reads: a generator that asks for one line after another
// and returns the request. It says of each line it waits for what may stand for its newline, and throws a JobError for
// what it cannot take. Bytes, timers and sockets are its caller's business.

import { bytesToText } from 'node-classad';
import { JobError } from '../admission.ts';

/** What a request is counted as; `unknown` until its first line is read. */
export type ClassicVerb = 'SEND' | 'CLEAN' | 'REQUEST' | 'GRIDFTP' | 'unknown';
export type GridftpAction = 'STARTUP' | 'UPDATE' | 'SHUTDOWN' | 'REQUEST';

export interface GridftpRequest {
  readonly verb: 'GRIDFTP';
  readonly action: GridftpAction;
  /** As sent; checked by whoever acts on it. */
  readonly address: string;
  readonly port: string;
  /** Absent where a SHUTDOWN or REQUEST left them out. */
  readonly user: string | undefined;
  readonly fileName: string | undefined;
  readonly direction: string | undefined;
}

export type ClassicRequest =
  | { readonly verb: 'SEND'; readonly jobAd: string; readonly machineAd: string }
  | { readonly verb: 'CLEAN' | 'REQUEST'; readonly address: string }
  | GridftpRequest;

/** The end of the input, or of the client's patience: it takes the place of a line. */
export const END = Symbol('end');

/**
 * What the grammar waits for: the first line (which must begin like a verb), a line that ends with its newline or the
 * input, a `word` that silence may end once something of it has come, or `optional` lines that silence may leave out.
 */
export type Want = 'verb' | 'line' | 'word' | 'optional';
type Reading<Result> = Generator<Want, Result, string | typeof END>;

const VERBS = ['SEND', 'CLEAN', 'REQUEST', 'HTCONDOR', 'GRIDFTP'] as const;
const EXPECTED_VERBS = 'expected SEND, CLEAN, REQUEST, HTCONDOR or GRIDFTP on the first line, or a JSON object';
const GRIDFTP_ACTIONS: readonly string[] = ['STARTUP', 'UPDATE', 'SHUTDOWN', 'REQUEST'] satisfies GridftpAction[];
const SEPARATOR = /^-{6,}\s*$/;

/** Whether what has come of the first line can still become a verb: rubbish without a newline is refused at once. */
export function mayBecomeVerb(beginning: string): boolean {
  const word = beginning.trim();
  return word === '' || VERBS.some((verb) => verb.startsWith(word));
}

/** `onVerb` is told the verb as soon as it is known. */
export function* readClassicRequest(onVerb: (verb: ClassicVerb) => void): Reading<ClassicRequest> {
  let verb = yield* nonBlankLine('verb', EXPECTED_VERBS);
  if (verb === 'GRIDFTP') {
    onVerb('GRIDFTP');
    return yield* readGridftp();
  }
  if (verb === 'HTCONDOR') verb = yield* nonBlankLine('line', 'expected SEND, CLEAN or REQUEST after HTCONDOR');
  if (verb === 'CLEAN' || verb === 'REQUEST') {
    onVerb(verb);
    return { verb, address: yield* nonBlankLine('word', `expected an IP address on the line after ${verb}`) };
  }
  if (verb !== 'SEND') throw malformed(`"${printable(verb)}" is no request: ${EXPECTED_VERBS}.`);
  onVerb('SEND');
  return yield* readSend();
}

function* readSend(): Reading<ClassicRequest> {
  const expected =
    'expected the job ad, then the machine ad: each on one line in new syntax, or in long form with a line ------ between';
  let line = yield* nonBlankLine('line', expected);
  if (SEPARATOR.test(line)) throw malformed(`The line ${line.trim()} came before any job ad: ${expected}.`);
  const jobAdIsLine = isWholeAd(line);
  let jobAd = line;
  if (!jobAdIsLine) {
    const longForm = yield* readLongForm(line);
    if (longForm.ended) {
      throw malformed('The request ended within the job ad: expected a line ------ and the machine ad after it.');
    }
    jobAd = longForm.text;
  }
  line = yield* nonBlankLine('line', 'expected the machine ad after the job ad');
  if (jobAdIsLine && SEPARATOR.test(line)) {
    line = yield* nonBlankLine('line', 'expected the machine ad after the line ------');
  }
  const machineAd = isWholeAd(line) ? line : (yield* readLongForm(line)).text;
  return { verb: 'SEND', jobAd: bytesToText(jobAd), machineAd: bytesToText(machineAd) };
}

/** An ad of many lines: up to a line of dashes, or the end. Nothing else in the stream tells where such an ad ends. */
function* readLongForm(first: string): Reading<{ readonly text: string; readonly ended: boolean }> {
  const lines: string[] = [];
  let line: string | typeof END = first;
  while (line !== END && !SEPARATOR.test(line)) {
    if (line.trim() !== '') lines.push(line);
    line = yield 'line';
  }
  return { text: lines.join('\n'), ended: line === END };
}

function* readGridftp(): Reading<GridftpRequest> {
  const expected = `expected ${GRIDFTP_ACTIONS.join(', ')} on the line after GRIDFTP`;
  const action = yield* nonBlankLine('line', expected);
  if (!isGridftpAction(action)) throw malformed(`"${printable(action)}" is no GridFTP event: ${expected}.`);
  // Only the question and the farewell are understood by address and port alone.
  const isBrief = action === 'REQUEST' || action === 'SHUTDOWN';
  const maySilenceEnd = action === 'REQUEST';
  const address = yield* nonBlankLine('line', 'expected the IP address after the GridFTP event');
  const port = yield* nonBlankLine(maySilenceEnd ? 'word' : 'line', 'expected the port after the IP address');
  const details: (string | undefined)[] = [];
  for (const what of ['user', 'file name', 'direction']) {
    const line: string | typeof END = yield maySilenceEnd ? 'optional' : 'line';
    if (line === END && !isBrief)
      throw malformed(
        `The request ended before the ${what}: expected address, port, user, file name and upload or download, a line each.`,
      );
    details.push(line === END ? undefined : bytesToText(line));
    if (line === END) break;
  }
  const [user, fileName, direction] = details;
  return { verb: 'GRIDFTP', action, address, port, user, fileName, direction };
}

function* nonBlankLine(want: Want, expected: string): Reading<string> {
  for (;;) {
    const line = yield want;
    if (line === END) throw malformed(`The request ended too soon: ${expected}.`);
    const word = line.trim();
    if (word !== '') return word;
  }
}

/**
 * A line that begins with `[` (or `{`, an ad in JSON) is an ad in new syntax, whole and malformed alike, so that a broken
 * one is answered at its newline. A bracket alone opens an ad that was printed over many lines.
 */
function isWholeAd(line: string): boolean {
  return /^[[{]/.test(line) && line.length > 1;
}

function isGridftpAction(text: string): text is GridftpAction {
  return GRIDFTP_ACTIONS.includes(text);
}

/** What a peer sent, fit for a message: short, and without what could act on a terminal or a line-based reader. */
function printable(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return short.replace(/[^\x20-\x7e…]/g, '?');
}

function malformed(message: string): JobError {
  return new JobError('JOB_REQUEST_MALFORMED', message);
}
