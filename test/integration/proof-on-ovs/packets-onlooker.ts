// Beside the model switch of the proof, a real Open vSwitch on its user-space datapath, with a host in a namespace of its own at
// each port. It is sent what the model was sent; whenever nothing is under way each frame is really sent, once the
// datapath has forgotten what it decided by former tables (`revalidator/wait`), and what arrives where must be, byte by byte,
// what the model's tables sent there. A fence (a frame that one rule of ours brings to everybody, the sender included) tells
// when all has arrived: it comes by every way that the frame can take. It goes out twice, the second once the first has come,
// since the datapath may change the order of what it takes in at once.

import { setTimeout } from 'node:timers/promises';
import type { Message } from 'node-openflow';
import type { Effect } from '../../../mininet/model-switch/datapath.ts';
import { LOCAL_PORT, type SwitchName } from '../../proof/site.ts';
import type { Onlooker } from '../../proof/world.ts';
import type { RawHost } from '../../support/raw-host.ts';
import type { OpenflowClient } from '../model-vs-ovs/dummy-ovs.ts';

const MIRRORED: ReadonlySet<string> = new Set(['flowMod', 'groupMod', 'bundleControl', 'bundleAdd']);
/** IEEE 802 local experimental EtherType 1: nothing of Lark's matches it below the fence's rule. */
const FENCE_TYPE = '88b5';
export const FENCE_RULE = `priority=65535,dl_type=0x${FENCE_TYPE},actions=ALL,IN_PORT`;
const ETHERNET_HEADER = 14;
const DEADLINE_NS = 5_000_000_000n;

export interface RealSwitch {
  readonly hosts: ReadonlyMap<number, RawHost>;
  readonly client: OpenflowClient;
  /** Returns when packets follow the tables. */
  readonly settled: () => Promise<void>;
}

let fences = 0;

export class PacketsOnlooker implements Onlooker {
  readonly #real: RealSwitch;
  #isBehind = true;
  readonly counts = { sent: 0, arrived: 0 };

  constructor(real: RealSwitch) {
    this.#real = real;
  }

  carriedOut(_at: SwitchName, message: Message, raw: Uint8Array): void {
    if (!MIRRORED.has(message.type)) return;
    this.#real.client.sendRaw(raw);
    this.#isBehind = true;
  }

  async handled(_at: SwitchName, portNo: number, frame: Uint8Array, effects: readonly Effect[]): Promise<void> {
    const { hosts, client, settled } = this.#real;
    const sender = hosts.get(portNo);
    // Nobody sits behind the LOCAL port, and no interface sends less than a header.
    if (sender === undefined || frame.length < ETHERNET_HEADER) return;
    if (this.#isBehind) {
      const errors = (await client.barrier()).filter(({ type }) => type === 'error');
      if (errors.length > 0) throw new Error(`Open vSwitch refused what the model took: ${JSON.stringify(errors[0])}`);
      await settled();
      this.#isBehind = false;
    }
    for (const host of hosts.values()) host.frames.length = 0;
    sender.send(frame);
    await this.#fence(sender);
    const last = await this.#fence(sender);
    const real = [...hosts].flatMap(([port, { frames }]) =>
      frames
        .slice(
          0,
          frames.findIndex((each) => isSame(each, last)),
        )
        .filter((each) => !isFence(each))
        .map((each) => `${port}: ${hex(each)}`),
    );
    const model = effects.flatMap((effect) =>
      effect.kind === 'transmit' && effect.portNo !== LOCAL_PORT ? [`${effect.portNo}: ${hex(effect.frame)}`] : [],
    );
    this.counts.sent++;
    this.counts.arrived += real.length;
    if (real.sort().join() !== model.sort().join())
      throw new Error(`from port ${portNo}: ${hex(frame)}\nmodel: ${model.join(', ')}\narrived: ${real.join(', ')}`);
  }

  /** Sends one, and waits until it has come to everybody. */
  async #fence(sender: RawHost): Promise<Uint8Array> {
    const fence = fenceFrame(++fences);
    sender.send(fence);
    const hosts = [...this.#real.hosts.values()];
    // By the machine's time: the proof's own stands still.
    const deadline = process.hrtime.bigint() + DEADLINE_NS;
    while (!hosts.every(({ frames }) => frames.some((each) => isSame(each, fence)))) {
      if (process.hrtime.bigint() > deadline) throw new Error('a fence did not come to every port');
      await setTimeout(1);
    }
    return fence;
  }
}

function fenceFrame(number: number): Uint8Array {
  return Buffer.from(`ffffffffffff0200000000fe${FENCE_TYPE}${number.toString(16).padStart(92, '0')}`, 'hex');
}

function isFence(frame: Uint8Array): boolean {
  return hex(frame.subarray(12, ETHERNET_HEADER)) === FENCE_TYPE;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function hex(frame: Uint8Array): string {
  return Buffer.from(frame).toString('hex');
}
