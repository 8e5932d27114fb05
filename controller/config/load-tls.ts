// A `tls` mapping's files, checked: the certificate's chain, its key and the CA of the other side must be what they are said
// to be, belong together and be in force. What passes makes a secure context, so that a reload cannot fail halfway.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { TlsConfig, TlsMaterial } from './config.ts';
import type { Findings } from './findings.ts';
import type { NamedFiles } from './named-files.ts';
import type { Path } from './yaml-source.ts';

/** As the file writes it. */
export interface TlsPaths {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
}

const DAY_MS = 86_400_000;
/** A certificate that ends within so long is warned of. */
const SOON_MS = 14 * DAY_MS;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const READABLE_BY_OTHERS = 0o007;

/** What is wrong with it is in `findings`; then, and where its files were not read, it is without `material`. */
export function loadTls(paths: TlsPaths, path: Path, named: NamedFiles, findings: Findings): TlsConfig {
  const files = { certificate: paths.certificate, key: paths.key, clientCa: paths.clientCa };
  const reader = new TlsReader(paths, path, named, findings);
  const chain = reader.certificates('certificate');
  const key = reader.key();
  const clients = paths.clientCa === undefined ? [] : reader.certificates('clientCa');
  if (chain === undefined || key === undefined || clients === undefined) return { files, material: undefined };
  const [leaf] = chain.parsed;
  if (leaf === undefined || !leaf.checkPrivateKey(key.object)) {
    reader.error(
      'key',
      `does not belong to the certificate ${paths.certificate}: give the two that were made together`,
    );
    return { files, material: undefined };
  }
  const material: TlsMaterial = {
    certificate: chain.pem,
    key: key.pem,
    clientCa: 'pem' in clients ? clients.pem : undefined,
    expiresAt: Date.parse(leaf.validTo),
    digest: createHash('sha256').update(chain.pem).digest('hex'),
    clientCaDigest: 'pem' in clients ? createHash('sha256').update(clients.pem).digest('hex') : undefined,
  };
  try {
    createSecureContext({ cert: material.certificate, key: material.key, ca: material.clientCa });
  } catch (error) {
    reader.error('certificate', `cannot be used (${error instanceof Error ? error.message : String(error)})`);
    return { files, material: undefined };
  }
  return { files, material };
}

class TlsReader {
  readonly #paths: TlsPaths;
  readonly #path: Path;
  readonly #named: NamedFiles;
  readonly #findings: Findings;

  constructor(paths: TlsPaths, path: Path, named: NamedFiles, findings: Findings) {
    this.#paths = paths;
    this.#path = path;
    this.#named = named;
    this.#findings = findings;
  }

  error(key: keyof TlsPaths, problem: string): void {
    this.#findings.error('CONFIG_FILE', [...this.#path, key], `${this.#paths[key]} ${problem}`);
  }

  /** One or more certificates, all in force; undefined, with an error unless the file was not read. */
  certificates(which: 'certificate' | 'clientCa') {
    const pem = this.#text(which)?.pem;
    if (pem === undefined) return undefined;
    const blocks = pem.match(CERTIFICATE) ?? [];
    if (blocks.length === 0) {
      this.error(which, 'holds no certificate: expected PEM, which begins with -----BEGIN CERTIFICATE-----');
      return undefined;
    }
    const parsed: X509Certificate[] = [];
    for (const [index, block] of blocks.entries()) {
      const certificate = parseCertificate(block);
      if (certificate === undefined) {
        this.error(which, `holds a certificate that cannot be read, number ${index + 1} in it`);
        return undefined;
      }
      if (!this.#isInForce(which, certificate)) return undefined;
      parsed.push(certificate);
    }
    return { pem, parsed };
  }

  key(): { readonly pem: string; readonly object: KeyObject } | undefined {
    const file = this.#text('key');
    if (file === undefined) return undefined;
    if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(file.pem)) {
      this.error(
        'key',
        'is encrypted: Lark asks for no passphrase, so give a key without one, which only its user can read',
      );
      return undefined;
    }
    let object: KeyObject;
    try {
      object = createPrivateKey(file.pem);
    } catch {
      this.error('key', 'holds no private key: expected PEM, which begins with -----BEGIN PRIVATE KEY-----');
      return undefined;
    }
    if ((file.mode & READABLE_BY_OTHERS) !== 0) {
      const message = `every user of this host may use ${this.#paths.key} (its mode is ${file.mode.toString(8)}): chmod 600, or 640 for a group`;
      this.#findings.warn('CONFIG_UNPROTECTED', [...this.#path, 'key'], message);
    }
    return { pem: file.pem, object };
  }

  #text(which: keyof TlsPaths): { readonly pem: string; readonly mode: number } | undefined {
    const file = this.#named.files.get(this.#paths[which] ?? '');
    if (file === undefined) return undefined;
    if ('error' in file) {
      this.error(which, file.error);
      return undefined;
    }
    return { pem: Buffer.from(file.bytes).toString('latin1'), mode: file.mode };
  }

  #isInForce(which: 'certificate' | 'clientCa', certificate: X509Certificate): boolean {
    const { now } = this.#named;
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    const name = nameOf(certificate);
    if (now > to) {
      this.error(which, `has expired (${name}, on ${isoDay(to)}): renew it`);
      return false;
    }
    if (now < from) {
      this.error(which, `is not valid yet (${name}, from ${isoDay(from)}): compare with this host's clock`);
      return false;
    }
    if (to - now < SOON_MS) {
      const message = `${this.#paths[which]} expires on ${isoDay(to)} (${name}), and then no connection is taken by it: renew it`;
      this.#findings.warn('CONFIG_SUSPICIOUS', [...this.#path, which], message);
    }
    return true;
  }
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function nameOf({ subject }: X509Certificate): string {
  const name = subject.split('\n').at(-1) ?? '';
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
