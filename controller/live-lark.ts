// The LarkApi over the running parts: turns jobs, switches and verdicts into plain values, and reads rules from the
// switches when somebody asks why.

import { formatIp, formatMac, type IpAddress, parseIp } from '../protocols/packet/address.ts';
import { classViews, plainAttributes } from './class-views.ts';
import type { FileWatch } from './config/file-watch.ts';
import { type ConfigProblem, formatProblem } from './config/problem.ts';
import { type JudgedEndpoint, UNNUMBERED } from './enforcement/endpoint-classes.ts';
import { judgedAt } from './enforcement/ends.ts';
import type { EnforcementEngine } from './enforcement/engine.ts';
import type { ManagedSwitch } from './enforcement/managed-switch.ts';
import type { Chosen, Origin, Setting, Verdict } from './enforcement/verdict.ts';
import type { EventSource } from './events/event-log.ts';
import { whyNoRule } from './explain-absence.ts';
import { rulesAbout } from './explain-rules.ts';
import type { AddressLeases } from './jobs/addresses/address-leases.ts';
import { type Admitted, type Enforcement, JobError } from './jobs/admission.ts';
import type { AdmissionService } from './jobs/admission-service.ts';
import type { Clock } from './jobs/clock.ts';
import type { JobRegistration, JobRequests } from './jobs/job-requests.ts';
import type { JobStore } from './jobs/store/job-store.ts';
import { leasesView, leaseView } from './lease-views.ts';
import { formatDpid, PORT_ROLES, type PortRole, type SwitchState } from './network/switch-state.ts';
import type {
  AddressLeasesView,
  AddressLeaseView,
  ChosenView,
  ClassView,
  EndpointExplanation,
  Explanation,
  ForgottenSwitch,
  JobRulesView,
  JobView,
  LarkApi,
  PlanView,
  PortQueuesView,
  PortView,
  QueueView,
  RatesRequest,
  RatesView,
  Readiness,
  ReleasedLease,
  ReloadView,
  RemovedJob,
  RuleView,
  StatusView,
  SwitchCounts,
  SwitchView,
} from './northbound/lark-api.ts';
import { ProblemError } from './northbound/problem.ts';
import { problemView } from './northbound/problem-view.ts';
import type { PlanRequest, PolicyControl } from './policy-control.ts';
import { RateReadings } from './rate-readings.ts';
import { carriesVerdict, placeText, verdictRuleView, whoAndWhere } from './rule-view.ts';
import type { SwitchRule } from './southbound/flow-stats.ts';
import { writeState } from './state/state-file.ts';
import { statusView } from './status-view.ts';
import { SwitchReadings } from './switch-readings.ts';

/** How long `explain` waits for a switch to tell its rules. */
const EXPLAIN_TIMEOUT_MS = 2_000;

export interface LiveLarkParts {
  readonly engine: EnforcementEngine;
  readonly admission: AdmissionService;
  readonly policy: PolicyControl;
  readonly jobRequests: JobRequests;
  readonly leases: AddressLeases;
  readonly events: EventSource;
  readonly store: Pick<JobStore, 'broken'>;
  /** The watch of the policy file, where there is one. */
  readonly watch: () => FileWatch | undefined;
  /** Of package.json. */
  readonly version: string;
  readonly clock: Clock;
  /** As `AdmissionService.forgetSwitch`. */
  readonly forgetSwitch: (dpid: string) => Promise<readonly IpAddress[] | undefined>;
}

export class LiveLark implements LarkApi {
  readonly #engine: EnforcementEngine;
  readonly #admission: AdmissionService;
  readonly #policy: PolicyControl;
  readonly #forgetSwitch: LiveLarkParts['forgetSwitch'];
  readonly #parts: LiveLarkParts;
  readonly #startedAt: number;
  readonly #readings: SwitchReadings;
  readonly #rates: RateReadings;

  constructor(parts: LiveLarkParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#engine = parts.engine;
    this.#readings = new SwitchReadings(parts.engine);
    this.#rates = new RateReadings(parts);
    this.#admission = parts.admission;
    this.#policy = parts.policy;
    this.#forgetSwitch = parts.forgetSwitch;
  }

  get events(): EventSource {
    return this.#parts.events;
  }

  jobs(): readonly JobView[] {
    return this.#admission.list().map((admitted) => this.#jobView(admitted));
  }

  jobCounts(): Readonly<Record<Enforcement, number>> {
    const counts = { port: 0, 'by-address': 0, unenforced: 0, waiting: 0 };
    for (const { enforcement } of this.#admission.list()) counts[enforcement]++;
    return counts;
  }

  job(key: string): JobView | undefined {
    const admitted = this.#admission.byKey(key);
    return admitted && this.#jobView(admitted);
  }

  async registerJob(registration: JobRegistration, from: string): Promise<JobView> {
    return this.#jobView(await this.#parts.jobRequests.register(registration, from));
  }

  async renewJob(key: string, leaseSec: number | undefined, from: string): Promise<JobView> {
    return this.#jobView(await this.#parts.jobRequests.renew(key, leaseSec, from));
  }

  async removeJob(key: string, from: string): Promise<RemovedJob> {
    const { pendingSwitches } = await this.#parts.jobRequests.remove(key, from);
    return { key, pendingSwitches };
  }

  async leaseAddress(registration: JobRegistration, from: string): Promise<AddressLeaseView> {
    const { jobRequests, leases } = this.#parts;
    return leaseView(await jobRequests.lease(registration, from), leases);
  }

  async releaseAddress(key: string, from: string): Promise<ReleasedLease> {
    const { addresses } = await this.#parts.jobRequests.release(key, from);
    return { key, released: addresses.map(({ address }) => formatIp(address)) };
  }

  addressLeases(): AddressLeasesView {
    return leasesView(this.#parts.leases);
  }

  switches(): readonly SwitchView[] {
    return this.#engine.switches().map(switchView);
  }

  switchCounts(): readonly SwitchCounts[] {
    return this.#engine.switches().map(({ state, rules, storms }) => ({
      name: state.name,
      portsUp: () => portsUp(state),
      portsHeld: storms.held,
      hosts: state.hosts.size,
      rules: rules.ruleCount,
      room: rules.room,
      foreignRules: rules.foreignRules.length,
    }));
  }

  portQueues(dpid: string, port: string): Promise<PortQueuesView> {
    return this.#readings.portQueues(dpid, port);
  }

  async forgetSwitch(dpid: string): Promise<ForgottenSwitch> {
    const freed = await this.#forgetSwitch(dpid).catch((error: unknown) => {
      throw error instanceof JobError ? new ProblemError('HTTP_STORE_FAILED', error.message) : error;
    });
    if (freed !== undefined) return { dpid, freed: freed.map(formatIp) };
    throw new ProblemError('HTTP_SWITCH_CONNECTED', `Switch ${dpid} is connected, so its rules are Lark's to mend.`);
  }

  policyText(): string | undefined {
    return this.#policy.hasFile ? this.#policy.source.text : undefined;
  }

  async reloadPolicy(): Promise<ReloadView> {
    const result = await this.#policy.reload();
    if (result.outcome === 'refused') throw refusedPolicy(result.problems, 'stays in force');
    if (result.outcome === 'no-file') {
      throw new ProblemError('HTTP_POLICY_NO_FILE', 'This Lark runs with the defaults, without a policy file.');
    }
    const { plan, warnings, switches } = result;
    return { plan, warnings: warnings.map(problemView), ...switches };
  }

  async planPolicy(request: PlanRequest): Promise<PlanView> {
    const result = await this.#policy.plan(request);
    if (result.outcome === 'refused') throw refusedPolicy(result.problems, 'would stay in force');
    const { plan, warnings, problems } = result;
    return { plan, warnings: warnings.map(problemView), problems: problems.map(problemView) };
  }

  state(): Iterable<string> {
    const engine = this.#engine;
    const { policy, jobs } = engine;
    const { source } = this.#policy;
    return [...writeState({ policy, source, jobs, switches: engine.switches(), away: engine.awaySwitches() })];
  }

  switchRules(dpid: string): Promise<readonly RuleView[]> {
    return this.#readings.rulesOf(dpid);
  }

  switchQueues(dpid: string): Promise<readonly QueueView[]> {
    return this.#readings.queuesOf(dpid);
  }

  async jobRules(key: string): Promise<JobRulesView | undefined> {
    const job = this.#admission.byKey(key)?.job;
    return job && this.#readings.rulesOfJob(job);
  }

  rates(request: RatesRequest): Promise<RatesView> {
    return this.#rates.read(request);
  }

  classes(): readonly ClassView[] {
    return classViews(this.#engine.policy);
  }

  async explain(source: string, destination: string, only?: string): Promise<Explanation> {
    const from = addressOf('src', source);
    const to = addressOf('dst', destination);
    const ends = [judgedAt(this.#engine, from), judgedAt(this.#engine, to)] as const;
    const asked = this.#switchesToAsk(only);
    const read = await Promise.all(
      asked.connected.map(async (managed) => ({ managed, rules: await managed.rules.readRules(EXPLAIN_TIMEOUT_MS) })),
    );
    const verdict = this.#explainVerdict(ends);
    const classes = this.#classesOf(ends);
    const about = read.map(({ managed, rules }) => ({
      managed,
      rules: rulesAbout(rules ?? [], { from, to, classes }),
      isSilent: rules === undefined,
    }));
    return {
      source: this.#explainEnd(from, ends[0]),
      destination: this.#explainEnd(to, ends[1]),
      verdict,
      rules: about.flatMap(({ managed, rules }) => rules.map((rule) => verdictRuleView(managed, rule, verdict))),
      silentSwitches: read.filter(({ rules }) => rules === undefined).map(({ managed }) => managed.state.name),
      withoutRules: [
        ...about.flatMap(({ managed, rules, isSilent }) => (isSilent ? [] : this.#whyNoRule(managed, rules, ends))),
        ...asked.away.map((name) => ({
          switch: name,
          reason: 'it is not connected, and goes on by the rules that it has',
        })),
      ],
    };
  }

  mendsWaiting(): number {
    return this.#engine.mending.waiting;
  }

  decidedRules(): number {
    return this.#engine.decidedRoom.used;
  }

  /** All that are connected, or the one that is wanted, which may be away. */
  #switchesToAsk(only: string | undefined): { connected: readonly ManagedSwitch[]; away: readonly string[] } {
    const connected = this.#engine.switches();
    if (only === undefined) return { connected, away: [] };
    const dpid = only.replaceAll(':', '').toLowerCase();
    const found = connected.filter(({ state }) => state.name === only || formatDpid(state.dpid) === dpid);
    if (found.length > 0) return { connected: found, away: [] };
    const inFile = this.#policy.config.switches.map((each) => [each.name, each.dpid && formatDpid(each.dpid)] as const);
    const known = inFile.find(([name, id]) => name === only || id === dpid)?.[0];
    const away = known ?? this.#engine.awaySwitches().find((name) => name === only || name === dpid);
    if (away !== undefined) return { connected: [], away: [away] };
    throw new ProblemError(
      'HTTP_SWITCH_NOT_FOUND',
      `No switch '${only}' is connected, and the policy file names none.`,
    );
  }

  #whyNoRule(
    managed: ManagedSwitch,
    rules: readonly SwitchRule[],
    ends: readonly [JudgedEndpoint | undefined, JudgedEndpoint | undefined],
  ) {
    const { state, pipeline, storms } = managed;
    const sender = ends[0]?.kind === 'job' ? this.#engine.jobs.get(ends[0].job) : undefined;
    const port = sender?.location?.dpid === state.dpid ? sender.location.portNo : undefined;
    const isHeld = port !== undefined && storms.isHeld(port);
    const reason = whyNoRule(
      { state, pipeline, isMended: managed.rules.isMended, isHeld },
      {
        ends,
        sender,
        isIpv6: ends.some((end) => typeof end?.address === 'bigint'),
        hasRule: rules.some(({ cookie }) => carriesVerdict(cookie)),
        nameOf: (dpid) =>
          this.#engine.switches().find(({ state }) => state.dpid === dpid)?.state.name ?? formatDpid(dpid),
      },
    );
    return reason === undefined ? [] : [{ switch: managed.state.name, reason }];
  }

  readiness(): Readiness {
    const connected = new Set(this.#engine.switches().map(({ state }) => state.config?.name));
    const reasons = this.#policy.config.switches
      .filter(({ name }) => !connected.has(name))
      .map(({ name }) => `the switch ${name} of the policy file is not connected`);
    for (const managed of this.#engine.switches()) {
      if (!managed.rules.isMended) reasons.push(`the rules of switch ${managed.state.name} are still being mended`);
    }
    const { broken } = this.#parts.store;
    if (broken !== undefined) reasons.push(broken.message.replace(/\.$/, ''));
    if (this.#engine.switches().length === 0 && reasons.length === 0) reasons.push('no switch is connected');
    return { ready: reasons.length === 0, reasons };
  }

  status(): StatusView {
    const { version, clock, policy, engine } = this.#parts;
    const [startedAt, now, watch] = [this.#startedAt, clock.now(), this.#parts.watch()];
    return statusView({ version, startedAt, now, policy, watch, engine, jobs: this.jobCounts() });
  }

  #jobView({ job, enforcement, leaseEndsAt }: Admitted): JobView {
    const { key, registration } = job;
    const placed = this.#engine.jobs.get(job);
    const managed = this.#engine.switches().find(({ state }) => state.dpid === placed?.location?.dpid);
    const mac = placed?.mac ?? job.mac;
    return {
      key,
      ...registration,
      user: job.user,
      accountingGroup: job.accountingGroup ?? null,
      addresses: job.addresses.map(formatIp),
      mac: mac === undefined ? null : formatMac(mac),
      enforcement,
      location:
        placed?.location === undefined
          ? null
          : {
              switch: managed?.state.name ?? formatDpid(placed.location.dpid),
              dpid: formatDpid(placed.location.dpid),
              port: managed?.state.port(placed.location.portNo)?.name ?? String(placed.location.portNo),
              portNo: placed.location.portNo,
            },
      leaseEndsAt: leaseEndsAt === undefined ? null : new Date(leaseEndsAt).toISOString(),
    };
  }

  #explainEnd(address: IpAddress, endpoint: JudgedEndpoint | undefined): EndpointExplanation {
    const attributes = endpoint === undefined ? new Map() : this.#engine.policy.classOf(endpoint).attributes;
    const job = endpoint?.kind === 'job' ? endpoint.job : undefined;
    return {
      address: formatIp(address),
      type: endpoint?.kind ?? 'unregistered',
      name: job !== undefined ? job.key : endpoint?.kind === 'zone' ? endpoint.zone : null,
      user: job?.user ?? null,
      attributes: plainAttributes(attributes),
    };
  }

  #classesOf([source, destination]: readonly [JudgedEndpoint | undefined, JudgedEndpoint | undefined]) {
    if (source === undefined || destination === undefined) return undefined;
    const { policy } = this.#engine;
    const [from, to] = [policy.classOf(source).id, policy.classOf(destination).id];
    // What has no number stands in no rule.
    return from === UNNUMBERED || to === UNNUMBERED ? undefined : { source: from, destination: to };
  }

  #explainVerdict([source, destination]: readonly [
    JudgedEndpoint | undefined,
    JudgedEndpoint | undefined,
  ]): Explanation['verdict'] {
    if (source === undefined || destination === undefined) {
      const which = source === undefined ? 'source' : 'destination';
      const reason = `the ${which} is an address of jobs.ranges that no job holds: unregistered, so dropped`;
      return { action: 'drop', reason, policy: null, place: null, queue: null, via: null };
    }
    const verdict = this.#engine.policy.verdict(source, destination);
    const decided = { action: verdict.action, reason: reasonOf(verdict), ...originView(verdict.origin) };
    const audited = verdict.audited.map(({ reason, origin }) => ({ reason, ...whoAndWhere(origin) }));
    const none = { queue: null, via: null, connections: null, mark: null, vlan: null };
    if (verdict.action === 'drop') return { ...decided, ...none, audited };
    return {
      ...decided,
      queue: settingView(verdict.queue),
      via: settingView(verdict.via),
      connections: chosenView(verdict.connections),
      mark: chosenView(verdict.mark),
      vlan: chosenView(verdict.vlan),
      audited,
    };
  }
}

function refusedPolicy(problems: readonly ConfigProblem[], fate: string): ProblemError {
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
  const first = problems[0];
  const example = first === undefined ? '' : `: ${formatProblem(first)}`;
  const detail = `The policy file cannot be used (${count}), and the one in force ${fate}${example}.`;
  return new ProblemError('HTTP_POLICY_REFUSED', detail, { problems: problems.map(problemView) });
}

function addressOf(parameter: string, text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) {
    throw new ProblemError(
      'HTTP_ADDRESS_INVALID',
      `${parameter}: ${JSON.stringify(text)} is not an IPv4 or IPv6 address`,
    );
  }
  return address;
}

function portsUp(state: SwitchState): ReadonlyMap<PortRole, number> {
  const counts = new Map<PortRole, number>(PORT_ROLES.map((role) => [role, 0]));
  for (const { portNo, isUp } of state.ports()) {
    const role = state.roleOf(portNo) ?? 'edge';
    if (isUp) counts.set(role, counts.get(role)! + 1);
  }
  return counts;
}

function switchView(managed: ManagedSwitch): SwitchView {
  const { connection, state } = managed;
  return {
    dpid: formatDpid(state.dpid),
    name: state.name,
    version: state.version === 4 ? '1.3' : '1.0',
    peer: connection.peer,
    state: managed.rules.isMended ? connection.state : 'mending',
    pipeline: managed.pipeline.name,
    connectedAt: connection.connectedAt.toISOString(),
    ports: [...state.ports()].map(
      ({ portNo, name, mac, isUp }): PortView => ({
        portNo,
        name,
        mac: formatMac(mac),
        up: isUp,
        role: state.roleOf(portNo) ?? 'edge',
        held: managed.storms.isHeld(portNo),
      }),
    ),
    hosts: state.hosts.size,
    rules: managed.rules.ruleCount,
    room: { ...managed.rules.room, budget: state.config?.ruleBudget ?? null },
    foreignRules: managed.rules.foreignRules.map(({ rule: { table, priority, match, actions, cookie } }) => ({
      table,
      priority,
      match,
      actions,
      cookie: `0x${cookie.toString(16)}`,
    })),
  };
}

function reasonOf(verdict: Verdict): string {
  if (verdict.action === 'drop') return verdict.reason;
  return verdict.origin === undefined ? 'no policy drops it' : 'a policy allows it';
}

function originView(origin: Origin | undefined): { policy: string | null; place: string | null } {
  return { policy: origin?.policy ?? null, place: placeText(origin?.place) };
}

function settingView(setting: Setting | undefined) {
  if (setting === undefined) return null;
  return { name: setting.name, ...whoAndWhere(setting.origin) };
}

function chosenView<Value>(chosen: Chosen<Value> | undefined): ChosenView<Value> | null {
  return chosen === undefined ? null : { value: chosen.value, ...whoAndWhere(chosen.origin) };
}
