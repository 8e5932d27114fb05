// Certificates for tests, made by `openssl` in a folder of the test's own: authorities, and what these sign.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class TestAuthority {
  readonly certificate: string;
  readonly #folder: string;
  readonly #key: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.certificate = join(folder, `${name}.pem`);
    this.#key = join(folder, `${name}.key`);
    const files = ['-keyout', this.#key, '-out', this.certificate];
    openssl(['req', '-x509', ...CURVE, ...files, '-days', '3650', '-subj', `/CN=${name}`]);
  }

  /** For 127.0.0.1, localhost and the DNS names given; the files are called by the first name. */
  issue(names: readonly string[], days = 30): Issued {
    const [name = 'nobody'] = names;
    const path = (extension: string) => join(this.#folder, `${name}.${extension}`);
    const [certificate, key, request, extensions] = [path('pem'), path('key'), path('csr'), path('ext')];
    openssl(['req', '-new', ...CURVE, '-keyout', key, '-out', request, '-subj', `/CN=${name}`]);
    const alternatives = [...names, 'localhost'].map((each) => `DNS:${each}`).join(',');
    writeFileSync(extensions, `subjectAltName=${alternatives},IP:127.0.0.1\n`);
    const authority = ['-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial', '-extfile', extensions];
    openssl(['x509', '-req', '-in', request, ...authority, '-days', String(days), '-out', certificate]);
    return { certificate, key };
  }
}

/** What `tls.connect` takes of them. */
export function clientOptions(ca: string, issued?: Issued) {
  const own = issued && { cert: readFileSync(issued.certificate), key: readFileSync(issued.key) };
  return { ca: readFileSync(ca), ...own };
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
