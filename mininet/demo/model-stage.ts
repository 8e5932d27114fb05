// The stage for where there is no root: the model switch, and hosts in memory that answer ARP, neighbour discovery,
// pings and TCP openings. Between the switch and Lark there is real OpenFlow over loopback TCP.

import { type Frame, parseFrame } from '../../protocols/packet/frame.ts';
import { Port } from '../model-switch/action.ts';
import { ModelHost } from '../model-switch/model-host.ts';
import { ModelSwitch } from '../model-switch/model-switch.ts';
import { PROBE_PORT, TRANSFER_PORT } from './agent-protocol.ts';
import type { HostPort } from './lark-process.ts';
import { ip, mac, probeFrame } from './probe-frame.ts';
import { type Observation, PATIENCE_MS, type Stage } from './stage.ts';
import { ACTORS, type Actor, actor, BRIDGE, type DemoVersion, DPID, type Scene, WAN_QUEUES } from './story.ts';

export class ModelStage implements Stage {
  readonly kind = 'model';
  readonly version: DemoVersion;
  readonly #hosts = new Map<string, ModelHost>();
  /** By scene, the queue in which its last probe left. */
  readonly #queues = new Map<string, number | undefined>();
  readonly #arrivals = new Map<string, string[]>();
  #switch: ModelSwitch | undefined;

  constructor(version: DemoVersion) {
    this.version = version;
    for (const each of ACTORS) this.#hosts.set(each.name, this.#host(each));
  }

  async connect(controller: HostPort): Promise<void> {
    const local = { portNo: Port.LOCAL, name: BRIDGE, mac: mac('02:00:00:00:d3:e0') };
    const ports = ACTORS.map((each) => ({
      ...{ portNo: each.portNo, name: each.portName, mac: mac(portMac(each)) },
      queues: each.role === 'wan' ? [...WAN_QUEUES.keys()] : [],
    }));
    const model = new ModelSwitch({
      dpid: BigInt(`0x${DPID}`),
      version: this.version === '1.0' ? 1 : 4,
      ports: [...ports, local],
      controller,
    });
    const byPort = new Map(ACTORS.map((each) => [each.portNo, this.#hosts.get(each.name)]));
    model.on('frame', ({ portNo, frame, queueId }) => {
      const scene = sceneOfProbe(parseFrame(frame));
      if (scene !== undefined) this.#queues.set(scene, queueId);
      byPort.get(portNo)?.receive(frame);
    });
    this.#switch = model;
    await model.connect();
  }

  async play(scene: Scene): Promise<Omit<Observation, 'arrivedAt'>> {
    const host = this.#hosts.get(scene.from);
    if (host === undefined) throw new Error(`no actor "${scene.from}" is on the stage`);
    const [from, to] = [ip(scene.source), ip(scene.destination)];
    const options = { from, deadlineMs: scene.expected.outcome === 'dropped' ? PATIENCE_MS : 5_000 };
    this.#sendProbe(scene);
    const [ping, opening] = await Promise.all([host.ping(to, options), host.connectTcp(to, TRANSFER_PORT, options)]);
    // All of these may have been on their way to Lark before its rule was there: what comes now, the rule counts.
    this.#sendProbe(scene);
    if (ping.ok) await host.ping(to, options);
    const queue = this.#queues.get(scene.id);
    return { queue, ping: ping.ok, transfer: { whole: opening.ok, detail: opening.ok ? 'opened' : opening.reason } };
  }

  arrivals(): Promise<ReadonlyMap<string, readonly string[]>> {
    return Promise.resolve(this.#arrivals);
  }

  rules(): Promise<readonly string[]> {
    return Promise.resolve(this.#switch?.dumpFlows().split('\n') ?? []);
  }

  async stop(): Promise<void> {
    await this.#switch?.close();
  }

  #host(each: Actor): ModelHost {
    return new ModelHost({
      mac: mac(each.mac),
      addresses: each.addresses.map((text) => {
        const [address = '', prefixLength] = text.split('/');
        return { address: ip(address), prefixLength: Number(prefixLength) };
      }),
      gateways: each.gateways.map(ip),
      listens: [TRANSFER_PORT],
      send: (frame) => this.#switch?.inject(each.portNo, frame),
      onFrame: (frame) => this.#noteProbe(each, frame),
    });
  }

  #sendProbe(scene: Scene): void {
    this.#switch?.inject(actor(scene.from).portNo, probeFrame(scene));
  }

  #noteProbe(at: Actor, frame: Frame): void {
    const scene = sceneOfProbe(frame);
    if (scene === undefined) return;
    const names = this.#arrivals.get(scene) ?? [];
    if (!names.includes(at.name)) this.#arrivals.set(scene, [...names, at.name]);
  }
}

function sceneOfProbe(frame: Frame): string | undefined {
  if (frame.dstPort !== PROBE_PORT || frame.l4Offset === undefined) return undefined;
  return new TextDecoder().decode(frame.bytes.subarray(frame.l4Offset + 8, frame.l4End));
}

/** A switch port has a MAC address of its own, which is not that of the host behind it. */
function portMac(each: Actor): string {
  return `06${each.mac.slice(2)}`;
}
