// `connections: replies` on a real Open vSwitch: a job that may only open connections opens them and gets its answers, and
// nobody opens one to it; by real TCP in every mode. Where Lark has the switch track connections the same holds for UDP,
// fragments and ICMP, and no flags make a segment a reply.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROADCAST_MAC, parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildIp, buildTcp, buildUdp } from '../../protocols/packet/build.ts';
import { eventually } from '../support/eventually.ts';
import { BRIDGE, HOSTS, type HostName, MODES, Site } from '../support/site.ts';

const PORT = 7000;
const WAN = '203.0.113.10';
const SERVER = `
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', ${PORT})); s.listen(8); print('ready', flush=True)
while True:
    c, _ = s.accept()
    c.sendall(c.recv(100)); c.close()
`;
const CLIENT = `
import socket, sys
s = socket.create_connection((sys.argv[1], ${PORT}), timeout=2)
s.sendall(b'hello'); print(s.recv(100).decode())
`;

const TWO_STEPS = `
import socket, sys
s = socket.create_connection((sys.argv[1], ${PORT}), timeout=5); print('connected', flush=True)
sys.stdin.readline(); s.sendall(b'hello'); print(s.recv(100).decode(), flush=True)
`;
const ECHO = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', ${PORT})); print('ready', flush=True)
while True:
    data, peer = s.recvfrom(65000)
    s.sendto(data, peer)
`;
/** Prints how many bytes come back, or which error the answer is. */
const ASK = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2); s.connect((sys.argv[1], int(sys.argv[2])))
s.send(b'x' * int(sys.argv[3]))
try: print(len(s.recv(65000)))
except OSError as e: print(type(e).__name__)
`;
/** The line of a tracked connection without what changes in it. */
const ends5 = (line: string) => /orig=\([^)]*\)/.exec(line)?.[0];
const TCP_FLAGS = { SYN: 0x02, RST: 0x04, ACK: 0x10 } as const;

describe.each(MODES)(
  'a job with only outbound connectivity, with OpenFlow $version, $pipeline, registers $registers',
  (mode) => {
    let site: Site;
    const servers: { kill(): boolean }[] = [];

    beforeAll(async () => {
      site = await Site.start(mode, ['alice1', 'bob', 'campus', 'gateway', 'alternate'], '  - connectivity: true\n');
      expect(await site.registerWith('alice1', 'InboundConnectivity = false; OutboundConnectivity = true;')).toBe('OK');
      expect(await site.register('bob')).toEqual(['OK']);
      const serve = async (name: HostName, script: string) => {
        const server = site
          .host(name)
          .spawn('/usr/bin/python3', ['-u', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
        servers.push(server);
        await new Promise((resolve) => server.stdout!.once('data', resolve));
      };
      for (const name of ['alice1', 'bob', 'campus'] as const) await serve(name, SERVER);
      await serve('campus', ECHO);
    });
    afterAll(async () => {
      for (const server of servers) server.kill();
      await site?.stop();
    });

    const talks = (from: HostName, to: HostName) =>
      site
        .host(from)
        .exec('/usr/bin/python3', ['-c', CLIENT, HOSTS[to].ipv4])
        .then((said) => said.trim() === 'hello')
        .catch(() => false);

    it('opens connections and is answered', async () => {
      expect(await talks('alice1', 'campus')).toBe(true);
    });

    it('has none opened to it, by TCP or anything else', async () => {
      expect(await talks('campus', 'alice1')).toBe(false);
      expect(await site.reaches('campus', HOSTS.alice1.ipv4)).toBe(false);
    });

    it('leaves the others as they were', async () => {
      expect(await talks('campus', 'bob')).toBe(true);
      expect(await site.reaches('campus', HOSTS.bob.ipv4)).toBe(true);
    });

    const ask = async (port: number, bytes: number) =>
      (
        await site.host('alice1').exec('/usr/bin/python3', ['-c', ASK, HOSTS.campus.ipv4, String(port), String(bytes)])
      ).trim();

    it('is answered by UDP, in fragments too, and by ICMP, where connections are tracked', async () => {
      const answers = [await ask(PORT, 10), await ask(PORT, 4000), await ask(PORT + 1, 10)];
      const tracked = ['10', '4000', 'ConnectionRefusedError'];
      expect(answers).toEqual(mode.registers ? tracked : ['TimeoutError', 'TimeoutError', 'TimeoutError']);
      expect(await site.reaches('alice1', HOSTS.campus.ipv4)).toBe(mode.registers);
    });

    const ends = (from: HostName, to: HostName) => ({
      ethernet: { ethSrc: parseMac(HOSTS[from].mac)!, ethDst: parseMac(HOSTS[to].mac)! },
      ip: { src: parseIp(HOSTS[from].ipv4)!, dst: parseIp(HOSTS[to].ipv4)! },
    });
    const bytes = (text: string) => new TextEncoder().encode(text);

    const packetOuts = async () => {
      const { host, port } = site.lark.addresses.http;
      const metrics = await (await fetch(`http://${host}:${port}/metrics`)).text();
      return Number(/^lark_of_packet_outs_total\{[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0);
    };

    it('is sent nothing that only looks like a reply', async () => {
      const { ethernet, ip } = ends('campus', 'alice1');
      const [sender, receiver, witness] = [await site.raw('campus'), await site.raw('alice1'), await site.raw('bob')];
      const ports = { srcPort: PORT, dstPort: 40_001 };
      const { SYN, RST, ACK } = TCP_FLAGS;
      const attempts: Record<string, Uint8Array> = {
        syn: buildTcp(ethernet, ip, { ...ports, flags: SYN, data: bytes('attempt-syn') }),
        udp: buildUdp(ethernet, ip, { ...ports, data: bytes('attempt-udp') }),
        fragment: buildIp(ethernet, { ...ip, fragment: { offset: 64, more: false } }, 6, bytes('attempt-fragment')),
        ...Object.fromEntries(
          [ACK, RST, SYN | ACK, ACK | RST].map((flags) => [
            `flags${flags}`,
            buildTcp(ethernet, ip, {
              ...ports,
              flags,
              sequence: 1,
              acknowledgment: 1,
              data: bytes(`attempt-flags${flags}`),
            }),
          ]),
        ),
      };
      for (let round = 0; round < 2; round++) {
        for (const frame of Object.values(attempts)) sender.send(frame);
        const marker = `honest-${round}`;
        const honest = ends('campus', 'bob');
        sender.send(buildUdp(honest.ethernet, honest.ip, { srcPort: 9, dstPort: 9, data: bytes(marker) }));
        await eventually('an honest frame after them', () => witness.has(marker));
        await site.ovs.revalidatorWait();
      }
      const arrived = Object.keys(attempts).filter((name) => receiver.has(`attempt-${name}`));
      // By their flags alone, four segments pass for replies.
      expect(arrived).toEqual(mode.registers ? [] : ['flags16', 'flags4', 'flags18', 'flags20']);
    });

    it('is answered, and sent nothing else, through the controller as well', async () => {
      if (!mode.registers) return;
      // Without its rule, all that the host sends comes up; the controller knows it still, and so sends no new rule.
      await site.ovs.ofctl(BRIDGE, ['del-flows', `table=0,dl_src=${HOSTS.campus.mac}`]);
      await site.ovs.revalidatorWait();
      const asked = await packetOuts();
      expect(await ask(PORT, 10)).toBe('10');
      expect(await talks('alice1', 'campus')).toBe(true);
      expect(await packetOuts()).toBeGreaterThan(asked + 4);
      const { ethernet, ip } = ends('campus', 'alice1');
      const [sender, receiver, witness] = [await site.raw('campus'), await site.raw('alice1'), await site.raw('bob')];
      const ports = { srcPort: PORT, dstPort: 40_002, data: bytes('by-controller') };
      sender.send(buildUdp(ethernet, ip, ports));
      sender.send(buildTcp(ethernet, ip, { ...ports, flags: TCP_FLAGS.ACK }));
      const honest = ends('campus', 'bob');
      sender.send(buildUdp(honest.ethernet, honest.ip, { srcPort: 9, dstPort: 9, data: bytes('honest-controller') }));
      await eventually('an honest frame after them', () => witness.has('honest-controller'));
      expect(receiver.has('by-controller')).toBe(false);
    });

    it('opens none to others in frames for everybody, if it may open none', async () => {
      expect(await site.clean('bob')).toBe('OK');
      expect(await site.registerWith('bob', 'OutboundConnectivity = false;')).toBe('OK');
      expect(await talks('campus', 'bob')).toBe(true);
      expect(await talks('bob', 'campus')).toBe(false);
      const { ethernet, ip } = ends('bob', 'campus');
      const [sender, receiver] = [await site.raw('bob'), await site.raw('campus')];
      const everybody = { ...ethernet, ethDst: BROADCAST_MAC };
      sender.send(buildUdp(everybody, ip, { srcPort: PORT, dstPort: PORT + 2, data: bytes('shout-udp') }));
      const ports = { srcPort: PORT, dstPort: PORT + 2 };
      sender.send(buildTcp(everybody, ip, { ...ports, flags: TCP_FLAGS.SYN, data: bytes('shout-tcp') }));
      const honest = ends('alice1', 'campus');
      (await site.raw('alice1')).send(
        buildUdp(honest.ethernet, honest.ip, { srcPort: 9, dstPort: 9, data: bytes('honest-shout') }),
      );
      await eventually('an honest frame after them', () => receiver.has('honest-shout'));
      expect([receiver.has('shout-udp'), receiver.has('shout-tcp')]).toEqual([false, false]);
    });

    it('is answered when its traffic is redirected', async () => {
      if (!mode.registers) return;
      const received = async () =>
        Number(await site.host('alternate').exec('cat', ['/sys/class/net/eth0/statistics/rx_packets']));
      const before = await received();
      expect(await site.reaches('alice1', WAN)).toBe(true);
      expect(await received()).toBeGreaterThanOrEqual(before + 2);
      expect(await site.dumpFlows()).toContain('reg7=0x1');
    });

    it('is kept by connection tracking in a zone of its own, where the switch has that', async () => {
      const flows = await site.dumpFlows();
      expect(flows.includes('ct(commit,zone=19553)')).toBe(mode.registers);
      if (!mode.registers) return;
      const tracked = await site.ovs.appctl(['dpctl/dump-conntrack', 'zone=19553']);
      expect(tracked).toContain(`src=${HOSTS.alice1.ipv4},dst=${HOSTS.campus.ipv4}`);
      expect(tracked).not.toContain(`orig=(src=${HOSTS.campus.ipv4},dst=${HOSTS.alice1.ipv4}`);
    });

    it('keeps a connection that is under way when tracking begins', async () => {
      if (!mode.registers) return;
      // As if the connection were older than the policy, or than the switch: nothing is known of it any more.
      const client = site.host('alice1').spawn('/usr/bin/python3', ['-u', '-c', TWO_STEPS, HOSTS.campus.ipv4], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      servers.push(client);
      let said = '';
      client.stdout!.on('data', (chunk) => {
        said += chunk;
      });
      await eventually('the connection', () => said.includes('connected'));
      await site.ovs.appctl(['dpctl/flush-conntrack', 'zone=19553']);
      client.stdin!.write('go\n');
      await eventually('the answer', () => said.includes('hello'));
    });

    it('leaves no connection to the next job that has its address', async () => {
      if (!mode.registers) return;
      const tracked = () => site.ovs.appctl(['dpctl/dump-conntrack', 'zone=19553']);
      const others = async () => (await tracked()).split('\n').filter((line) => !line.includes(HOSTS.alice1.ipv4));
      await site.host('campus').ping(HOSTS.bob.ipv4, { count: 1 });
      const kept = await others();
      expect(await tracked()).toContain(HOSTS.alice1.ipv4);
      expect(await site.clean('alice1')).toBe('OK');
      expect(await site.registerWith('alice1', 'InboundConnectivity = false;')).toBe('OK');
      expect(await tracked()).not.toContain(HOSTS.alice1.ipv4);
      expect(kept.length).toBeGreaterThan(0);
      for (const line of kept) expect((await others()).map(ends5)).toContain(ends5(line));
    });

    it('is explained', async () => {
      const explained = await site.explain(HOSTS.campus.ipv4, HOSTS.alice1.ipv4);
      expect(explained.verdict).toMatchObject({
        action: 'forward',
        connections: { value: 'replies', policy: 'connectivity' },
      });
    });
  },
);
