// Sequences of everything that can happen, as values that fast-check makes, makes smaller and prints, and how one is played
// from its beginning to its end.

import fc from 'fast-check';
import { JobError } from '../../controller/jobs/admission.ts';
import { type Job, registrationKey } from '../../controller/jobs/job.ts';
import type { AttributeValue } from '../../policies/policy.ts';
import type { MacAddress } from '../../protocols/packet/address.ts';
import { Discrepancy } from './discrepancy.ts';
import { anyPacket, buildPacket, formatPacket, type PacketSpec, plainPacket } from './packets.ts';
import { type Arrival, Player } from './play.ts';
import { type PolicyFile, policyFile } from './policy-file.ts';
import {
  GROUPS,
  JOB_PORTS,
  NETS,
  PEOPLE,
  type Person,
  type PipelineName,
  PLAN,
  type PolicyName,
  SLOT_COUNT,
  type SwitchName,
  type SwitchSpec,
  USERS,
} from './site.ts';
import { type Onlooker, POLICY_FILE, portSpec, World } from './world.ts';

export interface Registration {
  readonly slot: number;
  /** Index into USERS. */
  readonly user: number;
  readonly group: number;
  /** Index into JOB_PORTS; the number after the last: its machine ad names no port. */
  readonly port: number;
  readonly hasMac: boolean;
  /** Index into NETS; 0 if left out. */
  readonly net?: number;
  readonly machine: 'wn' | 'other' | 'rack-node';
}

/** The controller is killed and started again. */
export interface Restart {
  /** How many of the messages that wait still reach each switch. */
  readonly delivered: number;
  /** How many of the writes that wait have got to the disk. */
  readonly unacknowledged: number;
  /** The switches that connect again at once, of those that were connected: one bit each. */
  readonly back: number;
}

/** Another policy file is put in force. */
export interface Reload {
  readonly policy: PolicyName;
  /** The switches that get the other pipeline than that of the sequence: one bit each. */
  readonly swapped: number;
}

export type Command =
  | ({ readonly do: 'register' } & Registration)
  | { readonly do: 'remove'; readonly slot: number }
  | { readonly do: 'connect' | 'disconnect'; readonly at: SwitchName }
  /** While it is away: it loses its rules, or two of its ports change their numbers. */
  | { readonly do: 'lose-rules' | 'renumber'; readonly at: SwitchName }
  | { readonly do: 'port-gone' | 'port-back' | 'port-down' | 'port-up'; readonly at: SwitchName; readonly port: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'send'; readonly packet: PacketSpec }
  | { readonly do: 'move'; readonly at: SwitchName; readonly to: 'switch' | 'controller'; readonly count: number }
  | { readonly do: 'hold-barriers'; readonly at: SwitchName }
  /** What is written waits for the disk until all settles. */
  | { readonly do: 'hold-store' }
  | ({ readonly do: 'restart' } & Restart)
  | ({ readonly do: 'reload' } & Reload)
  /** Lets everything come to its end; then each packet's fate must be the reference's. */
  | { readonly do: 'settle'; readonly packets: readonly PacketSpec[] };

export interface Sequence {
  readonly policy: PolicyName;
  readonly switches: readonly SwitchSpec[];
  readonly jobs: readonly Registration[];
  /** Sent when those are there. */
  readonly opening: readonly PacketSpec[];
  readonly commands: readonly Command[];
  /** Sent at the end. */
  readonly packets: readonly PacketSpec[];
}

const NAMES: readonly SwitchName[] = [...PLAN.keys()];
const at = fc.constantFrom<SwitchName[]>('core', 'core', 'leaf', 'leaf', 'far');
const registration = fc.record<Registration>({
  slot: fc.nat(SLOT_COUNT - 1),
  user: fc.oneof(fc.nat(1), fc.nat(USERS.length - 1)),
  group: fc.oneof(fc.nat(1), fc.nat(GROUPS.length - 1)),
  port: fc.nat(JOB_PORTS.length),
  hasMac: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  net: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(NETS.length - 1) }),
  machine: fc.constantFrom<Registration['machine'][]>('wn', 'wn', 'wn', 'wn', 'other', 'rack-node'),
});

const policyName = fc.constantFrom<PolicyName[]>(
  'full',
  'full',
  'full',
  'full',
  'open',
  'rangeless',
  'closed',
  'listening',
  'listening',
  'narrow',
  'narrow',
  'narrow',
  'other',
  'marked',
  'marked',
  'vlans',
  'vlans',
  'vlans',
);

const WHILE_AWAY = ['lose-rules', 'renumber'] as const;

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: registration.map((job): Command => ({ do: 'register', ...job })) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('remove' as const), slot: fc.nat(SLOT_COUNT - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('disconnect' as const), at }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom(...WHILE_AWAY), at }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'port-gone' as const,
        'port-back' as const,
        'port-back' as const,
        'port-down' as const,
        'port-up' as const,
      ),
      at,
      port: fc.nat(9),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(500, 20_000, 61_000, 301_000) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), packet: anyPacket }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      at,
      to: fc.constantFrom('switch' as const, 'controller' as const),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold-barriers' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold-store' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      delivered: fc.oneof(fc.constant(0), fc.nat(40)),
      unacknowledged: fc.nat(3),
      back: fc.oneof(fc.constant(7), fc.nat(7)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reload' as const),
      policy: policyName,
      swapped: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      packets: fc.array(anyPacket, { minLength: 2, maxLength: 10 }),
    }),
  },
);

export const anySequence: fc.Arbitrary<Sequence> = fc.record({
  policy: policyName,
  switches: fc.array(
    fc.record({
      version: fc.constantFrom<(1 | 4)[]>(1, 4, 4),
      bundles: fc.boolean(),
      pipeline: fc.constantFrom<PipelineName[]>('single-table', 'multi-table', 'registers'),
      room: fc.oneof(
        { weight: 5, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 40 }) },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  jobs: fc.array(registration, { minLength: 2, maxLength: 7, size: 'max' }),
  opening: fc.array(plainPacket, { minLength: 2, maxLength: 20, size: 'max' }),
  commands: fc.array(command, { maxLength: 24, size: 'max' }),
  packets: fc.array(anyPacket, { minLength: 2, maxLength: 12, size: 'max' }),
});

/** Of a request that is about no slot. */
const NO_SLOT = -1;

function fileFor({ switches }: Sequence, { policy, swapped }: Reload): PolicyFile {
  const pipelines = switches.map(({ pipeline }, index): readonly [SwitchName, PipelineName] => {
    const isSwapped = (swapped & (1 << index)) !== 0;
    const other = pipeline === 'single-table' ? 'multi-table' : 'single-table';
    return [NAMES[index]!, isSwapped ? other : pipeline];
  });
  return policyFile(policy, new Map(pipelines));
}

/** Plays a whole sequence. Throws a Discrepancy, or whatever else goes wrong in Lark. */
export async function play(sequence: Sequence, onlooker?: Onlooker): Promise<Player['counts']> {
  const switches = sequence.switches.map((each, index) => [NAMES[index]!, each] as const);
  const file = fileFor(sequence, { policy: sequence.policy, swapped: 0 });
  const world = new World({ file, switches: new Map(switches), onlooker });
  try {
    const run = new Run(new Player(world), sequence);
    for (const name of world.versions.keys()) world.connect(name);
    await run.settle();
    for (const job of sequence.jobs) run.carryOut({ do: 'register', ...job });
    await run.settle();
    await run.probe(sequence.opening);
    for (const each of sequence.commands) await run.carryOutInTurn(each);
    await run.settle();
    await run.probe(sequence.packets);
    return run.player.counts;
  } finally {
    world.end();
  }
}

/** One sequence under way. */
class Run {
  readonly player: Player;
  readonly #sequence: Sequence;
  /** Where each slot's job was last attached. */
  readonly #attached = new Map<number, string>();
  /** Requests that wait for their answers, with the slots that they are about. */
  #pending = new Map<Promise<void>, number>();
  /** Jobs that were answered for: slots by key. */
  readonly #admitted = new Map<string, number>();
  readonly #removed = new Set<string>();
  #starts = 0;
  #problem: unknown;

  constructor(player: Player, sequence: Sequence) {
    this.player = player;
    this.#sequence = sequence;
  }

  async carryOutInTurn(command: Command): Promise<void> {
    if (command.do === 'pass') await this.#world.pass(command.ms);
    else if (command.do === 'settle') {
      await this.settle();
      await this.probe(command.packets);
    } else this.carryOut(command);
    await new Promise((resolve) => setImmediate(resolve));
    this.#complain();
  }

  carryOut(command: Exclude<Command, { do: 'pass' | 'settle' }>): void {
    switch (command.do) {
      case 'register':
        this.#register(command);
        return;
      case 'remove':
        this.#remove(command.slot);
        return;
      case 'hold-store':
        this.#world.holdStore();
        return;
      case 'restart':
        this.#restart(command);
        return;
      case 'reload':
        this.#reload(command);
        return;
      case 'send': {
        const arrival = this.#arrivalOf(command.packet);
        if (arrival !== undefined) this.player.send(arrival);
        return;
      }
      default:
        if (this.#world.versions.has(command.at)) this.#toSwitch(command);
    }
  }

  /** Who was answered for is there again, and who was removed is not; whoever had no answer gets none. */
  #restart({ delivered, unacknowledged, back }: Restart): void {
    const undecided = new Set(this.#pending.values());
    const wereThere = new Set(this.#world.facts.jobs.map(({ key }) => key));
    const connected = this.#world.wires().map(([name]) => name);
    this.#pending = new Map();
    this.player.restart(delivered, unacknowledged);
    const isThere = (key: string) => this.#world.admission.byKey(key) !== undefined;
    for (const [key, slot] of this.#admitted)
      if (wereThere.has(key) && !undecided.has(slot) && !isThere(key))
        throw new Discrepancy(`${key} was admitted, and is not known after the restart`);
    for (const key of this.#removed)
      if (isThere(key)) throw new Discrepancy(`${key} was removed, and is known after the restart`);
    for (const [index, name] of connected.entries()) if ((back & (1 << index)) !== 0) this.#world.connect(name);
  }

  #reload(reload: Reload): void {
    this.#follow(NO_SLOT, this.#world.reload(fileFor(this.#sequence, reload)), (answer) => {
      if (answer.outcome !== 'reloaded') throw new Discrepancy(`a reload was ${answer.outcome}`);
      const { silent, away, rebuilt } = answer.switches;
      const unsure = [...silent, ...away, ...rebuilt];
      for (const [name] of this.#world.wires())
        if (!unsure.includes(name)) this.#world.knowledge.confirmed(name, this.#world.changedAt(POLICY_FILE));
      for (const name of this.#world.versions.keys()) if (rebuilt.includes(name)) this.#world.connect(name);
    });
  }

  #toSwitch(command: Extract<Command, { at: SwitchName }>): void {
    const { world } = this.player;
    const wire = world.wire(command.at);
    switch (command.do) {
      case 'connect':
        world.connect(command.at);
        return;
      case 'disconnect':
        wire?.close('the sequence says so');
        return;
      case 'lose-rules':
        if (wire === undefined) this.player.loseRules(command.at);
        return;
      case 'renumber':
        if (wire === undefined) this.#renumber(command.at);
        return;
      case 'hold-barriers':
        if (wire !== undefined) wire.holdsBarriers = true;
        return;
      case 'move':
        for (let count = 0; count < command.count; count++) {
          if (command.to === 'switch') this.player.moveToSwitch(command.at);
          else this.player.moveToController(command.at);
        }
        return;
      default:
        this.#changePort(command.at, command.port, command.do);
    }
  }

  #changePort(name: SwitchName, index: number, change: 'port-gone' | 'port-back' | 'port-down' | 'port-up'): void {
    const datapath = this.#world.datapath(name);
    const planned = [...PLAN.get(name)!.ports];
    const [, portName] = planned[index % planned.length]!;
    const there = datapath.state.ports.all().find(({ spec }) => spec.name === portName);
    const number = planned.map(([portNo]) => portNo).find((portNo) => datapath.state.ports.get(portNo) === undefined);
    const effects =
      there === undefined
        ? change === 'port-back' && number !== undefined
          ? datapath.addPort(portSpec(number, portName), this.#world.now())
          : []
        : change === 'port-gone'
          ? datapath.removePort(there.spec.portNo)
          : datapath.setPortUp(there.spec.portNo, change !== 'port-down');
    this.#world.wire(name)?.tell(effects);
  }

  /** The first two ports change their numbers. */
  #renumber(name: SwitchName): void {
    const datapath = this.#world.datapath(name);
    const names = [1, 2].map((portNo) => datapath.state.ports.get(portNo)?.spec.name);
    for (const [index, other] of [...names].reverse().entries()) {
      datapath.removePort(index + 1);
      if (other !== undefined) datapath.addPort(portSpec(index + 1, other), this.#world.now());
    }
  }

  #register(registration: Registration): void {
    const job = jobOf(registration, ++this.#starts);
    if (job.externalInterface !== undefined) this.#attached.set(registration.slot, job.externalInterface);
    const key = job.key;
    this.#follow(
      registration.slot,
      this.#world.admission.register(job, { leaseMs: undefined }),
      ({ enforcement, location }) => {
        this.#admitted.set(key, registration.slot);
        const known = this.#world.facts.jobs.find((each) => each.key === key);
        if (known === undefined) throw new Discrepancy(`${key} was admitted, and is not known`);
        if (enforcement === 'port' && location === undefined) throw new Discrepancy(`${key} was admitted at no port`);
        if (known.at !== undefined) this.#confirmed(known.at.switch, this.#world.changedAt(key));
      },
    );
  }

  #remove(slot: number): void {
    const key = this.#world.admission.list().find(({ job }) => job.registration.globalJobId === `s#${slot}`);
    if (key === undefined) return;
    const name = key.job.key;
    this.#follow(slot, this.#world.admission.remove(name), ({ pendingSwitches }) => {
      this.#removed.add(name);
      if (this.#world.facts.jobs.some((each) => each.key === name))
        throw new Discrepancy(`${name} was removed, and is known`);
      for (const [each] of this.#world.wires()) {
        const dpid = PLAN.get(each)!.dpid.toString(16).padStart(16, '0');
        if (!pendingSwitches.includes(dpid)) this.#confirmed(each, this.#world.changedAt(name));
      }
    });
  }

  /**
   * An acknowledgement that a switch has confirmed leaves only what is so since then. One that was told nothing, because nothing
   * was new to it, has confirmed nothing either, and may still be about to carry out what came before.
   */
  #confirmed(name: SwitchName, epoch: number): void {
    if ((this.#world.wire(name)?.confirmedEpoch ?? -1) >= epoch) this.#world.knowledge.confirmed(name, epoch);
  }

  /** A refusal is an answer; all else that goes wrong ends the sequence. What a killed controller still says nobody hears. */
  #follow<Answer>(slot: number, outcome: Promise<Answer>, check: (answer: Answer) => void): void {
    const pending = this.#pending;
    const settled = outcome
      .then((answer) => {
        if (pending === this.#pending) check(answer);
      })
      .catch((error: unknown) => {
        if (!(error instanceof JobError) && pending === this.#pending) this.#problem ??= error;
      })
      .finally(() => pending.delete(settled));
    pending.set(settled, slot);
  }

  #complain(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  async settle(): Promise<void> {
    await this.player.settle();
    // A switch that left, or that holds its barriers back, is waited for by the engine's own clock.
    for (let rounds = 0; this.#pending.size > 0; rounds++) {
      if (rounds > 20) throw new Discrepancy(`${this.#pending.size} requests are never answered`);
      await this.#world.pass(2_500);
      await this.player.settle();
    }
    this.#complain();
  }

  async probe(packets: readonly PacketSpec[]): Promise<void> {
    await this.player.probeLively();
    for (const packet of packets) {
      const arrival = this.#arrivalOf(packet);
      if (arrival === undefined || this.#world.wire(arrival.at) === undefined) continue;
      try {
        await this.player.probe(arrival);
      } catch (error) {
        if (error instanceof Discrepancy) error.message = `${formatPacket(packet)}: ${error.message}`;
        throw error;
      }
    }
    // What was learned by the probes is settled, too.
    await this.player.settle();
  }

  #arrivalOf(packet: PacketSpec): Arrival | undefined {
    const ports = [...this.#world.versions.keys()].flatMap((name) => [...PLAN.get(name)!.ports.values()]);
    const { port, frame } = buildPacket(packet, ports, (person) => this.#portOf(person));
    for (const name of this.#world.versions.keys()) {
      const there = this.#world
        .datapath(name)
        .state.ports.all()
        .find(({ spec }) => spec.name === port);
      if (there?.isUp === true) return { at: name, portNo: there.spec.portNo, frame };
    }
    return undefined;
  }

  #portOf(person: Person): string {
    return this.#attached.get(PEOPLE.indexOf(person)) ?? person.port;
  }

  get #world(): World {
    return this.player.world;
  }
}

function jobOf(registration: Registration, start: number): Job {
  const { slot, hasMac } = registration;
  const { ipv4, ipv6, mac } = PEOPLE[slot]!;
  const user = USERS[registration.user]!;
  const group = GROUPS[registration.group];
  const net = NETS[registration.net ?? 0]!;
  const { machine } = registration;
  const identity = { globalJobId: `s#${slot}`, start: String(start), machine, slot: `slot${slot}` };
  return {
    key: registrationKey(identity),
    registration: identity,
    user,
    accountingGroup: group,
    addresses: [ipv4, ipv6],
    mac: hasMac ? (mac as MacAddress) : undefined,
    externalInterface: JOB_PORTS[registration.port],
    attributes: new Map<string, AttributeValue>([
      ['owner', user],
      ['acctgroup', group],
      ['outboundconnectivity', net === 'all' || net === 'out'],
      ['inboundconnectivity', net === 'all' || net === 'in'],
    ]),
    ads: { job: '', machine: '' },
  };
}
