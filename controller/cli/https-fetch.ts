// `fetch` over TLS with a CA and a certificate of one's own, which Node's takes only at its start. It follows no redirect,
// and takes of `fetch` what the client asks for.

import { readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { Readable } from 'node:stream';
import { CliError, ExitCode } from './exit-code.ts';

/** Paths of PEM files. Without a CA, those that Node ships with are trusted. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Throws a CliError where a file cannot be read. */
export function httpsFetch({ ca, cert, key }: ClientTls): typeof fetch {
  if ((cert === undefined) !== (key === undefined)) {
    throw new CliError(
      ExitCode.USAGE,
      'A client certificate needs its key, and a key its certificate: give --cert and --key.',
    );
  }
  const tls = {
    ...(ca !== undefined && { ca: readGiven('--ca', ca) }),
    ...(cert !== undefined && { cert: readGiven('--cert', cert) }),
    ...(key !== undefined && { key: readGiven('--key', key) }),
  };
  return (input, { method = 'GET', headers, body, signal } = {}) => {
    const options: RequestOptions = {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      agent: false,
      ...tls,
      ...(signal && { signal }),
    };
    return new Promise((resolve, reject) => {
      const asked = request(String(input), options, (answer) => {
        const said = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
        const { statusCode: status = 500 } = answer;
        resolve(new Response(Readable.toWeb(answer) as ReadableStream, { status, headers: new Headers(said) }));
      });
      // Of a request that was given up Node says no more than that; the signal says why.
      asked.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
      asked.end(body ?? undefined);
    });
  };
}

/** A file that the command line or the environment names. */
export function readGiven(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(ExitCode.USAGE, `${option} is '${path}', which cannot be read: ${whyUnreadable(error)}.`);
  }
}

/** What Node says of a file that could not be read, in words. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  return { ENOENT: 'it does not exist', EACCES: 'it may not be read', EISDIR: 'it is a directory' }[code] ?? code;
}
