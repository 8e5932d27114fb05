// Sequences that once failed, cut down to what matters: each is played every time. What is `open` still fails, and its test
// says so until it is mended.

import type { PacketSpec } from './packets.ts';
import type { Registration, Sequence } from './sequence.ts';
import { PEOPLE } from './site.ts';

export interface Regression {
  readonly what: string;
  readonly sequence: Sequence;
  /** Set while Lark is still wrong there. */
  readonly isOpen?: true;
}

const SINGLE10 = { version: 1, pipeline: 'single-table' } as const;
const SINGLE13 = { version: 4, pipeline: 'single-table' } as const;
const MULTI = { version: 4, pipeline: 'multi-table' } as const;
const REGISTERS = { version: 4, pipeline: 'registers' } as const;

const packet = (
  kind: PacketSpec['kind'],
  from: string,
  to: string,
  ...twists: PacketSpec['twists'][number][]
): PacketSpec => {
  const index = (name: string) => PEOPLE.findIndex((person) => person.name === name);
  return { from: index(from), to: index(to), kind, twists };
};
/** For an address that is no job's, whatever the MAC. */
const toCampus2 = { what: 'dst', value: PEOPLE.findIndex(({ name }) => name === 'campus2') } as const;
/** In by the first port of the core, whoever sends. */
const atC1 = { what: 'port', value: 0 } as const;
const job = (slot: number, port: number, rest: Partial<Registration> = {}): Registration => ({
  slot,
  user: 0,
  group: 0,
  port,
  hasMac: true,
  machine: 'wn',
  ...rest,
});
const empty: Sequence = { policy: 'full', switches: [SINGLE10], jobs: [], opening: [], commands: [], packets: [] };

export const REGRESSIONS: readonly Regression[] = [
  ...[SINGLE10, SINGLE13, MULTI, REGISTERS].flatMap((each): Regression[] => [
    {
      what: `a host that moves, and writes to itself, is not sent to where it was (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        packets: [packet('udp4', 'campus1', 'wan'), packet('udp4', 'campus1', 'campus1', atC1)],
      },
    },
    {
      what: `a host that is back before its rule has taken hold is where it is (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        opening: [packet('udp4', 'bridge', 'wan')],
        // All of them are on their way when the first is judged.
        commands: [
          { do: 'send', packet: packet('udp4', 'campus1', 'bridge') },
          { do: 'send', packet: packet('udp4', 'campus1', 'bridge', atC1) },
          { do: 'send', packet: packet('udp4', 'campus1', 'bridge') },
        ],
        packets: [packet('udp4', 'bridge', 'campus1')],
      },
    },
    {
      what: `a switch that has lost its rules is mended, packets and all (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 1, { hasMac: false })],
        opening: [packet('udp4', 'wan', 'slot0'), packet('udp4', 'campus1', 'wan'), packet('udp4', 'slot0', 'wan')],
        commands: [
          { do: 'disconnect', at: 'core' },
          { do: 'lose-rules', at: 'core' },
          { do: 'connect', at: 'core' },
        ],
        packets: [packet('udp4', 'slot0', 'campus1'), packet('udp4', 'campus1', 'wan')],
      },
    },
    {
      what: `nothing for a host leaves by its port once that is a job's (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        opening: [packet('udp4', 'campus1', 'wan', atC1), packet('udp4', 'bridge', 'campus1')],
        commands: [{ do: 'register', ...job(0, 0) }],
        packets: [packet('udp4', 'bridge', 'campus1')],
      },
    },
    {
      what: `a job sends nothing from 0.8.0.0 (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 0)],
        packets: [packet('dhcp4-ask', 'slot0', 'slot0', { what: 'byte', value: 435 })],
      },
    },
    {
      what: `a job that registered without a MAC keeps the one it used when its switch is back (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each, each],
        jobs: [job(5, 4, { hasMac: false }), job(0, 0)],
        opening: [packet('udp4', 'slot5', 'slot0')],
        commands: [
          { do: 'disconnect', at: 'leaf' },
          { do: 'connect', at: 'leaf' },
          { do: 'settle', packets: [packet('udp4', 'slot0', 'slot5', { what: 'ethDst', value: 20 })] },
        ],
      },
    },
    {
      what: `a job at no known port, and without a MAC, is itself though its MAC was seen before (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        opening: [packet('arp-probe', 'slot6', 'wan', { what: 'port', value: 2 })],
        commands: [{ do: 'register', ...job(6, 8, { hasMac: false }) }],
        packets: [packet('tcp4', 'slot6', 'campus1', { what: 'port', value: 2 })],
      },
    },
    {
      what: `no host has the address of a job, though it is in no range (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        policy: 'rangeless',
        switches: [each],
        jobs: [job(0, 0), job(6, 8)],
        opening: [packet('udp4', 'campus1', 'bridge'), packet('udp4', 'bridge', 'campus1')],
        packets: ['udp4', 'udp6'].flatMap((kind) => [
          packet(kind as 'udp4', 'campus1', 'bridge', { what: 'src', value: 0 }),
          packet(kind as 'udp4', 'campus1', 'bridge', { what: 'src', value: 6 }),
        ]),
      },
    },
    {
      what: `a job that used a MAC loses it to the job that registers it (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 3, { hasMac: false })],
        opening: [packet('udp4', 'slot0', 'bridge', { what: 'ethSrc', value: 3 })],
        commands: [{ do: 'register', ...job(3, 0) }],
        packets: [packet('udp4', 'slot0', 'bridge')],
      },
    },
    {
      what: `a port that was a job's still is under its new number (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each, each],
        jobs: [job(0, 4), job(0, 0)],
        commands: [
          { do: 'disconnect', at: 'leaf' },
          { do: 'renumber', at: 'leaf' },
          { do: 'connect', at: 'leaf' },
        ],
        packets: [packet('arp-announce', 'slot0', 'slot0')],
      },
    },
    {
      what: `what is denied stays denied while verdicts are written anew (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        // With so many blocked jobs "drop" is the default; without them it is not.
        jobs: [
          job(0, 0),
          job(1, 1, { user: 1 }),
          ...[2, 3, 4].map((slot) => job(slot, 2, { user: 3, group: slot - 1 })),
        ],
        opening: [packet('udp4', 'slot0', 'slot1'), packet('tcp4', 'slot1', 'slot0')],
        commands: [
          ...[2, 3, 4].map((slot) => ({ do: 'remove', slot }) as const),
          { do: 'settle', packets: [packet('udp4', 'slot0', 'slot1')] },
          { do: 'register', ...job(5, 3, { user: 2 }) },
        ],
        packets: [packet('udp4', 'slot0', 'slot1')],
      },
    },
    {
      what: `a router is heard at a port that has no job any more (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        policy: 'closed',
        switches: [each],
        jobs: [job(0, 3)],
        opening: [packet('ra', 'campus1', 'slot0'), packet('multicast6', 'campus1', 'slot0')],
        commands: [{ do: 'remove', slot: 0 }],
        packets: [packet('ra', 'campus1', 'slot0')],
      },
    },
    {
      what: `a DHCP server is heard where its other broadcasts are not (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        policy: 'closed',
        switches: [each],
        jobs: [job(0, 3)],
        opening: [packet('multicast4', 'campus1', 'slot0')],
        commands: [{ do: 'remove', slot: 0 }],
        packets: [
          packet('multicast4', 'campus1', 'slot0'),
          packet(
            'dhcp4-answer',
            'campus1',
            'slot0',
            // To 224.0.0.251, with its MAC.
            { what: 'dst', value: PEOPLE.length + 2 },
            { what: 'ethDst', value: 17 },
          ),
        ],
      },
    },
    {
      what: `a DHCP answer with a tag does not leave by a job's port (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 0)],
        commands: [{ do: 'remove', slot: 0 }],
        packets: [
          // Before each one is where it was: what is like a packet is tried after it, and may say that it is elsewhere.
          packet('dhcp4-ask', 'slot0', 'campus1'),
          packet('dhcp4-answer', 'campus1', 'slot0'),
          packet('dhcp4-ask', 'slot0', 'campus1'),
          packet('dhcp4-answer', 'campus1', 'slot0', { what: 'tag', value: 1 }),
          packet('dhcp4-ask', 'slot0', 'campus1'),
          packet('dhcp4-answer', 'campus1', 'slot0', toCampus2),
          packet('dhcp4-ask', 'slot0', 'campus1'),
          packet('dhcp4-answer', 'campus1', 'slot0', toCampus2, { what: 'tag', value: 1 }),
        ],
      },
    },
    {
      what: `a job's broadcast that nobody heard is heard by the job that comes (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        policy: 'listening',
        switches: [each],
        jobs: [job(1, 1, { user: 1 })],
        opening: [packet('multicast4', 'slot1', 'slot0')],
        commands: [{ do: 'register', ...job(0, 0) }],
        packets: [packet('multicast4', 'slot1', 'slot0')],
      },
    },
    {
      what: `a job keeps the MAC it used when its port has another number (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 0), job(6, 0, { hasMac: false })],
        opening: [packet('udp4', 'slot6', 'slot0')],
        commands: [
          { do: 'disconnect', at: 'core' },
          { do: 'renumber', at: 'core' },
          { do: 'connect', at: 'core' },
        ],
        packets: [packet('udp4', 'campus1', 'slot6', { what: 'ethDst', value: 21 })],
      },
    },
    {
      what: `a job whose place was known by what was seen is gated there after a restart (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        policy: 'rangeless',
        switches: [each],
        jobs: [job(0, 0)],
        opening: [packet('udp4', 'slot1', 'slot0'), packet('udp4', 'slot0', 'wan')],
        // At a port of a switch that is not there: it is found where its MAC was seen.
        commands: [
          { do: 'register', ...job(1, 4) },
          { do: 'settle', packets: [packet('udp4', 'slot0', 'slot1')] },
          { do: 'restart', delivered: 0, unacknowledged: 0, back: 7 },
        ],
        packets: [packet('udp4', 'slot0', 'slot2'), packet('udp4', 'slot1', 'wan')],
      },
    },
    {
      what: `nothing of a host is lost when its port becomes a job's, and the job is it (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        policy: 'rangeless',
        switches: [each, each],
        jobs: [job(0, 0)],
        opening: [packet('udp4', 'slot2', 'slot1'), packet('udp4', 'slot5', 'slot2')],
        commands: [{ do: 'register', ...job(5, 5) }],
        packets: [packet('udp4', 'slot5', 'slot2')],
      },
    },
    {
      what: `nothing of a job is lost when a restart forgets its MAC (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(1, 0, { hasMac: false }), job(2, 1), job(0, 0)],
        opening: [
          packet('udp4', 'guest2', 'guest1'),
          packet('udp4', 'slot1', 'slot2'),
          packet('udp4', 'slot1', 'guest2'),
        ],
        commands: [{ do: 'restart', delivered: 0, unacknowledged: 0, back: 7 }],
        packets: [packet('udp4', 'slot1', 'slot2')],
      },
    },
    {
      what: `nothing for an address in no range is lost when its job ends (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        policy: 'rangeless',
        switches: [each],
        jobs: [job(2, 1), job(0, 0)],
        opening: [packet('udp4', 'slot0', 'slot2')],
        commands: [{ do: 'remove', slot: 2 }],
        packets: [packet('udp4', 'slot0', 'slot2')],
      },
    },
    {
      what: `who may only answer opens nothing by a frame for everybody either (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        policy: 'narrow',
        switches: [each],
        jobs: [job(0, 0, { net: 2 }), job(1, 1, { net: 1 }), job(2, 2, { user: 2 })],
        packets: [
          ...(['broadcast4', 'udp4', 'tcp4', 'tcp4-answer', 'multicast4', 'tcp6-answer'] as const).flatMap((kind) => [
            packet(kind, 'slot0', 'campus1'),
            packet(kind, 'campus1', 'slot1'),
            packet(kind, 'campus1', 'slot2'),
            packet(kind, 'slot0', 'slot1'),
            packet(kind, 'slot1', 'slot0'),
          ]),
        ],
      },
    },
    {
      what: `ports that have changed their numbers when a switch is back are what they are called (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 0)],
        commands: [
          { do: 'disconnect', at: 'core' },
          { do: 'renumber', at: 'core' },
          { do: 'connect', at: 'core' },
        ],
        packets: [packet('arp-announce', 'slot0', 'slot0')],
      },
    },
    {
      what: `the address of one job and the MAC of another are nobody's, at one port, too (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 0), job(1, 0), job(2, 1)],
        packets: [packet('udp4', 'slot2', 'slot0', { what: 'ethDst', value: 1 })],
      },
    },
    {
      what: `no job claims another's MAC for its address (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 0), job(1, 1)],
        packets: (['arp-ask', 'arp-answer', 'ns'] as const).flatMap((kind) => [
          packet(kind, 'slot0', 'slot1'),
          packet(kind, 'slot0', 'slot1', { what: 'claim', value: 2 }),
        ]),
      },
    },
    {
      what: `jobs that another file tells apart are told apart (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each],
        jobs: [job(0, 0), job(1, 1, { net: 3 }), job(2, 2)],
        opening: [
          packet('udp4', 'slot0', 'campus1'),
          packet('udp4', 'slot1', 'campus1'),
          packet('udp4', 'slot1', 'slot2'),
        ],
        commands: [{ do: 'reload', policy: 'narrow', swapped: 0 }],
        packets: [
          packet('udp4', 'slot0', 'campus1'),
          packet('udp4', 'slot1', 'campus1'),
          packet('udp4', 'slot1', 'slot2'),
          packet('udp4', 'slot2', 'slot1'),
        ],
      },
    },
    {
      what: `a switch that was away when a file was put in force is not said to have it (${each.version}, ${each.pipeline})`,
      sequence: {
        ...empty,
        switches: [each, each],
        jobs: [job(2, 0), job(0, 0)],
        opening: [
          packet('tcp4', 'slot4', 'slot0'),
          packet('udp6', 'guest2', 'guest1'),
          packet('udp4', 'guest1', 'slot0'),
          packet('udp4', 'slot0', 'guest2'),
        ],
        commands: [
          { do: 'disconnect', at: 'leaf' },
          { do: 'reload', policy: 'other', swapped: 0 },
          { do: 'connect', at: 'leaf' },
        ],
        packets: [packet('udp4', 'slot0', 'guest2')],
      },
    },
  ]),
];
