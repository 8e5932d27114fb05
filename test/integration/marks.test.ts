// A verdict's DSCP on a real Open vSwitch, in every mode: the receiver's frames carry it, by PacketOut as by rule, by the
// WAN port, the alternate and a job's port; ECN and the header's checksum stay right, and nobody else's packets change.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildUdp } from '../../protocols/packet/build.ts';
import { readU16 } from '../../protocols/packet/bytes.ts';
import { parseFrame } from '../../protocols/packet/frame.ts';
import { eventually } from '../support/eventually.ts';
import { HOSTS, type HostName, MODES, Site } from '../support/site.ts';

const WAN = '203.0.113.10';
const WAN_V6 = '2001:db8:ffff::10';
const POLICIES = `
  - rule: { when: 'MY.Owner =?= "bob" && TARGET.Zone == "wan"', then: { mark: ef } }
  - rule: { when: 'MY.Owner =?= "alice" && TARGET.Zone == "wan"', then: { mark: 10 } }
  - rule: { when: 'TARGET.Owner =?= "bob"', then: { mark: cs0 } }
`;
/** DSCP 11 and ECN 1. */
const TOS = 0x2d;
const HAS_IPV4 = 0x0800;

interface Marked {
  readonly from: HostName;
  readonly to: HostName;
  readonly address: string;
  readonly dscp: number;
}

describe.each(MODES)('marks with OpenFlow $version, $pipeline, registers $registers', (mode) => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.start(mode, ['alice1', 'alice2', 'bob', 'campus', 'gateway', 'alternate'], POLICIES.slice(1));
    expect(await site.register('alice1', 'alice2', 'bob')).toEqual(['OK', 'OK', 'OK']);
    // Everybody has been heard of.
    expect(await site.reaches('alice1', HOSTS.campus.ipv4)).toBe(true);
    expect(await site.reaches('bob', WAN)).toBe(true);
    expect(await site.reaches('alice1', WAN)).toBe(true);
  });
  afterAll(() => site?.stop());

  let number = 0;
  /** Sends one frame after the other, each after the one before has come, and says with which TOS they came. */
  async function tosOf({ from, to, address }: Omit<Marked, 'dscp'>): Promise<readonly (number | undefined)[]> {
    const [sender, receiver] = [await site.raw(from), await site.raw(to)];
    const dst = parseIp(address)!;
    const src = parseIp(typeof dst === 'number' ? HOSTS[from].ipv4 : HOSTS[from].ipv6)!;
    // What is redirected is addressed to the gateway all the same.
    const ethDst = parseMac(HOSTS[to === 'alternate' ? 'gateway' : to].mac)!;
    const came: (number | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      const marker = `marked ${++number};`;
      const link = { ethSrc: parseMac(HOSTS[from].mac)!, ethDst };
      const ends = { srcPort: 4000, dstPort: 4001, data: new TextEncoder().encode(marker) };
      sender.send(buildUdp(link, { src, dst, tos: TOS }, ends));
      const bytes = await eventually(marker, () => receiver.frames.find((each) => Buffer.from(each).includes(marker)));
      const frame = parseFrame(bytes);
      if (frame.matchType === HAS_IPV4) expect(headerSum(bytes, frame.l3Offset)).toBe(0);
      came.push(frame.ipTos);
    }
    return came;
  }

  const marked: readonly Marked[] = [
    { from: 'bob', to: 'gateway', address: WAN, dscp: 46 },
    { from: 'alice1', to: 'alternate', address: WAN, dscp: 10 },
    { from: 'campus', to: 'bob', address: HOSTS.bob.ipv4, dscp: 0 },
    { from: 'alice1', to: 'alice2', address: HOSTS.alice2.ipv4, dscp: 11 },
    { from: 'bob', to: 'campus', address: HOSTS.campus.ipv4, dscp: 11 },
  ];

  it.each(marked)('from $from to $address: DSCP $dscp at $to, from the first packet on', async (each) => {
    const tos = (each.dscp << 2) | (TOS & 3);
    expect(await tosOf(each)).toEqual([tos, tos, tos, tos]);
  });

  const ofIpv6 = async () => {
    const tos = (46 << 2) | (TOS & 3);
    expect(await tosOf({ from: 'bob', to: 'gateway', address: WAN_V6 })).toEqual([tos, tos, tos, tos]);
    const own = await tosOf({ from: 'campus', to: 'bob', address: HOSTS.bob.ipv6 });
    expect(own).toEqual([1, 1, 1, 1]);
  };
  /** OpenFlow 1.0 cannot match IPv6, and bob may not talk to everybody. */
  const noIpv6 = async () => {
    const [sender, receiver] = [await site.raw('bob'), await site.raw('gateway')];
    const link = { ethSrc: parseMac(HOSTS.bob.mac)!, ethDst: parseMac(HOSTS.gateway.mac)! };
    const ends = { srcPort: 4000, dstPort: 4001, data: new TextEncoder().encode('IPv6 of bob') };
    sender.send(buildUdp(link, { src: parseIp(HOSTS.bob.ipv6)!, dst: parseIp(WAN_V6)!, tos: TOS }, ends));
    await tosOf(marked[0]!);
    expect(receiver.frames.some((each) => Buffer.from(each).includes('IPv6 of bob'))).toBe(false);
  };
  if (mode.version === '1.0') it('of IPv6 cannot be written, and it is dropped', noIpv6);
  else it('of IPv6 likewise', ofIpv6);

  it('are explained, with the rules that write them', async () => {
    await tosOf(marked[0]!);
    const explanation = await site.explain(HOSTS.bob.ipv4, WAN);
    expect(explanation).toMatchObject({ verdict: { action: 'forward', mark: { value: 46, policy: 'rule' } } });
    const actions = explanation.rules.map((rule) => rule.actions);
    expect(actions.join('\n')).toMatch(mode.version === '1.0' ? /mod_nw_tos:184/ : /set_field:46->ip_dscp/);
  });
});

/** 0 where an IPv4 header's checksum is right. */
function headerSum(bytes: Uint8Array, l3Offset: number): number {
  let sum = 0;
  for (let at = l3Offset; at < l3Offset + 20; at += 2) sum += readU16(bytes, at);
  return sum % 0xffff;
}
