// A flood from one port of a real Open vSwitch, by real frames: the switch itself drops it for a while, and what others send
// meanwhile, by rules or by way of the controller, gets through.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROADCAST_MAC, parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildUdp } from '../../protocols/packet/build.ts';
import { eventually } from '../support/eventually.ts';
import { HOSTS, type HostName, MODES, Site } from '../support/site.ts';

const NAMES: readonly HostName[] = ['alice1', 'alice2', 'bob', 'campus', 'gateway'];
const FLOOD_SEC = 3;

/** Broadcasts as fast as one process sends them, for so many seconds; prints how many. */
const FLOOD = `
import socket, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('eth0', 0))
frame = bytes.fromhex(sys.argv[1])
end = time.monotonic() + float(sys.argv[2])
sent = 0
while time.monotonic() < end:
    for _ in range(64):
        try:
            wire.send(frame)
            sent += 1
        except OSError:
            pass
print(sent)
`;

function broadcast(from: HostName, marker: string): Uint8Array {
  const ends = { src: parseIp(HOSTS[from].ipv4)!, dst: parseIp('255.255.255.255')! };
  const ports = { srcPort: 4000, dstPort: 4000, data: new TextEncoder().encode(marker) };
  return buildUdp({ ethSrc: parseMac(HOSTS[from].mac)!, ethDst: BROADCAST_MAC }, ends, ports);
}

describe.each(MODES)('a storm with OpenFlow $version, $pipeline, registers $registers', (mode) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(mode, [...NAMES]);
    expect(await site.register('alice1', 'alice2', 'bob')).toEqual(['OK', 'OK', 'OK']);
    site.policy = site.policy.replace('127.0.0.1:0 }', '127.0.0.1:0, packetInLimit: { hold: 2s } }');
    await fetch(`http://127.0.0.1:${site.lark.addresses.http.port}/v1/policy/reload`, { method: 'POST' });
  });
  afterAll(() => site?.stop());

  const told = (event: string) => site.events.filter(({ msg }) => msg === event);

  it('costs the others neither packets nor time', async () => {
    const [sender, receiver] = [await site.raw('alice1'), await site.raw('alice2')];
    const frame = Buffer.from(broadcast('bob', 'flood')).toString('hex');
    const flooding = site.host('bob').exec('/usr/bin/python3', ['-c', FLOOD, frame, String(FLOOD_SEC)]);
    await eventually('the storm', () => told('port.storm').length > 0);
    // By rules, and by way of the controller, which is asked about every broadcast.
    const pings = site.host('campus').ping(HOSTS.gateway.ipv4, { count: 20, intervalMs: 50, waitMs: 1000 });
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      const begin = performance.now();
      sender.send(broadcast('alice1', `honest-${i}-`));
      await eventually(`broadcast ${i} to arrive`, () => receiver.has(`honest-${i}-`), 2000);
      waits.push(performance.now() - begin);
    }
    expect(await pings).toEqual({ sent: 20, received: 20 });
    expect(waits.sort((a, b) => a - b)[10]).toBeLessThan(100);
    const sent = Number(await flooding);
    expect(sent).toBeGreaterThan(10_000);
    expect(told('port.storm')[0]).toMatchObject({ port: 'v-bob', isHeld: true, holdSec: 2 });

    await eventually('the end of it', () => told('port.storm_over').length === told('port.storm').length);
    const eaten = told('port.storm_over').reduce((sum, { packets }) => sum + Number(packets), 0);
    expect(eaten).toBeGreaterThan(1000);
    expect(eaten).toBeLessThanOrEqual(sent);
    expect(await site.dumpFlows()).not.toMatch(/cookie=0x4c61726b06/);
    expect(await site.reaches('bob', HOSTS.campus.ipv4)).toBe(true);
  });
});
