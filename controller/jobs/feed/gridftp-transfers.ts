// The GridFTP transfers that the nodes' GridFTP servers have told of, by the client address and port that each is seen at. At
// most so many: the one not heard of for the longest is forgotten for a new one, since a lost SHUTDOWN must not fill it up.

import { formatIp, parseIp } from '../../../protocols/packet/address.ts';
import { JobError } from '../admission.ts';
import type { GridftpRequest } from './classic-request.ts';

export interface GridftpTransfer {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly fileName: string;
  readonly direction: 'upload' | 'download';
}

const MOST_TRANSFERS = 10_000;
const LONGEST_NAME = 4096;

export class GridftpTransfers {
  readonly #most: number;
  /** By address and port; the one that was set last stands last. */
  readonly #transfers = new Map<string, { readonly transfer: GridftpTransfer; readonly peer: string }>();
  #forgotten = 0;

  constructor(most = MOST_TRANSFERS) {
    this.#most = most;
  }

  get size(): number {
    return this.#transfers.size;
  }

  /** How many were forgotten for newer ones. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** STARTUP and UPDATE alike: what is said last of a transfer holds. Throws JOB_REQUEST_MALFORMED or JOB_NOT_YOURS. */
  set(request: GridftpRequest, peer: string): void {
    const { address, port, key } = place(request);
    this.#refuseOthers(key, peer);
    const { user = '', fileName = '', direction } = request;
    if (direction !== 'upload' && direction !== 'download') throw malformed('the direction is upload or download');
    if (user === '' || user.length > LONGEST_NAME || fileName.length > LONGEST_NAME) {
      throw malformed(`the user is given, and user and file name have up to ${LONGEST_NAME} characters`);
    }
    this.#transfers.delete(key);
    this.#transfers.set(key, { transfer: { address, port, user, fileName, direction }, peer });
    const oldest = this.#transfers.size > this.#most ? this.#transfers.keys().next().value : undefined;
    if (oldest !== undefined && this.#transfers.delete(oldest)) this.#forgotten += 1;
  }

  /** SHUTDOWN. Nothing happens if there is no such transfer: the end of one that was forgotten is no error. */
  delete(request: GridftpRequest, peer: string): void {
    const { key } = place(request);
    this.#refuseOthers(key, peer);
    this.#transfers.delete(key);
  }

  get(request: GridftpRequest): GridftpTransfer | undefined {
    return this.#transfers.get(place(request).key)?.transfer;
  }

  #refuseOthers(key: string, peer: string): void {
    const known = this.#transfers.get(key);
    if (known === undefined || known.peer === peer) return;
    throw new JobError(
      'JOB_NOT_YOURS',
      `The transfer at ${key} was announced by ${known.peer}, and only that host may change it.`,
    );
  }
}

function place(request: GridftpRequest): { readonly address: string; readonly port: number; readonly key: string } {
  const ip = parseIp(request.address);
  if (ip === undefined) throw malformed('the line after the event is an IPv4 or IPv6 address');
  const port = /^\d{1,5}$/.test(request.port) ? Number(request.port) : 0;
  if (port < 1 || port > 65535) throw malformed('the port is a number from 1 to 65535');
  const address = formatIp(ip);
  return { address, port, key: `${address} ${port}` };
}

function malformed(rule: string): JobError {
  return new JobError('JOB_REQUEST_MALFORMED', `The GridFTP event cannot be taken: ${rule}.`);
}
