// The zones of a policy file, and what must hold among them and the job ranges: a prefix belongs to one zone, and the
// names that Lark itself gives to zones are not for use.

import { formatPrefix, type Prefix, parsePrefix } from '../../protocols/packet/address.ts';
import { formatPlace, type ZoneConfig } from './config.ts';
import type { Findings } from './findings.ts';
import { nameProblem, zoneEntry } from './schema.ts';
import type { Path } from './yaml-source.ts';
import { enclosingPrefix, JOB_ZONE, LOCAL_ZONE, WAN_ZONE } from './zones.ts';

const RESERVED: ReadonlyMap<string, string> = new Map([
  [WAN_ZONE, 'all addresses that no zone covers'],
  [LOCAL_ZONE, 'link-local, multicast and the like'],
  [JOB_ZONE, 'the addresses of registered jobs'],
]);

/** Blocks whose every address is local, and so neither a job's nor in a zone. */
const localBlockAround = enclosingPrefix(
  ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/127', 'fe80::/10', 'ff00::/8']
    .map(parsePrefix)
    .filter((prefix) => prefix !== undefined),
);

export function loadZones(section: Readonly<Record<string, unknown>>, findings: Findings): ZoneConfig[] {
  const zones: ZoneConfig[] = [];
  for (const [name, value] of Object.entries(section)) {
    const path = ['zones', name];
    const reserved = RESERVED.get(name.toLowerCase());
    const badName =
      reserved === undefined
        ? nameProblem('zone', name)
        : `${JSON.stringify(name)} cannot name a zone: it stands for ${reserved}`;
    if (badName !== undefined) findings.error('CONFIG_VALUE_INVALID', path, badName, 'key');
    const prefixes = findings.check(zoneEntry, path, value);
    if (prefixes === undefined || badName !== undefined) continue;
    if (prefixes.length === 0) {
      findings.warn('CONFIG_SUSPICIOUS', path, `zone ${name} has no prefixes, so no address is in it`, 'key');
    }
    zones.push({ name, prefixes });
  }
  checkOverlaps(zones, findings);
  return zones;
}

function checkOverlaps(zones: readonly ZoneConfig[], findings: Findings): void {
  const owners = new Map<string, { zone: string; path: Path }>();
  for (const { name, prefixes } of zones) {
    for (const [index, prefix] of prefixes.entries()) {
      const path = ['zones', name, index];
      warnOfLocal(prefix, path, findings);
      const text = formatPrefix(prefix);
      if (prefix.length === 0) {
        const message = `${text} covers every address of its IP version, so none is in the zone ${WAN_ZONE} and no policy about it acts`;
        findings.warn('CONFIG_SUSPICIOUS', path, message);
      }
      const former = owners.get(text);
      if (former === undefined) owners.set(text, { zone: name, path });
      else if (former.zone === name) findings.warn('CONFIG_SUSPICIOUS', path, `${text} is listed twice`);
      else {
        const place = formatPlace(findings.source.place(former.path, 'value'));
        findings.error(
          'CONFIG_CONFLICT',
          path,
          `${text} belongs to zone ${former.zone} already (${place}): remove one`,
        );
      }
    }
  }
}

/** Warns of job ranges that are listed twice or hold no address a job can have. */
export function checkRanges(ranges: readonly Prefix[], findings: Findings): void {
  const seen = new Set<string>();
  for (const [index, range] of ranges.entries()) {
    const path = ['jobs', 'ranges', index];
    const text = formatPrefix(range);
    if (seen.has(text)) findings.warn('CONFIG_SUSPICIOUS', path, `${text} is listed twice`);
    seen.add(text);
    warnOfLocal(range, path, findings);
    if (range.length === 0) {
      const message = `${text} makes every address a job's, so that all others are dropped: list only the addresses jobs get`;
      findings.warn('CONFIG_SUSPICIOUS', path, message);
    }
  }
}

/** Warns of zone prefixes that a job range swallows: what is in there is a job or dropped, and never a zone. */
export function checkZonesAgainstRanges(
  zones: readonly ZoneConfig[],
  ranges: readonly Prefix[],
  findings: Findings,
): void {
  const rangeAround = enclosingPrefix(ranges);
  for (const { name, prefixes } of zones) {
    for (const [index, prefix] of prefixes.entries()) {
      const range = rangeAround(prefix);
      if (range === undefined) continue;
      const message = `lies within the job range ${formatPrefix(range)}, whose addresses are jobs or dropped: it never acts as zone ${name}`;
      findings.warn('CONFIG_SUSPICIOUS', ['zones', name, index], message);
    }
  }
}

function warnOfLocal(prefix: Prefix, path: Path, findings: Findings): void {
  if (localBlockAround(prefix) === undefined) return;
  findings.warn(
    'CONFIG_SUSPICIOUS',
    path,
    `${formatPrefix(prefix)} has only local addresses (link-local, multicast, loopback), which never count here`,
  );
}
