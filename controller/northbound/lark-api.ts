// What the HTTP API and the command line show of a running Lark: plain values, ready for JSON, and the one interface by
// which the northbound reads the rest of the controller.

import type { ReloadConfirmation } from '../enforcement/engine.ts';
import type { ReloadPlan } from '../enforcement/plan/plan-values.ts';
import type { EventSource } from '../events/event-log.ts';
import type { Enforcement } from '../jobs/admission.ts';
import type { JobRegistration } from '../jobs/job-requests.ts';

export interface JobView {
  /** `Job.key` */
  readonly key: string;
  readonly globalJobId: string;
  readonly start: string;
  readonly machine: string;
  readonly slot: string;
  readonly user: string;
  readonly accountingGroup: string | null;
  readonly addresses: readonly string[];
  readonly mac: string | null;
  readonly enforcement: Enforcement;
  /** Where its packets enter: switch name (or dpid), port name and number; null when not known. */
  readonly location: {
    readonly switch: string;
    readonly dpid: string;
    readonly port: string;
    readonly portNo: number;
  } | null;
  /** ISO 8601 */
  readonly leaseEndsAt: string | null;
}

export interface RemovedJob {
  readonly key: string;
  /** Datapath ids of switches that may still have rules of the job: its addresses are held back for them. */
  readonly pendingSwitches: readonly string[];
}

/** Addresses that a job has before it is registered. */
export interface AddressLeaseView {
  /** `Job.key` */
  readonly key: string;
  readonly machine: string;
  readonly slot: string;
  /** One of each IP version that the policy file has pools of. */
  readonly addresses: readonly {
    /** In the policy file. */
    readonly pool: string;
    readonly address: string;
    readonly prefixLength: number;
    readonly gateway: string | null;
  }[];
  /** Whether its job is registered: then the lease ends with the job. */
  readonly isInUse: boolean;
  /** ISO 8601; null while it is in use. */
  readonly leaseEndsAt: string | null;
}

export interface ReleasedLease {
  readonly key: string;
  /** The addresses that are free now. */
  readonly released: readonly string[];
}

export interface AddressLeasesView {
  /** In the order of the policy file. */
  readonly pools: readonly { readonly name: string; readonly range: string; readonly leased: number }[];
  readonly leases: readonly AddressLeaseView[];
}

export interface PortView {
  readonly portNo: number;
  readonly name: string;
  readonly mac: string;
  readonly up: boolean;
  readonly role: 'job' | 'edge' | 'fabric' | 'wan' | 'alternate' | 'local';
  /** The switch drops for a while what comes from it, since it asked about too many packets. */
  readonly held: boolean;
}

export interface SwitchView {
  /** 16 hex digits */
  readonly dpid: string;
  /** From the file, or the bridge's name. */
  readonly name: string;
  /** `1.0` or `1.3` */
  readonly version: string;
  readonly peer: string;
  readonly state: string;
  readonly pipeline: string;
  /** ISO 8601 */
  readonly connectedAt: string;
  readonly ports: readonly PortView[];
  readonly hosts: number;
  /** Lark's rules that it has, as far as Lark knows. */
  readonly rules: number;
  /** How much of its room for rules is in use, from 0 to 1, and how many groups of rules had to be left out for lack of it. */
  readonly room: {
    readonly share: number;
    readonly leftOut: number;
    /** `ruleBudget` of the file; null where it says none. */
    readonly budget: number | null;
  };
  /** Rules that are not Lark's and come before Lark's, as of when the switch connected. */
  readonly foreignRules: readonly ForeignRuleView[];
}

/** What a scrape asks of a switch: numbers alone, since a pool has a hundred thousand ports. */
export interface SwitchCounts {
  readonly name: string;
  /** Those that are up, by role; of each role, though there be none. */
  portsUp(): ReadonlyMap<PortView['role'], number>;
  readonly portsHeld: number;
  readonly hosts: number;
  readonly rules: number;
  readonly room: Pick<SwitchView['room'], 'share' | 'leftOut'>;
  readonly foreignRules: number;
}

export interface ForeignRuleView {
  readonly table: number;
  readonly priority: number;
  readonly match: string;
  readonly actions: string;
  readonly cookie: string;
}

/** Which queues a port has. */
export interface PortQueuesView {
  /** 16 hex digits */
  readonly dpid: string;
  readonly port: string;
  readonly portNo: number;
  /** Their ids, as the switch told just now; null where it did not. */
  readonly queues: readonly number[] | null;
}

/** What has gone out through a queue of a port. */
export interface QueueView {
  readonly portNo: number;
  readonly port: string | null;
  readonly queueId: number;
  /** In the policy file; null where that does not name it. */
  readonly name: string | null;
  readonly packets: number;
  readonly bytes: number;
  /** Packets, for want of room. */
  readonly dropped: number;
}

/** Endpoints that no policy in force tells apart. */
export interface ClassView {
  /** By which the switches' rules name it. */
  readonly number: number;
  /** The attributes that the policies in force look at. */
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
  /** How many are in it. */
  readonly jobs: number;
  /** The blocks of addresses of the policy file that are in it. */
  readonly addresses: readonly string[];
}

export interface ForgottenSwitch {
  readonly dpid: string;
  /** The addresses that were held back for it and are free now. */
  readonly freed: readonly string[];
}

export interface EndpointExplanation {
  readonly address: string;
  readonly type: 'job' | 'unregistered' | 'zone' | 'local';
  /** The job's key, the zone's name, or null. */
  readonly name: string | null;
  readonly user: string | null;
  /** The attributes that the policies in force look at. */
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
}

/** One flow rule as the switch itself reported it just now. */
export interface RuleView {
  readonly switch: string;
  readonly dpid: string;
  readonly table: number;
  readonly priority: number;
  /** In the notation of `ovs-ofctl dump-flows`. */
  readonly match: string;
  readonly actions: string;
  readonly packets: number;
  readonly bytes: number;
  readonly cookie: string;
  /** Behind a rule that carries out a verdict: who made that, and where the file says so; null where no policy did. */
  readonly policy?: string | null;
  readonly place?: string | null;
}

export interface PacketCountView {
  readonly packets: number;
  readonly bytes: number;
}

/** The rules that are about one job, as the switches reported them just now. */
export interface JobRulesView {
  /** By the rules that its own switch has now; null where that is not known, or did not answer. */
  readonly counts: { readonly sent: PacketCountView; readonly received: PacketCountView } | null;
  readonly rules: readonly RuleView[];
  /** Switches that did not answer in time, so that `rules` lacks theirs. */
  readonly silentSwitches: readonly string[];
}

export interface RateView {
  readonly packetsPerSec: number;
  readonly bytesPerSec: number;
}

/** What the jobs of a user or group, or a single job, send and get now. */
export interface RateRowView {
  /** The user, the accounting group (null: of none) or the job's key. */
  readonly name: string | null;
  /** Of a single job. */
  readonly user: string | null;
  readonly jobs: number;
  readonly sent: RateView;
  readonly received: RateView;
}

export interface RatesView {
  readonly by: 'user' | 'group' | 'job';
  /** ISO 8601: when the counters were read last. */
  readonly at: string;
  /** Between the two readings that the rates are of. */
  readonly intervalSec: number;
  /** The largest first, by `sort`. */
  readonly rows: readonly RateRowView[];
  /** How many rows there would be without a limit. */
  readonly total: number;
  /** Jobs whose packets are not counted, since it is not known at which port they are or their switch did not tell. */
  readonly jobsNotCounted: number;
  /** Connected switches that did not answer in time. */
  readonly silentSwitches: readonly string[];
}

export interface RatesRequest {
  readonly by: RatesView['by'];
  readonly sort: 'total' | 'sent' | 'received';
  readonly limit: number;
}

/** A field of a verdict, and the policy that set it. */
export interface ChosenView<Value> {
  readonly value: Value;
  readonly policy: string;
  readonly place: string;
}

export interface Explanation {
  readonly source: EndpointExplanation;
  readonly destination: EndpointExplanation;
  readonly verdict: {
    readonly action: 'drop' | 'forward';
    readonly reason: string;
    /** The policy that decided, and where it stands in the file (`policy.yaml:31:5`); null where none did. */
    readonly policy: string | null;
    readonly place: string | null;
    readonly queue: { readonly name: string; readonly policy: string; readonly place: string } | null;
    readonly via: { readonly name: string; readonly policy: string; readonly place: string } | null;
    /** Only packets of connections that the destination opened. An older Lark leaves out this and the next three. */
    readonly connections?: ChosenView<'replies'> | null;
    /** DSCP */
    readonly mark?: ChosenView<number> | null;
    /** VLAN id */
    readonly vlan?: ChosenView<number> | null;
    /** What policies with `audit: true` would have dropped or narrowed. */
    readonly audited?: readonly { readonly reason: string; readonly policy: string; readonly place: string }[];
  };
  /** The rules on the connected switches that match these two addresses. */
  readonly rules: readonly RuleView[];
  /** Switches that did not answer in time, so that `rules` lacks theirs. */
  readonly silentSwitches: readonly string[];
  /** Switches without a rule that carries out this verdict, and why. */
  readonly withoutRules?: readonly { readonly switch: string; readonly reason: string }[];
}

/** What is wrong with a policy file, or suspicious about it. */
export interface ProblemView {
  readonly code: string;
  readonly message: string;
  readonly file: string;
  /** Null where it is about the file as a whole. */
  readonly line: number | null;
  readonly column: number | null;
}

/** `silent` switches have not confirmed yet; `away` and `rebuilt` ones are mended when they are back. */
export interface ReloadView extends ReloadConfirmation {
  /** What was done. */
  readonly plan: ReloadPlan;
  readonly warnings: readonly ProblemView[];
}

export interface PlanView {
  readonly plan: ReloadPlan;
  readonly warnings: readonly ProblemView[];
  /** Why a reload with this file would be refused all the same. */
  readonly problems: readonly ProblemView[];
}

export interface Readiness {
  readonly ready: boolean;
  /** One sentence for each thing that is not as it should be. */
  readonly reasons: readonly string[];
}

export interface StatusView {
  /** Of package.json. */
  readonly version: string;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly uptimeSec: number;
  /** What is in force. */
  readonly policy: {
    /** The path as Lark was given it; null: Lark runs with the defaults. */
    readonly file: string | null;
    /** Of the file's bytes. */
    readonly sha256: string | null;
    /** ISO 8601 */
    readonly loadedAt: string;
    readonly ageSec: number;
    /** How many, as the next two. */
    readonly policies: number;
    readonly zones: number;
    readonly warnings: number;
    /** How changes of the file are noticed: told by the system, by looking every few seconds alone, or not at all. */
    readonly watch: 'events' | 'looks' | 'off';
    /** Why the last load was refused; null where it was not. */
    readonly refused: {
      /** ISO 8601 */
      readonly at: string;
      /** How many problems there are. */
      readonly total: number;
      /** The first of them. */
      readonly problems: readonly ProblemView[];
    } | null;
  };
  readonly switches: {
    readonly connected: number;
    /** Of these, those whose rules are known to be right. */
    readonly mended: number;
    /** Names of those that the policy file names, or that were connected before, and are not now. */
    readonly away: readonly string[];
  };
  /** Connected switches that wait for their turn to be mended. */
  readonly mendsWaiting: number;
  readonly jobs: Readonly<Record<Enforcement, number>>;
}

export interface LarkApi {
  /** What happens. */
  readonly events: EventSource;
  jobs(): readonly JobView[];
  /** How many jobs are registered, by enforcement: what a scrape asks, without making a view of each. */
  jobCounts(): Readonly<Record<Enforcement, number>>;
  job(key: string): JobView | undefined;
  /**
   * As the job feed's `register`, `renew` and `remove`: each settles when the change is on the disk and the switches have
   * confirmed it, and rejects with a JobError. `from`: the IP address that asks.
   */
  registerJob(registration: JobRegistration, from: string): Promise<JobView>;
  renewJob(key: string, leaseSec: number | undefined, from: string): Promise<JobView>;
  removeJob(key: string, from: string): Promise<RemovedJob>;
  /** As `registerJob`: addresses for a job that is to be registered. */
  leaseAddress(registration: JobRegistration, from: string): Promise<AddressLeaseView>;
  releaseAddress(key: string, from: string): Promise<ReleasedLease>;
  addressLeases(): AddressLeasesView;
  switches(): readonly SwitchView[];
  /** Of each that is connected. */
  switchCounts(): readonly SwitchCounts[];
  /**
   * Asks a switch (16 hex digits) for the queues of one of its ports, by name or number. Rejects with a ProblemError:
   * HTTP_SWITCH_NOT_FOUND or HTTP_PORT_NOT_FOUND.
   */
  portQueues(dpid: string, port: string): Promise<PortQueuesView>;
  /**
   * An operator's word that a switch will not come back with old rules (16 hex digits). Rejects with a ProblemError:
   * HTTP_SWITCH_CONNECTED or HTTP_STORE_FAILED.
   */
  forgetSwitch(dpid: string): Promise<ForgottenSwitch>;
  /** Rejects with a ProblemError, as the next: HTTP_SWITCH_NOT_FOUND or HTTP_SWITCH_SILENT. */
  switchRules(dpid: string): Promise<readonly RuleView[]>;
  switchQueues(dpid: string): Promise<readonly QueueView[]>;
  /** Undefined where no such job is registered. */
  jobRules(key: string): Promise<JobRulesView | undefined>;
  /** Reads the switches' counters at most once a second however many ask, and not at all while nobody does. */
  rates(request: RatesRequest): Promise<RatesView>;
  classes(): readonly ClassView[];
  /** Switches that are connected and wait for their turn to be mended. */
  mendsWaiting(): number;
  /** Rules that were decided for single packets, of all connected switches. */
  decidedRules(): number;
  /**
   * @param only the name or datapath id of the one switch whose rules are wanted. Rejects with a ProblemError:
   * HTTP_ADDRESS_INVALID when an address does not parse, HTTP_SWITCH_NOT_FOUND when nothing is known of the switch.
   */
  explain(source: string, destination: string, only?: string): Promise<Explanation>;
  /** The file in force, as it was read; undefined where Lark runs without one. */
  policyText(): string | undefined;
  /** Rejects with a ProblemError: HTTP_POLICY_REFUSED or HTTP_POLICY_NO_FILE, and then nothing has changed. */
  reloadPolicy(): Promise<ReloadView>;
  /** What a reload with this text would do. Throws a ProblemError (HTTP_POLICY_REFUSED) where it is no policy file. */
  planPolicy(request: { readonly file: string; readonly text: string; readonly withRules: boolean }): Promise<PlanView>;
  /** A file for `lark plan --state`, in pieces, of the moment at which it is asked for. */
  state(): Iterable<string>;
  readiness(): Readiness;
  status(): StatusView;
}
