import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MacAddress } from '../../protocols/packet/address.ts';
import { HostTable } from './host-table.ts';

function table(now: () => number = () => 0, maxHosts = 8, maxHostsPerPort = 4): HostTable {
  return new HostTable({ maxHosts, maxHostsPerPort, ttlMs: 1000, now });
}
const mac = (n: number) => n as MacAddress;

describe('HostTable', () => {
  it('tells a new host from one that moved and one that stayed', () => {
    const hosts = table();
    expect(hosts.learn(mac(1), 3)).toEqual({ kind: 'new' });
    expect(hosts.learn(mac(1), 3)).toEqual({ kind: 'same' });
    expect(hosts.learn(mac(1), 5)).toEqual({ kind: 'moved', from: 3 });
    expect(hosts.portOf(mac(1))).toBe(5);
  });

  it('forgets a host that was not seen for the time to live, and only that one', () => {
    let now = 1;
    const hosts = table(() => now);
    hosts.learn(mac(1), 3);
    hosts.learn(mac(2), 3);
    now += 900;
    hosts.learn(mac(2), 3);
    now += 200;
    expect(hosts.portOf(mac(1))).toBeUndefined();
    expect(hosts.portOf(mac(2))).toBe(3);
  });

  it('gives a noisy port its share and no more, so that others stay known', () => {
    const hosts = table();
    hosts.learn(mac(100), 1);
    for (let i = 0; i < 50; i++) hosts.learn(mac(200 + i), 2);
    expect(hosts.learn(mac(999), 2)).toEqual({ kind: 'full' });
    expect(hosts.portOf(mac(100))).toBe(1);
    expect([...hosts.at(2)]).toHaveLength(4);
  });

  it('lets a port learn again once its hosts have aged', () => {
    let now = 1;
    const hosts = table(() => now);
    for (let i = 0; i < 4; i++) hosts.learn(mac(i), 2);
    now += 2000;
    expect(hosts.learn(mac(77), 2)).toEqual({ kind: 'new' });
  });

  it('keeps its bounds and counts whatever the order of events', () => {
    const step = fc.oneof(
      fc.record({ learn: fc.nat(20), port: fc.nat(3) }),
      fc.record({ forgetPort: fc.nat(3) }),
      fc.record({ wait: fc.nat(600) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        let now = 1;
        const hosts = table(() => now);
        for (const s of steps) {
          if ('learn' in s) {
            const before = [...hosts.at(s.port)].length;
            const result = hosts.learn(mac(s.learn), s.port);
            if (result.kind === 'full') expect(before).toBe(4);
            else expect(hosts.portOf(mac(s.learn))).toBe(s.port);
          } else if ('forgetPort' in s) {
            hosts.forgetPort(s.forgetPort);
            expect([...hosts.at(s.forgetPort)]).toEqual([]);
          } else now += s.wait;
          for (let port = 0; port < 4; port++) expect([...hosts.at(port)].length).toBeLessThanOrEqual(4);
          expect(hosts.size).toBeLessThanOrEqual(8);
        }
      }),
    );
  });
});
