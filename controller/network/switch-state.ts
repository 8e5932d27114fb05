// What Lark knows of one connected switch: its ports and their roles, the hosts seen behind them, and which of its
// ports the policy file calls WAN, alternate and fabric. Roles follow from the file and from where jobs are; a port
// that a job was at stays a job port until it is deleted, so that what is left behind it stays gated.

import type { MacAddress } from '../../protocols/packet/address.ts';
import type { AlternateWan, SwitchConfig } from '../config/config.ts';
import { ownText } from '../jobs/own-text.ts';
import { HostTable } from './host-table.ts';
import { LOCAL_PORT } from './port-numbers.ts';

export const PORT_ROLES = ['job', 'edge', 'fabric', 'wan', 'alternate', 'local'] as const;
export type PortRole = (typeof PORT_ROLES)[number];

/** One port. Numbers are 32 bits wide as in OpenFlow 1.3. */
export interface SwitchPort {
  readonly portNo: number;
  readonly name: string;
  readonly mac: number;
  readonly isUp: boolean;
}

export interface WanPort {
  readonly portNo: number;
  readonly queues: ReadonlyMap<string, { readonly id: number }>;
}

export interface AlternatePort extends Pick<AlternateWan, 'gateway'> {
  readonly portNo: number;
}

export const HOSTS_PER_SWITCH = 16_384;
export const HOSTS_PER_PORT = 4_096;
export const HOST_TTL_MS = 300_000;

const NO_PORTS: ReadonlySet<number> = new Set();
const NO_ALTERNATES: ReadonlyMap<string, AlternatePort> = new Map();

export interface SwitchIdentity {
  readonly dpid: bigint;
  readonly version: 1 | 4;
  readonly config: SwitchConfig | undefined;
  /** 1.0: the switch matches ARP addresses (OFPC_ARP_MATCH_IP). Always so in 1.3. */
  readonly canMatchArp: boolean;
  /** False where the switch itself tells when a host has fallen silent. */
  readonly agesHosts: boolean;
}

export interface SwitchStateParts {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly onHostLeft?: () => void;
  readonly onHostEvicted?: (mac: MacAddress) => void;
  /** From now on a port of this name is a job's, or none is. */
  readonly onJobPort?: (portName: string, isJobPort: boolean) => void;
}

export class SwitchState {
  readonly dpid: bigint;
  readonly version: 1 | 4;
  readonly canMatchArp: boolean;
  /** The switch can tell whether a packet is a reply. False until that is found out. */
  canTrackConnections = false;
  readonly hosts: HostTable;
  readonly #identity: SwitchIdentity;
  /** As Open vSwitch writes it. */
  readonly dpidText: string;
  #config: SwitchConfig | undefined;
  readonly #ports = new Map<number, SwitchPort>();
  /** As of the ports that there are. Undefined until one is looked for by name, as every job's is that comes to the switch. */
  #named: ReadonlyMap<string, SwitchPort> | undefined;
  /** Of those that are no edge ports. Undefined until there is one, as are the job ports: of many switches nothing is known. */
  #roles: Map<number, PortRole> | undefined;
  #jobPorts: Set<number> | undefined;
  readonly #onJobPort: SwitchStateParts['onJobPort'];
  #wan: WanPort | undefined;
  #alternates: ReadonlyMap<string, AlternatePort> = NO_ALTERNATES;

  constructor(identity: SwitchIdentity, parts: SwitchStateParts | { readonly hosts: HostTable }) {
    this.dpid = identity.dpid;
    this.version = identity.version;
    this.#identity = identity;
    // What was padded is kept as the pieces that it was put together from.
    this.dpidText = ownText(formatDpid(identity.dpid));
    this.#config = identity.config;
    this.canMatchArp = identity.canMatchArp;
    this.hosts = 'hosts' in parts ? parts.hosts : hostTableFor(identity, parts);
    this.#onJobPort = 'hosts' in parts ? undefined : parts.onJobPort;
  }

  /** What the file says of it; undefined where it does not name this switch. */
  get config(): SwitchConfig | undefined {
    return this.#config;
  }

  /** The file says this of it from now on. */
  reconfigure(config: SwitchConfig | undefined): void {
    if (config === this.#config) return;
    this.#config = config;
    this.#assignRoles();
  }

  /** The same ports, jobs' ports and hosts under another entry of the file: for trying out what would be. */
  under(config: SwitchConfig | undefined): SwitchState {
    const other = new SwitchState({ ...this.#identity, config }, { hosts: this.hosts });
    if (this.#jobPorts !== undefined) other.#jobPorts = new Set(this.#jobPorts);
    other.canTrackConnections = this.canTrackConnections;
    other.setPorts(this.#ports.values());
    return other;
  }

  /** Ports that a job is at, or was. */
  get jobPorts(): ReadonlySet<number> {
    return this.#jobPorts ?? NO_PORTS;
  }

  /** The file's name for it, else the name of its LOCAL port (the OVS bridge), else its datapath id. */
  get name(): string {
    return this.config?.name ?? this.bridgeName ?? this.dpidText;
  }

  /** The name of its LOCAL port. */
  get bridgeName(): string | undefined {
    return this.#ports.get(LOCAL_PORT)?.name;
  }

  setPorts(ports: Iterable<SwitchPort>): void {
    this.#named = undefined;
    for (const port of ports) {
      const former = this.#ports.get(port.portNo);
      this.#ports.set(port.portNo, port);
      if (!this.jobPorts.has(port.portNo) || former?.name === port.name) continue;
      if (former !== undefined) this.#tellUnlessJobPort(former.name);
      this.#onJobPort?.(port.name, true);
    }
    this.#assignRoles();
  }

  removePort(portNo: number): void {
    const port = this.#ports.get(portNo);
    this.#named = undefined;
    this.#ports.delete(portNo);
    if (this.#jobPorts?.delete(portNo) === true && port !== undefined) this.#tellUnlessJobPort(port.name);
    this.#assignRoles();
  }

  port(portNo: number): SwitchPort | undefined {
    return this.#ports.get(portNo);
  }

  get portCount(): number {
    return this.#ports.size;
  }

  ports(): Iterable<SwitchPort> {
    return this.#ports.values();
  }

  /** By name, or by number as text; the first where they clash. */
  portNamed(name: string): SwitchPort | undefined {
    this.#named ??= this.#namedPorts();
    return this.#named.get(name);
  }

  #namedPorts(): ReadonlyMap<string, SwitchPort> {
    const named = new Map<string, SwitchPort>();
    for (const port of this.#ports.values()) {
      for (const name of [port.name, String(port.portNo)]) if (!named.has(name)) named.set(name, port);
    }
    return named;
  }

  /** All that `portNamed` finds a port by; some twice where they clash. */
  *portNames(): Iterable<string> {
    for (const { name, portNo } of this.#ports.values()) {
      yield name;
      yield String(portNo);
    }
  }

  /** Undefined for a port that the switch does not have. */
  roleOf(portNo: number): PortRole | undefined {
    return this.#roles?.get(portNo) ?? (this.#ports.has(portNo) ? 'edge' : undefined);
  }

  markJobPort(portNo: number): void {
    if (this.jobPorts.has(portNo)) return;
    this.#noteJobPort(portNo);
    // The roles of other ports do not follow from where jobs are.
    const port = this.#ports.get(portNo);
    if (port === undefined) return;
    this.#setRole(portNo, this.#roleFor(port, this.#alternatePorts()));
    this.#onJobPort?.(port.name, true);
  }

  /** What were job ports of this switch before, by name: a switch that comes back may number its ports anew. */
  inheritJobPorts(names: ReadonlySet<string>): void {
    for (const { portNo, name } of this.#ports.values()) if (names.has(name)) this.#noteJobPort(portNo);
    this.#assignRoles();
  }

  #noteJobPort(portNo: number): void {
    this.#jobPorts ??= new Set();
    this.#jobPorts.add(portNo);
  }

  #tellUnlessJobPort(name: string): void {
    for (const portNo of this.jobPorts) if (this.#ports.get(portNo)?.name === name) return;
    this.#onJobPort?.(name, false);
  }

  /** Equal as long as no rule that was decided on where WAN, alternates and fabric are has become wrong. */
  get uplinkKey(): string {
    const alternates = [...this.#alternates].map(([name, { portNo }]) => `${name}=${portNo}`);
    const fabric = [...(this.#roles ?? [])].filter(([, role]) => role === 'fabric').map(([portNo]) => portNo);
    return [this.#wan?.portNo ?? 'none', ...alternates.sort(), ...fabric.sort()].join(' ');
  }

  /** True where the file itself says that the port leads to a worker node's jobs: many may share it. */
  isMachinePort(portNo: number): boolean {
    const port = this.#ports.get(portNo);
    return port !== undefined && this.#machinePorts().some((name) => isNamed(port, name));
  }

  get wan(): WanPort | undefined {
    return this.#wan;
  }

  /** By the alternate's name in the file; only those whose port the switch has. */
  get alternates(): ReadonlyMap<string, AlternatePort> {
    return this.#alternates;
  }

  #machinePorts(): readonly string[] {
    return [...(this.config?.machines.values() ?? [])].flat();
  }

  #assignRoles(): void {
    this.#roles = undefined;
    const wan = this.config?.wan;
    const wanPort = wan && this.portNamed(wan.port);
    this.#wan = wan && wanPort && { portNo: wanPort.portNo, queues: wan.queues };
    const alternates = new Map<string, AlternatePort>();
    for (const [name, alternate] of wan?.alternates ?? []) {
      const port = this.portNamed(alternate.port);
      if (port !== undefined) alternates.set(name, { portNo: port.portNo, gateway: alternate.gateway });
    }
    this.#alternates = alternates.size === 0 ? NO_ALTERNATES : alternates;
    const alternatePorts = this.#alternatePorts();
    for (const port of this.#ports.values()) {
      this.#setRole(port.portNo, this.#roleFor(port, alternatePorts));
    }
  }

  #setRole(portNo: number, role: PortRole): void {
    if (role === 'edge') {
      this.#roles?.delete(portNo);
      return;
    }
    this.#roles ??= new Map();
    this.#roles.set(portNo, role);
  }

  #alternatePorts(): ReadonlySet<number> {
    return new Set([...this.#alternates.values()].map((alternate) => alternate.portNo));
  }

  #roleFor(port: SwitchPort, alternatePorts: ReadonlySet<number>): PortRole {
    if (port.portNo === this.#wan?.portNo) return 'wan';
    if (alternatePorts.has(port.portNo)) return 'alternate';
    if (this.config?.fabric.some((name) => isNamed(port, name))) return 'fabric';
    if (port.portNo === LOCAL_PORT) return 'local';
    if (this.jobPorts.has(port.portNo) || this.#machinePorts().some((name) => isNamed(port, name))) return 'job';
    return 'edge';
  }
}

function hostTableFor(identity: SwitchIdentity, parts: SwitchStateParts): HostTable {
  return new HostTable({
    maxHosts: HOSTS_PER_SWITCH,
    maxHostsPerPort: HOSTS_PER_PORT,
    ttlMs: identity.agesHosts ? HOST_TTL_MS : 0,
    now: parts.now,
    ...(parts.onHostEvicted && { onEvicted: parts.onHostEvicted }),
    ...(parts.onHostLeft && { onLeft: parts.onHostLeft }),
  });
}

function isNamed(port: SwitchPort, name: string): boolean {
  return port.name === name || String(port.portNo) === name;
}

/** Sixteen hex digits, as Open vSwitch writes a datapath id. */
export function formatDpid(dpid: bigint): string {
  return dpid.toString(16).padStart(16, '0');
}
