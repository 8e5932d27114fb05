// The enforcement engine: the switches under Lark's rule, the jobs as they see them, and how a job's coming and going
// reaches every switch. It answers for promise 2: what was decided on the old state is deleted on each connection before
// anything is decided on the new one, and a change counts as made only when the switches have said so with a barrier.

import { EventEmitter } from 'node:events';
import { formatError, getOxm, type Message } from 'node-openflow';
import type { Logger } from 'pino';
import type { MacAddress } from '../../protocols/packet/address.ts';
import type { Frame } from '../../protocols/packet/frame.ts';
import type { Config, SwitchConfig } from '../config/config.ts';
import { inSlices } from '../in-slices.ts';
import type { Enforcement } from '../jobs/admission.ts';
import type { Confirmation, Enforcer, JobLocation, Location, RestoredNetwork } from '../jobs/enforcer.ts';
import type { Job } from '../jobs/job.ts';
import type { Memory } from '../jobs/store/job-store.ts';
import { JobPortNames } from '../network/job-port-names.ts';
import { JobTable, type PlacedJob } from '../network/job-table.ts';
import { PortDirectory } from '../network/port-directory.ts';
import { LOCAL_PORT, widenPort } from '../network/port-numbers.ts';
import { formatDpid, type SwitchState } from '../network/switch-state.ts';
import { type ConnectionOwner, MOST_PORTS, type SwitchConnection } from '../southbound/switch-connection.ts';
import { isTableFull, refusedRule } from '../southbound/switch-error.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { EventName } from '../telemetry/event-names.ts';
import { ClassMemory } from './class-memory.ts';
import { ClassRecycling } from './class-recycling.ts';
import { isDecided, kindOf } from './cookie.ts';
import type { VerdictEngine } from './endpoint-classes.ts';
import type { Fate } from './fate.ts';
import { locateJob } from './locate.ts';
import { ManagedSwitch, toPort } from './managed-switch.ts';
import { MendQueue } from './mend-queue.ts';
import { handlePacketIn, type PacketIn } from './packet-in.ts';
import { PolicyView } from './policy-view.ts';
import { DecidedRoom } from './reconcile/decided-room.ts';
import { entryOf, type PreparedReload, prepareReload, successionOf } from './reload.ts';
import { Succession } from './succession.ts';
import type { Drop } from './verdict.ts';

export interface EngineEvents {
  /** The port that these jobs were at does not exist any more: they have ended. */
  portGone: [jobs: readonly Job[]];
  /** A switch came back, and this job was found at another port than before. */
  moved: [job: Job, location: JobLocation];
  /** A switch has connected, or a port has come. */
  networkChanged: [];
  /** To be known again after a restart. */
  remember: [memory: Memory];
  /** A switch, or a port of one, has come, changed or gone: as the log says it. */
  switch: [fields: object, event: EventName];
  /** A policy drops a packet that a switch has asked about. */
  dropped: [managed: ManagedSwitch, drop: Drop, frame: Frame];
}

/** What the switches said of a reload, by their names, or datapath ids where no name is known. */
export interface ReloadConfirmation {
  /** Connected, but did not confirm in time. */
  readonly silent: readonly string[];
  /** Not connected when it was put in force: they go by the file as it was until they are back and mended. */
  readonly away: readonly string[];
  /** Those whose connection was closed, since they get another pipeline. */
  readonly rebuilt: readonly string[];
}

/** A change of what is known, and who has to say that it is in force. */
interface Change {
  /** Where the job is. */
  readonly edge: bigint | undefined;
  /** Connected switches that were sent something. */
  readonly told: readonly ManagedSwitch[];
  /** Datapath ids of others that may have rules of the job. */
  readonly away: readonly string[];
}

/** A job that has come. */
interface News {
  readonly placed: PlacedJob;
  /** One that was bound to its MAC by use, and is not any more. */
  readonly unbound: PlacedJob | undefined;
  /** Numbers of classes that have gone by it. */
  readonly retired: readonly number[];
  readonly resolve: (told: readonly ManagedSwitch[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A switch that was connected and is not: it may hold rules of jobs that it knew. */
interface AwaySwitch {
  /** Undefined for one that has not connected since the controller was started. */
  readonly state: SwitchState | undefined;
  /** Jobs added after this moment it cannot know. */
  readonly since: number;
  /** It was given rules, as far as is known. */
  readonly hadRules: boolean;
}

/** For all switches together: about half a gigabyte of memory. */
const MOST_DECIDED = 400_000;

export class EnforcementEngine implements Enforcer, ConnectionOwner {
  readonly events = new EventEmitter<EngineEvents>();
  readonly jobs = new JobTable();
  #policy: PolicyView;
  readonly mending = new MendQueue();
  readonly decidedRoom = new DecidedRoom(MOST_DECIDED);
  readonly #counters: Counters;
  readonly #log: Logger;
  readonly #switches = new Map<bigint, ManagedSwitch>();
  /** Of the connected switches. */
  readonly #ports = new PortDirectory();
  readonly #away = new Map<bigint, AwaySwitch>();
  /** When each job was added, in steps of `#moment`. */
  readonly #addedAt = new Map<string, number>();
  readonly #jobPorts = new JobPortNames((dpid, portName, isJobPort) =>
    this.events.emit('remember', { kind: 'jobPort', dpid: formatDpid(dpid), portName, isJobPort }),
  );
  readonly #classes = new ClassMemory((number, key) => this.events.emit('remember', { kind: 'class', number, key }));
  readonly #recycling = new ClassRecycling({
    numbers: () => this.#policy.numbers,
    memory: this.#classes,
    connected: () => this.switches(),
    holders: () => [...this.#switches.keys(), ...this.#away.keys()],
    confirmTimeoutMs: () => this.#config.jobs.confirmTimeoutMs,
  });
  /** Of this turn: the switches have not been told yet. */
  readonly #news: News[] = [];
  /** To files that are being tried out. */
  readonly #successions = new Set<Succession>();
  readonly #mendedWaiters = new Map<string, (() => void)[]>();
  /** Until `restore`. */
  #verdicts: VerdictEngine | undefined;
  #moment = 0;

  /** @param parts `verdicts`: of the same file, which may have met the jobs that `restore` is to be given, and is the engine's. */
  constructor(parts: { config: Config; counters: Counters; log: Logger; verdicts?: VerdictEngine }) {
    this.#counters = parts.counters;
    this.#log = parts.log;
    this.#verdicts = parts.verdicts;
    this.#policy = new PolicyView(parts.config);
  }

  /** Of the file in force. */
  get policy(): PolicyView {
    return this.#policy;
  }

  get #config(): Config {
    return this.#policy.config;
  }

  switches(): readonly ManagedSwitch[] {
    return [...this.#switches.values()];
  }

  // ---- Enforcer

  locate(job: Job): Location {
    return locateJob(job, this.#ports, this.#config);
  }

  async jobAdded(job: Job, enforcement: Enforcement): Promise<Confirmation> {
    if (enforcement === 'unenforced') return { edgeConfirmed: true, silent: [], away: [] };
    this.#addedAt.set(job.key, ++this.#moment);
    const location = this.locate(job);
    const at = location.kind === 'port' && enforcement === 'port' ? location : undefined;
    const unbound = job.mac === undefined ? undefined : this.jobs.boundTo(job.mac);
    const placed = this.jobs.add(job, at);
    const retired = this.#meet(job);
    this.#classes.note(this.#policy.engine);
    const told = await this.#tellOfNew({ placed, unbound, retired });
    return this.#confirmation({ edge: at?.dpid, told, away: [] });
  }

  /** The switches that are sent something for a job that has come. They are told when all is done that is due in this turn. */
  #tellOfNew(news: Omit<News, 'resolve' | 'reject'>): Promise<readonly ManagedSwitch[]> {
    return new Promise((resolve, reject) => {
      this.#news.push({ ...news, resolve, reject });
      if (this.#news.length === 1) queueMicrotask(() => this.#tellAll());
    });
  }

  /** Switch by switch, and not job by job: of a thousand switches, what each of them knows is fetched from memory once. */
  #tellAll(): void {
    const news = this.#news.splice(0).map((each) => ({ ...each, told: [] as ManagedSwitch[] }));
    try {
      for (const managed of this.#switches.values()) {
        for (const { placed, unbound, told } of news) {
          const isUnbound = unbound !== undefined && managed.onJob(unbound, false);
          if (managed.onJob(placed, true) || isUnbound) told.push(managed);
        }
      }
      for (const { retired, told, resolve } of news) {
        this.#recycling.retire(retired);
        resolve(told);
      }
    } catch (error) {
      for (const { reject } of news) reject(error);
    }
  }

  async jobRemoved(job: Job, enforcement: Enforcement): Promise<Confirmation> {
    if (enforcement === 'unenforced') return { edgeConfirmed: true, silent: [], away: [] };
    this.#tellAll();
    const key = job.key;
    const addedAt = this.#addedAt.get(key) ?? 0;
    this.#addedAt.delete(key);
    const placed = this.jobs.remove(job) ?? { job, location: undefined, mac: job.mac };
    for (const succession of this.#successions) succession.remove(job);
    const retired = this.#policy.leave(job);
    const told = this.switches().filter((managed) => managed.onJob(placed, false));
    const away = [...this.#away].filter(([, gone]) => gone.since >= addedAt);
    this.#recycling.retire(retired);
    return this.#confirmation({
      edge: placed.location?.dpid,
      told,
      away: away.map(([dpid]) => formatDpid(dpid)),
    });
  }

  #meet(job: Job): readonly number[] {
    for (const succession of this.#successions) succession.remove(job);
    const retired = this.#policy.meet(job);
    for (const succession of this.#successions) succession.put(job);
    return retired;
  }

  whenMended(dpid: string): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#mendedWaiters.get(dpid);
      if (waiters === undefined) this.#mendedWaiters.set(dpid, [resolve]);
      else waiters.push(resolve);
      const connected = this.#switches.get(BigInt(`0x${dpid}`));
      if (connected === undefined) return;
      this.mending.hasten(connected);
      void this.#retryConfirm(connected);
    });
  }

  restore({ jobs, switches, jobPorts, classes }: RestoredNetwork): void {
    for (const { dpid, portName } of jobPorts) this.#jobPorts.restore(BigInt(`0x${dpid}`), portName);
    for (const { job, location } of jobs) {
      this.jobs.add(job, location);
      // It may be written in the job's record alone, which goes when the job ends.
      if (location?.portName !== undefined) this.#jobPorts.set(location.dpid, location.portName, true);
    }
    const numbers = new Map(classes.map(({ number, key }) => [key, number]));
    const members = jobs.map(({ job }) => job);
    this.#policy = PolicyView.restored(this.#config, members, numbers, this.#verdicts);
    this.#verdicts = undefined;
    this.#classes.restore(
      classes.map(({ number, key }) => [number, key]),
      this.#policy.engine,
    );
    for (const dpid of switches) {
      this.#away.set(BigInt(`0x${dpid}`), { state: undefined, since: this.#moment, hadRules: true });
    }
  }

  forget(dpid: string): boolean {
    const id = BigInt(`0x${dpid}`);
    if (this.#switches.has(id)) return false;
    this.#away.delete(id);
    this.#jobPorts.forget(id);
    this.#policy.numbers.release(id, this.#policy.numbers.heldFor(id));
    return true;
  }

  classLimitFor(job: Job): number | undefined {
    const { engine, numbers } = this.#policy;
    const { classes } = this.#config.limits;
    const added = this.#policy.classesAddedBy(job);
    if (added === 0) return undefined;
    return engine.live().size + added > classes || added > numbers.available ? classes : undefined;
  }

  // ---- the policy file

  /**
   * What another file makes of the jobs, found out a slice at a time: what `prepare` then does in one turn is little. Jobs that come
   * and go are kept up with until `prepare` has been called.
   */
  async sortJobs(config: Config): Promise<Succession> {
    const succession = new Succession(this.#policy.sorted, config);
    this.#successions.add(succession);
    try {
      await inSlices(this.jobs.all(), ({ job }) => succession.put(job));
    } catch (error) {
      this.#successions.delete(succession);
      throw error;
    }
    return succession;
  }

  /** What the file of this succession would make of all that is known now. Changes nothing. */
  prepare(sorted: Succession): PreparedReload<ManagedSwitch> {
    this.#tellAll();
    this.#successions.delete(sorted);
    const [former, jobs, switches] = [this.#policy, this.jobs, this.switches()];
    const { config } = sorted;
    // A plan may have been overtaken by a reload.
    const succession = sorted.former === former.sorted ? sorted : successionOf(former, config, jobs);
    return prepareReload({ former, config, jobs, switches, numbers: former.numbers.copy(), succession });
  }

  /**
   * Puts another file in force, in the turn of the event loop in which it was prepared: what was decided for packets and
   * would be decided otherwise is deleted first, on every switch, then each gets what differs behind its guard. Settles
   * when every connected switch has confirmed or the file's `confirmTimeout` has passed. Never rejects.
   */
  async reload({ policy, moves, switches, retired }: PreparedReload<ManagedSwitch>): Promise<ReloadConfirmation> {
    // One that comes back meanwhile is asked by nobody whether it has been mended.
    const away = this.awaySwitches();
    this.#policy = policy;
    this.#classes.note(policy.engine);
    for (const { placed, location } of moves) {
      this.#move(placed, location);
      this.#switches.get(location.dpid)?.state.markJobPort(location.portNo);
    }
    for (const { target, config: entry, next } of switches) target.reconfigure(entry, next);
    const rebuilt = switches.filter(({ isRebuilt }) => isRebuilt).map(({ target }) => target);
    for (const managed of rebuilt) managed.connection.close('the policy file gives it another pipeline');
    for (const { target, isRebuilt, next } of switches) {
      if (!isRebuilt) target.rules.succeed(next);
    }
    this.#recycling.retire(retired);
    this.events.emit('networkChanged');
    const { silent } = await this.#confirmation({ edge: undefined, told: this.switches(), away: [] });
    // What these have confirmed is a table of verdicts that names none of the retired.
    for (const { target } of switches) {
      const { dpid } = target.state;
      const isConfirmed = this.#switches.get(dpid) === target && !silent.includes(formatDpid(dpid));
      if (isConfirmed) this.#policy.numbers.release(dpid, retired);
    }
    const named = (dpids: readonly string[]) => dpids.map((dpid) => this.#nameOf(dpid));
    return { silent: named(silent), away, rebuilt: rebuilt.map(({ state }) => state.name) };
  }

  /** Datapath ids of the switches that are not connected and may have rules. */
  awaySwitches(): readonly string[] {
    return Array.from(this.#away.keys(), (dpid) => this.#nameOf(formatDpid(dpid)));
  }

  #nameOf(dpid: string): string {
    const id = BigInt(`0x${dpid}`);
    const known = this.#switches.get(id)?.state ?? this.#away.get(id)?.state;
    // One that has not been seen since the start may still stand in the file.
    return known?.name ?? this.#config.switches.find((entry) => entry.dpid === id)?.name ?? dpid;
  }

  // ---- ConnectionOwner

  onUp(connection: SwitchConnection): void {
    const dpid = connection.features.datapathId;
    const former = this.#switches.get(dpid);
    if (former !== undefined) {
      former.connection.close('the same datapath id connected again; the newer connection counts');
    }
    const hadRules = this.#away.get(dpid)?.hadRules === true;
    this.#away.delete(dpid);
    const held = this.#policy.numbers.heldFor(dpid);
    const managed = new ManagedSwitch({
      connection,
      config: this.#configFor(connection),
      jobs: this.jobs,
      policy: () => this.#policy,
      counters: this.#counters,
      log: this.#log,
      jobPorts: this.#jobPorts.of(dpid),
      onJobPort: (portName, isJobPort) => this.#jobPorts.set(dpid, portName, isJobPort),
      mending: this.mending,
      decidedRoom: this.decidedRoom,
      hadRules,
      onFailMode: (fields, event, isWarning) => {
        if (isWarning) this.#log.warn(fields, event);
        else this.#log.info(fields, event);
        this.events.emit('switch', fields, event);
      },
      onStorm: (fields, event) => {
        this.#log.warn(fields, event);
        this.events.emit('switch', fields, event);
      },
    });
    this.#jobPorts.keepOnly(dpid, new Set(connection.ports.map(({ name: portName }) => portName)));
    if (former !== undefined) this.#part(former);
    this.#switches.set(dpid, managed);
    this.#ports.update(managed.state);
    const { name, version } = managed.state;
    const said = {
      switch: name,
      dpid: formatDpid(dpid),
      version: version === 4 ? '1.3' : '1.0',
      peer: connection.peer,
    };
    this.#tell({ ...said, ports: connection.ports.length }, 'switch.connected');
    this.#relocate(managed);
    this.events.emit('networkChanged');
    void managed.rules.mend().then((isMended) => {
      if (!isMended) return;
      this.#policy.numbers.release(dpid, held);
      this.events.emit('switch', { switch: managed.state.name, dpid: formatDpid(dpid) }, 'switch.mended');
      this.#settleMended(managed);
    });
    if (this.#mendedWaiters.has(formatDpid(dpid))) this.mending.hasten(managed);
  }

  onMessage(connection: SwitchConnection, message: Message): void {
    const managed = this.#switches.get(connection.features.datapathId);
    if (managed === undefined || managed.connection !== connection) return;
    switch (message.type) {
      case 'packetIn':
        this.#onPacketIn(managed, message);
        return;
      case 'portStatus':
        this.#onPortStatus(managed, message);
        return;
      case 'flowRemoved':
        this.#onFlowRemoved(managed, message);
        return;
      case 'error': {
        const error = formatError(message);
        this.#counters.switchErrors.add([managed.state.name, error.split('/')[0] ?? error]);
        const rule = managed.rules.onRefused(message.xid, isTableFull(message));
        if (rule !== undefined) managed.storms.refused(rule);
        const said = rule === undefined ? {} : refusedRule(connection.version, rule);
        this.#log.warn({ switch: managed.state.name, error, ...said }, 'switch.error');
      }
    }
  }

  onClosed(connection: SwitchConnection, reason: string): void {
    this.#counters.connections.add([
      connection.state === 'closed' && this.#isManaged(connection) ? 'closed' : 'refused',
    ]);
    const managed = this.#isManaged(connection);
    const name = managed?.state.name;
    this.#log.warn({ ...(name && { switch: name }), peer: connection.peer, reason }, 'switch.disconnected');
    if (managed === undefined) return;
    const dpid = formatDpid(managed.state.dpid);
    this.events.emit('switch', { switch: name, dpid, peer: connection.peer, reason }, 'switch.disconnected');
    this.#switches.delete(managed.state.dpid);
    const hadRules = managed.rules.ruleCount > 0;
    this.#part(managed);
    this.#away.set(managed.state.dpid, { state: managed.state, since: ++this.#moment, hadRules });
  }

  /** Nothing is to be kept for its connection any more. */
  #part(managed: ManagedSwitch): void {
    this.#ports.remove(managed.state);
    managed.rules.abandon();
  }

  #tell(fields: object, event: EventName): void {
    this.#log.info(fields, event);
    this.events.emit('switch', fields, event);
  }

  #isManaged(connection: SwitchConnection): ManagedSwitch | undefined {
    return this.switches().find((managed) => managed.connection === connection);
  }

  #onPacketIn(managed: ManagedSwitch, message: PacketIn): void {
    const begin = performance.now();
    const outcome = handlePacketIn(
      managed,
      message,
      (binding) => this.#bindMac(binding),
      (drop, frame) => this.events.emit('dropped', managed, drop, frame),
    );
    this.#counters.packetIns.add([managed.state.name, outcome]);
    this.#counters.observePacketIn((performance.now() - begin) / 1000);
  }

  #bindMac({ placed, mac }: NonNullable<Fate['binds']>): void {
    const bound = this.jobs.learnMac(placed, mac);
    if (bound === placed) return;
    for (const managed of this.#switches.values()) managed.onJob(bound, false);
  }

  #onFlowRemoved(managed: ManagedSwitch, message: Extract<Message, { type: 'flowRemoved' }>): void {
    const reason = REMOVED_REASONS[message.reason] ?? 'other';
    this.#counters.flowsRemoved.add([managed.state.name, reason]);
    if (isDecided(message.cookie)) managed.rules.onDecidedGone(message.cookie);
    const kind = kindOf(message.cookie);
    if (kind === 'storm') managed.storms.over(inPortOf(message), Number(message.packetCount));
    if (message.version !== 4 || reason !== 'idle-timeout' || kind !== 'host') return;
    const mac = Number(getOxm(message.match, 'ethSrc')?.value ?? 0) as MacAddress;
    const inPort = inPortOf(message);
    if (managed.state.hosts.portOf(mac) === inPort) managed.onHostSilent(mac);
  }

  #onPortStatus(managed: ManagedSwitch, message: Extract<Message, { type: 'portStatus' }>): void {
    const port = toPort(message.port, message.version);
    const isGone = message.reason === PORT_DELETED;
    const { state, connection } = managed;
    if (!isGone && state.port(port.portNo) === undefined && state.portCount >= MOST_PORTS) {
      connection.close(`it says that it has more than ${MOST_PORTS} ports`);
      return;
    }
    const jobs = isGone ? [...this.jobs.at(managed.state.dpid, port.portNo)].map(({ job }) => job) : [];
    managed.onPort(port, isGone);
    this.#ports.update(managed.state);
    const event = isGone ? 'port.removed' : 'port.changed';
    this.#tell({ switch: managed.state.name, port: port.name, portNo: port.portNo, isUp: port.isUp }, event);
    if (jobs.length > 0) this.events.emit('portGone', jobs);
    if (message.reason === PORT_ADDED) this.events.emit('networkChanged');
  }

  /** A switch that comes back may number its ports anew, or lack some. */
  #relocate(managed: ManagedSwitch): void {
    const { dpid } = managed.state;
    const lost: Job[] = [];
    for (const placed of this.jobs.ofSwitch(dpid)) {
      if (placed.location === undefined) continue;
      const location = this.locate(placed.job);
      if (location.kind === 'port') {
        if (!isSamePort(location, placed.location)) {
          const moved = this.#move(placed, location);
          if (location.dpid !== dpid) this.#switches.get(location.dpid)?.onJob(moved, true);
        }
        if (location.dpid === dpid) managed.state.markJobPort(location.portNo);
      } else if (!hasPort(managed.state, placed.location)) lost.push(placed.job);
      // Found by what was seen before a restart: nothing has been seen since, and it is there until it is known elsewhere.
      else managed.state.markJobPort(placed.location.portNo);
    }
    if (lost.length > 0) this.events.emit('portGone', lost);
  }

  #move(placed: PlacedJob, location: JobLocation): PlacedJob {
    const added = this.jobs.add(placed.job, location);
    // Wherever it is now, a job keeps the MAC that it was bound to.
    const moved = placed.mac === undefined ? added : this.jobs.learnMac(added, placed.mac);
    this.events.emit('moved', placed.job, location);
    return moved;
  }

  /**
   * The edge and those that were told something of the change have to confirm it. To all others nothing is new; but where no
   * edge is known, somebody has to say that he is there.
   */
  async #confirmation({ edge, told, away }: Change): Promise<Confirmation> {
    const atEdge = edge === undefined ? undefined : this.#switches.get(edge);
    if (atEdge !== undefined) this.mending.hasten(atEdge);
    const isAnybody = edge === undefined && told.length === 0;
    const asked = isAnybody ? this.switches() : [...new Set([...told, ...(atEdge === undefined ? [] : [atEdge])])];
    const answers = await Promise.all(
      asked.map((managed) => managed.rules.confirm(this.#config.jobs.confirmTimeoutMs)),
    );
    const confirmed = new Set(asked.filter((_, i) => answers[i]).map((managed) => managed.state.dpid));
    const silent = asked.filter((managed) => !confirmed.has(managed.state.dpid));
    return {
      edgeConfirmed: edge === undefined ? confirmed.size > 0 : confirmed.has(edge),
      silent: silent.map((managed) => formatDpid(managed.state.dpid)),
      away,
    };
  }

  /** A switch that was silent is asked again until it confirms or closes. */
  async #retryConfirm(managed: ManagedSwitch): Promise<void> {
    while (managed.connection.state === 'up') {
      if (await managed.rules.confirm(this.#config.jobs.confirmTimeoutMs)) {
        this.#settleMended(managed);
        return;
      }
    }
  }

  #settleMended(managed: ManagedSwitch): void {
    const dpid = formatDpid(managed.state.dpid);
    const waiters = this.#mendedWaiters.get(dpid) ?? [];
    this.#mendedWaiters.delete(dpid);
    for (const resolve of waiters) resolve();
  }

  #configFor(connection: SwitchConnection): SwitchConfig | undefined {
    const { version } = connection;
    const local = connection.ports.find(
      (port) => (version === 1 ? widenPort(port.portNo) : port.portNo) === LOCAL_PORT,
    );
    return entryOf(this.#config, { dpid: connection.features.datapathId, bridgeName: local?.name });
  }
}

/** OFPPR_ADD and OFPPR_DELETE */
const PORT_ADDED = 0;
const PORT_DELETED = 1;
/** OFPRR_IDLE_TIMEOUT and on (OF1.3.5 §7.4.2). */
const REMOVED_REASONS = ['idle-timeout', 'hard-timeout', 'delete', 'group-delete'] as const;

/** The port that the rule was for. */
function inPortOf(message: Extract<Message, { type: 'flowRemoved' }>): number {
  if (message.version === 1) return widenPort(message.match.inPort ?? 0);
  return Number(getOxm(message.match, 'inPort')?.value ?? 0);
}

function isSamePort(a: JobLocation, b: JobLocation): boolean {
  return a.dpid === b.dpid && a.portNo === b.portNo;
}

/** True if the switch still has that port, and its number has not gone to one of another name. */
function hasPort(state: SwitchState, { portNo, portName }: JobLocation): boolean {
  const port = state.port(portNo);
  return port !== undefined && (portName === undefined || port.name === portName);
}
