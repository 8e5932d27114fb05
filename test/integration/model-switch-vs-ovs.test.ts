// Holds the model switch against Open vSwitch: the same FlowMods and the same packets to both must leave the same tables,
// the same errors, the same frames at the same ports (byte by byte) and the same PacketIns. Each property runs with a
// fixed seed and with one of its own that a failure names.

import fc from 'fast-check';
import { type Message, NO_BUFFER, type Of10FlowMod, type Of13FlowMod, Port10, Port13 } from 'node-openflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEthernet } from '../../protocols/packet/build.ts';
import { comparable, fates, packetInsById, text } from './model-vs-ovs/comparable.ts';
import { DummyOvs } from './model-vs-ovs/dummy-ovs.ts';
import { faulty } from './model-vs-ovs/faulty-requests.ts';
import { packet, withId } from './model-vs-ovs/packets.ts';
import { Pair } from './model-vs-ovs/pair.ts';
import { PORTS } from './model-vs-ovs/pools.ts';
import {
  add10,
  add13,
  applying,
  DELETE_ALL_10,
  DELETE_ALL_13,
  flowStatsRequest,
  packetOut13,
  sentinel,
  sentinelRule,
  toController,
} from './model-vs-ovs/requests.ts';
import { actions10, flowMod10 } from './model-vs-ovs/rules10.ts';
import { flowMod13, GROUPS, groupBuckets } from './model-vs-ovs/rules13.ts';

const FIXED_SEED = 20_131_004;
const seeds = [FIXED_SEED, Math.floor(Math.random() * 0x7fffffff)];
const ROUNDS = 6;
const RULES = 30;
const PACKETS = 60;
type Fates = ReturnType<typeof fates>;

let ovs: DummyOvs;
beforeAll(async () => {
  ovs = await DummyOvs.start(PORTS);
});
afterAll(async () => {
  await ovs?.stop();
});

function addGroups(pair: Pair, seed: number): void {
  for (const [i, buckets] of fc.sample(groupBuckets, { seed, numRuns: GROUPS.length }).entries()) {
    // The second is INDIRECT, with one bucket.
    const isIndirect = i === 1;
    pair.send({
      version: 4,
      type: 'groupMod',
      xid: 1000 + i,
      command: 0,
      groupType: isIndirect ? 2 : 0,
      groupId: GROUPS[i]!,
      buckets: isIndirect ? buckets.slice(0, 1) : buckets,
    });
  }
}

async function comparePackets(version: 1 | 4, seed: number): Promise<void> {
  const pair = await Pair.open(ovs, version);
  const packets = fc.sample(packet, { seed, numRuns: PACKETS });
  if (version === 4) addGroups(pair, seed);
  const rules =
    version === 1
      ? fc.sample(flowMod10(fc.constant(0), packets), { seed, numRuns: RULES })
      : fc.sample(flowMod13(fc.constant(0), packets), { seed, numRuns: RULES });
  // One priority each: which of two equal rules wins is nobody's promise.
  for (const [i, rule] of rules.entries()) pair.send({ ...rule, xid: i, priority: i, flags: 0 });
  pair.send(sentinelRule(version));
  const [realErrors, modelErrors] = await pair.answers();
  expect(modelErrors).toEqual(realErrors);
  await pair.flushCache();

  for (const [id, { inPort, frame }] of packets.entries()) await pair.receive(inPort, withId(frame, id));
  const sentinels = Array.from({ length: PORTS }, (_, i) => PACKETS + i);
  for (const [i, id] of sentinels.entries()) await pair.receive(i + 1, sentinel(id));
  await pair.client.until((messages) => {
    const seen = packetInsById(messages.map(comparable));
    return sentinels.every((id) => seen.has(id));
  });

  const [realMessages, modelMessages] = await pair.answers();
  const [realFates, modelFates] = (await pair.takeFrames()).map(fates) as [Fates, Fates];
  const realPacketIns = packetInsById(realMessages);
  const modelPacketIns = packetInsById(modelMessages);
  for (const [id, { inPort, frame }] of packets.entries()) {
    const where = `packet ${id} from port ${inPort}: ${Buffer.from(frame).toString('hex')}\nrules:\n${rules.map(text).join('\n')}`;
    expect(modelFates.get(id), where).toEqual(realFates.get(id));
    expect(modelPacketIns.get(id), where).toEqual(realPacketIns.get(id));
  }
  for (const id of sentinels) expect(modelFates.get(id)).toEqual(realFates.get(id));

  // Counters too: what went through a rule is pushed to it by the revalidator.
  await pair.flushCache();
  pair.send(flowStatsRequest(version));
  const [realFlows, modelFlows] = await pair.answers();
  expect(modelFlows).toEqual(realFlows);
  pair.close();
}

async function compareTables(version: 1 | 4, seed: number): Promise<void> {
  const pair = await Pair.open(ovs, version);
  const packets = fc.sample(packet, { seed, numRuns: 10 });
  if (version === 4) addGroups(pair, seed);
  const command = fc.constantFrom(0, 0, 0, 0, 1, 2, 3, 4);
  const mods =
    version === 1
      ? fc.sample(flowMod10(command, packets), { seed, numRuns: 60 })
      : fc.sample(flowMod13(command, packets), { seed, numRuns: 60 });
  // Strict commands and replacements are rarely met by chance: every third speaks of the rule before it.
  for (const [i, mod] of mods.entries()) {
    const previous = mods[i - 1];
    const isEcho = i % 3 === 2 && previous !== undefined;
    const target = isEcho ? { match: previous.match, priority: previous.priority } : {};
    const message = { ...mod, ...target, xid: i } as Message;
    if (isEcho && version === 4)
      Object.assign(message, { tableId: (previous as Of13FlowMod).tableId, instructions: [] });
    pair.send(message);
    const [real, model] = await pair.answers();
    expect(model, `after ${text(message)}`).toEqual(real);
    pair.send(flowStatsRequest(version));
    const [realFlows, modelFlows] = await pair.answers();
    expect(modelFlows, `after ${text(message)}`).toEqual(realFlows);
  }
  pair.send(version === 1 ? DELETE_ALL_10 : DELETE_ALL_13);
  await pair.answers();
  const [realRemovals, modelRemovals] = await pair.removals();
  expect(modelRemovals).toEqual(realRemovals);
  expect(modelRemovals.length).toBeGreaterThan(0);
  pair.close();
}

/** What a PacketIn carries of a packet, for rules that say how much, and (1.0) for misses. */
async function compareLengths(version: 1 | 4): Promise<void> {
  const pair = await Pair.open(ovs, version);
  const frame = buildEthernet({ ethDst: 0x020000000009, ethSrc: 0x020000000008 }, 0x88b5, new Uint8Array(200));
  const reported = async () => {
    await pair.flushCache();
    await pair.receive(1, frame);
    await pair.client.until((messages) => messages.some(({ type }) => type === 'packetIn'));
    const [real, model] = await pair.answers();
    expect(model).toEqual(real);
  };
  for (const maxLen of [20, 0xffe5, 0xffff]) {
    const action = { type: 'output', port: version === 1 ? Port10.CONTROLLER : Port13.CONTROLLER, maxLen } as const;
    pair.send(version === 1 ? add10({ actions: [action] }) : add13(applying(action)));
    await pair.answers();
    await reported();
  }
  if (version === 1) {
    pair.send(DELETE_ALL_10);
    for (const missSendLen of [64, 128, 0xffff]) {
      pair.send({ version, type: 'setConfig', xid: 0, flags: 0, missSendLen });
      await pair.answers();
      await reported();
    }
  }
  pair.close();
}

const plain = (ethSrc: number, ethDst: number) => buildEthernet({ ethSrc, ethDst }, 0x88b5, new Uint8Array(60));

/** What becomes of a rule's counters when it is replaced, modified, or reset. */
async function compareCounters(version: 1 | 4): Promise<void> {
  const pair = await Pair.open(ovs, version);
  const RESET_COUNTS = 4;
  const add = toController(version);
  const steps: Message[] = [add, add, { ...add, command: 1 } as Message, { ...add, command: 2 } as Message];
  if (version === 4)
    steps.push({ ...add, command: 2, flags: RESET_COUNTS } as Message, { ...add, flags: RESET_COUNTS } as Message);
  for (const step of steps) {
    pair.send(step);
    await pair.answers();
    await pair.flushCache();
    for (let i = 0; i < 3; i++) await pair.passThrough(1, plain(1, 2));
    await pair.flushCache();
    pair.send(flowStatsRequest(version));
    const [real, model] = await pair.answers();
    expect(model).toEqual(real);
  }
  pair.close();
}

/** A conversation through a rule that leaves it to NORMAL. */
async function compareNormal(version: 1 | 4): Promise<void> {
  const pair = await Pair.open(ovs, version);
  const [a, b, c] = [0x02000000aa01, 0x02000000aa02, 0x02000000aa03] as const;
  pair.send(toController(version, version === 1 ? Port10.NORMAL : Port13.NORMAL));
  await pair.answers();
  await ovs.appctl('fdb/flush');
  const conversation: readonly (readonly [inPort: number, src: number, dst: number])[] = [
    ...([
      [1, a, b],
      [2, b, a],
      [1, a, b],
      [3, c, 0xffffffffffff],
      [2, b, c],
      [4, a, b],
      [2, b, a],
    ] as const),
    ...([
      [2, c, a],
      [1, 0x010000000001, b],
      [1, a, 0x0180c2000000],
      [1, a, 0x0180c200000e],
      [4, b, a],
      [4, a, b],
    ] as const),
  ];
  for (const [inPort, src, dst] of conversation) {
    await pair.flushCache();
    await pair.passThrough(inPort, plain(src, dst));
    const wentOut = (frames: readonly { portNo: number }[]) => frames.map(({ portNo }) => portNo).sort();
    const where = `${inPort}: ${src.toString(16)} to ${dst.toString(16)}`;
    const [real, model] = await pair.takeFrames();
    expect(wentOut(model), where).toEqual(wentOut(real));
  }
  pair.close();
}

/** PacketOuts with random actions, and by way of the tables. */
async function comparePacketOuts(version: 1 | 4, seed: number): Promise<void> {
  const pair = await Pair.open(ovs, version);
  const packets = fc.sample(packet, { seed, numRuns: 40 });
  const table = version === 1 ? Port10.TABLE : Port13.TABLE;
  const rules = version === 1 ? flowMod10(fc.constant(0), packets) : flowMod13(fc.constant(0), packets);
  if (version === 4) addGroups(pair, seed);
  for (const [i, rule] of fc.sample<Of10FlowMod | Of13FlowMod>(rules, { seed, numRuns: RULES }).entries()) {
    pair.send({ ...rule, priority: i, flags: 0 });
  }
  await pair.answers();
  const lists = fc.sample(actions10, { seed, numRuns: packets.length });
  for (const [id, { inPort, frame }] of packets.entries()) {
    const data = withId(frame, id);
    const source = id % 3 === 0 ? (version === 1 ? Port10.NONE : Port13.CONTROLLER) : inPort;
    const throughTable = { type: 'output', port: table, maxLen: 0 } as const;
    // 1.3 has other actions: there the list is one output, by way of the tables.
    const message: Message =
      version === 1
        ? {
            version,
            type: 'packetOut',
            xid: id,
            bufferId: NO_BUFFER,
            inPort: source,
            actions: id % 2 ? lists[id]! : [throughTable],
            data,
          }
        : packetOut13({ xid: id, inPort: source, actions: [throughTable], data });
    pair.send(message);
    const [real, model] = await pair.answers();
    expect(model, text(message)).toEqual(real);
    const [realFrames, modelFrames] = await pair.takeFrames();
    expect(fates(modelFrames), text(message)).toEqual(fates(realFrames));
  }
  pair.close();
}

async function compareErrors(version: 1 | 4): Promise<void> {
  const pair = await Pair.open(ovs, version);
  const requests = faulty[version].map((message, i) => ({ ...message, xid: 100 + i }) as Message);
  for (const request of requests) pair.send(request);
  const [real, model] = await pair.answers();
  const errorOf = (messages: readonly object[], xid: number) =>
    (messages as readonly { type: string; xid: number }[]).find(
      (message) => message.type === 'error' && message.xid === xid,
    );
  const outcomes = (messages: readonly object[]) =>
    requests.map((request) => `${text(request)}: ${text(errorOf(messages, request.xid) ?? 'accepted')}`);
  expect(outcomes(model)).toEqual(outcomes(real));
  pair.close();
}

describe.each([
  ['1.0', 1],
  ['1.3', 4],
] as const)('the model switch and Open vSwitch, OpenFlow %s', (_name, version) => {
  it.each(seeds)('forward, rewrite and report packets alike (seed %i)', async (seed) => {
    for (let round = 0; round < ROUNDS; round++) await comparePackets(version, seed + round);
  });

  it('refuse the same requests with the same errors', async () => {
    await compareErrors(version);
  });

  it('report the same of a packet whatever length was asked for', async () => {
    await compareLengths(version);
  });

  it('count alike through replacing, modifying and resetting', async () => {
    await compareCounters(version);
  });

  it('learn and flood alike where a rule says NORMAL', async () => {
    await compareNormal(version);
  });

  it.each(seeds)('carry out PacketOuts alike (seed %i)', async (seed) => {
    await comparePacketOuts(version, seed);
  });

  it.each(seeds)('keep the same flows under any sequence of FlowMods (seed %i)', async (seed) => {
    await compareTables(version, seed);
  });
});
