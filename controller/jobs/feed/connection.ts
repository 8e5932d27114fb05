// One connection's socket: it finds out the dialect by the first byte, keeps the times, and sees that an error of one peer
// stays with that peer. A connection is `open` until its last answer is written, then `finishing` until the peer has
// closed too (bytes that still come are thrown away: closing on unread ones would reset the connection and lose the
// answer), then gone.

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { toBytes } from 'node-classad';
import { isTlsHello } from '../../listeners/secure-context.ts';
import { JobError } from '../admission.ts';
import { ClassicSession } from './classic-session.ts';
import type { FeedContext } from './feed-context.ts';
import type { Peer } from './job-desk.ts';
import { JsonSession } from './json-session.ts';
import type { Session, Wire } from './session.ts';

const OPENING_BRACE = 0x7b;

export interface ConnectionEvents {
  /** Bytes kept have changed by so many; false when that is too many for all connections together. */
  keep(bytes: number): boolean;
  closed(connection: Connection): void;
}

/** By the names that a certificate is for, as a client would check them, but without wildcards. */
function machineProof(socket: Socket): Peer['isMachine'] {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return certificate && ((machine) => certificate.checkHost(machine, { wildcards: false }) !== undefined);
}

export class Connection implements Wire {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #context: FeedContext;
  readonly #events: ConnectionEvents;
  #session: Session | undefined;
  #kept = 0;
  #isFinishing = false;
  #cancelDeadline: (() => void) | undefined;
  #cancelLinger: (() => void) | undefined;

  constructor(socket: Socket, address: string, context: FeedContext, events: ConnectionEvents) {
    this.#socket = socket;
    this.#context = context;
    this.#events = events;
    this.peer = { address, since: context.nextSequence(), isMachine: machineProof(socket) };
    this.requestBegun();
    socket.setTimeout(context.limits.idleTimeoutMs, () => socket.destroy());
    socket.on('data', (bytes) => this.#data(bytes));
    socket.on('end', () => (this.#session === undefined ? this.finish() : this.#session.end()));
    socket.on('drain', () => this.#session?.drained());
    socket.on('error', (error) => context.log.debug({ peer: address, error: error.message }, 'feed.connection-error'));
    socket.on('close', () => this.#closed());
  }

  send(line: string): boolean {
    if (this.#isFinishing || !this.#socket.writable) return true;
    this.#account();
    // Bytes of an ad that are no UTF-8 go back as they came.
    return this.#socket.write(Buffer.from(toBytes(line), 'latin1'));
  }

  finish(): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.requestWhole();
    this.#socket.end();
    this.#socket.resume();
    if (this.#socket.destroyed) return;
    this.#cancelLinger = this.#context.clock.after(this.#context.limits.lingerMs, () => this.#socket.destroy());
  }

  setReading(isReading: boolean): void {
    if (this.#isFinishing || this.#socket.isPaused() !== isReading) return;
    if (isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  requestBegun(): void {
    if (this.#isFinishing) return;
    this.#cancelDeadline ??= this.#context.clock.after(this.#context.limits.requestTimeoutMs, () => this.#late());
  }

  requestWhole(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
  }

  fault(error: unknown): void {
    this.#context.log.error({ peer: this.peer.address, err: error }, 'feed.fault');
    this.#socket.destroy();
  }

  /** Lark is stopping. */
  stop(): void {
    if (this.#session === undefined) this.finish();
    else this.#session.stop();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #data(bytes: Buffer): void {
    if (this.#isFinishing) return;
    if (this.#session === undefined && isTlsHello(bytes)) {
      this.#context.refused.add('tls-on-plain', this.peer.address);
      this.#socket.destroy();
      return;
    }
    this.#session ??=
      bytes[0] === OPENING_BRACE ? new JsonSession(this, this.#context) : new ClassicSession(this, this.#context);
    this.#session.data(bytes);
    if (this.#account()) return;
    this.#session.refuse(
      new JobError('JOB_FEED_BUSY', 'Too many requests are arriving at once. Send this one again in a moment.'),
    );
    this.#account();
  }

  #account(): boolean {
    const kept = this.#session?.buffered ?? 0;
    const change = kept - this.#kept;
    this.#kept = kept;
    return this.#events.keep(change);
  }

  #late(): void {
    this.#cancelDeadline = undefined;
    if (this.#session === undefined) {
      this.#context.refused.add('silent', this.peer.address);
      this.finish();
      return;
    }
    const seconds = this.#context.limits.requestTimeoutMs / 1000;
    this.#session.refuse(
      new JobError(
        'JOB_REQUEST_MALFORMED',
        `No whole request came within ${seconds} s. A long-form machine ad ends with a line ------ or when the sender half-closes.`,
      ),
    );
  }

  #closed(): void {
    this.#isFinishing = true;
    this.requestWhole();
    this.#cancelLinger?.();
    this.#session?.closed();
    this.#events.keep(-this.#kept);
    this.#kept = 0;
    this.#events.closed(this);
  }
}
