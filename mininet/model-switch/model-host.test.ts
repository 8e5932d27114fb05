import { describe, expect, it } from 'vitest';
import { type IpAddress, type MacAddress, parseIp } from '../../protocols/packet/address.ts';
import { buildIp, buildTcp, buildUdp, type VlanTag } from '../../protocols/packet/build.ts';
import { buildIcmpEcho } from '../../protocols/packet/build-control.ts';
import { type Frame, parseFrame } from '../../protocols/packet/frame.ts';
import { ModelHost } from './model-host.ts';

const mac = (n: number) => (0x020000000000 + n) as MacAddress;
const ip = (text: string) => parseIp(text)!;

/** Hosts on one wire: each frame reaches all others. */
function wire(
  ...specs: readonly {
    mac: MacAddress;
    addresses: readonly string[];
    gateways?: readonly string[];
    listens?: number[];
  }[]
) {
  const seen: Frame[] = [];
  const hosts: ModelHost[] = specs.map(
    (spec, i) =>
      new ModelHost({
        mac: spec.mac,
        addresses: spec.addresses.map((text) => {
          const [address, length] = text.split('/');
          return { address: ip(address!), prefixLength: Number(length) };
        }),
        gateways: (spec.gateways ?? []).map(ip),
        listens: spec.listens ?? [],
        send: (frame) => {
          seen.push(parseFrame(frame));
          for (const other of hosts) if (other !== hosts[i]) other.receive(frame);
        },
      }),
  );
  return { hosts, seen };
}

const near = {
  mac: mac(1),
  addresses: ['10.1.0.11/16', '2001:db8:1::11/48'],
  gateways: ['10.1.254.1', '2001:db8:1:ffff::1'],
};
const far = {
  mac: mac(2),
  addresses: ['10.1.254.1/16', '2001:db8:1:ffff::1/48', '203.0.113.10/24', '2001:db8:ffff::10/64'],
  listens: [80],
};

describe('a model host', () => {
  it.each(['10.1.254.1', '2001:db8:1:ffff::1', '203.0.113.10', '2001:db8:ffff::10'])(
    'pings %s, on its link or by its gateway, after resolving the next hop',
    async (address) => {
      const { hosts, seen } = wire(near, far);
      expect(await hosts[0]!.ping(ip(address))).toMatchObject({ ok: true });
      expect(seen.map(({ fault }) => fault)).toEqual([undefined, undefined, undefined, undefined]);
      // Now the neighbour is known: request and reply alone.
      expect(await hosts[0]!.ping(ip(address))).toMatchObject({ ok: true });
      expect(seen).toHaveLength(6);
    },
  );

  it('says why a ping failed', async () => {
    const { hosts } = wire(near, { mac: mac(2), addresses: ['10.2.0.1/16'] });
    expect(await hosts[0]!.ping(ip('10.1.0.99'), { deadlineMs: 5 })).toEqual({ ok: false, reason: 'unresolved' });
    expect(await hosts[1]!.ping(ip('10.1.0.11'), { deadlineMs: 5 })).toEqual({ ok: false, reason: 'unreachable' });
  });

  it('gets no answer from an address behind a neighbour that does not have it', async () => {
    const { hosts } = wire(near, far);
    expect(await hosts[0]!.ping(ip('198.51.100.1'), { deadlineMs: 5 })).toEqual({ ok: false, reason: 'no-answer' });
  });

  it('opens TCP connections to ports that listen, and is refused by others', async () => {
    const { hosts } = wire(near, far);
    expect(await hosts[0]!.connectTcp(ip('203.0.113.10'), 80)).toMatchObject({ ok: true });
    expect(await hosts[0]!.connectTcp(ip('203.0.113.10'), 81)).toEqual({ ok: false, reason: 'refused' });
  });

  it('takes frames for its MAC or a group, through tags of VID 0 alone, as Linux does', () => {
    const accepted: number[] = [];
    const host = new ModelHost({
      mac: mac(1),
      addresses: [{ address: ip('10.0.0.1'), prefixLength: 8 }],
      send: () => {},
      onFrame: (frame) => accepted.push(frame.dstPort!),
    });
    const send = (port: number, ethDst: number, tags: VlanTag[]) =>
      host.receive(
        buildUdp(
          { ethDst, ethSrc: mac(2), tags },
          { src: ip('10.0.0.2'), dst: ip('10.0.0.1') },
          { srcPort: 1, dstPort: port },
        ),
      );
    send(1, mac(1), []);
    send(2, mac(3), []);
    send(3, 0xffffffffffff, []);
    send(4, mac(1), [{ vid: 0 }, { vid: 0, tpid: 0x88a8 }]);
    send(5, mac(1), [{ vid: 0 }, { vid: 7 }]);
    expect(accepted).toEqual([1, 3, 4]);
  });

  it('answers no fragment, no echo for others and no stray segment', () => {
    const sent: Uint8Array[] = [];
    const own: IpAddress = ip('10.0.0.1');
    const host = new ModelHost({
      mac: mac(1),
      addresses: [{ address: own, prefixLength: 8 }],
      send: (frame) => sent.push(frame),
    });
    const ethernet = { ethDst: mac(1), ethSrc: mac(2) };
    const ends = { src: ip('10.0.0.2'), dst: own };
    host.receive(
      buildIcmpEcho(ethernet, { ...ends, fragment: { offset: 0, more: true } }, { identifier: 1, sequence: 1 }),
    );
    host.receive(buildIcmpEcho(ethernet, { ...ends, dst: ip('10.0.0.9') }, { identifier: 1, sequence: 1 }));
    host.receive(buildTcp(ethernet, ends, { srcPort: 1, dstPort: 2, flags: 0x10 }));
    host.receive(buildIp(ethernet, ends, 1, new Uint8Array(2)));
    expect(sent).toEqual([]);
    host.receive(buildIcmpEcho(ethernet, ends, { identifier: 1, sequence: 1 }));
    expect(sent).toHaveLength(1);
  });
});
