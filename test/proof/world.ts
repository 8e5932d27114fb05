// The real engine and the real admission of jobs, with model switches at the other end of queues that the sequence moves
// by hand. Beside them it keeps the facts: each is noted in the turn in which the engine is told, from what it was told,
// and never read from the engine. The one exception is age: whether a host that was silent for a while is still known
// may be either way, so there the engine is asked, and may say that it has forgotten, never that it knows otherwise.

import type { Message } from 'node-openflow';
import pino from 'pino';
import type { Config } from '../../controller/config/config.ts';
import { EnforcementEngine } from '../../controller/enforcement/engine.ts';
import type { ManagedSwitch } from '../../controller/enforcement/managed-switch.ts';
import type { Enforcement } from '../../controller/jobs/admission.ts';
import { AdmissionService } from '../../controller/jobs/admission-service.ts';
import type { Confirmation, Enforcer } from '../../controller/jobs/enforcer.ts';
import { type Job, registrationKey } from '../../controller/jobs/job.ts';
import { Counters } from '../../controller/telemetry/counters.ts';
import { Datapath } from '../../mininet/model-switch/datapath.ts';
import type { MacAddress } from '../../protocols/packet/address.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { type Facts, type JobFacts, type SwitchFacts, withHost, withMacOf, withoutHost, withSwitch } from './facts.ts';
import { Knowledge } from './knowledge.ts';
import { placeOf } from './places.ts';
import { type Judgement, judgeFrame } from './reference.ts';
import { PLAN, type PolicyFacts, type SwitchName } from './site.ts';
import { turnOfTheLoop, VirtualTime } from './virtual-time.ts';
import { Wire, type WireOwner } from './wire.ts';

/** A host that the controller has heard of less than this long ago is known for certain. */
const SURELY_KNOWN_MS = 60_000;

export interface WorldSetup {
  readonly config: Config;
  readonly policy: PolicyFacts;
  readonly versions: ReadonlyMap<SwitchName, 1 | 4>;
}

/** What a PacketIn tells of its sender. */
interface Heard extends Judgement {
  readonly mac: number;
  readonly inPort: number;
}

const LOG = pino({ level: 'silent' });

export class World implements WireOwner {
  readonly time = new VirtualTime();
  readonly knowledge: Knowledge;
  readonly admission: AdmissionService;
  readonly versions: ReadonlyMap<SwitchName, 1 | 4>;
  readonly #engine: EnforcementEngine;
  readonly #datapaths = new Map<SwitchName, Datapath>();
  readonly #wires = new Map<SwitchName, Wire>();
  /** Switches whose first rules have been confirmed. */
  readonly #mended = new Set<Wire>();
  /** What a switch was when it was last connected. */
  readonly #former = new Map<SwitchName, SwitchFacts>();
  readonly #heardAt = new Map<string, number>();
  /** When a job last came or went, in epochs, by its key. */
  readonly #changedAt = new Map<string, number>();

  constructor({ config, policy, versions }: WorldSetup) {
    this.time.install();
    this.versions = versions;
    this.knowledge = new Knowledge({ policy, jobs: [], switches: new Map() });
    const counters = new Counters();
    this.#engine = new EnforcementEngine({ config, counters, log: LOG });
    this.admission = new AdmissionService({
      enforcer: this.#watchedEnforcer(),
      clock: this.time,
      settleMs: () => config.jobs.settleMs,
      counters,
    });
    this.#engine.events.on('portGone', (jobs) => this.admission.portGone(jobs));
    this.#engine.events.on('moved', (job, location) => this.admission.moved(job, location));
    this.#engine.events.on('networkChanged', () => this.admission.networkChanged());
    for (const name of versions.keys()) {
      const ports = [...PLAN.get(name)!.ports].map(([portNo, portName]) => portSpec(portNo, portName));
      this.#datapaths.set(name, new Datapath({ dpid: PLAN.get(name)!.dpid, ports }, this.now()));
    }
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

  /** The epoch of the job's last coming or going. */
  changedAt(key: string): number {
    return this.#changedAt.get(key) ?? 0;
  }

  // ---- switches come and go

  connect(name: SwitchName): void {
    if (this.#wires.has(name)) return;
    const wire = new Wire(this.datapath(name), this.versions.get(name)!, this);
    this.#wires.set(name, wire);
    this.#noteConnected(name);
    this.#engine.onUp(wire.connection);
    void this.#managed(wire)
      ?.mend()
      .then((isMended) => isMended && this.#mended.add(wire));
  }

  onClosed(wire: Wire, reason: string): void {
    const name = this.nameOf(wire);
    this.#wires.delete(name);
    this.#mended.delete(wire);
    const former = this.facts.switches.get(name);
    if (former !== undefined) this.#former.set(name, former);
    this.knowledge.now = {
      ...this.facts,
      switches: new Map([...this.facts.switches].filter(([each]) => each !== name)),
    };
    this.#engine.onClosed(wire.connection, reason);
  }

  #noteConnected(name: SwitchName): void {
    const ports = new Map(
      this.datapath(name)
        .state.ports.all()
        .map(({ spec, isUp }) => [spec.portNo, { name: spec.name, isUp }]),
    );
    const former = this.#former.get(name);
    // What was a job's port by its name still is, whatever its number.
    const formerNames = new Set([...(former?.jobPorts ?? [])].map((port) => former?.ports.get(port)?.name));
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
    const jobPorts = new Set([...inherited, ...jobs.flatMap(({ at }) => (at?.switch === name ? [at.port] : []))]);
    this.knowledge.now = { ...withSwitch(connected, { ...made, jobPorts }), jobs };
  }

  #placeAgain(facts: Facts, job: JobFacts): JobFacts['at'] {
    const registered = this.admission.byKey(job.key)?.job;
    return (registered && placeOf(facts, registered)) ?? job.at;
  }

  // ---- the engine is told

  onMessage(wire: Wire, message: Message): void {
    const name = this.nameOf(wire);
    if (message.type === 'portStatus') this.#notePort(name, message);
    const heard =
      message.type === 'packetIn' && this.#managed(wire)?.isMended === true ? this.#hear(name, message) : undefined;
    this.#engine.onMessage(wire.connection, message);
    if (heard !== undefined) this.#learn(name, heard);
    // A rule that idled out tells of a host that fell silent, even where a packet of its own was late.
    this.forgetAged(message.type === 'flowRemoved');
  }

  #notePort(name: SwitchName, { port, reason }: Extract<Message, { type: 'portStatus' }>): void {
    const known = this.facts.switches.get(name)!;
    const portNo = port.portNo >= 0xff00 && port.portNo <= 0xffff ? port.portNo + 0xffff0000 : port.portNo;
    const isGone = reason === 1;
    const isUp = (port.config & 1) === 0 && (port.state & 1) === 0;
    const ports = new Map(known.ports);
    const jobPorts = new Set(known.jobPorts);
    if (isGone) {
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
      const state = this.#managed(wire)?.state;
      if (known === undefined || state === undefined) continue;
      const left = [...known.hosts].filter(([mac]) => {
        const heardAt = this.#heardAt.get(`${name} ${mac}`) ?? Number.NEGATIVE_INFINITY;
        return (
          (!isTold && this.now() - heardAt < SURELY_KNOWN_MS) || state.hosts.portOf(mac as MacAddress) !== undefined
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

  #managed(wire: Wire): ManagedSwitch | undefined {
    return this.#engine.switches().find((managed) => managed.connection === wire.connection);
  }

  /** The engine as admission sees it, with every word noted. */
  #watchedEnforcer(): Enforcer {
    const engine = this.#engine;
    const noted = {
      jobAdded: (job: Job, enforcement: Enforcement): Promise<Confirmation> => {
        this.#noteAdded(job, enforcement);
        return engine.jobAdded(job, enforcement);
      },
      jobRemoved: (job: Job, enforcement: Enforcement): Promise<Confirmation> => {
        this.#noteRemoved(job);
        return engine.jobRemoved(job, enforcement);
      },
    };
    return new Proxy(engine, {
      get: (target, name) => {
        if (name === 'jobAdded' || name === 'jobRemoved') return noted[name];
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }) as unknown as Enforcer;
  }

  #noteAdded(job: Job, enforcement: Enforcement): void {
    const at = enforcement === 'port' ? placeOf(this.facts, job) : undefined;
    const { user, accountingGroup: group, addresses, mac } = job;
    const key = registrationKey(job.registration);
    let facts = mac === undefined ? this.facts : withoutHost(this.facts, mac);
    const there = at && facts.switches.get(at.switch);
    if (there !== undefined) facts = withSwitch(facts, { ...there, jobPorts: new Set([...there.jobPorts, at!.port]) });
    // A MAC that is registered is no longer that of a job which merely used it.
    const others = facts.jobs
      .filter((known) => known.key !== key)
      .map((known) => (mac !== undefined && known.mac === mac ? { ...known, mac: undefined } : known));
    const jobs = [...others, { key, user, group, addresses, mac, at }];
    this.knowledge.now = { ...facts, jobs };
    this.#changedAt.set(key, this.knowledge.epoch);
  }

  #noteRemoved(job: Job): void {
    const key = registrationKey(job.registration);
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
  if (message.version === 1) return message.inPort >= 0xff00 ? message.inPort + 0xffff0000 : message.inPort;
  const field = message.match.find((each) => each.field === 'inPort');
  return Number(field !== undefined && 'value' in field ? field.value : 0);
}
