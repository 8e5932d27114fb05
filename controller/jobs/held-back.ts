// Addresses that no job may have for now: a former job's rules may still stand on a switch that did not confirm their
// removal, and the next holder would inherit them. Each address is held back for certain switches, and free again when
// all of them have been mended or an operator has declared them forgotten.

import type { IpAddress } from '../../protocols/packet/address.ts';

export class HeldBackAddresses {
  /** Datapath ids (16 hex digits) by address; no empty sets. */
  readonly #switches = new Map<IpAddress, Set<string>>();

  hold(addresses: readonly IpAddress[], dpids: readonly string[]): void {
    if (dpids.length === 0) return;
    for (const address of addresses) {
      this.#switches.set(address, new Set([...(this.#switches.get(address) ?? []), ...dpids]));
    }
  }

  /** That switch no longer stands in the way of these addresses. */
  release(addresses: Iterable<IpAddress>, dpid: string): void {
    for (const address of addresses) {
      const dpids = this.#switches.get(address);
      if (dpids?.delete(dpid) === true && dpids.size === 0) this.#switches.delete(address);
    }
  }

  /** The switches for which an address is held back; empty when it is free. */
  blocking(address: IpAddress): readonly string[] {
    return [...(this.#switches.get(address) ?? [])];
  }

  /** All of them, for people. */
  list(): readonly { readonly address: IpAddress; readonly switches: readonly string[] }[] {
    return Array.from(this.#switches, ([address, dpids]) => ({ address, switches: [...dpids] }));
  }

  /** An operator's word that this switch will not come back with old rules. Returns the addresses that are free now. */
  forget(dpid: string): readonly IpAddress[] {
    const held = [...this.#switches.keys()];
    this.release(held, dpid);
    return held.filter((address) => !this.#switches.has(address));
  }
}
