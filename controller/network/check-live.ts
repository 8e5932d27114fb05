// What a policy file says of switches against the switches that a running Lark has: one that is not connected, ports that a
// switch does not have, and queues that its WAN port does not have. A pure function of the file and of what was asked; all
// are warnings, since a switch may come, and a port be plugged in, later.

import { nearestName } from '../../policies/options/nearest-name.ts';
import type { Config, SwitchConfig } from '../config/config.ts';
import { Findings } from '../config/findings.ts';
import type { ConfigProblem } from '../config/problem.ts';
import type { Path, YamlSource } from '../config/yaml-source.ts';
import { LOCAL_PORT } from './port-numbers.ts';

/** A connected switch. */
export interface LiveSwitch {
  /** 16 hex digits */
  readonly dpid: string;
  readonly ports: readonly LivePort[];
}

export interface LivePort {
  /** As wide as in OpenFlow 1.3. */
  readonly portNo: number;
  readonly name: string;
}

/** The ids of a port's queues; undefined where the switch did not say. */
export type QueuesOf = (live: LiveSwitch, port: LivePort) => Promise<readonly number[] | undefined>;

/** Open vSwitch puts there what is in no queue, so that it needs none of its own. */
const ANY_PORT_HAS = 0;

/** @param source of the file that `config` was made from. */
export async function checkLive(
  config: Config,
  source: YamlSource,
  connected: readonly LiveSwitch[],
  queuesOf: QueuesOf,
): Promise<readonly ConfigProblem[]> {
  const findings = new Findings(source);
  for (const entry of config.switches) {
    const live = connected.find((each) => isMeant(entry, each));
    if (live === undefined)
      findings.warn('CONFIG_SUSPICIOUS', ['switches', entry.name], notConnected(entry, connected), 'key');
    else {
      warnOfPorts(entry, live, findings);
      await warnOfQueues(entry, live, queuesOf, findings);
    }
  }
  return findings.warnings;
}

function isMeant({ name, dpid }: SwitchConfig, { dpid: id, ports }: LiveSwitch): boolean {
  return dpid === undefined ? bridgeOf(ports) === name : BigInt(`0x${id}`) === dpid;
}

function bridgeOf(ports: readonly LivePort[]): string | undefined {
  return ports.find(({ portNo }) => portNo === LOCAL_PORT)?.name;
}

function notConnected({ name, dpid }: SwitchConfig, connected: readonly LiveSwitch[]): string {
  const known = connected.map(({ dpid: id, ports }) => ({ id, bridge: bridgeOf(ports) }));
  const wanted = dpid === undefined ? `the bridge ${name}` : `datapath id ${dpid.toString(16).padStart(16, '0')}`;
  const guess =
    dpid === undefined
      ? nearestName(
          name,
          known.flatMap(({ bridge }) => bridge ?? []),
        )
      : undefined;
  const listed = known.map(({ id, bridge }) => (bridge === undefined ? id : `${bridge} (${id})`)).join(', ');
  const hint =
    guess === undefined
      ? `connect it, or correct its name or dpid; connected are: ${listed || 'none'}`
      : `did you mean "${guess}"?`;
  return `no switch is connected that is ${wanted}; ${hint}`;
}

/** Where the entry names ports. */
function portsIn({ name, wan, fabric, machines }: SwitchConfig): { readonly port: string; readonly path: Path }[] {
  const at = (port: string, ...path: Path) => ({ port, path: ['switches', name, ...path] });
  return [
    ...(wan === undefined ? [] : [at(wan.port, 'wan', 'port')]),
    ...[...(wan?.alternates ?? [])].map(([key, { port }]) => at(port, 'wan', 'alternates', key, 'port')),
    ...fabric.map((port, i) => at(port, 'fabric', i)),
    ...[...machines].flatMap(([machine, ports]) => ports.map((port, i) => at(port, 'machines', machine, i))),
  ];
}

function warnOfPorts(entry: SwitchConfig, { ports }: LiveSwitch, findings: Findings): void {
  for (const { port, path } of portsIn(entry)) {
    if (portNamed(ports, port) !== undefined) continue;
    const names = ports.filter(({ portNo }) => portNo !== LOCAL_PORT).map(({ name }) => name);
    const guess = nearestName(port, names);
    const hint = guess === undefined ? `it has ${names.join(', ') || 'none'}` : `did you mean "${guess}"?`;
    findings.warn('CONFIG_SUSPICIOUS', path, `switch ${entry.name} has no port ${port} now; ${hint}`);
  }
}

async function warnOfQueues(
  entry: SwitchConfig,
  live: LiveSwitch,
  queuesOf: QueuesOf,
  findings: Findings,
): Promise<void> {
  const { name, wan } = entry;
  const port = wan && portNamed(live.ports, wan.port);
  const wanted = [...(wan?.queues ?? [])].filter(([, { id }]) => id !== ANY_PORT_HAS);
  if (port === undefined || wanted.length === 0) return;
  const ids = await queuesOf(live, port);
  if (ids === undefined) {
    const message = `switch ${name} does not say which queues port ${port.name} has: see for yourself that these are there`;
    findings.warn('CONFIG_SUSPICIOUS', ['switches', name, 'wan', 'queues'], message, 'key');
    return;
  }
  for (const [queue, { id }] of wanted) {
    if (ids.includes(id)) continue;
    const message = `port ${port.name} of switch ${name} has no queue ${id} now; make it there, or correct the id: it has ${ids.join(', ') || 'none'}`;
    findings.warn('CONFIG_SUSPICIOUS', ['switches', name, 'wan', 'queues', queue, 'id'], message);
  }
}

/** By name, or by number as text. */
function portNamed(ports: readonly LivePort[], name: string): LivePort | undefined {
  return ports.find((port) => port.name === name || String(port.portNo) === name);
}
