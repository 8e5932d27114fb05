// The values that random rules and packets are made of. The pools are small, so that rules overlap and packets hit them.

import fc from 'fast-check';
import { type Ipv6Address, type MacAddress, parseIp } from '../../../protocols/packet/address.ts';

export const PORTS = 4;
const macs = [0x020000000001, 0x020000000002, 0x020000000003, 0xffffffffffff, 0x333300000001].map(
  (n) => n as MacAddress,
);
const ipv4s = ['10.1.0.1', '10.1.0.2', '10.1.1.1', '192.0.2.7'].map((text) => parseIp(text)!);
const ipv6s = ['2001:db8:1::1', '2001:db8:1::2', '2001:db8:2::1', 'fe80::1'].map(
  (text) => parseIp(text) as Ipv6Address,
);
const tcpUdpPorts = [53, 80, 1024];
export const vids = [0, 5, 7];

export const mac = fc.constantFrom(...macs);
export const unicast = fc.constantFrom(...macs.slice(0, 3));
export const ipv4 = fc.constantFrom(...ipv4s);
export const ipv6 = fc.constantFrom(...ipv6s);
export const port = fc.constantFrom(...tcpUdpPorts);
export const portNo = fc.integer({ min: 1, max: PORTS });
export const pcp = fc.constantFrom(0, 3);
export const vid = fc.constantFrom(...vids);
export const tos = fc.constantFrom(0, 0xb8);
export const cookie = fc.bigInt(0n, 7n);
