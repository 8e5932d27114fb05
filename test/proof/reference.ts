// The reference evaluator: which frames leave one switch when a frame comes in by one of its ports, said as plainly as the
// design says it and sharing no code with the engine. It is the oracle of the proof, so it is naive on purpose: it goes
// through every port and asks whether that port may see the frame.
//
// Where the design leaves a choice open, what was decided is listed in docs/proof.md.

import { type IpAddress, isGroupMac, isIpv4, isLocalAddress } from '../../protocols/packet/address.ts';
import { type Frame, parseFrame } from '../../protocols/packet/frame.ts';
import {
  type Facts,
  isMachinePort,
  type JobFacts,
  jobsAt,
  portNamed,
  type Role,
  roleOf,
  type SwitchFacts,
} from './facts.ts';
import {
  asksAddress,
  isBootstrapReply,
  isBootstrapRequest,
  isNeighbourDiscovery,
  isRouterMessage,
  opensNothing,
} from './frame-kinds.ts';
import { type End, isFree, isIn, jobEnd, LOCAL_END, type Opinion, verdict, zoneEnd } from './reference-policies.ts';
import { identify } from './reference-sender.ts';
import { PLAN } from './site.ts';

/** One copy of the frame on its way out. */
export interface Leaving {
  readonly port: number;
  readonly queue: number | undefined;
  readonly ethDst: number;
  /** Of IP. */
  readonly dscp: number | undefined;
  /** The VLAN of the outermost tag. */
  readonly tag: number | undefined;
}

export interface Judgement {
  readonly leaves: readonly Leaving[];
  /** The sender is who it says it is, and its place may be noted. */
  readonly learns: boolean;
  /** The sender is this job, which registered without a MAC: from now on it has this one. */
  readonly binds: JobFacts | undefined;
  /** Where another way is as good: what may leave instead, all of it. */
  readonly orElse?: readonly Leaving[];
  /** For people. */
  readonly why: string;
}

/** All that a judgement at one switch is about. */
export interface Case {
  readonly facts: Facts;
  readonly here: SwitchFacts;
  readonly frame: Frame;
  readonly inPort: number;
  readonly role: Role;
}

type Fate = Pick<Judgement, 'leaves' | 'orElse' | 'why'>;
const nowhere = (why: string): Fate => ({ leaves: [], why });
const nothing = (why: string): Judgement => ({ leaves: [], learns: false, binds: undefined, why });

export function judgeFrame(facts: Facts, here: SwitchFacts, frame: Frame, inPort: number): Judgement {
  const role = roleOf(here, inPort);
  if (role === undefined) return nothing('no such port');
  const it: Case = { facts, here, frame, inPort, role };
  const asTheSwitchSeesIt = withRightVersion(frame);
  if (asTheSwitchSeesIt !== undefined) {
    // A switch does not look at the version, and a receiver drops it: gone, or as if it were right.
    return { ...nothing('malformed'), orElse: judgeFrame(facts, here, asTheSwitchSeesIt, inPort).leaves };
  }
  if (frame.fault === 'ETH_TRUNCATED' || isGroupMac(frame.ethSrc)) return nothing('no frame');
  if (Math.floor(frame.ethDst / 16) === 0x0180c200000) return nothing('stays on its link');
  if (frame.matchType === 0x88cc) return nothing('LLDP');
  const isAddressed = frame.tagCount < 2 && (frame.kind === 'ipv4' || frame.kind === 'ipv6' || frame.kind === 'arp');
  if (role === 'job' && (!isAddressed || frame.tagCount > 0)) return nothing('the gate');
  const isBeneathTags = frame.fault === 'TAG_TRUNCATED' || frame.tagCount > 1;
  if (frame.kind === 'malformed' && isBeneathTags && role !== 'job') {
    // A switch does not look that deep: gone, or as any other beneath tags.
    return { ...nothing('malformed'), orElse: judgeLinkFrame(it).leaves };
  }
  if (frame.kind === 'malformed' || frame.fault === 'ND_BAD_MESSAGE') return nothing('malformed');
  return isAddressed ? judgeAddressed(it) : judgeLinkFrame(it);
}

/** The same frame with the IP version that its EtherType says, where that is all that is wrong with it. */
function withRightVersion(frame: Frame): Frame | undefined {
  const isWrong = frame.fault === 'IPV4_BAD_HEADER' || frame.fault === 'IPV6_BAD_HEADER';
  if (!isWrong || (frame.ipv4Src ?? frame.ipv6Src) === undefined) return undefined;
  const bytes = frame.bytes.slice();
  const version = frame.fault === 'IPV4_BAD_HEADER' ? 4 : 6;
  bytes[frame.l3Offset] = (version << 4) | (bytes[frame.l3Offset]! & 15);
  const mended = parseFrame(bytes);
  return mended.fault === frame.fault ? undefined : mended;
}

/** Neither IP nor ARP, or beneath tags: for those who are no jobs, by MAC. */
function judgeLinkFrame(it: Case): Judgement {
  const { frame, here, inPort } = it;
  if (jobOfMac(it, frame.ethSrc) !== undefined || jobOfMac(it, frame.ethDst) !== undefined)
    return nothing('a job has none');
  const port = isGroupMac(frame.ethDst) ? undefined : here.hosts.get(frame.ethDst);
  const ports = port === undefined ? pastJobs(it) : port === inPort || roleOf(here, port) === 'job' ? [] : [port];
  return { leaves: plain(it, ports), learns: true, binds: undefined, why: 'by MAC' };
}

function judgeAddressed(it: Case): Judgement {
  const { facts, here, frame, role } = it;
  const sender = identify(it);
  if (sender.kind === 'liar') return nothing('spoofed');
  if (sender.kind === 'stranger') return frame.tagCount > 0 ? nothing('tagged, and of nobody') : judgeStranger(it);
  if (role === 'job' && isRouterMessage(frame)) return nothing('no job is a router');
  const fate = isGroupMac(frame.ethDst) ? toGroup(it, sender.end) : toOne(it, sender.end, sender.job);
  if (frame.tagCount > 0 && sender.job !== undefined && fate.leaves.length === 0) return nothing(fate.why);
  const judged = {
    learns: sender.job?.at?.switch !== here.name,
    binds: sender.job !== undefined && sender.job.mac === undefined ? sender.job : undefined,
  };
  const ends = [
    sender.job,
    jobOfMac(it, frame.ethDst),
    frame.ipv6Dst === undefined ? undefined : jobOf(it, frame.ipv6Dst),
  ];
  const isBlind = here.version === 1 && frame.kind === 'ipv6';
  if (isBlind && ends.some((job) => job !== undefined && !isFree(facts, job))) {
    return { ...nowhere('OpenFlow 1.0 cannot tell its addresses'), ...judged };
  }
  return { ...fate, ...judged };
}

/** An address of the jobs' that nobody registered, or one at a job's port: only what it needs to get one. */
function judgeStranger(it: Case): Judgement {
  const { facts, here, frame, inPort, role } = it;
  if (here.version === 1 && frame.kind === 'ipv6') return nothing('OpenFlow 1.0 cannot tell its addresses');
  const isOneJobsOwnPort = jobsAt(facts, here.name, inPort).length > 0 && !isMachinePort(here, inPort);
  if (!isBootstrapRequest(frame) || isOneJobsOwnPort) return nothing('unregistered');
  // Who can only be guessed at moves nobody whose place is known.
  const learns = role !== 'job' || here.hosts.get(frame.ethSrc) === undefined;
  const port = isGroupMac(frame.ethDst) ? undefined : here.hosts.get(frame.ethDst);
  if (port !== undefined && (port === inPort || roleOf(here, port) === 'job')) return nothing('not for a stranger');
  const ports = port === undefined ? pastJobs(it) : [port];
  return { leaves: plain(it, ports), learns, binds: undefined, why: 'bootstrap' };
}

/** A frame to one MAC: the IP address says whom it is for, and the MAC must not say otherwise. */
function toOne(it: Case, sender: End, sendingJob: JobFacts | undefined): Fate {
  const { facts, frame, here, inPort } = it;
  const address = (frame.ipv4Dst ?? frame.ipv6Dst ?? frame.arpTpa)!;
  const owner = jobOfMac(it, frame.ethDst);
  const addressed = isLocalAddress(address) ? owner : jobOf(it, address);
  if (!isLocalAddress(address)) {
    if (addressed === undefined && isIn(facts.policy.ranges, address)) {
      const isAnswer = isBootstrapReply(frame) && sendingJob === undefined;
      if (!isAnswer) return nowhere('to an unregistered address');
      const port = here.hosts.get(frame.ethDst);
      const isBarred = port === inPort || (frame.tagCount > 0 && port !== undefined && roleOf(here, port) === 'job');
      const ports = port === undefined ? pastJobs(it) : isBarred ? [] : [port];
      return { leaves: plain(it, ports), why: 'to one that asked for an address' };
    }
    const isRight = addressed === undefined || addressed.mac === undefined ? owner === undefined : owner === addressed;
    if (!isRight) return nowhere('its MAC and its address contradict');
  }
  if (asksAboutAnother(it, addressed)) return nowhere('asks one about another');
  const opinion = verdict(
    facts.policy,
    sender,
    addressed === undefined ? zoneEnd(facts.policy, address) : jobEnd(addressed),
  );
  if (opinion.drop) return nowhere('policy');
  if (isAstray(it, opinion, sender.is === 'job' || addressed !== undefined)) return nowhere('not in its VLAN');
  if (opinion.repliesOnly && !opensNothing(frame)) return nowhere('opens a connection');
  if (addressed !== undefined) return marked(it, toJob(it, addressed, opinion), opinion);
  return marked(it, toOther(it, zoneEnd(facts.policy, address), opinion), opinion);
}

/** A unicast neighbour solicitation asks whom it is sent to. */
function asksAboutAnother(it: Case, recipient: JobFacts | undefined): boolean {
  const { facts, frame } = it;
  const { ndTarget } = frame;
  if (frame.icmpType !== 135 || ndTarget === undefined || isLocalAddress(ndTarget)) return false;
  const asked = jobOf(it, ndTarget);
  if (asked === undefined && isIn(facts.policy.ranges, ndTarget)) return true;
  return asked !== recipient;
}

function toJob(it: Case, job: JobFacts, opinion: Opinion): Fate {
  const { here, frame, inPort } = it;
  if (job.at?.switch === here.name) {
    return { leaves: job.at.port === inPort ? [] : queued(it, [job.at.port], opinion), why: 'to its port' };
  }
  const port = here.hosts.get(frame.ethDst);
  if (port === undefined) {
    return job.at === undefined
      ? { leaves: queued(it, pastJobs(it), opinion), why: 'to a job at no known port' }
      : { leaves: plain(it, toSwitches(it)), why: 'to the other switches' };
  }
  const role = roleOf(here, port);
  const isWay = port !== inPort && (job.at === undefined ? role !== 'job' : role === 'fabric');
  return { leaves: isWay ? queued(it, [port], opinion) : [], why: 'towards its switch' };
}

function toOther(it: Case, recipient: End, opinion: Opinion): Fate {
  const { here, frame, inPort, role } = it;
  const plan = PLAN.get(here.name)!;
  const via = opinion.drop || opinion.via === undefined ? undefined : plan.alternates.get(opinion.via);
  if (via !== undefined && recipient.is === 'zone' && recipient.zone === 'wan' && frame.kind !== 'arp') {
    const port = portNamed(here, via.port);
    if (port === undefined) return nowhere('its alternate is away');
    if (port !== inPort && !isNeighbourDiscovery(frame)) {
      return { leaves: plain(it, [port]).map((each) => ({ ...each, ethDst: via.gateway })), why: 'by the alternate' };
    }
  }
  const port = here.hosts.get(frame.ethDst);
  if (port === undefined) return { leaves: queued(it, pastJobs(it), opinion), why: 'to where it is not known' };
  if (port === inPort) return nowhere('it is there already');
  if (roleOf(here, port) !== 'job') return { leaves: queued(it, [port], opinion), why: 'to where it was seen' };
  const isAnswer = isBootstrapReply(frame) && role !== 'job' && frame.tagCount === 0;
  return isAnswer ? { leaves: plain(it, [port]), why: 'to one that asked for an address' } : nowhere("a job's port");
}

/** Broadcast or multicast. */
function toGroup(it: Case, sender: End): Fate {
  const { facts, frame } = it;
  const asked = asksAddress(frame);
  const address = (asked ?? frame.ipv4Dst ?? frame.ipv6Dst)!;
  const tellsAll = frame.kind === 'arp' && frame.arpSpa === frame.arpTpa;
  if (isLocalAddress(address) || tellsAll) {
    return frame.tagCount > 0
      ? toAllInVlan(it, sender)
      : marked(it, toAll(it, sender), verdict(facts.policy, sender, LOCAL_END));
  }
  const job = jobOf(it, address);
  if (job === undefined && isIn(facts.policy.ranges, address)) return nowhere('to an unregistered address');
  const opinion = verdict(facts.policy, sender, job === undefined ? zoneEnd(facts.policy, address) : jobEnd(job));
  if (opinion.drop) return nowhere('policy');
  if (isAstray(it, opinion, sender.is === 'job' || job !== undefined)) return nowhere('not in its VLAN');
  if (opinion.repliesOnly && asked === undefined) return nowhere('answers nobody');
  if (job === undefined) {
    const leaves = queued(it, pastJobs(it), opinion);
    return marked(it, { leaves, why: 'a question, or to where it is not known' }, opinion);
  }
  if (asked === undefined) return nowhere("for a job's address, in a frame for everybody");
  return marked(it, askJob(it, job), opinion);
}

function askJob(it: Case, job: JobFacts): Fate {
  if (job.at === undefined) return { leaves: plain(it, pastJobs(it)), why: 'asks for a job at no known port' };
  if (job.at.switch !== it.here.name) return askElsewhere(it, job);
  return { leaves: plain(it, job.at.port === it.inPort ? [] : [job.at.port]), why: 'asks for a job' };
}

/** By a job's port everything comes without a tag; elsewhere what is in a VLAN has its tag, and a job's nothing else. */
function isAstray({ frame, role }: Case, opinion: Opinion, isOfJobs: boolean): boolean {
  if (role === 'job') return false;
  const vlan = opinion.drop ? undefined : opinion.vlan;
  return vlan === undefined ? isOfJobs && frame.tagCount > 0 : frame.vlanVid !== vlan;
}

/** Its tag at each port: none at a job's, that of the VLAN elsewhere. */
function tagged({ here }: Case, leaves: readonly Leaving[], vlan: number | undefined): readonly Leaving[] {
  if (vlan === undefined) return leaves;
  return leaves.map((each) => ({ ...each, tag: roleOf(here, each.port) === 'job' ? undefined : vlan }));
}

/** Each switch on the way writes the verdict's mark, where it can. */
function marked(it: Case, unmarked: Fate, opinion: Opinion): Fate {
  const { frame, here } = it;
  const vlan = opinion.drop ? undefined : opinion.vlan;
  const { orElse } = unmarked;
  const inVlan = orElse && { orElse: tagged(it, orElse, vlan) };
  const fate: Fate = { ...unmarked, leaves: tagged(it, unmarked.leaves, vlan), ...inVlan };
  const mark = opinion.drop ? undefined : opinion.mark;
  const isMarkable = frame.kind === 'ipv4' || (frame.kind === 'ipv6' && here.version === 4);
  if (mark === undefined || !isMarkable) return fate;
  const withMark = (leaves: readonly Leaving[]) => leaves.map((each) => ({ ...each, dscp: mark }));
  return { ...fate, leaves: withMark(fate.leaves), ...(fate.orElse && { orElse: withMark(fate.orElse) }) };
}

/** By the way that its MAC was seen at, or by all ways to other switches: those that do not have the job let it end there. */
function askElsewhere(it: Case, job: JobFacts): Fate {
  const everyWay = plain(it, toSwitches(it));
  const port = job.mac === undefined ? undefined : it.here.hosts.get(job.mac);
  if (port === undefined || roleOf(it.here, port) !== 'fabric')
    return { leaves: everyWay, why: 'asks for a job elsewhere' };
  return { leaves: plain(it, port === it.inPort ? [] : [port]), orElse: everyWay, why: 'asks for a job that way' };
}

/** For everybody who may hear this sender. */
function toAll(it: Case, sender: End): Fate {
  const { facts, here, role } = it;
  const opinion = verdict(facts.policy, sender, LOCAL_END);
  if (isAstray(it, opinion, false)) return nowhere('not in its VLAN');
  const vlan = role === 'job' && !opinion.drop ? opinion.vlan : undefined;
  const ports = candidates(it).filter((port) => {
    const isJobPort = roleOf(here, port) === 'job';
    const behind = jobsBehind(it, port);
    if (isJobPort && behind.length === 0) return isBootstrapReply(it.frame) && sender.is !== 'job';
    if (!isJobPort && !hears(opinion)) return false;
    return behind.every((job) => hearsIn(vlan, verdict(facts.policy, sender, jobEnd(job))));
  });
  return { leaves: queued(it, ports, opinion), why: 'to all who may hear it' };
}

/** A tagged broadcast: as it is past the jobs, and without its tag to those in that VLAN. */
function toAllInVlan(it: Case, sender: End): Fate {
  const { facts, frame, here } = it;
  const opinion = verdict(facts.policy, sender, LOCAL_END);
  if (sender.is === 'job' && isAstray(it, opinion, true)) return nowhere('not in its VLAN');
  const isForOthers = sender.is !== 'job' || !opinion.drop;
  const ports = candidates(it).filter((port) => {
    if (roleOf(here, port) !== 'job') return isForOthers;
    const behind = jobsBehind(it, port);
    return (
      behind.length > 0 && behind.every((job) => hearsIn(frame.vlanVid, verdict(facts.policy, sender, jobEnd(job))))
    );
  });
  return { leaves: tagged(it, plain(it, ports), frame.vlanVid), why: 'tagged, to all in its VLAN' };
}

function jobsBehind({ facts, here }: Case, port: number): readonly JobFacts[] {
  return facts.jobs.filter((job) =>
    job.at === undefined
      ? job.mac !== undefined && here.hosts.get(job.mac) === port
      : job.at.switch === here.name && job.at.port === port,
  );
}

/** Where copies of a frame may go at all: never back, from outside to outside, or to an alternate. */
function candidates({ here, inPort, role }: Case): readonly number[] {
  const isOutside = role === 'wan' || role === 'alternate';
  return [...here.ports.keys()].filter((port) => {
    const other = roleOf(here, port);
    return port !== inPort && here.ports.get(port)!.isUp && other !== 'alternate' && !(isOutside && other === 'wan');
  });
}

function pastJobs(it: Case): readonly number[] {
  return candidates(it).filter((port) => roleOf(it.here, port) !== 'job');
}

function toSwitches(it: Case): readonly number[] {
  return candidates(it).filter((port) => roleOf(it.here, port) === 'fabric');
}

function plain({ frame }: Case, ports: readonly number[]): readonly Leaving[] {
  const dscp = frame.ipTos === undefined ? undefined : frame.ipTos >>> 2;
  return ports.map((port) => ({ port, queue: undefined, ethDst: frame.ethDst, dscp, tag: frame.vlanVid }));
}

/** Queues are the WAN port's. */
function queued(it: Case, ports: readonly number[], opinion: Opinion): readonly Leaving[] {
  const plan = PLAN.get(it.here.name)!;
  const queue = opinion.drop || opinion.queue === undefined ? undefined : plan.queues.get(opinion.queue);
  return plain(it, ports).map((each) => (roleOf(it.here, each.port) === 'wan' ? { ...each, queue } : each));
}

function hearsIn(vlan: number | undefined, opinion: Opinion): boolean {
  return hears(opinion) && !opinion.drop && opinion.vlan === vlan;
}

/** A broadcast answers nobody. */
function hears(opinion: Opinion): boolean {
  return !opinion.drop && !opinion.repliesOnly;
}

function jobOf({ facts }: Case, address: IpAddress): JobFacts | undefined {
  return facts.jobs.find(({ addresses }) =>
    addresses.some((own) => isIpv4(own) === isIpv4(address) && own === address),
  );
}

function jobOfMac({ facts }: Case, mac: number): JobFacts | undefined {
  return facts.jobs.find((job) => job.mac === mac);
}
