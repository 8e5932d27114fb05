// The switches of a policy file, and what must hold among them: no two are one datapath, no port of a switch has two
// roles, no queue id two names, and no machine two switches. Each switch is checked by itself first, so that a mistake
// in one leaves the rest comparable.

import { formatPlace, type SwitchConfig, type WanConfig } from './config.ts';
import type { Findings } from './findings.ts';
import { nameProblem, type SwitchEntry, switchEntry } from './schema.ts';
import { parseDpid } from './values.ts';
import type { Path } from './yaml-source.ts';

export interface LoadedSwitches {
  readonly switches: readonly SwitchConfig[];
  /** False where some switch was refused, so that what is missing here may stand in the file all the same. */
  readonly isComplete: boolean;
}

/** OVS bridges are network devices, whose names Linux limits to 15 bytes. */
const MAX_BRIDGE_NAME_BYTES = 15;

export function loadSwitches(section: Readonly<Record<string, unknown>>, findings: Findings): LoadedSwitches {
  const switches: SwitchConfig[] = [];
  for (const [name, value] of Object.entries(section)) {
    const path = ['switches', name];
    const badName = nameProblem('switch', name);
    if (badName !== undefined) findings.error('CONFIG_VALUE_INVALID', path, badName, 'key');
    const entry = findings.check(switchEntry, path, value ?? {});
    if (entry === undefined || badName !== undefined) continue;
    // A key that is a datapath id is one: no bridge name is that long.
    const dpid = entry.dpid ?? parseDpid(name);
    if (dpid === undefined && Buffer.byteLength(name) > MAX_BRIDGE_NAME_BYTES) {
      const message = `no bridge can be called "${name}" (${MAX_BRIDGE_NAME_BYTES} bytes at most), so this switch needs a "dpid"`;
      findings.error('CONFIG_VALUE_MISSING', path, message, 'key');
    }
    checkPorts(entry, path, findings);
    checkQueueIds(entry, path, findings);
    switches.push({
      name,
      dpid,
      wan: wanOf(entry),
      pipeline: entry.pipeline,
      ruleBudget: entry.rules,
      failMode: entry.failMode,
      registers: entry.registers,
      fabric: entry.fabric,
      machines: new Map(Object.entries(entry.machines)),
    });
  }
  checkIdentities(switches, findings);
  checkMachines(switches, findings);
  return { switches, isComplete: switches.length === Object.keys(section).length };
}

function wanOf({ wan }: SwitchEntry): WanConfig | undefined {
  if (wan === undefined) return undefined;
  const queues = Object.entries(wan.queues).map(([name, { id }]) => [name, { id }] as const);
  return { port: wan.port, queues: new Map(queues), alternates: new Map(Object.entries(wan.alternates)) };
}

/** One port, one role. Two alternates may share a port: they differ by gateway. */
function checkPorts(entry: SwitchEntry, path: Path, findings: Findings): void {
  const claims: { port: string; role: string; path: Path }[] = [];
  const { wan, fabric, machines } = entry;
  if (wan !== undefined) {
    claims.push({ port: wan.port, role: 'the WAN port', path: [...path, 'wan', 'port'] });
    for (const [name, { port }] of Object.entries(wan.alternates)) {
      claims.push({ port, role: 'an alternate', path: [...path, 'wan', 'alternates', name, 'port'] });
    }
  }
  for (const [i, port] of fabric.entries()) claims.push({ port, role: 'a fabric port', path: [...path, 'fabric', i] });
  for (const [machine, ports] of Object.entries(machines)) {
    for (const [i, port] of ports.entries()) {
      claims.push({ port, role: `a port of machine ${machine}`, path: [...path, 'machines', machine, i] });
    }
  }
  const byPort = new Map<string, (typeof claims)[number]>();
  for (const claim of claims) {
    const former = byPort.get(claim.port);
    if (former === undefined) byPort.set(claim.port, claim);
    else if (former.role !== 'an alternate' || claim.role !== 'an alternate') {
      const place = formatPlace(findings.source.place(former.path, 'value'));
      findings.error(
        'CONFIG_CONFLICT',
        claim.path,
        `port ${claim.port} is already ${former.role} (${place}): a port has one role`,
      );
    }
  }
}

function checkQueueIds({ wan }: SwitchEntry, path: Path, findings: Findings): void {
  const nameById = new Map<number, string>();
  for (const [name, { id }] of Object.entries(wan?.queues ?? {})) {
    const former = nameById.get(id);
    if (former !== undefined) {
      const message = `queue id ${id} already belongs to "${former}": give each queue of a port an id of its own`;
      findings.error('CONFIG_CONFLICT', [...path, 'wan', 'queues', name, 'id'], message);
    }
    nameById.set(id, name);
  }
}

function checkIdentities(switches: readonly SwitchConfig[], findings: Findings): void {
  const nameByDpid = new Map<bigint, string>();
  for (const { name, dpid } of switches) {
    if (dpid === undefined) continue;
    const former = nameByDpid.get(dpid);
    if (former !== undefined) {
      const message = `switch "${former}" has this datapath id already: one switch is one entry`;
      findings.error('CONFIG_CONFLICT', ['switches', name, 'dpid'], message);
    }
    nameByDpid.set(dpid, name);
  }
}

/** Host names compare without regard to letter case. */
function checkMachines(switches: readonly SwitchConfig[], findings: Findings): void {
  const switchByMachine = new Map<string, string>();
  for (const { name, machines } of switches) {
    for (const machine of machines.keys()) {
      const former = switchByMachine.get(machine.toLowerCase());
      if (former !== undefined) {
        const message = `switch "${former}" claims ${machine} already: a machine's jobs enter the network at one switch`;
        findings.error('CONFIG_CONFLICT', ['switches', name, 'machines', machine], message, 'key');
      }
      switchByMachine.set(machine.toLowerCase(), name);
    }
  }
}
