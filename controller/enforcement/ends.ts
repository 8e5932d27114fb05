// Who sends a packet and whom it is for. Identity is checked here: what a job's port sends is the job's only with the
// job's own address and MAC, and a job's address or MAC from anywhere else is spoofed. Frames reach a switch from a job
// elsewhere by fabric ports alone.

import { type IpAddress, isIpv4, isLocalAddress, type MacAddress } from '../../protocols/packet/address.ts';
import type { Frame } from '../../protocols/packet/frame.ts';
import { Icmpv6Type, IpProto } from '../../protocols/packet/protocol-numbers.ts';
import type { JobTable, PlacedJob } from '../network/job-table.ts';
import type { PortRole, SwitchState } from '../network/switch-state.ts';
import type { JudgedEndpoint } from './endpoint-classes.ts';
import type { PolicyView } from './policy-view.ts';

/** All that a decision at one switch depends on, the packet and its port apart. */
export interface ForwardingView {
  readonly state: SwitchState;
  readonly jobs: JobTable;
  readonly policy: PolicyView;
}

/** All that it depends on whose an address is. */
type WhoIsWho = Pick<ForwardingView, 'jobs' | 'policy'>;

export type Sender =
  | { readonly kind: 'job'; readonly placed: PlacedJob; readonly endpoint: JudgedEndpoint }
  | { readonly kind: 'other'; readonly endpoint: JudgedEndpoint }
  | { readonly kind: 'unregistered' }
  /** `inBody`: only what the ARP or neighbour discovery message says is another's; its addresses are the sender's own. */
  | { readonly kind: 'spoofed'; readonly inBody: boolean };

export type Recipient =
  | { readonly kind: 'job'; readonly placed: PlacedJob; readonly endpoint: JudgedEndpoint }
  | { readonly kind: 'other'; readonly endpoint: JudgedEndpoint }
  | { readonly kind: 'unregistered' }
  /** The MAC address says one thing and the IP address another. */
  | { readonly kind: 'contradiction' };

const SPOOFED: Sender = { kind: 'spoofed', inBody: false };
const UNREGISTERED = { kind: 'unregistered' } as const;

/** The address that a frame says it is from: of ARP the sender's protocol address. */
export function sourceAddress(frame: Frame): IpAddress | undefined {
  return frame.ipv4Src ?? frame.ipv6Src ?? frame.arpSpa;
}

/** The address that a frame is for: of ARP and of a multicast neighbour solicitation the address asked for. */
export function destinationAddress(frame: Frame): IpAddress | undefined {
  return frame.ipv4Dst ?? frame.ipv6Dst ?? frame.arpTpa;
}

export function identifySender(view: ForwardingView, frame: Frame, inPort: number, role: PortRole): Sender {
  const source = sourceAddress(frame);
  if (source === undefined || isNeverASource(source)) return SPOOFED;
  const sender = isLocalAddress(source)
    ? localSender(view, source, frame.ethSrc, inPort, role)
    : addressedSender(view, source, frame.ethSrc, inPort, role);
  if (sender.kind === 'spoofed') return sender;
  return claimsAnotherIdentity(view, frame, sender) ? { kind: 'spoofed', inBody: true } : sender;
}

/** Multicast, broadcast and loopback addresses send nothing, nor does any of 0.0.0.0/8 but the unspecified one. */
function isNeverASource(address: IpAddress): boolean {
  if (isIpv4(address)) return address >>> 24 === 127 || address >>> 28 >= 14 || (address >>> 24 === 0 && address !== 0);
  return address === 1n || address >> 120n === 0xffn;
}

/** `fe80::…`, `0.0.0.0` and the like tell nothing by themselves: the port and the MAC say whose they are. */
function localSender(
  view: ForwardingView,
  source: IpAddress,
  ethSrc: MacAddress,
  inPort: number,
  role: PortRole,
): Sender {
  const byMac = view.jobs.byMac(ethSrc);
  if (byMac !== undefined) {
    return mayEnterAt(view, byMac, inPort, role) ? jobSender(byMac, source) : SPOOFED;
  }
  if (role !== 'job') return { kind: 'other', endpoint: { kind: 'local', address: source } };
  const here = [...view.jobs.at(view.state.dpid, inPort)];
  const only = here.length === 1 ? here[0] : undefined;
  if (only !== undefined && only.mac === undefined) return jobSender(only, source);
  return UNREGISTERED;
}

function addressedSender(
  view: ForwardingView,
  source: IpAddress,
  ethSrc: MacAddress,
  inPort: number,
  role: PortRole,
): Sender {
  const placed = view.jobs.byAddress(source);
  if (placed !== undefined) {
    const isOwnMac = placed.mac === undefined ? view.jobs.byMac(ethSrc) === undefined : placed.mac === ethSrc;
    return isOwnMac && mayEnterAt(view, placed, inPort, role) ? jobSender(placed, source) : SPOOFED;
  }
  if (view.jobs.byMac(ethSrc) !== undefined) return SPOOFED;
  if (role === 'job' || view.policy.isInRanges(source)) return UNREGISTERED;
  return { kind: 'other', endpoint: { kind: 'zone', zone: view.policy.zoneOf(source), address: source } };
}

/** A job's packets enter by its own port; at other switches by a fabric port. Without a known port, by no port of others. */
function mayEnterAt(view: ForwardingView, placed: PlacedJob, inPort: number, role: PortRole): boolean {
  if (placed.location === undefined) return role === 'edge' || role === 'fabric' || role === 'local';
  if (placed.location.dpid !== view.state.dpid) return role === 'fabric';
  return placed.location.portNo === inPort;
}

function jobSender(placed: PlacedJob, address: IpAddress): Sender {
  return { kind: 'job', placed, endpoint: { kind: 'job', job: placed.job, address } };
}

/** ARP and neighbour discovery name MACs and addresses in their bodies: they must be the sender's own as well. */
function claimsAnotherIdentity(view: ForwardingView, frame: Frame, sender: Sender): boolean {
  const ownMacs = [frame.arpSha, frame.icmpType === Icmpv6Type.REDIRECT ? undefined : frame.ndSll];
  if (sender.kind === 'job' && ownMacs.some((mac) => mac !== undefined && mac !== frame.ethSrc)) return true;
  if (ownMacs.some((mac) => mac !== undefined && mac !== frame.ethSrc && view.jobs.byMac(mac) !== undefined))
    return true;
  if (!isNeighbourAdvertisement(frame)) return false;
  const { ndTarget, ndTll } = frame;
  if (
    ndTll !== undefined &&
    ndTll !== frame.ethSrc &&
    (sender.kind === 'job' || view.jobs.byMac(ndTll) !== undefined)
  ) {
    return true;
  }
  if (ndTarget === undefined || isLocalAddress(ndTarget)) return false;
  const owner = view.jobs.byAddress(ndTarget);
  if (sender.kind === 'job') return owner !== sender.placed;
  return owner !== undefined || view.policy.isInRanges(ndTarget);
}

/** Whom a frame with a unicast destination MAC is for. */
export function identifyRecipient(view: ForwardingView, destination: IpAddress, ethDst: MacAddress): Recipient {
  const byMac = view.jobs.byMac(ethDst);
  if (isLocalAddress(destination)) {
    return byMac === undefined
      ? { kind: 'other', endpoint: { kind: 'local', address: destination } }
      : jobRecipient(byMac, destination);
  }
  const known = addressee(view, destination);
  if (
    known.kind === 'job' ? byMac !== known.placed && (byMac ?? known.placed.mac) !== undefined : byMac !== undefined
  ) {
    return known.kind === 'unregistered' ? known : { kind: 'contradiction' };
  }
  return known;
}

/** Whom an address stands for, whatever the MAC. Not for local addresses, which only a MAC can tell. */
export function addressee(view: WhoIsWho, address: IpAddress): Exclude<Recipient, { kind: 'contradiction' }> {
  const placed = view.jobs.byAddress(address);
  if (placed !== undefined) return jobRecipient(placed, address);
  if (view.policy.isInRanges(address)) return UNREGISTERED;
  return { kind: 'other', endpoint: { kind: 'zone', zone: view.policy.zoneOf(address), address } };
}

/** What policy is asked about for an address, whatever the MAC; undefined where it is not asked: nobody holds it. */
export function judgedAt(who: WhoIsWho, address: IpAddress): JudgedEndpoint | undefined {
  if (isLocalAddress(address)) return { kind: 'local', address };
  const known = addressee(who, address);
  return known.kind === 'unregistered' ? undefined : known.endpoint;
}

function jobRecipient(placed: PlacedJob, address: IpAddress): Extract<Recipient, { kind: 'job' }> {
  return { kind: 'job', placed, endpoint: { kind: 'job', job: placed.job, address } };
}

export function isNeighbourDiscovery(frame: Frame): boolean {
  return (
    frame.ipProto === IpProto.ICMPV6 &&
    frame.icmpType !== undefined &&
    frame.icmpType >= Icmpv6Type.ROUTER_SOLICITATION &&
    frame.icmpType <= Icmpv6Type.REDIRECT
  );
}

export function isNeighbourAdvertisement(frame: Frame): boolean {
  return isNeighbourDiscovery(frame) && frame.icmpType === Icmpv6Type.NEIGHBOR_ADVERTISEMENT;
}
