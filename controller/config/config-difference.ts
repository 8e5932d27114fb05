// What differs between two policy files beside their policies, zones and switches: the settings that a reload puts in
// force, and those that it cannot, since sockets and the store are opened once.

import { formatIp, formatPrefix, type Prefix } from '../../protocols/packet/address.ts';
import { formatRange } from './address-range.ts';
import {
  type AddressPool,
  type Config,
  LISTENERS,
  type ListenAddress,
  type TlsConfig,
  type WorkerConfig,
} from './config.ts';
import type { ConfigProblem } from './problem.ts';
import { readYaml } from './yaml-source.ts';

export interface ChangedSetting {
  /** `jobs.settle` */
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

type Settings = readonly (readonly [key: string, value: (config: Config) => string])[];

const RELOADED: Settings = [
  ...LISTENERS.flatMap(
    (name): Settings => [
      [`${name}.tls.certificate`, (config) => certificateText(config[name].tls)],
      [`${name}.tls.clientCa`, (config) => clientCaText(config[name].tls)],
    ],
  ),
  ['openflow.echoInterval', ({ openflow }) => `${openflow.echoIntervalMs}ms`],
  [
    'openflow.packetInLimit',
    ({ openflow: { packetInLimit } }) =>
      packetInLimit === undefined
        ? 'off'
        : `${packetInLimit.perSec}/s, burst ${packetInLimit.burst}, hold ${packetInLimit.holdSec}s`,
  ],
  ['jobs.ranges', ({ jobs }) => jobs.ranges.map(formatPrefix).join(', ') || 'none'],
  ['http.tokens', ({ http }) => (http.tokens === undefined ? 'none' : fileText(http.tokens.path, http.tokens.digest))],
  ['jobs.from', ({ jobs }) => jobs.from?.map(formatPrefix).join(', ') ?? 'everyone'],
  ['jobs.claims', ({ jobs }) => jobs.claims],
  ['jobs.workers', ({ jobs }) => [...jobs.workers].map(workerText).join('; ') || 'none'],
  ['jobs.lease', ({ jobs }) => (jobs.leaseMs === undefined ? 'none' : `${jobs.leaseMs}ms`)],
  ['jobs.unlocated', ({ jobs }) => jobs.unlocated],
  ['jobs.notConnected', ({ jobs }) => jobs.notConnected],
  ['jobs.nat', ({ jobs }) => jobs.nat],
  ['jobs.settle', ({ jobs }) => `${jobs.settleMs}ms`],
  ['jobs.confirmTimeout', ({ jobs }) => `${jobs.confirmTimeoutMs}ms`],
  ['addresses', ({ addresses }) => addresses.map(poolText).join('; ') || 'none'],
  ['limits.classes', ({ limits }) => String(limits.classes)],
  ['limits.rules', ({ limits }) => String(limits.rules)],
];

const FIXED: Settings = [
  ['openflow.listen', ({ openflow }) => listenText(openflow.listen)],
  [
    'openflow.versions',
    ({ openflow }) => openflow.versions.map((version) => (version === 1 ? '1.0' : '1.3')).join(', '),
  ],
  ['http.listen', ({ http }) => listenText(http.listen)],
  ['jobs.listen', ({ jobs }) => listenText(jobs.listen)],
  ...LISTENERS.map((name) => [`${name}.tls`, (config: Config) => tlsText(config[name].tls)] as const),
  ['store.path', ({ store }) => store?.path ?? 'none'],
];

export function changedSettings(before: Config, after: Config): readonly ChangedSetting[] {
  return difference(RELOADED, before, after);
}

/** An error for each setting that only a restart can change, at its place in the new file's text. */
export function needsRestart(before: Config, after: Config, text: string): readonly ConfigProblem[] {
  const yaml = readYaml(after.file, text);
  return difference(FIXED, before, after).map(({ key, before: was, after: is }) => ({
    code: 'CONFIG_NEEDS_RESTART',
    severity: 'error',
    message: `${key} is ${is} here and ${was} in the Lark that runs, and cannot change while it does: restart Lark, or put it back`,
    file: after.file,
    place: 'source' in yaml ? yaml.source.place(key.split('.'), 'key') : undefined,
  }));
}

function difference(settings: Settings, before: Config, after: Config): ChangedSetting[] {
  return settings
    .map(([key, value]) => ({ key, before: value(before), after: value(after) }))
    .filter(({ before, after }) => before !== after && !isSameFile(before, after));
}

/** A file that was read on one side only, as for a plan, is not known to be another. */
function isSameFile(before: string, after: string): boolean {
  return before.startsWith(`${after} (sha256 `) || after.startsWith(`${before} (sha256 `);
}

function workerText([name, { from, ranges }]: readonly [string, WorkerConfig]): string {
  const list = (prefixes: readonly Prefix[]) => prefixes.map(formatPrefix).join(', ') || 'none';
  return `${name} (from ${list(from)}; ranges ${list(ranges)})`;
}

/** A certificate can be another; that there is one, and whether clients show theirs, is decided when a port is opened. */
function tlsText(tls: TlsConfig | undefined): string {
  if (tls === undefined) return 'none';
  return tls.files.clientCa === undefined ? 'without clientCa' : 'with clientCa';
}

function certificateText(tls: TlsConfig | undefined): string {
  return tls === undefined ? 'none' : fileText(tls.files.certificate, tls.material?.digest);
}

function clientCaText(tls: TlsConfig | undefined): string {
  return tls?.files.clientCa === undefined ? 'none' : fileText(tls.files.clientCa, tls.material?.clientCaDigest);
}

function fileText(path: string, digest: string | undefined): string {
  return digest === undefined ? path : `${path} (sha256 ${digest.slice(0, 12)}…)`;
}

function listenText({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function poolText({ name, first, last, prefixLength, gateway, workers }: AddressPool): string {
  const parts = [...workers].map(([machine, own]) => `, ${formatRange(own)} of ${machine}`);
  const by = gateway === undefined ? '' : ` by ${formatIp(gateway)}`;
  return `${name} ${formatRange({ first, last })}/${prefixLength}${by}${parts.join('')}`;
}
