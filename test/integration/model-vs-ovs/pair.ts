// Open vSwitch and the model side by side: what is sent to one is sent to the other, and what they answer is handed out
// in pairs, Open vSwitch's first.

import { type Message, Port13 } from 'node-openflow';
import { expect } from 'vitest';
import { Datapath, type Effect } from '../../../mininet/model-switch/datapath.ts';
import { comparable, text } from './comparable.ts';
import type { DummyOvs, OpenflowClient } from './dummy-ovs.ts';
import { PORTS } from './pools.ts';
import { DELETE_ALL_10, DELETE_ALL_13 } from './requests.ts';

const LOCAL = Port13.LOCAL;
const names = new Map([
  ...Array.from({ length: PORTS }, (_, i) => [i + 1, `p${i + 1}`] as const),
  [LOCAL, 'br0'] as const,
]);

const LATE_ANSWER_MS = 1000;

/** How many messages there are besides FlowRemoved, which come in their own time. */
function countAnswers(messages: readonly Message[]): number {
  return messages.filter(({ type }) => type !== 'flowRemoved').length;
}

export interface PortFrame {
  readonly portNo: number;
  readonly frame: Uint8Array;
}

/** Open vSwitch and the model side by side, with empty tables. */
export class Pair {
  readonly version: 1 | 4;
  readonly client: OpenflowClient;
  readonly #ovs: DummyOvs;
  readonly #model: Datapath;
  readonly #modelMessages: Message[] = [];
  readonly #realRemovals: string[] = [];
  readonly #modelRemovals: string[] = [];
  readonly #modelFrames: PortFrame[] = [];

  private constructor(ovs: DummyOvs, version: 1 | 4, client: OpenflowClient) {
    this.#ovs = ovs;
    this.version = version;
    this.client = client;
    const ports = Array.from(names, ([portNo, name]) => ({ portNo, name, mac: 0x020000000100 + (portNo & 0xff) }));
    this.#model = new Datapath({ dpid: 1n, ports, hasRegisters: true }, 0);
    this.#model.controllerConnected(version);
  }

  static async open(ovs: DummyOvs, version: 1 | 4): Promise<Pair> {
    const pair = new Pair(ovs, version, await ovs.openflow(version));
    pair.send({ version, type: 'setConfig', xid: 0, flags: 0, missSendLen: 0xffff });
    pair.send(version === 1 ? DELETE_ALL_10 : DELETE_ALL_13);
    if (version === 4) {
      pair.send({ version, type: 'groupMod', xid: 0, command: 2, groupType: 0, groupId: 0xfffffffc, buckets: [] });
    }
    expect(await pair.answers()).toEqual([[], []]);
    await pair.takeFrames();
    return pair;
  }

  send(message: Message): void {
    this.client.send(message);
    this.#note(this.#model.handleMessage(message, 0));
  }

  #note(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.#modelMessages.push(effect.message);
      else this.#modelFrames.push(effect);
    }
  }

  /** What each said to everything so far: Open vSwitch first. FlowRemoved messages are put by for `removals`. */
  async answers(): Promise<[readonly object[], readonly object[]]> {
    const real = [...(await this.client.barrier())];
    // PacketIns may come a little after the barrier's reply. If they do not come at all, the comparison will say so.
    const missing = countAnswers(this.#modelMessages) - countAnswers(real);
    await this.client.until((later) => countAnswers(later) >= missing, LATE_ANSWER_MS).catch(() => undefined);
    real.push(...this.client.take());
    return [this.#sort(real, this.#realRemovals), this.#sort(this.#modelMessages.splice(0), this.#modelRemovals)];
  }

  #sort(messages: readonly Message[], removals: string[]): readonly object[] {
    const isRemoval = ({ type }: Message) => type === 'flowRemoved';
    removals.push(...messages.filter(isRemoval).map((message) => text(comparable(message))));
    return messages.filter((message) => !isRemoval(message)).map(comparable);
  }

  /** All FlowRemoved so far. Open vSwitch sends them a little after the barrier's reply, in any order. */
  async removals(): Promise<[readonly string[], readonly string[]]> {
    const missing = this.#modelRemovals.length - this.#realRemovals.length;
    await this.client.until((messages) => messages.filter(({ type }) => type === 'flowRemoved').length >= missing);
    await this.answers();
    return [this.#realRemovals.sort(), this.#modelRemovals.sort()];
  }

  async receive(inPort: number, frame: Uint8Array): Promise<void> {
    this.#note(this.#model.receive(inPort, frame, 0));
    await this.#ovs.receive(inPort, frame);
  }

  /** The frames that each has sent since the last call: Open vSwitch's first. */
  async takeFrames(): Promise<[readonly PortFrame[], readonly PortFrame[]]> {
    const real: PortFrame[] = [];
    for (const [portNo, name] of names) {
      for (const frame of await this.#ovs.newFrames(name)) real.push({ portNo, frame });
    }
    return [real, this.#modelFrames.splice(0)];
  }

  /** Makes Open vSwitch forget its cached decisions, and count what went by them. */
  async flushCache(): Promise<void> {
    await this.#ovs.appctl('revalidator/purge');
  }

  /** Receives one frame and waits until its rule has sent it to the controller too. */
  async passThrough(inPort: number, frame: Uint8Array): Promise<void> {
    await this.receive(inPort, frame);
    await this.client.until((messages) => messages.some(({ type }) => type === 'packetIn'));
    const [real, model] = await this.answers();
    expect(model).toEqual(real);
  }

  close(): void {
    this.client.close();
  }
}
