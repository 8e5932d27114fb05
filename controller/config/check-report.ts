// What `lark check FILE` prints: every error and warning, each on a line that editors can jump to, and a summary of
// what the file makes Lark do.

import { isIpv4 } from '../../protocols/packet/address.ts';
import type { Config, PolicyEntry } from './config.ts';
import type { ConfigResult } from './load-config.ts';
import { formatProblem, sortProblems } from './problem.ts';

/** Lines for people, without a trailing newline. Errors and warnings are mixed in the order of the file. */
export function checkReport(result: ConfigResult): string {
  const { config, errors = [], warnings } = result;
  const lines = sortProblems([...errors, ...warnings]).map(formatProblem);
  const counts = [
    errors.length > 0 ? count(errors.length, 'error') : '',
    warnings.length > 0 ? count(warnings.length, 'warning') : '',
  ];
  const tally = counts.filter((text) => text !== '').join(', ');
  if (config === undefined) return [...lines, `${tally}: the file cannot be used`].join('\n');
  return [...lines, ...summary(config), tally === '' ? 'no problems found' : `can be used, with ${tally}`].join('\n');
}

function summary(config: Config): string[] {
  const names = (each: readonly { readonly name: string }[]) => each.map(({ name }) => name).join(', ');
  const ranges = config.jobs.ranges.length;
  const prefixes = config.zones.reduce((sum, zone) => sum + zone.prefixes.length, 0);
  const ipv6 = config.jobs.ranges.some(({ network }) => !isIpv4(network)) ? ', IPv6 among them' : '';
  return [
    `${config.file}: ${count(config.policies.length, 'policy', 'policies')}: ${config.policies.map(nameOf).join(', ') || 'none'}; what none decides is ${fallback(config)}`,
    `  classes: one for each zone, and for jobs that are alike in ${attributesOf(config) || 'being jobs'}`,
    `  jobs: ${count(ranges, 'range')}${ipv6}`,
    `  zones: ${names(config.zones) || 'none'} (${count(prefixes, 'prefix', 'prefixes')}), and wan for all else`,
    `  switches: ${names(config.switches) || 'none named; any that connects is taken'}`,
  ];
}

function nameOf({ policy, audit }: PolicyEntry): string {
  return audit === true ? `${policy.name} (audit: not enforced)` : policy.name;
}

function fallback({ default: { action, audit } }: Config): string {
  if (action === 'forward') return 'forwarded';
  return audit === true ? 'forwarded (drop, audit: not enforced)' : 'dropped';
}

/** What makes jobs differ to the policies; an attribute counts once, whatever its letter case. */
function attributesOf({ policies }: Config): string {
  const attributes = policies.flatMap(({ policy }) => {
    const sets = Object.keys(policy.addressSets ?? {});
    return policy.significantAttributes.filter((name) => !sets.includes(name) && !/^(zone|endpointtype)$/i.test(name));
  });
  return [...new Map(attributes.map((name) => [name.toLowerCase(), name])).values()].sort().join(', ');
}

function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
