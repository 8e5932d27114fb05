// The seam between a connection's socket and the dialect spoken on it.

import type { JobError } from '../admission.ts';
import type { Peer } from './job-desk.ts';

/** What a dialect does with a connection's bytes. */
export interface Session {
  /** Bytes of requests that it keeps, those being answered included. */
  readonly buffered: number;
  data(bytes: Uint8Array): void;
  /** The peer has closed or half-closed: what it has said is all. */
  end(): void;
  /** The connection is gone. What was asked in whole is still carried through. */
  closed(): void;
  /** What was written has drained. */
  drained(): void;
  /** Ends the connection with this refusal in place of an answer. */
  refuse(error: JobError): void;
  /** Lark is stopping: finish what is under way, take no more. */
  stop(): void;
}

/** What a dialect may do to its connection. */
export interface Wire {
  readonly peer: Peer;
  /** False when the peer does not read as fast as it asks: wait for `drained`. */
  send(line: string): boolean;
  /** The last answer, if any, has been sent: the connection closes, and bytes that still come are thrown away. */
  finish(): void;
  setReading(isReading: boolean): void;
  /** A request has begun to come, and has a bounded time to be whole. */
  requestBegun(): void;
  /** It is whole, or none has begun. */
  requestWhole(): void;
  /** A fault of Lark's own: closes the connection. */
  fault(error: unknown): void;
}
