// The real stage: a private Open vSwitch with one bridge, a network namespace for each actor, real pings, TCP transfers
// and datagrams. Runs inside `lab-ns`, where loopback is private, so Lark can take its usual ports.

import { LabError } from '../lab/command.ts';
import type { LabHost } from '../lab/host.ts';
import { type Ovs, startOvs } from '../lab/ovs.ts';
import { AgentClient } from './agent-client.ts';
import type { HostPort } from './lark-process.ts';
import { probeFrame } from './probe-frame.ts';
import { type Observation, PATIENCE_MS, type Stage } from './stage.ts';
import { ACTORS, actor, BRIDGE, type DemoVersion, DPID, nextHop, type Scene, WAN_QUEUES } from './story.ts';

interface Player {
  readonly host: LabHost;
  readonly agent: AgentClient;
}

export class OvsStage implements Stage {
  readonly kind = 'ovs';
  readonly version: DemoVersion;
  readonly ovs: Ovs;
  readonly #players: ReadonlyMap<string, Player>;

  private constructor(version: DemoVersion, ovs: Ovs, players: ReadonlyMap<string, Player>) {
    this.version = version;
    this.ovs = ovs;
    this.#players = players;
  }

  static async create(version: DemoVersion, directory: string): Promise<OvsStage> {
    const ovs = await startOvs(directory);
    await ovs.addBridge({ name: BRIDGE, dpid: DPID, protocols: [version] });
    const players = await Promise.all(
      ACTORS.map(async (each): Promise<readonly [string, Player]> => {
        const host = await ovs.addHost(BRIDGE, each);
        return [each.name, { host, agent: await AgentClient.start(host) }];
      }),
    );
    await ovs.addQueues('wan0', WAN_QUEUES);
    return new OvsStage(version, ovs, new Map(players));
  }

  connect({ host, port }: HostPort): Promise<void> {
    return this.ovs.setController(BRIDGE, `tcp:${host}:${port}`);
  }

  async play(scene: Scene): Promise<Omit<Observation, 'arrivedAt'>> {
    const { host, agent } = this.#player(scene.from);
    const { source, destination } = scene;
    if (scene.expected.outcome === 'dropped') {
      // The sender knows the MAC address already, as one who means harm would: otherwise only its ARP would meet the
      // switch, and the packets that must be dropped would never be sent.
      const hop = nextHop(scene);
      await host.exec('ip', ['neigh', 'replace', hop.address, 'lladdr', hop.mac, 'dev', 'eth0', 'nud', 'permanent']);
    }
    const [ping, transfer] = await Promise.all([
      host.ping(destination, { count: 2, waitMs: PATIENCE_MS, source }),
      agent.transfer(source, destination, scene.expected.outcome === 'dropped' ? PATIENCE_MS : 5_000),
      agent.probe(source, destination, scene.id),
    ]);
    return { ping: ping.received > 0, transfer, queue: await this.#queueOf(scene) };
  }

  /** By `ofproto/trace`, since the user-space datapath accepts queues but does not shape by them. */
  async #queueOf(scene: Scene): Promise<number | undefined> {
    if (scene.expected.outcome === 'dropped' || scene.expected.queue === undefined) return undefined;
    const frameHex = Buffer.from(probeFrame(scene)).toString('hex');
    const { datapathActions } = await this.ovs.trace(BRIDGE, actor(scene.from).portNo, frameHex);
    const priority = /skb_priority\((0x[0-9a-f]+|\d+)\)/.exec(datapathActions)?.[1];
    return priority === undefined ? undefined : Number(priority);
  }

  async arrivals(): Promise<ReadonlyMap<string, readonly string[]>> {
    const reports = await Promise.all(
      [...this.#players].map(async ([name, { agent }]) => [name, await agent.report()] as const),
    );
    const arrivals = new Map<string, string[]>();
    for (const [name, sceneIds] of reports) {
      for (const id of sceneIds) arrivals.set(id, [...(arrivals.get(id) ?? []), name]);
    }
    return arrivals;
  }

  async rules(): Promise<readonly string[]> {
    const text = await this.ovs.ofctl(BRIDGE, ['dump-flows', '--no-names']);
    return text.split('\n').filter((line) => line.includes('n_packets='));
  }

  async stop(): Promise<void> {
    for (const { agent } of this.#players.values()) agent.stop();
    await this.ovs.stop();
  }

  #player(name: string): Player {
    const player = this.#players.get(name);
    if (player === undefined) throw new LabError('LAB_BAD_ARGUMENT', `no actor "${name}" is on the stage`);
    return player;
  }
}
