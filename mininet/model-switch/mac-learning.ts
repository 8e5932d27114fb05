// What a packet meets that is sent to NORMAL: a bridge that learns which MAC address is behind which port, by VLAN
// (IEEE 802.1Q §8.7, §8.8).

import { isGroupMac } from '../../protocols/packet/address.ts';
import { Port } from './action.ts';
import type { FlowKey } from './fields.ts';

const AGEING_MS = 300_000;
/** Beyond this many addresses the one heard longest ago is forgotten. */
const MAX_ENTRIES = 8192;

interface Learned {
  readonly portNo: number;
  readonly heardAt: number;
}

export class MacLearning {
  readonly #entries = new Map<string, Learned>();

  /** Learns the sender; the ports that the packet leaves by, or undefined for all others (flood). */
  forward(key: FlowKey, now: number): readonly number[] | undefined {
    const inPort = Number(key.inPort);
    const vlan = key.vlanVid & 0xfffn;
    // Link-local control frames end at the bridge (IEEE 802.1Q §8.6.3).
    if (key.ethDst >> 4n === 0x0180c200000n) return [];
    const isRealPort = inPort < Port.MAX || inPort === Port.LOCAL;
    if (isRealPort && !isGroupMac(Number(key.ethSrc))) this.#learn(`${vlan} ${key.ethSrc}`, inPort, now);
    if (isGroupMac(Number(key.ethDst))) return undefined;
    const known = this.#entries.get(`${vlan} ${key.ethDst}`);
    if (known === undefined || now - known.heardAt > AGEING_MS) return undefined;
    return known.portNo === inPort ? [] : [known.portNo];
  }

  forgetPort(portNo: number): void {
    for (const [address, learned] of this.#entries) {
      if (learned.portNo === portNo) this.#entries.delete(address);
    }
  }

  #learn(address: string, portNo: number, now: number): void {
    // Deleting first keeps the map in the order of hearing.
    this.#entries.delete(address);
    this.#entries.set(address, { portNo, heardAt: now });
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
  }
}
