// The proof's situations with real packets (docs/proof.md): what once failed, and a few random sequences, on Open vSwitch's
// user-space datapath between namespaces, cache and all. And how long packets go on by what the tables said before, measured
// against `settle`, which an acknowledged removal has waited.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../mininet/lab/host.ts';
import { type Ovs, startOvs } from '../../mininet/lab/ovs.ts';
import { REGRESSIONS } from '../proof/seeds.ts';
import { anySequence, play } from '../proof/sequence.ts';
import { eventually } from '../support/eventually.ts';
import { RawHost } from '../support/raw-host.ts';
import { BRIDGE, HOSTS, type HostName, Site } from '../support/site.ts';
import { OpenflowClient } from './model-vs-ovs/dummy-ovs.ts';
import { DELETE_ALL_10, DELETE_ALL_13 } from './model-vs-ovs/requests.ts';
import { FENCE_RULE, PacketsOnlooker } from './proof-on-ovs/packets-onlooker.ts';
import { isPlayable, playable } from './proof-on-ovs/playable.ts';

const PROOF_BRIDGE = 'proof0';
const PORTS = 9;
const SEED = 20_261_125;
const RANDOM = 2;
/** Of what once failed every n-th is played, in all kinds of switches. */
const EACH = 7;

describe('on the user-space datapath', () => {
  let directory: string;
  let ovs: Ovs;
  const hosts: LabHost[] = [];
  const raws = new Map<number, RawHost>();

  beforeAll(async () => {
    directory = await mkdtemp('/run/lark-proof-');
    ovs = await startOvs(join(directory, 'ovs'));
    await ovs.addBridge({ name: PROOF_BRIDGE, dpid: '0000000000000001' });
    for (let portNo = 1; portNo <= PORTS; portNo++) {
      // Their own MACs are nobody's in the proof, and they have no addresses: they say nothing by themselves.
      const mac = `02:00:00:00:ee:0${portNo}`;
      const host = await ovs.addHost(PROOF_BRIDGE, {
        name: `proof-${portNo}`,
        portName: `v-proof${portNo}`,
        portNo,
        mac,
        addresses: [],
      });
      hosts.push(host);
      raws.set(portNo, await RawHost.open(host.name));
    }
  });
  afterAll(async () => {
    for (const raw of raws.values()) raw.close();
    await ovs?.stop();
    for (const host of hosts) await host.remove();
    await rm(directory, { recursive: true, force: true });
  });

  const onceFailed = REGRESSIONS.map(({ sequence }) => sequence)
    .filter(isPlayable)
    .filter((_, i) => i % EACH === 0);
  const random = fc.sample(anySequence.map(playable), { seed: SEED, numRuns: RANDOM });

  it('what arrives is what the reference says', { timeout: 120_000 }, async () => {
    const total = { sequences: 0, sent: 0, arrived: 0 };
    for (const sequence of [...onceFailed, ...random]) {
      const { version } = sequence.switches[0]!;
      const socket = connect(join(ovs.directory, `${PROOF_BRIDGE}.mgmt`));
      await once(socket, 'connect', { signal: AbortSignal.timeout(5_000) });
      const client = await OpenflowClient.greet(socket, version);
      try {
        client.send(version === 1 ? DELETE_ALL_10 : DELETE_ALL_13);
        await client.barrier();
        await ovs.ofctl(PROOF_BRIDGE, ['add-flow', FENCE_RULE]);
        const onlooker = new PacketsOnlooker({ hosts: raws, client, settled: () => ovs.revalidatorWait() });
        await play(sequence, onlooker);
        total.sequences++;
        total.sent += onlooker.counts.sent;
        total.arrived += onlooker.counts.arrived;
      } finally {
        client.close();
      }
    }
    console.log(JSON.stringify(total));
    expect(total.sent).toBeGreaterThan(20);
    expect(total.arrived).toBeGreaterThan(5);
  });
});

const PORT = 7000;
const ROUNDS = 5;
/** Datagrams that are sent while none must come. */
const MORE = 200;
/** What `jobs.settle` is where the file says nothing. */
const SETTLE_MS = 200;
const SENDER = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect((sys.argv[1], ${PORT}))
while True:
    try: s.send(str(time.monotonic_ns()).encode())
    except OSError: pass
    time.sleep(0.0003)
`;
/** Prints when each datagram was sent and when it came, in nanoseconds of the machine's monotonic clock. */
const RECEIVER = `
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', ${PORT})); print('ready', flush=True)
while True:
    sent = s.recv(100).decode()
    print(sent, time.monotonic_ns(), flush=True)
`;

describe('after the answer to a removal', () => {
  let site: Site;
  const processes: { kill(): boolean }[] = [];
  beforeAll(async () => {
    site = await Site.start({ version: '1.3', pipeline: 'multi-table', registers: true }, ['alice1', 'alice2']);
  });
  afterAll(async () => {
    for (const each of processes) each.kill();
    await site?.stop();
  });

  it('nothing flows by the old state: settle covers what is cached', async () => {
    const arrivals: { sent: bigint; came: bigint }[] = [];
    const receiver = site.host('alice2').spawn('/usr/bin/python3', ['-u', '-c', RECEIVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.push(receiver);
    let text = '';
    let wake = () => {};
    receiver.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop()!;
      for (const [sent, came] of lines.map((line) => line.split(' ')))
        if (came !== undefined) arrivals.push({ sent: BigInt(sent!), came: BigInt(came) });
      wake();
    });
    await once(receiver.stdout!, 'data');
    expect(await site.register('alice1', 'alice2')).toEqual(['OK', 'OK']);
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
    const sender = site.host('alice1').spawn('/usr/bin/python3', ['-c', SENDER, HOSTS.alice2.ipv4], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    processes.push(sender);
    /** Datagrams that were sent later than this have come. */
    const flowing = async (since: bigint) => {
      const deadline = AbortSignal.timeout(10_000);
      while (!arrivals.some(({ sent }) => sent > since)) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          deadline.addEventListener('abort', () => reject(new Error('no datagram came')), { once: true });
        });
      }
    };
    /** Packets that the switch has had from a host. */
    const sentBy = async (name: HostName) => {
      const ports = await site.ovs.ofctl(BRIDGE, ['dump-ports', String(HOSTS[name].portNo)]);
      return Number(/rx pkts=(\d+)/.exec(ports)?.[1]);
    };
    const leads: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await flowing(process.hrtime.bigint());
      expect(await site.clean('alice2')).toBe('OK');
      const answered = process.hrtime.bigint();
      const alreadySent = await sentBy('alice1');
      await eventually('more datagrams', async () => (await sentBy('alice1')) > alreadySent + MORE);
      const before = process.hrtime.bigint();
      expect(await site.register('alice2')).toEqual(['OK']);
      // What was sent before has come, if it comes at all, once something sent later has.
      await flowing(process.hrtime.bigint());
      const late = arrivals.filter(({ sent }) => sent > answered && sent < before);
      expect(late, 'sent between the answer to the removal and the next registration').toEqual([]);
      const last = arrivals.filter(({ sent }) => sent <= answered).at(-1)!;
      leads.push(Number(answered - last.came) / 1e6);
    }
    const shown = leads.map((each) => each.toFixed(1)).join(', ');
    console.log(
      `the last packet by the old state came ${shown} ms before the answer, which waits ${SETTLE_MS} ms after the barrier`,
    );
    expect(Math.min(...leads)).toBeGreaterThan(0);
  });
});
