// What Node's TLS needs of a `tls` of the policy file, and what its errors mean.

import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { TlsConfig } from '../config/config.ts';
import type { ConnectionRefusal } from './refused-connections.ts';

/** Shorter than Lark gives itself to stop: a handshake that is under way is waited for. */
export const TLS_HANDSHAKE_TIMEOUT_MS = 5000;

/** TLS 1.2 is what Open vSwitch 3.1 speaks. */
export function secureContextOf({ files, material }: TlsConfig): SecureContextOptions {
  if (material === undefined) throw new Error(`the files of tls (${files.certificate}, …) were not read`);
  const { certificate, key, clientCa } = material;
  return { cert: certificate, key, minVersion: 'TLSv1.2', ...(clientCa !== undefined && { ca: clientCa }) };
}

/** Whether a connection's first bytes are those of a TLS handshake (RFC 8446 §5.1: type 22, version 3.x). */
export function isTlsHello(bytes: Uint8Array): boolean {
  return bytes[0] === 0x16 && bytes[1] === 0x03;
}

/** Why a handshake failed, and what OpenSSL says of it. */
export function handshakeRefusal(
  error: NodeJS.ErrnoException,
  { authorizationError }: Pick<TLSSocket, 'authorizationError'>,
): readonly [ConnectionRefusal, detail?: string] {
  // Where Node itself refuses the certificate, as for HTTP, this alone tells it from a peer that hung up.
  if (authorizationError) return ['untrusted', String(authorizationError)];
  switch (error.code) {
    case 'ERR_SSL_HTTP_REQUEST':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return ['plain-on-tls'];
    case 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE':
      return ['no-certificate'];
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return ['timeout'];
    case 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA':
    case 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE':
      return ['handshake', "the other side does not trust Lark's certificate: give it the CA that this comes from"];
    case 'ECONNRESET':
      return ['handshake', "the other side hung up: it may not trust Lark's certificate"];
    default:
      return ['handshake', error.code ?? 'unknown reason'];
  }
}
