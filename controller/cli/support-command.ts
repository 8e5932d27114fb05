// `lark support-bundle`: one file to hand to whoever helps, with what they would ask for and no secret. What cannot be had is
// left out, and the manifest says so.

import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { pack } from 'tar-stream';
import type { SwitchView } from '../northbound/lark-api.ts';
import { getJson } from './client.ts';
import type { CommandContext } from './context.ts';
import { endOf } from './ending.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { redactText } from './redact.ts';
import { larkParts, ownParts, type SupportOptions, type SupportPart, switchParts } from './support-parts.ts';
import { printable } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark support-bundle                                    a bundle in the current folder
  $ lark support-bundle --log /var/log/lark.log            with the end of the log
  $ journalctl -u lark --since -1h | lark support-bundle --log /dev/stdin
  $ lark support-bundle --out bundle.tar.gz && tar tzf bundle.tar.gz

Look at it before you hand it on: names of users, machines and addresses are in it; passwords, tokens and private keys are
taken out where they can be told, and job ads are left out unless --with-ads.
`;

interface BundleOptions {
  readonly out?: string;
  readonly log?: string;
  readonly withAds?: true;
}

interface Failure {
  readonly path: string;
  readonly what: string;
  readonly why: string;
}

export function registerSupportCommand(program: Command, context: CommandContext): void {
  program
    .command('support-bundle')
    .summary('collect what is needed to find a fault')
    .description(
      'Writes a tar.gz with what a person needs who helps: version and machine, policy file, status, metrics, switches and their rules, jobs, recent events. Secrets are taken out.',
    )
    .option(
      '--out <file>',
      'where it goes; a file that is there already is left alone (default: lark-support-TIME.tar.gz)',
    )
    .option('--log <file>', 'a file with the log, whose end goes in')
    .option('--with-ads', "with the attributes of the jobs' ads")
    .addHelpText('after', EXAMPLES)
    .action(context.run((options: BundleOptions) => bundle(context, options)));
}

async function bundle(context: CommandContext, { out, log, ...given }: BundleOptions): Promise<ExitCode> {
  const { terminal, parts } = context;
  const withAds = given.withAds === true;
  const madeAt = new Date();
  const name = `lark-support-${madeAt.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  const path = out ?? `${name}.tar.gz`;
  const end = endOf(context);
  const options: SupportOptions = {
    client: context.client(),
    version: parts.version,
    log,
    withAds,
    signal: end.signal,
  };
  const failures: Failure[] = [];
  const written: { readonly path: string; readonly what: string; readonly bytes: number }[] = [];
  const tar = pack();
  const writing = pipeline(tar, createGzip(), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  let isOpen = true;
  writing.catch(() => {
    isOpen = false;
  });
  const add = (file: string, text: string) =>
    new Promise<void>((resolve, reject) => {
      tar.entry({ name: `${name}/${file}`, mode: 0o600, mtime: madeAt }, text, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  const addPart = async ({ path: file, what, read }: SupportPart) => {
    if (!isOpen || end.signal.aborted) return;
    try {
      const text = await read();
      await Promise.race([add(file, text), writing]);
      written.push({ path: file, what, bytes: Buffer.byteLength(text) });
    } catch (error) {
      failures.push({ path: file, what, why: redactText(error instanceof Error ? error.message : String(error)) });
    }
  };
  try {
    for (const part of ownParts(options)) await addPart(part);
    const reachable = await switchesOf(options);
    if (!(reachable instanceof CliError)) {
      for (const part of [...larkParts(options), ...switchParts(options, reachable)]) await addPart(part);
    } else {
      const why = redactText(reachable.message);
      for (const { path: file, what } of larkParts(options)) failures.push({ path: file, what, why });
      failures.push({ path: 'switches/', what: 'the rules and queues of each switch', why });
    }
    if (end.signal.aborted) throw new CliError(ExitCode.NO, 'It was interrupted, and nothing is left behind.');
    const manifest = {
      format: 'lark-support-bundle-1',
      madeAt: madeAt.toISOString(),
      parts: written,
      leftOut: leftOut(log, withAds),
      failed: failures,
      redacted:
        'Passwords, tokens with their names and hashes, private keys and credentials in URLs, as far as they can be told by their names and looks.',
    };
    if (isOpen) await Promise.race([add('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`), writing]);
    tar.finalize();
    await writing;
    for (const [why, files] of byReason(failures))
      terminal.err(`lark: without ${files.join(', ')}: ${printable(why)}\n`);
    terminal.out(
      `${path}: ${written.length} part${written.length === 1 ? '' : 's'}${failures.length === 0 ? '' : `, ${failures.length} could not be had`}.\n`,
    );
    return reachable instanceof CliError ? ExitCode.UNREACHABLE : ExitCode.OK;
  } catch (error) {
    tar.destroy();
    await writing.catch(() => {});
    const why = fileTrouble(error);
    if (why !== FILE_EXISTS) await rm(path, { force: true });
    throw why === undefined ? error : new CliError(ExitCode.NO, `The bundle cannot be written to '${path}': ${why}.`);
  } finally {
    end.forget();
  }
}

/** What could not be had, by the first line of why. */
function byReason(failures: readonly Failure[]): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, string[]>();
  for (const { path, why } of failures) {
    const reason = why.split('\n')[0] ?? '';
    files.set(reason, [...(files.get(reason) ?? []), path]);
  }
  return files;
}

/** The connected switches; an error where no Lark answers, so that not every part has to find that out. */
async function switchesOf({ client, signal }: SupportOptions): Promise<readonly SwitchView[] | CliError> {
  try {
    const answer = await getJson<{ readonly switches: readonly SwitchView[] }>(client, '/v1/switches', {}, signal);
    return answer?.switches ?? [];
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}

function leftOut(
  log: string | undefined,
  withAds: boolean,
): readonly { readonly what: string; readonly why: string }[] {
  return [
    ...(log === undefined ? [{ what: 'the log', why: 'no --log was given' }] : []),
    ...(withAds ? [] : [{ what: "the jobs' ads and what follows from them", why: 'no --with-ads was given' }]),
    { what: 'the store, certificates, keys and the token file', why: 'they are never put in' },
  ];
}

const FILE_EXISTS = 'it is there already';

function fileTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const known: Readonly<Record<string, string>> = {
    EEXIST: FILE_EXISTS,
    ENOENT: 'its folder does not exist',
    EACCES: 'it may not be written',
    ENOSPC: 'the disk is full',
  };
  return known[String(error.code)] ?? String(error.code);
}
