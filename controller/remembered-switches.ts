// Between the OpenFlow listener and the engine: a switch that Lark has never met is written down before the engine sees it,
// and so before it can get a rule. After a crash Lark then knows every switch that may have rules of its jobs, and holds
// addresses back for those that do not come back. A switch that was met before passes at once.

import type { Message } from 'node-openflow';
import type { Logger } from 'pino';
import { formatDpid } from './network/switch-state.ts';
import type { ConnectionOwner, SwitchConnection } from './southbound/switch-connection.ts';

/** Whoever reaches the port may say that it is any switch: what is remembered of them is bounded. */
export const MOST_SWITCHES = 16_384;
/** What a switch may say while it is being written down, which takes one sync of the disk. */
const MOST_HELD_MESSAGES = 1024;

export interface RememberedSwitchesParts {
  readonly owner: ConnectionOwner;
  /** Writes a datapath id down; rejects where that fails. */
  readonly meet: (dpid: string) => Promise<void>;
  readonly log: Logger;
  /** Datapath ids that are written down already. */
  readonly known: Iterable<string>;
}

export class RememberedSwitches implements ConnectionOwner {
  readonly #parts: RememberedSwitchesParts;
  readonly #known: Set<string>;
  /** What connections have said that are being written down, in order. */
  readonly #held = new Map<SwitchConnection, Message[]>();

  constructor(parts: RememberedSwitchesParts) {
    this.#parts = parts;
    this.#known = new Set(parts.known);
  }

  /** It is written down no more. */
  forget(dpid: string): void {
    this.#known.delete(dpid);
  }

  onUp(connection: SwitchConnection): void {
    const dpid = formatDpid(connection.features.datapathId);
    if (this.#known.has(dpid)) {
      this.#parts.owner.onUp(connection);
      return;
    }
    if (this.#known.size + this.#held.size >= MOST_SWITCHES) {
      const remedy = 'say by `lark switches forget DPID` which will not come back';
      connection.close(`${MOST_SWITCHES} switches have been met already; ${remedy}`);
      return;
    }
    this.#held.set(connection, []);
    this.#parts.meet(dpid).then(
      () => {
        this.#known.add(dpid);
        this.#letPass(connection);
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#parts.log.error({ dpid, peer: connection.peer, reason }, 'switch.not_remembered');
        connection.close(`it cannot be written down: ${reason}`);
      },
    );
  }

  onMessage(connection: SwitchConnection, message: Message): void {
    const held = this.#held.get(connection);
    if (held === undefined) this.#parts.owner.onMessage(connection, message);
    else if (held.length < MOST_HELD_MESSAGES) held.push(message);
    else connection.close(`it sent ${MOST_HELD_MESSAGES} messages before it could be written down`);
  }

  onClosed(connection: SwitchConnection, reason: string): void {
    this.#held.delete(connection);
    this.#parts.owner.onClosed(connection, reason);
  }

  #letPass(connection: SwitchConnection): void {
    const held = this.#held.get(connection);
    if (held === undefined) return;
    this.#held.delete(connection);
    this.#parts.owner.onUp(connection);
    for (const message of held) this.#parts.owner.onMessage(connection, message);
  }
}
