// What the policy file of the proof means, said once more and naively: the shipped policies in the file's order, the
// zones by longest prefix. Shares nothing with `policies/` or with the engine but the words of the documentation.

import { type IpAddress, isIpv4, isLocalAddress, type Prefix, prefixContains } from '../../protocols/packet/address.ts';
import type { Facts } from './facts.ts';
import type { PolicyFacts, Who } from './site.ts';

/** One end of a packet, when policies are asked about it. */
export type End =
  | ({ readonly is: 'job' } & Who)
  | { readonly is: 'zone'; readonly zone: string; readonly address: IpAddress | undefined }
  | { readonly is: 'local' };

export type Opinion =
  | { readonly drop: true }
  | {
      readonly drop: false;
      readonly queue: string | undefined;
      readonly via: string | undefined;
      readonly mark: number | undefined;
      readonly vlan: number | undefined;
      /** Only what opens no connection. */
      readonly repliesOnly: boolean;
    };

export function jobEnd({ user, group, net }: Who): End {
  return { is: 'job', user, group, net };
}

export const LOCAL_END: End = { is: 'local' };

export function isIn(prefixes: readonly Prefix[], address: IpAddress): boolean {
  return prefixes.some((prefix) => isIpv4(prefix.network) === isIpv4(address) && prefixContains(prefix, address));
}

/** An address that is no job's and in none of the jobs' ranges. */
export function zoneEnd(policy: PolicyFacts, address: IpAddress): End {
  if (isLocalAddress(address)) return LOCAL_END;
  let longest = -1;
  let zone = 'wan';
  for (const [name, prefix] of policy.zones) {
    if (!isIn([prefix], address) || prefix.length <= longest) continue;
    longest = prefix.length;
    zone = name;
  }
  return { is: 'zone', zone, address };
}

export function verdict(policy: PolicyFacts, source: End, destination: End): Opinion {
  const drop = { drop: true } as const;
  const users = [source, destination].flatMap((end) => (end.is === 'job' ? [end.user] : []));
  if (users.some((user) => policy.blocked.includes(user))) return drop;
  if (policy.isolates === true && users.length === 2 && users[0] !== users[1]) return drop;
  if (isDeniedWan(policy, source, destination) || isDeniedWan(policy, destination, source)) return drop;
  if (isKeptFromLab(policy, source, destination) || isKeptFromLab(policy, destination, source)) return drop;
  const vlans = [source, destination].map((end) => vlanOf(policy, end));
  if (vlans.includes('unknown') || (users.length === 2 && vlans[0] !== vlans[1])) return drop;
  const vlan = vlans.find((id) => typeof id === 'number');
  const mayOpenIt = !policy.connectivity || mayOpen(source, destination);
  if (!mayOpenIt && !mayOpen(destination, source)) return drop;
  const isAllowed = destination.is === 'job' && policy.allowedTo.includes(destination.user);
  if (policy.dropsByDefault && !isAllowed) return drop;
  const isRedirected = source.is === 'job' && isWan(destination) && policy.redirected.includes(source.user);
  const isHasty = source.is === 'job' && isWan(destination) && policy.hasty.includes(source.user);
  const queue = source.is !== 'job' ? undefined : isHasty ? 'physics' : queueOf(policy, source.group);
  const isAnswered = source.is === 'zone' && destination.is === 'job' && policy.repliesTo.includes(destination.user);
  const via = isRedirected ? policy.redirectVia : undefined;
  const mark = markOf(policy, source, destination);
  return { drop: false, queue, via, mark, vlan, repliesOnly: !mayOpenIt || isAnswered };
}

/** By its accounting group, as it is written; `unknown` where it is in a group that has none. */
function vlanOf({ vlans }: PolicyFacts, end: End): number | 'unknown' | undefined {
  if (vlans === undefined || end.is !== 'job' || end.group === undefined) return undefined;
  return vlans.get(end.group) ?? 'unknown';
}

/** The first that says one has it. */
function markOf({ marks }: PolicyFacts, source: End, destination: End): number | undefined {
  return marks.find(
    ({ from, to }) =>
      (from === undefined || (source.is === 'job' && source.user === from)) &&
      (to === undefined || (destination.is === 'zone' ? destination.zone : destination.is) === to),
  )?.dscp;
}

function isWan(end: End): boolean {
  return end.is === 'zone' && end.zone === 'wan';
}

function isDeniedWan(policy: PolicyFacts, job: End, other: End): boolean {
  if (job.is !== 'job' || !isWan(other) || !policy.wanDeny.includes(job.user)) return false;
  const address = other.is === 'zone' ? other.address : undefined;
  return address === undefined || !isIn(policy.wanAllowAnyway, address);
}

function isKeptFromLab({ access }: PolicyFacts, job: End, other: End): boolean {
  if (access === undefined || job.is !== 'job' || other.is !== 'zone' || other.zone !== 'lab') return false;
  return !access.users.includes(job.user) && !isCovered(access.group, job.group);
}

/** Who is no job may do both. */
function mayOpen(from: End, to: End): boolean {
  const opens = from.is !== 'job' || from.net === 'all' || from.net === 'out';
  return opens && (to.is !== 'job' || to.net === 'all' || to.net === 'in');
}

/** A group covers its subgroups, the longest wins, letter case does not count. */
function queueOf(policy: PolicyFacts, group: string | undefined): string | undefined {
  let best: string | undefined;
  for (const name of policy.queues.keys()) {
    if (name === '*' || group === undefined) continue;
    if (isCovered(name, group) && name.length > (best?.length ?? 0)) best = name;
  }
  return policy.queues.get(best ?? '*');
}

function isCovered(name: string, group: string | undefined): boolean {
  return group !== undefined && `${group.toLowerCase()}.`.startsWith(`${name.toLowerCase()}.`);
}

/** True where nothing that any end could send to the job or get from it is denied. */
export function isFree(facts: Facts, job: Who): boolean {
  const { policy } = facts;
  const own: End = jobEnd(job);
  const zones = ['wan', ...policy.zones.map(([name]) => name)];
  const others: End[] = [
    LOCAL_END,
    ...zones.map((zone): End => ({ is: 'zone', zone, address: undefined })),
    ...facts.jobs.map(jobEnd),
  ];
  return others.every((other) => !verdict(policy, own, other).drop && !verdict(policy, other, own).drop);
}
