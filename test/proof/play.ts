// Moves the messages, sends the packets, and holds what leaves every switch against the reference. What does not agree is
// thrown as a Discrepancy that says which packet it was, where, what left and what should have.

import { BundleControl, type Message } from 'node-openflow';
import type { Effect } from '../../mininet/model-switch/datapath.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { Discrepancy, describeFrame, describeTables, type Left, leavingOf, sameLeavings } from './discrepancy.ts';
import { type Facts, roleOf } from './facts.ts';
import { neighbourOf } from './neighbours.ts';
import { judgeFrame, type Leaving } from './reference.ts';
import { otherEnd, whoSees } from './reference-tree.ts';
import type { SwitchName } from './site.ts';
import { turnOfTheLoop } from './virtual-time.ts';
import type { World } from './world.ts';

/** A frame at a port of a switch. */
export interface Arrival {
  readonly at: SwitchName;
  readonly portNo: number;
  readonly frame: Uint8Array;
}

const AGAIN = 'again, by the rules that are there now';
const LATER = 'again, after what happened since';
const REPEATED = 8;
const MOST_LIVELY = 16;
const TRIED_AT_EACH = 8;
/** More moves than any change needs. */
const MOST_MOVES = 20_000;

export class Player {
  readonly world: World;
  /** What a switch's tables handled by themselves lately: it is tried, without a trace, at every change of them. */
  readonly #lively = new Map<SwitchName, Arrival[]>();
  #turn = 0;
  #neighbours = 0;
  /** Where a quiet switch's PacketOuts are gathered. */
  #gathered: Left[] | undefined;
  /** How many packets were held against the reference, and how many of them left somewhere. */
  readonly counts = {
    quiet: 0,
    quietForwarded: 0,
    inFlight: 0,
    watched: 0,
    watchedForwarded: 0,
    settledFull: 0,
  };

  constructor(world: World) {
    this.world = world;
  }

  /** A frame comes in while anything may be under way. */
  send(arrival: Arrival): void {
    const { world } = this;
    const { at, portNo, frame } = arrival;
    this.counts.inFlight++;
    const effects = world.datapath(at).receive(portNo, frame, world.now());
    world.wire(at)?.tell(effects);
    const left = leavingOf(effects, frame);
    const isChanging = world.wire(at)?.waitsForSwitch !== false || !world.isMended(at);
    this.#expectPossible('in flight', arrival, left, isToController(effects), !isChanging && !this.#isFull(at));
    this.#pass(at, left);
  }

  /** Carries out the next message for this switch; false if there is none. */
  moveToSwitch(at: SwitchName): boolean {
    const { world } = this;
    const moved = world.wire(at)?.toSwitch();
    if (moved === undefined) return false;
    const { message, effects } = moved;
    if (message.type === 'packetOut') {
      const portNo =
        message.inPort >= 0xff00 && message.inPort <= 0xffff ? message.inPort + 0xffff0000 : message.inPort;
      const left = leavingOf(effects, message.data);
      if (this.#gathered !== undefined) this.#gathered.push(...left);
      else {
        this.#expectPossible('a PacketOut', { at, portNo, frame: message.data }, left, false, false);
        this.#pass(at, left);
      }
    }
    const isChange = message.type === 'flowMod' || isCommit(message);
    if (isChange && this.#gathered === undefined) this.#watch(at);
    return true;
  }

  /** As a switch that is restarted: it forwards nothing any more until it is mended, so none of its packets can be lost by that. */
  loseRules(at: SwitchName): void {
    this.world.datapath(at).clearTables();
    this.#lively.delete(at);
  }

  /** Some of the lively packets in turn. */
  #watch(at: SwitchName): void {
    const lively = this.#lively.get(at) ?? [];
    for (const _ of lively.slice(0, TRIED_AT_EACH)) this.#tryOut(lively[this.#turn++ % lively.length]!);
  }

  moveToController(at: SwitchName): boolean {
    return this.world.wire(at)?.toController() ?? false;
  }

  /** The controller is killed: of what it sent some has gone out. Its switches go on by the rules that they have. */
  restart(delivered: number, unacknowledged: number): void {
    const { world } = this;
    for (const [name] of world.wires()) for (let left = delivered; left > 0 && this.moveToSwitch(name); ) left--;
    const forwarded = [...this.#lively.values()]
      .flat()
      .map((arrival) => [arrival, this.#leftByTables(arrival)] as const);
    world.restart(unacknowledged);
    for (const [arrival, before] of forwarded) {
      const after = this.#leftByTables(arrival);
      if (!sameLeavings(before, after))
        throw new Discrepancy(`handled otherwise without the controller\n${describeFrame(arrival)}`);
    }
  }

  /** Without a trace. */
  #leftByTables({ at, portNo, frame }: Arrival): readonly Left[] {
    return leavingOf(this.world.datapath(at).receive(portNo, frame, this.world.now()), frame);
  }

  /** Moves everything until nothing is under way. */
  async settle(): Promise<void> {
    this.world.releaseStore();
    for (const [, wire] of this.world.wires()) wire.releaseBarriers();
    await this.#moveAll();
    const { knowledge } = this.world;
    for (const [name] of this.world.wires()) {
      if (this.#isFull(name)) this.counts.settledFull++;
      if (this.world.isMended(name)) knowledge.confirmed(name, knowledge.epoch);
      else throw new Discrepancy(`${name} is connected and was never mended`);
    }
    knowledge.trim(this.world.versions.keys());
  }

  async #moveAll(): Promise<void> {
    for (let moves = 0; moves < MOST_MOVES; ) {
      const before = moves;
      for (const [name] of this.world.wires()) {
        while (this.moveToSwitch(name)) moves++;
        while (this.moveToController(name)) moves++;
      }
      await turnOfTheLoop();
      if (moves === before && this.world.wires().every(([, wire]) => wire.isIdle)) return;
    }
    throw new Discrepancy(`no end of messages after ${MOST_MOVES}`);
  }

  /** With nothing under way: sends a frame twice through all switches; each time the fate must be the reference's. Then its neighbour. */
  async probe(arrival: Arrival): Promise<void> {
    await this.#probeOnce('first', arrival);
    await this.#probeOnce(AGAIN, arrival);
    const ports = [...this.world.datapath(arrival.at).state.ports.all()].map(({ spec }) => spec.portNo);
    const neighbour = neighbourOf(arrival, this.#neighbours++, ports);
    if (this.#canReceive(neighbour)) await this.#probeOnce('one that differs in one thing', neighbour);
  }

  /** With nothing under way: what tables handled by themselves before, once more: rules that outlived their reason show. */
  async probeLively(): Promise<void> {
    for (const [, lively] of [...this.#lively]) {
      for (const arrival of lively.slice(-REPEATED)) {
        if (this.world.wire(arrival.at) !== undefined && this.#canReceive(arrival))
          await this.#probeOnce(LATER, arrival);
      }
    }
  }

  /** Where there is no room for rules, packets may be lost for want of the one that would have them asked about. */
  #isFull(at: SwitchName): boolean {
    return this.world.full.has(at);
  }

  #canReceive({ at, portNo }: Arrival): boolean {
    return this.world.datapath(at).state.ports.get(portNo)?.isUp === true;
  }

  async #probeOnce(when: string, arrival: Arrival): Promise<void> {
    const { world } = this;
    const expected = whoSees(world.facts, arrival.at, arrival.frame, arrival.portNo);
    const seen: string[] = [];
    const arrivals = [arrival];
    for (let next = arrivals.shift(); next !== undefined; next = arrivals.shift()) {
      for (const left of await this.#quietly(when, next)) {
        const other = otherEnd(this.world.facts, next.at, left.port);
        if (other !== undefined) arrivals.push({ ...other, frame: left.frame });
        else if (roleOf(this.world.facts.switches.get(next.at)!, left.port) !== 'fabric') {
          seen.push(JSON.stringify([next.at, left.port, left.queue, left.ethDst, left.dscp, left.tag]));
        }
      }
    }
    if (expected === undefined) return;
    const wanted = expected.map(({ at, port, queue, ethDst, dscp, tag }) =>
      JSON.stringify([at, port, queue, ethDst, dscp, tag]),
    );
    if (seen.sort().join() !== wanted.sort().join()) {
      throw new Discrepancy(
        `${when}: seen at ${seen.join(' ')}, and should be at ${wanted.join(' ')}\n${describeFrame(arrival)}`,
      );
    }
  }

  async #quietly(when: string, arrival: Arrival): Promise<readonly Left[]> {
    const { world } = this;
    const { at, portNo, frame } = arrival;
    const { facts } = world;
    const expected = this.#expected(facts, arrival);
    this.#gathered = [];
    const effects = world.datapath(at).receive(portNo, frame, world.now());
    await world.onlooker?.handled(at, portNo, frame, effects);
    const byTable = leavingOf(effects, frame);
    const tables = describeTables(world, at);
    world.wire(at)?.tell(effects);
    if (isToController(effects)) await this.#moveAll();
    const left = [...byTable, ...this.#gathered];
    this.#gathered = undefined;
    this.counts.quiet++;
    if (left.length > 0) this.counts.quietForwarded++;
    const isRight = isAsExpected(left, expected);
    if (isRight && when === AGAIN && !isToController(effects))
      this.#lively.set(at, [...(this.#lively.get(at) ?? []), arrival].slice(-MOST_LIVELY));
    if (!isRight || (byTable.length > 0 && isToController(effects))) {
      throw Discrepancy.of(`${when}, with nothing under way`, arrival, { facts, left, expected, tables });
    }
    return left;
  }

  /** Without a trace: neither PacketIns nor what leaves go anywhere. */
  #tryOut(arrival: Arrival): void {
    const { world } = this;
    if (!this.#canReceive(arrival)) return;
    const effects = world.datapath(arrival.at).receive(arrival.portNo, arrival.frame, world.now());
    const left = leavingOf(effects, arrival.frame);
    this.counts.watched++;
    if (left.length > 0) this.counts.watchedForwarded++;
    const isAsked = isToController(effects);
    this.#expectPossible('at a change of the tables', arrival, left, isAsked, false);
    if (left.length > 0 || isAsked || !this.#isNeverEmpty(arrival) || this.#isFull(arrival.at)) return;
    const expected = this.#expected(world.facts, arrival);
    const tables = describeTables(world, arrival.at);
    throw Discrepancy.of('lost at a change of the tables', arrival, { facts: world.facts, left, expected, tables });
  }

  /** Allowed before, after, and at every moment between, as far as the switch was known. */
  #isNeverEmpty(arrival: Arrival): boolean {
    const expected = this.world.knowledge.possible(arrival.at).map((facts) => this.#expected(facts, arrival));
    return expected.every((each) => each === undefined || each.leaves.length > 0);
  }

  /** What left must be what the reference says by some of the facts that the switch may still act by. */
  #expectPossible(when: string, arrival: Arrival, left: readonly Left[], isAsked: boolean, mustBeWhole: boolean): void {
    const { world } = this;
    if (left.length === 0 && (isAsked || !mustBeWhole)) return;
    const possible = world.knowledge.possible(arrival.at);
    for (const facts of possible) {
      const expected = this.#expected(facts, arrival);
      if (!isAsked && isAsExpected(left, expected)) return;
    }
    const expected = this.#expected(world.facts, arrival);
    const tables = describeTables(world, arrival.at);
    throw Discrepancy.of(`${when} (${possible.length} facts possible)`, arrival, {
      facts: world.facts,
      left,
      expected,
      tables,
    });
  }

  /** By these facts, as far as the ports are there; undefined where the switch is not known by them. */
  #expected(facts: Facts, { at, portNo, frame }: Arrival): Expected | undefined {
    const here = facts.switches.get(at);
    if (here === undefined) return undefined;
    const { leaves, orElse, why } = judgeFrame(facts, here, parseFrame(frame), portNo);
    const { ports } = this.world.datapath(at).state;
    const thatCan = (all: readonly Leaving[]) => all.filter(({ port }) => ports.get(port)?.isUp === true);
    return { leaves: thatCan(leaves), orElse: orElse && thatCan(orElse), why };
  }

  /** What leaves by a cable comes in at its other end. */
  #pass(at: SwitchName, left: readonly Left[]): void {
    for (const { port, frame } of left) {
      const other = this.#cabled(at, port);
      if (other !== undefined) this.send({ ...other, frame });
    }
  }

  /** By the ports as they are, not as the controller knows them. */
  #cabled(at: SwitchName, portNo: number): Omit<Arrival, 'frame'> | undefined {
    const facts = this.world.physical();
    return otherEnd(facts, at, portNo);
  }
}

interface Expected {
  readonly leaves: readonly Leaving[];
  readonly orElse: readonly Leaving[] | undefined;
  readonly why: string;
}

function isAsExpected(left: readonly Left[], expected: Expected | undefined): boolean {
  if (expected === undefined) return false;
  return sameLeavings(left, expected.leaves) || (expected.orElse !== undefined && sameLeavings(left, expected.orElse));
}

function isToController(effects: readonly Effect[]): boolean {
  return effects.some((effect) => effect.kind === 'send' && effect.message.type === 'packetIn');
}

/** A bundle changes the tables when it is committed. */
function isCommit(message: Message): boolean {
  return message.type === 'bundleControl' && message.bundleType === BundleControl.COMMIT_REQUEST;
}
