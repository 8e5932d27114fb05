// A private Open vSwitch with the user-space datapath: its own run directory, database and logs, so that no system
// service is touched. To be used inside `lab-ns`, whose end is the end of everything made here, however it comes.
// What the user-space datapath does not do (queues, for one) stands in README.md.

import { mkdir, readFile, rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { type CommandOptions, command, LabError, waitFor } from './command.ts';
import { createHost, type HostOptions, type LabHost, quiet } from './host.ts';

export type LabOpenflowVersion = '1.0' | '1.3';

export interface BridgeOptions {
  /** Also the name of its LOCAL port. */
  readonly name: string;
  /** Default: both. */
  readonly protocols?: readonly LabOpenflowVersion[];
  /** `tcp:127.0.0.1:6653`; none: the bridge keeps the rules that `ofctl` gives it. */
  readonly controller?: string;
  /** 16 hex digits. */
  readonly dpid: string;
  /** Default `secure`. */
  readonly failMode?: 'secure' | 'standalone';
}

export interface PortOptions {
  readonly portName: string;
  /** The OpenFlow port number. */
  readonly portNo: number;
}

export interface Trace {
  /** The whole of what `ofproto/trace` printed. */
  readonly text: string;
  /** Its last line, such as `3`, `drop` or `set(skb_priority(0x10002)),2`; datapath port numbers, not OpenFlow's. */
  readonly datapathActions: string;
}

const PROTOCOL = { '1.0': 'OpenFlow10', '1.3': 'OpenFlow13' } as const;

export class Ovs {
  readonly directory: string;
  /** The environment that makes ovs-vsctl, ovs-ofctl and ovs-appctl talk to this Open vSwitch. */
  readonly env: Readonly<Record<string, string>>;
  readonly #protocols = new Map<string, LabOpenflowVersion>();

  constructor(directory: string) {
    this.directory = directory;
    this.env = {
      OVS_RUNDIR: directory,
      OVS_LOGDIR: directory,
      OVS_DBDIR: directory,
      OVS_SYSCONFDIR: join(directory, 'etc'),
    };
  }

  async addBridge(options: BridgeOptions): Promise<void> {
    const versions = options.protocols ?? ['1.0', '1.3'];
    const [first] = versions;
    if (first === undefined) throw new LabError('LAB_BAD_ARGUMENT', 'a bridge needs at least one OpenFlow version');
    this.#protocols.set(options.name, first);
    await this.vsctl([
      ...['add-br', options.name, '--', 'set', 'bridge', options.name, 'datapath_type=netdev'],
      `protocols=${versions.map((version) => PROTOCOL[version]).join(',')}`,
      `fail_mode=${options.failMode ?? 'secure'}`,
      `other-config:datapath-id=${options.dpid}`,
      'other-config:disable-in-band=true',
    ]);
    if (options.controller !== undefined) await this.setController(options.name, options.controller);
  }

  /**
   * Connects the bridge to `tcp:127.0.0.1:6653` now. Given the target that it has, it connects anew: after failures a
   * bridge pauses up to 8 s, whatever its `max_backoff` says, so a controller that starts again is better announced.
   */
  async setController(bridge: string, target: string): Promise<void> {
    await this.vsctl(['del-controller', bridge]);
    await this.vsctl(['set-controller', bridge, target]);
  }

  /** Makes a host and its port on the bridge. */
  async addHost(bridge: string, options: HostOptions & PortOptions): Promise<LabHost> {
    const host = await createHost(options);
    await this.addPort(bridge, options);
    return host;
  }

  /** Puts an interface that exists on the bridge. */
  async addPort(bridge: string, { portName, portNo }: PortOptions): Promise<void> {
    const set = ['--', 'set', 'interface', portName, `ofport_request=${portNo}`];
    await this.vsctl(['add-port', bridge, portName, ...set]);
  }

  /** Joins two bridges by a veth pair. */
  async addLink(bridgeA: string, portA: PortOptions, bridgeB: string, portB: PortOptions): Promise<void> {
    await command('ip', ['link', 'add', portA.portName, 'type', 'veth', 'peer', 'name', portB.portName]);
    for (const { portName } of [portA, portB]) {
      await quiet(portName);
      await command('ip', ['link', 'set', portName, 'up']);
    }
    await this.addPort(bridgeA, portA);
    await this.addPort(bridgeB, portB);
  }

  /** Gives a port an HTB queue for each id, in bits per second, as a network team would before Lark comes. */
  async addQueues(portName: string, maxRates: ReadonlyMap<number, number>): Promise<void> {
    const queues = [...maxRates].map(([id]) => `queues:${id}=@q${id}`);
    const create = [...maxRates].flatMap(([id, rate]) => {
      return ['--', `--id=@q${id}`, 'create', 'queue', `other-config:max-rate=${rate}`];
    });
    const qos = ['--', '--id=@qos', 'create', 'qos', 'type=linux-htb', ...queues];
    await this.vsctl(['set', 'port', portName, 'qos=@qos', ...qos, ...create]);
  }

  vsctl(args: readonly string[], options?: CommandOptions): Promise<string> {
    return command('ovs-vsctl', ['--timeout=10', ...args], { ...options, env: this.env });
  }

  appctl(args: readonly string[], options?: CommandOptions): Promise<string> {
    return command('ovs-appctl', args, { ...options, env: this.env });
  }

  /** `ovs-ofctl` in the OpenFlow version given, or else the first one that the bridge was made with. */
  ofctl(
    bridge: string,
    [verb = '', ...args]: readonly string[],
    options: CommandOptions & { readonly version?: LabOpenflowVersion } = {},
  ): Promise<string> {
    const version = options.version ?? this.#protocols.get(bridge) ?? '1.3';
    return command('ovs-ofctl', ['-O', PROTOCOL[version], verb, bridge, ...args], { ...options, env: this.env });
  }

  /** What the tables would do with a frame (hex digits, Ethernet header first) that came in by this port. */
  async trace(bridge: string, portNo: number, frameHex: string): Promise<Trace> {
    const text = await this.appctl(['ofproto/trace', bridge, `in_port=${portNo}`, frameHex]);
    // A packet that is recirculated is traced in several passes; the last one says where it went.
    const last = [...text.matchAll(/^Datapath actions: (.*)$/gm)].at(-1);
    if (last === undefined) throw new LabError('LAB_COMMAND_FAILED', `ofproto/trace gave no actions: ${text}`);
    return { text, datapathActions: last[1] ?? '' };
  }

  /** Returns when packets follow the tables as they now are: cached decisions live a little longer than a barrier. */
  async revalidatorWait(): Promise<void> {
    await this.appctl(['revalidator/wait']);
  }

  /** Ends both daemons and waits until they have gone. */
  async stop(): Promise<void> {
    for (const [daemon, args] of [
      ['ovs-vswitchd', ['exit', '--cleanup']],
      ['ovsdb-server', ['-t', 'ovsdb-server', 'exit']],
    ] as const) {
      const pidFile = join(this.directory, `${daemon}.pid`);
      const pid = await readFile(pidFile, 'utf8').catch(() => undefined);
      if (pid === undefined) continue;
      await this.appctl(args).catch(() => {});
      // The pid file goes away at a clean exit; a signal 0 to the pid would not tell a zombie from a daemon.
      const isGone = async (): Promise<true | undefined> =>
        (await readFile(pidFile).catch(() => undefined)) === undefined ? true : undefined;
      await waitFor(`the end of ${daemon}`, 10_000, isGone).catch(() => process.kill(Number(pid), 'SIGKILL'));
    }
  }
}

/** Starts Open vSwitch in a directory of its own, which is emptied first. */
export async function startOvs(directory: string): Promise<Ovs> {
  const ovs = new Ovs(directory);
  const options = { env: ovs.env };
  const database = join(directory, 'conf.db');
  await rm(directory, { recursive: true, force: true });
  await mkdir(join(directory, 'etc', 'openvswitch'), { recursive: true });
  await command('ovsdb-tool', ['create', database, '/usr/share/openvswitch/vswitch.ovsschema'], options);
  const daemon = ['--pidfile', '--log-file', '-vconsole:off', '--no-chdir', '--detach'];
  const socket = join(directory, 'db.sock');
  await command('ovsdb-server', [database, `--remote=punix:${socket}`, ...daemon], options);
  await ovs.vsctl(['--no-wait', 'init', '--', 'set', 'Open_vSwitch', '.', 'external_ids:system-id=lark-lab']);
  // Open vSwitch 3.1 started in the first 10 s of uptime loses every packet that misses the datapath, for good.
  await waitFor('10 s of uptime', 12_000, () => (uptime() >= 10 ? true : undefined), 200);
  await command('ovs-vswitchd', [`unix:${socket}`, ...daemon], options);
  return ovs;
}
