// What must hold between the sections of a policy file: names that policies use are defined by a switch, listeners do not
// collide; and the warnings about enforcement that is weaker than a reader of the file might think.

import { nearestName } from '../../policies/options/nearest-name.ts';
import { isIpv4, type Prefix, parseIp } from '../../protocols/packet/address.ts';
import type { Config, ListenAddress, SwitchConfig, ZoneConfig } from './config.ts';
import type { Findings } from './findings.ts';
import type { WanReference, ZoneReference } from './load-policies.ts';
import type { LoadedSwitches } from './load-switches.ts';
import { isLoopback } from './socket-address.ts';
import type { Path } from './yaml-source.ts';
import { WAN_ZONE } from './zones.ts';

const namesOf = { queue: 'queues', alternate: 'alternates' } as const;

/** Each queue and alternate that a policy names must stand in some switch's `wan`; warns where only some have it. */
export function checkReferences(references: readonly WanReference[], loaded: LoadedSwitches, findings: Findings): void {
  const withWan = loaded.switches.filter(({ wan }) => wan !== undefined);
  const namesIn = (each: SwitchConfig, kind: WanReference['kind']) => [...(each.wan?.[namesOf[kind]].keys() ?? [])];
  for (const { kind, name, path } of references) {
    const lacking = withWan.filter((each) => !namesIn(each, kind).includes(name));
    if (lacking.length < withWan.length) {
      for (const each of lacking) {
        const message = `switch ${each.name} has a wan without ${kind} ${JSON.stringify(name)}: traffic that leaves there goes without`;
        findings.warn('CONFIG_SUSPICIOUS', path, message);
      }
    } else if (loaded.isComplete) {
      const known = [...new Set(withWan.flatMap((each) => namesIn(each, kind)))];
      findings.error('CONFIG_NAME_UNDEFINED', path, undefinedName(kind, name, known, withWan.length > 0));
    }
  }
}

function undefinedName(kind: WanReference['kind'], name: string, known: readonly string[], hasWan: boolean): string {
  const where = `switches.NAME.wan.${namesOf[kind]}`;
  if (!hasWan)
    return `no switch of this file has a wan, so there is no ${kind} ${JSON.stringify(name)}: define it under ${where}`;
  const guess = nearestName(name, known);
  const hint = guess === undefined ? `define it under ${where}` : `did you mean "${guess}"?`;
  return `no switch's wan has ${kind === 'queue' ? 'a queue' : 'an alternate'} ${JSON.stringify(name)}; ${hint}`;
}

/** Each zone that a policy names must be one of the file's, or `wan`. */
export function checkZoneReferences(
  references: readonly ZoneReference[],
  zones: readonly ZoneConfig[],
  findings: Findings,
): void {
  // Zones that were refused count as named: what is wrong with them is told where they stand.
  const written = Object.keys((findings.source.value as { zones?: object | null }).zones ?? {});
  const known = [...new Set([...zones.map(({ name }) => name), ...written, WAN_ZONE])];
  for (const { name, path } of references) {
    if (known.includes(name)) continue;
    const guess = nearestName(name, known);
    const hint = guess === undefined ? 'define it under zones' : `did you mean "${guess}"?`;
    findings.error('CONFIG_NAME_UNDEFINED', path, `the file has no zone ${JSON.stringify(name)}; ${hint}`);
  }
}

/** Two services cannot have one port, unless on different addresses. */
export function checkListeners(
  listeners: readonly (readonly [section: string, ListenAddress])[],
  findings: Findings,
): void {
  for (const [i, [section, address]] of listeners.entries()) {
    for (const [other, otherAddress] of listeners.slice(0, i)) {
      if (address.port === 0 || address.port !== otherAddress.port) continue;
      if (address.host !== otherAddress.host && !isAny(address.host) && !isAny(otherAddress.host)) continue;
      const message = `${section} and ${other} both listen on port ${address.port}: give one of them another`;
      findings.error('CONFIG_CONFLICT', [section, 'listen'], message);
    }
  }
}

function isAny(host: string): boolean {
  const address = parseIp(host);
  return address === 0 || address === 0n;
}

/** Warnings about what this configuration, though right, does not protect. */
export function warnOfGaps(config: Config, findings: Findings): void {
  if (config.jobs.unlocated === 'by-address') {
    const message =
      'jobs whose port is not known are judged by address alone: any host can send from their address, and nothing stops it';
    findings.warn('CONFIG_UNPROTECTED', ['jobs', 'unlocated'], message);
  }
  for (const { name, failMode } of config.switches) {
    if (failMode !== 'standalone') continue;
    const message =
      'without Lark this switch forwards everything, whatever the policies say, and has lost its rules when Lark is back; set it to secure (ovs-vsctl set-fail-mode BRIDGE secure)';
    findings.warn('CONFIG_UNPROTECTED', ['switches', name, 'failMode'], message);
  }
  warnOfOpenFeed(config.jobs, findings);
  if (config.http.tokens !== undefined && config.http.tls === undefined && !isLoopback(config.http.listen.host)) {
    const message =
      'tokens are sent as they are, and this port speaks plain HTTP: whoever sees the packets can use them; give http.tls';
    findings.warn('CONFIG_UNPROTECTED', ['http', 'tokens'], message);
  }
  if (config.jobs.ranges.length === 0 && config.policies.length > 0) {
    const message =
      'no jobs.ranges: the address of a job that has ended counts as a zone or wan, not as unregistered; list the addresses that only jobs get';
    findings.warn('CONFIG_UNPROTECTED', ['jobs'], message, 'key');
  }
  if (config.store === undefined && config.policies.length > 0) {
    const message =
      'no store: registrations are kept in memory, so after a restart no job is known and all of their traffic is dropped until they register again; write store: { path: /var/lib/lark }';
    findings.warn('CONFIG_UNPROTECTED', [], message);
  }
  const ipv6 = firstIpv6(config);
  if (config.openflow.versions.includes(1) && ipv6 !== undefined) {
    const message =
      'OpenFlow 1.0 cannot match IPv6 addresses: on switches that speak it, IPv6 from or to a job is dropped unless every verdict of that job allows; if all speak 1.3, write openflow: { versions: ["1.3"] }';
    findings.warn('CONFIG_UNPROTECTED', ipv6, message);
  }
}

/** Said only where there is IPv6 to be marked. */
export function warnOfUnmarked(marks: readonly Path[], config: Config, findings: Findings): void {
  if (!config.openflow.versions.includes(1) || firstIpv6(config) === undefined) return;
  for (const path of marks) {
    const message =
      'OpenFlow 1.0 cannot write a DSCP into IPv6: on switches that speak it, IPv6 that may pass goes unmarked; if all speak 1.3, write openflow: { versions: ["1.3"] }';
    findings.warn('CONFIG_UNPROTECTED', path, message);
  }
}

function warnOfOpenFeed({ listen, from, tls, claims, workers }: Config['jobs'], findings: Findings): void {
  if (from === undefined && tls === undefined && claims === 'open' && !isLoopback(listen.host)) {
    const message =
      'whoever reaches this address can register jobs: list the worker nodes under jobs.from, or have them show certificates (jobs.tls)';
    findings.warn('CONFIG_UNPROTECTED', ['jobs', 'listen'], message);
  }
  if (claims === 'open') {
    if (workers.size === 0) return;
    const message = 'jobs.workers has no effect without jobs.claims: strict';
    findings.warn('CONFIG_SUSPICIOUS', ['jobs', 'workers'], message, 'key');
  } else if (tls === undefined && ![...workers.values()].some((worker) => worker.from.length > 0)) {
    const message =
      'no job can be registered: nothing proves which machine a sender is; give jobs.tls, or each machine its addresses (jobs.workers.MACHINE.from)';
    findings.warn('CONFIG_SUSPICIOUS', ['jobs', 'claims'], message);
  }
}

function firstIpv6(config: Config): Path | undefined {
  const find = (prefixes: readonly Prefix[]) => prefixes.findIndex(({ network }) => !isIpv4(network));
  const inRanges = find(config.jobs.ranges);
  if (inRanges !== -1) return ['jobs', 'ranges', inRanges];
  for (const { name, prefixes } of config.zones) {
    const index = find(prefixes);
    if (index !== -1) return ['zones', name, index];
  }
  return undefined;
}
