// Beside the model switch of the proof, a real Open vSwitch that is sent what the model was sent. Whenever nothing is under
// way, `ofproto/trace` says what its tables make of each frame, and that must be what the model's tables made of it: the
// same ports, queues and destination MACs, and the controller told or not.

import type { Message } from 'node-openflow';
import type { Effect } from '../../../mininet/model-switch/datapath.ts';
import { formatMac } from '../../../protocols/packet/address.ts';
import { readMac } from '../../../protocols/packet/bytes.ts';
import { parseFrame } from '../../../protocols/packet/frame.ts';
import { LOCAL_PORT, type SwitchName } from '../../proof/site.ts';
import type { Onlooker } from '../../proof/world.ts';
import type { DummyOvs, OpenflowClient } from '../model-vs-ovs/dummy-ovs.ts';

const MIRRORED: ReadonlySet<string> = new Set(['flowMod', 'groupMod', 'bundleControl', 'bundleAdd']);

export class OvsOnlooker implements Onlooker {
  readonly #ovs: DummyOvs;
  readonly #client: OpenflowClient;
  /** OpenFlow's port numbers by the datapath's. */
  readonly #ports: ReadonlyMap<number, number>;
  #isBehind = false;
  readonly counts = { compared: 0, forwarded: 0, asked: 0 };

  private constructor(ovs: DummyOvs, client: OpenflowClient, ports: ReadonlyMap<number, number>) {
    this.#ovs = ovs;
    this.#client = client;
    this.#ports = ports;
  }

  static async beside(ovs: DummyOvs, client: OpenflowClient): Promise<OvsOnlooker> {
    const shown = await ovs.appctl('dpif/show');
    const ports = new Map(
      [...shown.matchAll(/ (\d+)\/(\d+):/g)].map((found) => [Number(found[2]), widened(found[1]!)]),
    );
    return new OvsOnlooker(ovs, client, ports);
  }

  carriedOut(_at: SwitchName, message: Message, raw: Uint8Array): void {
    if (!MIRRORED.has(message.type)) return;
    this.#client.sendRaw(raw);
    this.#isBehind = true;
  }

  async handled(_at: SwitchName, portNo: number, frame: Uint8Array, effects: readonly Effect[]): Promise<void> {
    if (this.#isBehind) {
      const errors = (await this.#client.barrier()).filter(({ type }) => type === 'error');
      if (errors.length > 0) throw new Error(`Open vSwitch refused what the model took: ${JSON.stringify(errors[0])}`);
      this.#isBehind = false;
    }
    const inPort = portNo === LOCAL_PORT ? 'LOCAL' : String(portNo);
    const hex = Buffer.from(frame).toString('hex');
    const trace = await this.#ovs.appctl('ofproto/trace', 'br0', `in_port=${inPort}`, hex);
    const actions = /^Datapath actions: (.*)$/m.exec(trace)?.[1];
    if (actions === undefined) throw new Error(`no trace of ${hex}:\n${trace}`);
    const real = this.#leaving(actions, frame);
    const model = leavingOf(effects);
    this.counts.compared++;
    if (model.some((each) => each !== ASKS)) this.counts.forwarded++;
    if (model.includes(ASKS)) this.counts.asked++;
    if (real.join() !== model.join()) {
      const said = `port ${inPort}: ${hex}\nmodel: ${model.join(', ')}\nOpen vSwitch: ${real.join(', ')}`;
      throw new Error(`${said}\n${trace}`);
    }
  }

  /** `set(skb_priority(0x1)),8,set(eth(dst=…)),9`: settings stay until they are set anew. */
  #leaving(actions: string, frame: Uint8Array): string[] {
    let queue = 0;
    let mac = formatMac(readMac(frame, 0));
    let { ipTos: tos, vlanVid: tag } = parseFrame(frame);
    const leaves: string[] = [];
    for (const action of partsOf(actions)) {
      const priority = /^set\(skb_priority\((0x[0-9a-f]+|0)\)\)$/.exec(action)?.[1];
      const destination = /^set\(eth\(dst=([0-9a-f:]+)\)\)$/.exec(action)?.[1];
      const mark = /^set\(ipv(?:4\(tos|6\(tclass)=(0x[0-9a-f]+|0)\/0xfc\)\)$/.exec(action)?.[1];
      const pushed = /^push_vlan\(vid=(\d+),pcp=0\)$/.exec(action)?.[1];
      const port = /^\d+$/.test(action) ? this.#ports.get(Number(action)) : undefined;
      if (priority !== undefined) queue = Number(priority);
      else if (destination !== undefined) mac = destination;
      else if (mark !== undefined) tos = Number(mark) | ((tos ?? 0) & 3);
      else if (pushed !== undefined) tag = Number(pushed);
      else if (action === 'pop_vlan') tag = undefined;
      else if (port !== undefined) leaves.push(`${port} queue ${queue} to ${mac} ${textOf(tos, tag)}`);
      else if (action.startsWith('userspace(')) leaves.push(ASKS);
      else if (action !== 'drop') throw new Error(`what is ${action}, in ${actions}?`);
    }
    return leaves.sort();
  }
}

const textOf = (tos: number | undefined, tag: number | undefined) =>
  `${tos === undefined ? '' : `TOS ${tos}`}${tag === undefined ? '' : ` tag ${tag}`}`;

const ASKS = 'the controller';

/** Splits at the commas that stand within no brackets. */
function partsOf(actions: string): string[] {
  let depth = 0;
  const parts = [''];
  for (const character of actions) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts.push(parts.pop()! + character);
  }
  return parts;
}

function leavingOf(effects: readonly Effect[]): string[] {
  const leaves = effects.flatMap((effect) => {
    if (effect.kind === 'transmit') {
      const { ipTos, vlanVid } = parseFrame(effect.frame);
      const destination = formatMac(readMac(effect.frame, 0));
      return [`${effect.portNo} queue ${effect.queueId ?? 0} to ${destination} ${textOf(ipTos, vlanVid)}`];
    }
    return effect.message.type === 'packetIn' ? [ASKS] : [];
  });
  return leaves.sort();
}

function widened(portNo: string): number {
  return portNo === '65534' ? LOCAL_PORT : Number(portNo);
}
