// Who sends a frame, for the reference evaluator: a registered job, somebody who is no job, a stranger (an address of the
// jobs' that nobody registered), or a liar, whose addresses, MACs and port do not go together.

import { type IpAddress, isIpv4, isLocalAddress } from '../../protocols/packet/address.ts';
import { type JobFacts, jobsAt } from './facts.ts';
import { isNeighbourDiscovery } from './frame-kinds.ts';
import type { Case } from './reference.ts';
import { type End, isIn, jobEnd, LOCAL_END, zoneEnd } from './reference-policies.ts';

export type Identity =
  | { readonly kind: 'job'; readonly job: JobFacts; readonly end: End }
  | { readonly kind: 'other'; readonly job: undefined; readonly end: End }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'liar' };

const LIAR: Identity = { kind: 'liar' };
const STRANGER: Identity = { kind: 'stranger' };
const isJob = (job: JobFacts): Identity => ({ kind: 'job', job, end: jobEnd(job) });
const isOther = (end: End): Identity => ({ kind: 'other', job: undefined, end });

export function identify(it: Case): Identity {
  const source = it.frame.ipv4Src ?? it.frame.ipv6Src ?? it.frame.arpSpa;
  if (source === undefined || sendsNothing(source)) return LIAR;
  const identity = isLocalAddress(source) ? byMacAndPort(it) : byAddress(it, source);
  return identity.kind !== 'liar' && liesInBody(it, identity) ? LIAR : identity;
}

/** Loopback, multicast, broadcast and class E are nobody's, and of 0.0.0.0/8 all but 0.0.0.0. */
function sendsNothing(address: IpAddress): boolean {
  const first = isIpv4(address) ? Math.floor(address / 2 ** 24) : undefined;
  if (isIpv4(address)) return first === 127 || address >= 0xe0000000 || (first === 0 && address !== 0);
  return address === 1n || address >> 120n === 0xffn;
}

/** Link-local and unspecified addresses tell nothing: the MAC and the port do. */
function byMacAndPort(it: Case): Identity {
  const { facts, here, frame, inPort, role } = it;
  const owner = facts.jobs.find((job) => job.mac === frame.ethSrc);
  if (owner !== undefined) return entersHere(it, owner) ? isJob(owner) : LIAR;
  if (role !== 'job') return isOther(LOCAL_END);
  const there = jobsAt(facts, here.name, inPort);
  return there.length === 1 && there[0]!.mac === undefined ? isJob(there[0]!) : STRANGER;
}

function byAddress(it: Case, source: IpAddress): Identity {
  const { facts, frame, role } = it;
  const owner = facts.jobs.find((job) => job.mac === frame.ethSrc);
  const job = facts.jobs.find(({ addresses }) => addresses.includes(source));
  if (job !== undefined) {
    const isItsMac = job.mac === undefined ? owner === undefined : job.mac === frame.ethSrc;
    return isItsMac && entersHere(it, job) ? isJob(job) : LIAR;
  }
  if (owner !== undefined) return LIAR;
  if (role === 'job' || isIn(facts.policy.ranges, source)) return STRANGER;
  return isOther(zoneEnd(facts.policy, source));
}

/** By its own port; at other switches from a switch; where its port is not known, by no port of another's. */
function entersHere({ here, inPort, role }: Case, job: JobFacts): boolean {
  if (job.at === undefined) return role === 'edge' || role === 'fabric' || role === 'local';
  return job.at.switch === here.name ? job.at.port === inPort : role === 'fabric';
}

/** ARP and neighbour discovery say in their bodies whose address and MAC they speak of. */
function liesInBody({ facts, frame }: Case, identity: Identity): boolean {
  const isRedirect = isNeighbourDiscovery(frame) && frame.icmpType === 137;
  const isAdvertisement = isNeighbourDiscovery(frame) && frame.icmpType === 136;
  const claimed = [frame.arpSha, isRedirect ? undefined : frame.ndSll, isAdvertisement ? frame.ndTll : undefined];
  for (const mac of claimed) {
    if (mac === undefined || mac === frame.ethSrc) continue;
    if (identity.kind === 'job' || facts.jobs.some((job) => job.mac === mac)) return true;
  }
  const { ndTarget } = frame;
  if (!isAdvertisement || ndTarget === undefined || isLocalAddress(ndTarget)) return false;
  const owner = facts.jobs.find(({ addresses }) => addresses.includes(ndTarget));
  if (identity.kind === 'job') return owner !== identity.job;
  return owner !== undefined || isIn(facts.policy.ranges, ndTarget);
}
