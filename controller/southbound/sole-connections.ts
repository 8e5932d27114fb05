// One connection for each datapath id, and which of two it is. A switch that has rebooted connects anew while its former
// connection still looks alive; an impostor, or a second switch with the same id by mistake, looks just the same. So the
// newer waits, and has no owner, while the older is asked for an echo. If that is answered the newer is closed; if not, the
// older is, and the newer takes its place. Thus a switch that is alive is never displaced, and one that is not, soon.
//
// Invariants: the owner knows at most one connection of a datapath id at a time, and hears that it has closed before it
// hears of the next. One connection may wait for each id, `MOST_WAITING` in all, each for `ECHO_TIMEOUT_MS`; others are
// closed. What one that waits says meanwhile is kept, up to `MOST_HELD_MESSAGES`, and given to the owner in its order.

import type { Message } from 'node-openflow';
import type { Counters } from '../telemetry/counters.ts';
import type { ConnectionOwner, SwitchConnection } from './switch-connection.ts';

export const ECHO_TIMEOUT_MS = 2000;
export const MOST_WAITING = 256;
export const MOST_HELD_MESSAGES = 1024;

export interface SoleConnectionsParts {
  readonly owner: ConnectionOwner;
  readonly counters: Pick<Counters, 'duplicateDpids'>;
  readonly log: { warn(fields: object, event: string): void };
}

interface Waiting {
  readonly connection: SwitchConnection;
  readonly messages: Message[];
}

export class SoleConnections implements ConnectionOwner {
  readonly #parts: SoleConnectionsParts;
  /** Those that the owner knows. */
  readonly #owned = new Map<bigint, SwitchConnection>();
  readonly #waiting = new Map<bigint, Waiting>();
  /** Of both kinds: a connection that closes may never have told its features. */
  readonly #dpids = new Map<SwitchConnection, bigint>();

  constructor(parts: SoleConnectionsParts) {
    this.#parts = parts;
  }

  onUp(connection: SwitchConnection): void {
    const dpid = connection.features.datapathId;
    const older = this.#owned.get(dpid);
    if (older === undefined) {
      this.#give(dpid, { connection, messages: [] });
      return;
    }
    const third = this.#waiting.get(dpid);
    if (third !== undefined || this.#waiting.size >= MOST_WAITING) {
      const why = third === undefined ? `${MOST_WAITING} connections` : `the connection from ${third.connection.peer}`;
      this.#refuse(connection, older, `${why} of a datapath id that is connected already must be decided on first`);
      return;
    }
    const waiting = { connection, messages: [] };
    this.#waiting.set(dpid, waiting);
    this.#dpids.set(connection, dpid);
    void older.echo(ECHO_TIMEOUT_MS).then((isAlive) => this.#decide(dpid, older, waiting, isAlive));
  }

  onMessage(connection: SwitchConnection, message: Message): void {
    const dpid = this.#dpids.get(connection);
    if (dpid === undefined) return;
    const waiting = this.#waiting.get(dpid);
    if (waiting?.connection !== connection) this.#parts.owner.onMessage(connection, message);
    else if (waiting.messages.length < MOST_HELD_MESSAGES) waiting.messages.push(message);
    else connection.close(`it sent ${MOST_HELD_MESSAGES} messages while an older connection was asked for an echo`);
  }

  onClosed(connection: SwitchConnection, reason: string): void {
    const dpid = this.#dpids.get(connection);
    this.#dpids.delete(connection);
    if (dpid !== undefined && this.#waiting.get(dpid)?.connection === connection) this.#waiting.delete(dpid);
    const isOwned = dpid !== undefined && this.#owned.get(dpid) === connection;
    if (isOwned) this.#owned.delete(dpid);
    this.#parts.owner.onClosed(connection, reason);
    const next = isOwned ? this.#waiting.get(dpid) : undefined;
    if (dpid === undefined || next === undefined) return;
    this.#waiting.delete(dpid);
    this.#give(dpid, next);
  }

  #decide(dpid: bigint, older: SwitchConnection, waiting: Waiting, isAlive: boolean): void {
    // One of the two has closed meanwhile.
    if (this.#waiting.get(dpid) !== waiting || this.#owned.get(dpid) !== older) return;
    const { connection: newer } = waiting;
    if (isAlive) {
      this.#refuse(newer, older, `its datapath id is connected from ${older.peer} already, which answers`);
      return;
    }
    this.#tell('newer', newer, older);
    // The newer is given to the owner when this one has closed.
    older.close(`it did not answer an echo within ${ECHO_TIMEOUT_MS} ms, and ${newer.peer} has its datapath id`);
  }

  #refuse(newer: SwitchConnection, older: SwitchConnection, reason: string): void {
    this.#tell('older', newer, older);
    newer.close(reason);
  }

  #tell(kept: 'older' | 'newer', newer: SwitchConnection, older: SwitchConnection): void {
    this.#parts.counters.duplicateDpids.add([kept]);
    const dpid = newer.features.datapathId.toString(16).padStart(16, '0');
    this.#parts.log.warn({ dpid, older: older.peer, newer: newer.peer, kept }, 'switch.duplicate_dpid');
  }

  #give(dpid: bigint, { connection, messages }: Waiting): void {
    this.#owned.set(dpid, connection);
    this.#dpids.set(connection, dpid);
    this.#parts.owner.onUp(connection);
    for (const message of messages) this.#parts.owner.onMessage(connection, message);
  }
}
