// Addresses that no job may have for now: a former job's rules may still stand on a switch that did not confirm their
// removal, and the next holder would inherit them. Each former job holds its addresses back for certain switches; they
// are free again when all of these have been mended or an operator has declared them forgotten.

import type { IpAddress } from '../../protocols/packet/address.ts';
import type { EndedJob } from './store/job-store.ts';

/** A former job with the switches that stand in the way of its addresses; never none of them. */
export interface HoldingJob extends EndedJob {
  readonly switches: readonly string[];
}

export class HeldBackAddresses {
  readonly #bySequence = new Map<number, HoldingJob>();
  readonly #byAddress = new Map<IpAddress, Set<number>>();

  hold(ended: HoldingJob): void {
    this.#drop(ended.sequence);
    if (ended.switches.length === 0) return;
    this.#bySequence.set(ended.sequence, ended);
    for (const address of ended.addresses) {
      const holders = this.#byAddress.get(address);
      if (holders === undefined) this.#byAddress.set(address, new Set([ended.sequence]));
      else holders.add(ended.sequence);
    }
  }

  /**
   * That switch no longer stands in the way of this former job's addresses. What is left of the holding, with no switches
   * where that was the last; undefined if it did not stand in the way.
   */
  release(sequence: number, dpid: string): HoldingJob | undefined {
    const held = this.#bySequence.get(sequence);
    if (held === undefined || !held.switches.includes(dpid)) return undefined;
    const left = without(held, dpid);
    this.hold(left);
    return left;
  }

  /** The switches for which an address is held back; empty when it is free. */
  blocking(address: IpAddress): readonly string[] {
    const holders = [...(this.#byAddress.get(address) ?? [])];
    return [...new Set(holders.flatMap((sequence) => this.#bySequence.get(sequence)?.switches ?? []))];
  }

  /** All of them, for people. */
  list(): readonly { readonly address: IpAddress; readonly switches: readonly string[] }[] {
    return Array.from(this.#byAddress.keys(), (address) => ({ address, switches: this.blocking(address) }));
  }

  /** What would be left of every holding that this switch is in the way of, if it were not. */
  withoutSwitch(dpid: string): readonly HoldingJob[] {
    const held = [...this.#bySequence.values()].filter(({ switches }) => switches.includes(dpid));
    return held.map((each) => without(each, dpid));
  }

  #drop(sequence: number): void {
    const held = this.#bySequence.get(sequence);
    this.#bySequence.delete(sequence);
    for (const address of held?.addresses ?? []) {
      const holders = this.#byAddress.get(address);
      holders?.delete(sequence);
      if (holders?.size === 0) this.#byAddress.delete(address);
    }
  }
}

function without(held: HoldingJob, dpid: string): HoldingJob {
  return { ...held, switches: held.switches.filter((each) => each !== dpid) };
}
