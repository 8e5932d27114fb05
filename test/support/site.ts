// A site on a real Open vSwitch: one bridge, jobs of several users, a host of the campus, a gateway with the WAN behind
// it and an alternate gateway, and a Lark in this process that rules it. Runs inside the laboratory's namespaces.

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { parseConfig } from '../../controller/config/load-config.ts';
import { clean, send } from '../../controller/jobs/feed/client.ts';
import { type RunningLark, startLark } from '../../controller/main.ts';
import type { Explanation, SwitchView } from '../../controller/northbound/lark-api.ts';
import type { LabHost } from '../../mininet/lab/host.ts';
import { type Ovs, startOvs } from '../../mininet/lab/ovs.ts';
import { eventually } from './eventually.ts';
import { RawHost } from './raw-host.ts';

export const BRIDGE = 'site0';

export interface SiteHost {
  readonly portNo: number;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** More addresses on the same interface. */
  readonly others?: readonly string[];
  /** Registered as a job of this user. */
  readonly user?: string;
  readonly group?: string;
  readonly portName?: string;
}

export const HOSTS = {
  alice1: job(1, 'alice', 'group_physics.cms'),
  alice2: job(2, 'alice', 'group_physics.cms'),
  bob: job(3, 'bob', 'group_physics'),
  eve: job(4, 'eve', 'group_chemistry'),
  mallory: job(5, 'mallory', 'group_chemistry'),
  campus: { portNo: 6, mac: '02:00:00:00:00:06', ipv4: '10.0.0.6', ipv6: '2001:db8:1:ffff::6' },
  gateway: {
    portNo: 8,
    mac: '02:00:00:00:00:02',
    ipv4: '10.0.0.1',
    ipv6: '2001:db8:1:ffff::1',
    others: ['203.0.113.10/32', '203.0.113.99/32', '2001:db8:ffff::10/128'],
    portName: 'wan0',
  },
  alternate: {
    portNo: 9,
    mac: '02:00:00:00:00:03',
    ipv4: '10.0.0.3',
    ipv6: '2001:db8:1:ffff::3',
    others: ['203.0.113.10/32', '2001:db8:ffff::10/128'],
    portName: 'alt0',
  },
} as const satisfies Record<string, SiteHost>;

export type HostName = keyof typeof HOSTS;

function job(number: number, user: string, group: string): SiteHost {
  return {
    portNo: number,
    mac: `02:00:00:01:00:1${number}`,
    ipv4: `10.1.0.1${number}`,
    ipv6: `2001:db8:1::1${number}`,
    user,
    group,
  };
}

const POLICY = `
openflow: { listen: 127.0.0.1:0 }
http: { listen: 127.0.0.1:0 }
jobs:
  listen: 127.0.0.1:0
  ranges: [10.1.0.0/24, 2001:db8:1::/64]
zones:
  campus: [10.0.0.0/8, 2001:db8:1::/48]
switches:
  ${BRIDGE}:
    pipeline: PIPELINE
    registers: REGISTERS
    wan:
      port: wan0
      queues: { default: { id: 0 }, physics: { id: 1 } }
      alternates: { i2: { port: alt0, gateway: 02:00:00:00:00:03 } }
policies:
  - block-users: [mallory]
  - isolate-users: true
  - wan-access: { deny: [eve], allow-anyway: [203.0.113.99], redirect: { users: [alice], via: i2 } }
  - queues: { group_physics: physics, "*": default }
`;

/** Each test of the site runs in all of these. */
export interface SiteMode {
  readonly version: '1.0' | '1.3';
  readonly pipeline: 'single-table' | 'multi-table';
  /** Whether the switch's registers are used. */
  readonly registers: boolean;
}

export const MODES: readonly SiteMode[] = [
  { version: '1.0', pipeline: 'single-table', registers: false },
  { version: '1.3', pipeline: 'single-table', registers: false },
  { version: '1.3', pipeline: 'multi-table', registers: false },
  { version: '1.3', pipeline: 'multi-table', registers: true },
];

export class Site {
  lark: RunningLark;
  readonly ovs: Ovs;
  readonly hosts: ReadonlyMap<HostName, LabHost>;
  readonly #raw = new Map<HostName, RawHost>();
  readonly #directory: string;
  /** The text of the policy file, as a reload finds it. */
  policy: string;
  /** What Lark has logged, the latest last. */
  readonly events: readonly LogLine[];

  private constructor(parts: {
    lark: RunningLark;
    ovs: Ovs;
    hosts: Map<HostName, LabHost>;
    directory: string;
    policy: string;
    events: readonly LogLine[];
  }) {
    this.events = parts.events;
    this.lark = parts.lark;
    this.ovs = parts.ovs;
    this.hosts = parts.hosts;
    this.#directory = parts.directory;
    this.policy = parts.policy;
  }

  static async start(
    { version, pipeline, registers }: SiteMode,
    names = Object.keys(HOSTS) as HostName[],
    firstPolicy = '',
    { isDurable = false } = {},
  ): Promise<Site> {
    const directory = await mkdtemp('/run/lark-site-');
    const policy =
      POLICY.replace('PIPELINE', pipeline)
        .replace('REGISTERS', String(registers))
        .replace('policies:\n', `policies:\n${firstPolicy}`) +
      (isDurable ? `store: { path: ${directory}/store }\n` : '');
    const events: LogLine[] = [];
    let site: Site | undefined;
    const lark = await start(policy, () => site?.policy ?? policy, events);
    const ovs = await startOvs(join(directory, 'ovs'));
    await ovs.addBridge({
      name: BRIDGE,
      dpid: '0000000000000001',
      protocols: [version],
      controller: `tcp:127.0.0.1:${lark.addresses.openflow.port}`,
    });
    const hosts = new Map<HostName, LabHost>();
    for (const name of names) hosts.set(name, await addHost(ovs, name));
    site = new Site({ lark, ovs, hosts, directory, policy, events });
    await site.#whenConnected();
    return site;
  }

  /** A new Lark with the same policy and OpenFlow port, which knows what its store knows; the former must have been closed. */
  async restartLark(): Promise<void> {
    const { port } = this.lark.addresses.openflow;
    const policy = this.policy.replace('listen: 127.0.0.1:0', `listen: 127.0.0.1:${port}`);
    this.lark = await start(policy, () => this.policy, this.events as LogLine[]);
    // Telling Open vSwitch its controller anew would be quicker, but it throws away every rule: it must find Lark itself.
    await this.#whenConnected();
  }

  async #whenConnected(): Promise<void> {
    const names = [...this.hosts.keys()];
    await eventually(
      'the switch with all its ports',
      async () => {
        const [view] = (await this.get<{ switches: SwitchView[] }>('/v1/switches')).switches;
        return view?.state === 'up' && names.every((name) => view.ports.some((port) => port.name === portNameOf(name)));
      },
      15_000,
    );
  }

  host(name: HostName): LabHost {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`the site has no ${name}`);
    return host;
  }

  /** Registers the jobs among these hosts; resolves with the answers, which should all be OK. */
  async register(...names: readonly HostName[]): Promise<readonly string[]> {
    return Promise.all(names.map((name) => send(this.lark.addresses.jobs, jobAd(name), machineAd(name))));
  }

  /** Registers one job with more attributes in its ad, in new syntax. */
  registerWith(name: HostName, attributes: string): Promise<string> {
    return send(this.lark.addresses.jobs, jobAd(name, attributes), machineAd(name));
  }

  clean(name: HostName): Promise<string> {
    return clean(this.lark.addresses.jobs, HOSTS[name].ipv4);
  }

  /** True if at least one of two pings comes back. */
  async reaches(from: HostName, address: string): Promise<boolean> {
    return (await this.host(from).ping(address, { count: 2, waitMs: 1000 })).received > 0;
  }

  /** Whole frames from and to a host. */
  async raw(name: HostName): Promise<RawHost> {
    let raw = this.#raw.get(name);
    if (raw === undefined) {
      raw = await RawHost.open(this.host(name).name);
      this.#raw.set(name, raw);
    }
    return raw;
  }

  async get<T>(path: string): Promise<T> {
    const { host, port } = this.lark.addresses.http;
    const response = await fetch(`http://${host}:${port}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  explain(source: string, destination: string): Promise<Explanation> {
    return this.get(`/v1/explain?src=${source}&dst=${destination}`);
  }

  dumpFlows(): Promise<string> {
    return this.ovs.ofctl(BRIDGE, ['dump-flows']);
  }

  async stop(): Promise<void> {
    for (const raw of this.#raw.values()) raw.close();
    await this.lark.close();
    await this.ovs.stop();
    for (const host of this.hosts.values()) await host.remove();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** One line of the log, as pino writes it: `msg` is the event's name. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

async function start(policy: string, now: () => string, events: LogLine[]): Promise<RunningLark> {
  const { config, errors, source } = parseConfig('policy.yaml', policy);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  const write = (line: string) => {
    events.push(JSON.parse(line) as LogLine);
    if (process.env.LARK_TEST_LOG !== undefined) process.stderr.write(line);
  };
  const log = pino({ level: process.env.LARK_TEST_LOG ?? 'info' }, { write });
  const load = async () => parseConfig('policy.yaml', now());
  return startLark(config, { log, version: 'test', warnings: [], load, ...(source && { source }) });
}

function portNameOf(name: HostName): string {
  const host: SiteHost = HOSTS[name];
  return host.portName ?? `v-${name}`;
}

async function addHost(ovs: Ovs, name: HostName): Promise<LabHost> {
  const host: SiteHost = HOSTS[name];
  const isGateway = host.others !== undefined;
  return ovs.addHost(BRIDGE, {
    name: `site-${name}`,
    portName: portNameOf(name),
    portNo: host.portNo,
    mac: host.mac,
    addresses: [`${host.ipv4}/8`, `${host.ipv6}/48`, ...(host.others ?? [])],
    gateways: isGateway ? [] : [HOSTS.gateway.ipv4, HOSTS.gateway.ipv6],
    ipv6: true,
  });
}

export function jobAd(name: HostName, rest = ''): string {
  const host: SiteHost = HOSTS[name];
  const id = `GlobalJobId = "submit.example.edu#${host.portNo}.0#1700000000"; NumJobStarts = 1;`;
  return `[ ${id} Owner = "${host.user}"; AcctGroup = "${host.group}"; ${rest} ]`;
}

export function machineAd(name: HostName): string {
  const host: SiteHost = HOSTS[name];
  return (
    `[ Machine = "wn1.example.edu"; Name = "slot1_${host.portNo}@wn1.example.edu"; ` +
    `LarkInnerAddressIPv4 = "${host.ipv4}"; LarkInnerAddressIPv6 = "${host.ipv6}"; ` +
    `LarkInnerMacAddress = "${host.mac}"; LarkExternalInterface = "${portNameOf(name)}" ]`
  );
}
