// The real controller, with model switches at the other end of queues that the sequence moves by hand, killed and started
// again as it says. Beside them it keeps the facts: each is noted in the turn in which the engine is told, from what it was
// told, and never read from the engine. There are two exceptions. Whether a host that was silent for a while is still known
// may be either way, so there the engine is asked, and may say that it has forgotten, never that it knows otherwise. And
// after a restart a job whose registration or removal nobody had been told of may be known or not, and that a job's port was
// deleted right before may be forgotten.

import type { Message } from 'node-openflow';
import type { Admitted, Enforcement } from '../../controller/jobs/admission.ts';
import type { AdmissionService } from '../../controller/jobs/admission-service.ts';
import type { JobLocation } from '../../controller/jobs/enforcer.ts';
import type { Job } from '../../controller/jobs/job.ts';
import { SimulatedStore } from '../../controller/jobs/testing/simulated-store.ts';
import type { ReloadOutcome } from '../../controller/policy-control.ts';
import type { StatsReply } from '../../controller/southbound/switch-connection.ts';
import { Datapath, type Effect } from '../../mininet/model-switch/datapath.ts';
import type { MacAddress } from '../../protocols/packet/address.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { ControllerProcess, type Witness } from './controller-process.ts';
import { Discrepancy } from './discrepancy.ts';
import {
  type Facts,
  type JobFacts,
  roleOf,
  type SwitchFacts,
  withHost,
  withMacOf,
  withoutHost,
  withSwitch,
} from './facts.ts';
import { Knowledge } from './knowledge.ts';
import { placeOf } from './places.ts';
import type { PolicyFile } from './policy-file.ts';
import { type Judgement, judgeFrame } from './reference.ts';
import { PLAN, type SwitchName, type SwitchSpec, type Who } from './site.ts';
import { turnOfTheLoop, VirtualTime } from './virtual-time.ts';
import { Wire, type WireOwner } from './wire.ts';

/** A host that the controller has heard of less than this long ago is known for certain. */
const SURELY_KNOWN_MS = 60_000;
/** Among the keys of jobs. */
export const POLICY_FILE = 'the policy file';

/** How long the controller may keep in mind alone what it wants to remember. */
const MEMORY_MS = 1000;

/** The cookie of a rule that says where a host was seen: Lark's, of that kind. */
const HOST_RULE = 0x4c61726b_04000000n;

/** Whoever holds something else beside the model switches. */
export interface Onlooker {
  /** A switch has carried out a message, whose bytes are `raw`. */
  carriedOut(at: SwitchName, message: Message, raw: Uint8Array): void;
  /** With nothing under way, this is what a switch's tables make of a frame. To be waited for. */
  handled(at: SwitchName, portNo: number, frame: Uint8Array, effects: readonly Effect[]): Promise<void>;
}

export interface WorldSetup {
  readonly file: PolicyFile;
  readonly switches: ReadonlyMap<SwitchName, SwitchSpec>;
  readonly onlooker?: Onlooker | undefined;
}

/** What a PacketIn tells of its sender. */
interface Heard extends Judgement {
  readonly mac: number;
  readonly inPort: number;
}

export class World implements WireOwner {
  readonly time = new VirtualTime();
  readonly onlooker: Onlooker | undefined;
  readonly knowledge: Knowledge;
  readonly versions: ReadonlyMap<SwitchName, 1 | 4>;
  /** On the disk; read when the controller starts and when it is told to. */
  #file: PolicyFile;
  /** What the reference goes by, of each file that was read. */
  readonly #factsOf = new Map<unknown, PolicyFile['facts']>();
  #store = new SimulatedStore();
  #controller: ControllerProcess;
  readonly #datapaths = new Map<SwitchName, Datapath>();
  readonly #wires = new Map<SwitchName, Wire>();
  /** Switches whose first rules have been confirmed. */
  readonly #mended = new Set<Wire>();
  /** Those whose rules have been read. */
  readonly #wasRead = new Set<Wire>();
  /** Hosts that the controller learns of in this turn, from a switch's rules. */
  readonly #justFound = new Set<string>();
  /** Switches that have refused rules for lack of room. */
  readonly full = new Set<SwitchName>();
  /** Of the switches that are not connected, the names of their ports that are jobs'. */
  readonly #jobPorts = new Map<SwitchName, ReadonlySet<string>>();
  /** The ports of a switch that is away, as this controller last knew them. */
  readonly #formerPorts = new Map<SwitchName, SwitchFacts['ports']>();
  /** When a port was a job's no more, by its switch and name. */
  readonly #freedAt = new Map<string, number>();
  /** Since when the disk takes nothing. */
  #heldSince: number | undefined;
  readonly #heardAt = new Map<string, number>();
  /** When a job last came or went, in epochs, by its key. */
  readonly #changedAt = new Map<string, number>();

  constructor({ file, switches, onlooker }: WorldSetup) {
    this.onlooker = onlooker;
    this.time.install();
    this.versions = new Map([...switches].map(([name, { version }]) => [name, version]));
    this.knowledge = new Knowledge({ policy: file.facts, jobs: [], switches: new Map() });
    this.#file = file;
    this.#controller = this.#started();
    for (const name of switches.keys()) {
      const ports = [...PLAN.get(name)!.ports].map(([portNo, portName]) => portSpec(portNo, portName));
      const { pipeline, bundles: hasBundles = false, room } = switches.get(name)!;
      const hasRegisters = pipeline === 'registers';
      const options = {
        dpid: PLAN.get(name)!.dpid,
        ports,
        hasBundles,
        hasRegisters,
        ...(room !== undefined && { maxFlows: room }),
      };
      this.#datapaths.set(name, new Datapath(options, this.now()));
    }
  }

  get admission(): AdmissionService {
    return this.#controller.admission;
  }

  get facts(): Facts {
    return this.knowledge.now;
  }

  now(): number {
    return this.time.nowMs;
  }

  datapath(name: SwitchName): Datapath {
    return this.#datapaths.get(name)!;
  }

  wire(name: SwitchName): Wire | undefined {
    return this.#wires.get(name);
  }

  wires(): readonly (readonly [SwitchName, Wire])[] {
    return [...this.#wires];
  }

  nameOf(wire: Wire): SwitchName {
    return [...this.#datapaths].find(([, datapath]) => datapath === wire.datapath)![0];
  }

  isMended(name: SwitchName): boolean {
    const wire = this.#wires.get(name);
    return wire !== undefined && this.#mended.has(wire);
  }

  /** The epoch of the job's last coming or going, or of the last policy file. */
  changedAt(key: string): number {
    return this.#changedAt.get(key) ?? 0;
  }

  // ---- switches come and go

  connect(name: SwitchName): void {
    if (this.#wires.has(name)) return;
    const wire = new Wire(this.datapath(name), this.versions.get(name)!, this);
    this.#wires.set(name, wire);
    this.#controller.onUp(wire.connection);
    // A switch is written down before the engine sees it, in a later turn.
    void wire.whenManaged
      .then(() => this.#controller.managed(wire.connection)?.rules.mend())
      .then((isMended) => isMended === true && this.#mended.add(wire));
  }

  onClosed(wire: Wire, reason: string): void {
    const name = this.nameOf(wire);
    this.#wires.delete(name);
    this.#mended.delete(wire);
    const former = this.facts.switches.get(name);
    if (former !== undefined) {
      this.#jobPorts.set(name, jobPortNames(former));
      this.#formerPorts.set(name, former.ports);
    }
    this.knowledge.now = {
      ...this.facts,
      switches: new Map([...this.facts.switches].filter(([each]) => each !== name)),
    };
    this.#controller.onClosed(wire.connection, reason);
  }

  // ---- the controller comes and goes

  #started(): ControllerProcess {
    const witness: Witness = {
      jobAdded: (job, enforcement) => this.#noteAdded(job, enforcement),
      jobRemoved: (job) => this.#noteRemoved(job),
      reloaded: (config) => {
        this.knowledge.now = { ...this.facts, policy: this.#factsOf.get(config)! };
        this.#changedAt.set(POLICY_FILE, this.knowledge.epoch);
      },
      connected: (connection) => this.#noteConnected(connection as unknown as Wire),
      message: (connection, message, tell) => this.#noteMessage(connection as unknown as Wire, message, tell),
    };
    return new ControllerProcess({ load: () => this.#read(), clock: this.time, store: this.#store, witness });
  }

  #read(): PolicyFile['result'] {
    this.#factsOf.set(this.#file.result.config, this.#file.facts);
    return this.#file.result;
  }

  /** Another policy file is put on the disk, and the controller told to read it. */
  reload(file: PolicyFile): Promise<ReloadOutcome> {
    this.#file = file;
    return this.#controller.policy.reload();
  }

  /** What is registered and removed waits for the disk, until it is released. */
  holdStore(): void {
    this.#heldSince ??= this.now();
    this.#store.isAutomatic = false;
  }

  releaseStore(): void {
    this.#heldSince = undefined;
    this.#store.isAutomatic = true;
    this.#store.sync();
  }

  /** Its connections break, and it starts anew from what its store has; `unacknowledged` more of its commits are on the disk. */
  restart(unacknowledged: number): void {
    this.#controller.kill();
    for (const [, wire] of this.wires()) wire.close('the controller is killed');
    this.time.forgetTimers();
    this.#store = this.#store.afterCrash(unacknowledged);
    this.#formerPorts.clear();
    this.#noteStoredJobPorts();
    this.#heldSince = undefined;
    const before = this.facts;
    this.#controller = this.#started();
    for (const { location } of this.admission.list()) this.#rememberJobPort(location);
    const jobs = this.admission.list().map((admitted) => restoredFacts(admitted, before));
    this.knowledge.now = { ...this.facts, jobs, policy: this.#file.facts };
    for (const { key } of jobs) this.#changedAt.set(key, this.knowledge.epoch);
  }

  /** That a port is a job's no more may be unwritten for a while. */
  #noteStoredJobPorts(): void {
    const surelyWritten = (this.#heldSince ?? this.now()) - MEMORY_MS;
    for (const { dpid, portName } of this.#store.load().jobPorts) {
      const at = nameOfSwitch(BigInt(`0x${dpid}`));
      if (at === undefined || this.#jobPorts.get(at)?.has(portName) === true) continue;
      if ((this.#freedAt.get(`${at} ${portName}`) ?? Number.NEGATIVE_INFINITY) < surelyWritten)
        throw new Discrepancy(`${portName} of ${at} is taken for a job's port after the restart, and is none`);
      this.#rememberJobPort({ dpid: BigInt(`0x${dpid}`), portName });
    }
  }

  #rememberJobPort(location: Pick<JobLocation, 'dpid' | 'portName'> | undefined): void {
    const at = location && nameOfSwitch(location.dpid);
    if (at === undefined || location?.portName === undefined) return;
    this.#jobPorts.set(at, new Set([...(this.#jobPorts.get(at) ?? []), location.portName]));
  }

  #noteConnected(wire: Wire): void {
    const name = this.nameOf(wire);
    wire.becomesManaged();
    const ports = new Map(
      wire.ports.map((port) => [widened(port.portNo), { name: port.name, isUp: isPortUp(port) }] as const),
    );
    // What was a job's port by its name still is, whatever its number.
    const formerNames = this.#jobPorts.get(name) ?? new Set();
    this.#jobPorts.delete(name);
    const names = new Set(Array.from(ports.values(), ({ name: portName }) => portName));
    for (const gone of formerNames) if (!names.has(gone)) this.#freedAt.set(`${name} ${gone}`, this.now());
    const inherited = [...ports].flatMap(([port, { name: portName }]) => (formerNames.has(portName) ? [port] : []));
    const made: SwitchFacts = {
      name,
      version: this.versions.get(name)!,
      ports,
      jobPorts: new Set(inherited),
      hosts: new Map(),
    };
    const connected = withSwitch(this.facts, made);
    // Ports may have other numbers now.
    const jobs = connected.jobs.map((job) =>
      job.at?.switch === name ? { ...job, at: this.#placeAgain(connected, job) } : job,
    );
    // A port that was deleted while it was away is none any more.
    const former = this.#formerPorts.get(name);
    const isStill = (port: number) =>
      ports.has(port) && (former === undefined || former.get(port)?.name === ports.get(port)?.name);
    const found = jobs.flatMap((job, i) =>
      job.at?.switch === name && (job.at !== connected.jobs[i]!.at || isStill(job.at.port)) ? [job.at.port] : [],
    );
    const jobPorts = new Set([...inherited, ...found]);
    this.knowledge.now = { ...withSwitch(connected, { ...made, jobPorts }), jobs };
  }

  #placeAgain(facts: Facts, job: JobFacts): JobFacts['at'] {
    const registered = this.admission.byKey(job.key)?.job;
    return (registered && placeOf(facts, registered)) ?? job.at;
  }

  onCarriedOut(wire: Wire, message: Message, raw: Uint8Array): void {
    this.onlooker?.carriedOut(this.nameOf(wire), message, raw);
  }

  onTableFull(wire: Wire): void {
    this.full.add(this.nameOf(wire));
  }

  // ---- the engine is told

  onMessage(wire: Wire, message: Message): void {
    this.#controller.onMessage(wire.connection, message);
  }

  /** What the switch's rules say of hosts when it connects is learned where nothing else is known. */
  epoch(): number {
    return this.knowledge.epoch;
  }

  onStatistics(wire: Wire, answer: readonly StatsReply[]): void {
    const rules = answer.flatMap((part) =>
      part.type === 'multipartReply' && part.body.multipart === 'flow' ? part.body.entries : [],
    );
    if (rules.length === 0 || this.#wasRead.has(wire)) return;
    this.#wasRead.add(wire);
    const name = this.nameOf(wire);
    const places = rules.flatMap(({ cookie, match, tableId, instructions }) => {
      const [port, source] = (['inPort', 'ethSrc'] as const).map((field) => match.find((each) => each.field === field));
      if (cookie !== HOST_RULE || tableId !== 0 || port === undefined || source === undefined) return [];
      // A job's at another switch.
      if (instructions.some(({ type }) => type === 'writeMetadata')) return [];
      return 'value' in port && 'value' in source ? [{ mac: Number(source.value), port: Number(port.value) }] : [];
    });
    for (const { mac, port } of places) {
      const known = this.facts.switches.get(name);
      if (known === undefined || places.filter((each) => each.mac === mac).length > 1) continue;
      if (known.hosts.has(mac) || this.facts.jobs.some((job) => job.mac === mac)) continue;
      if (known.ports.get(port)?.isUp !== true || roleOf(known, port) === 'job') continue;
      this.knowledge.now = withHost(this.facts, name, mac, port);
      this.#heardAt.set(`${name} ${mac}`, this.now());
      this.#justFound.add(`${name} ${mac}`);
    }
    void turnOfTheLoop().then(() => this.#justFound.clear());
  }

  #noteMessage(wire: Wire, message: Message, tell: () => void): void {
    const name = this.nameOf(wire);
    if (message.type === 'portStatus') this.#notePort(name, message);
    const heard = message.type === 'packetIn' ? this.#hear(name, message) : undefined;
    if (!wire.isAnsweredRaw(message)) tell();
    if (heard !== undefined) this.#learn(name, heard);
    // A rule that idled out tells of a host that fell silent, even where a packet of its own was late.
    this.forgetAged(message.type === 'flowRemoved');
  }

  #notePort(name: SwitchName, { port, reason }: Extract<Message, { type: 'portStatus' }>): void {
    const known = this.facts.switches.get(name)!;
    const portNo = widened(port.portNo);
    const isGone = reason === 1;
    const isUp = isPortUp(port);
    const ports = new Map(known.ports);
    const jobPorts = new Set(known.jobPorts);
    if (isGone) {
      if (jobPorts.has(portNo)) this.#freedAt.set(`${name} ${known.ports.get(portNo)?.name}`, this.now());
      ports.delete(portNo);
      jobPorts.delete(portNo);
    } else ports.set(portNo, { name: port.name, isUp });
    const hosts = isGone || !isUp ? [...known.hosts].filter(([, at]) => at !== portNo) : known.hosts;
    this.knowledge.now = withSwitch(this.facts, { ...known, ports, jobPorts, hosts: new Map(hosts) });
  }

  #hear(name: SwitchName, message: Extract<Message, { type: 'packetIn' }>): Heard {
    const frame = parseFrame(message.data);
    const inPort = inPortOf(message);
    const judged = judgeFrame(this.facts, this.facts.switches.get(name)!, frame, inPort);
    return { ...judged, mac: frame.ethSrc, inPort };
  }

  #learn(name: SwitchName, heard: Heard): void {
    const { mac, inPort, binds } = heard;
    if (binds !== undefined) this.knowledge.now = withMacOf(this.facts, binds.key, mac);
    if (!heard.learns) return;
    this.knowledge.now = withHost(this.facts, name, mac, inPort);
    this.#heardAt.set(`${name} ${mac}`, this.now());
  }

  /** What may have been forgotten by now, and was. */
  forgetAged(isTold = false): void {
    for (const [name, wire] of this.#wires) {
      const known = this.facts.switches.get(name);
      const state = this.#controller.managed(wire.connection)?.state;
      if (known === undefined || state === undefined) continue;
      const left = [...known.hosts].filter(([mac]) => {
        const heardAt = this.#heardAt.get(`${name} ${mac}`) ?? Number.NEGATIVE_INFINITY;
        return (
          this.#justFound.has(`${name} ${mac}`) ||
          (!isTold && this.now() - heardAt < SURELY_KNOWN_MS) ||
          state.hosts.portOf(mac as MacAddress) !== undefined
        );
      });
      if (left.length < known.hosts.size)
        this.knowledge.now = withSwitch(this.facts, { ...known, hosts: new Map(left) });
    }
  }

  /** The network as it is, whatever the controller knows of it. */
  physical(): Facts {
    const switches = [...this.#datapaths].map(([name, datapath]): readonly [SwitchName, SwitchFacts] => {
      const ports = new Map(
        datapath.state.ports.all().map(({ spec, isUp }) => [spec.portNo, { name: spec.name, isUp }]),
      );
      return [name, { name, version: this.versions.get(name)!, ports, jobPorts: new Set(), hosts: new Map() }];
    });
    return { ...this.facts, switches: new Map(switches) };
  }

  #noteAdded(job: Job, enforcement: Enforcement): void {
    const at = enforcement === 'port' ? placeOf(this.facts, job) : undefined;
    const { addresses, mac } = job;
    const who = whoHas(job);
    const key = job.key;
    let facts = mac === undefined ? this.facts : withoutHost(this.facts, mac);
    const there = at && facts.switches.get(at.switch);
    if (there !== undefined) facts = withSwitch(facts, { ...there, jobPorts: new Set([...there.jobPorts, at!.port]) });
    // A MAC that is registered is no longer that of a job which merely used it.
    const others = facts.jobs
      .filter((known) => known.key !== key)
      .map((known) => (mac !== undefined && known.mac === mac ? { ...known, mac: undefined } : known));
    const jobs = [...others, { key, ...who, addresses, mac, at }];
    this.knowledge.now = { ...facts, jobs };
    this.#changedAt.set(key, this.knowledge.epoch);
  }

  #noteRemoved(job: Job): void {
    const key = job.key;
    const gone = this.facts.jobs.find((known) => known.key === key);
    const facts = gone?.mac === undefined ? this.facts : withoutHost(this.facts, gone.mac);
    this.knowledge.now = { ...facts, jobs: facts.jobs.filter((known) => known.key !== key) };
    this.#changedAt.set(key, this.knowledge.epoch);
  }

  // ---- time

  /** Lets time pass, timers and time-outs in their order. */
  async pass(ms: number): Promise<void> {
    let left = ms;
    do {
      left = this.time.step(left);
      for (const [, datapath] of this.#datapaths) this.#tick(datapath);
      await turnOfTheLoop();
      this.forgetAged();
    } while (left > 0);
  }

  #tick(datapath: Datapath): void {
    const effects = datapath.tick(this.now());
    const wire = [...this.#wires.values()].find((each) => each.datapath === datapath);
    wire?.tell(effects);
  }

  end(): void {
    this.admission.stop();
    this.time.uninstall();
  }
}

export function portSpec(portNo: number, name: string) {
  return { portNo, name, mac: (0x0e0000000000 + (portNo % 0xffff)) as MacAddress };
}

function inPortOf(message: Extract<Message, { type: 'packetIn' }>): number {
  if (message.version === 1) return widened(message.inPort);
  const field = message.match.find((each) => each.field === 'inPort');
  return Number(field !== undefined && 'value' in field ? field.value : 0);
}

/** OpenFlow 1.0's reserved ports as 1.3 has them. */
function widened(portNo: number): number {
  return portNo >= 0xff00 && portNo <= 0xffff ? portNo + 0xffff0000 : portNo;
}

function isPortUp(port: { readonly config: number; readonly state: number }): boolean {
  return (port.config & 1) === 0 && (port.state & 1) === 0;
}

function nameOfSwitch(dpid: bigint): SwitchName | undefined {
  return [...PLAN].find(([, plan]) => plan.dpid === dpid)?.[0];
}

function jobPortNames({ ports, jobPorts }: SwitchFacts): ReadonlySet<string> {
  return new Set([...ports].flatMap(([portNo, { name }]) => (jobPorts.has(portNo) ? [name] : [])));
}

function whoHas({ user, accountingGroup: group, attributes }: Job): Who {
  const [opens, isOpened] = ['outboundconnectivity', 'inboundconnectivity'].map(
    (name) => attributes.get(name) !== false,
  );
  return { user, group, net: opens ? (isOpened ? 'all' : 'out') : isOpened ? 'in' : 'none' };
}

function isSame(a: Who, b: Who): boolean {
  return a.user === b.user && a.group === b.group && a.net === b.net;
}

/** A job that was known before is where it was, and has the MAC that it registered; the one that it used is forgotten. */
function restoredFacts({ job, location }: Admitted, before: Facts): JobFacts {
  const key = job.key;
  const known = before.jobs.find((each) => each.key === key);
  const { addresses, mac } = job;
  const who = whoHas(job);
  const name = location && nameOfSwitch(location.dpid);
  const written: JobFacts = { key, ...who, addresses, mac, at: name && { switch: name, port: location.portNo } };
  if (known === undefined) return written;
  const restored = { ...written, at: known.at };
  if (!isSame(known, who) || known.addresses.join() !== addresses.join())
    throw new Discrepancy(`${key} came back as another: ${JSON.stringify(who)} ${addresses}`);
  return restored;
}
