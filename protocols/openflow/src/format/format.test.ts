// The texts themselves; that they are Open vSwitch's own is held by test/integration/openflow-ofp-print.test.ts.

import { describe, expect, it } from 'vitest';
import { Port10 } from '../constants/of10.ts';
import { Port13 } from '../constants/of13.ts';
import { oxm } from '../of13/oxm.ts';
import { formatActions, formatInstructions } from './actions.ts';
import { formatError } from './error.ts';
import { formatMatch10, formatMatch13 } from './match.ts';

const host = (address: number) => ({ address, prefixLength: 32 });

describe('formatMatch10', () => {
  it.each([
    ['everything', {}, ''],
    [
      'IP',
      {
        inPort: 3,
        dlSrc: 0x020000000001,
        dlType: 0x0800,
        nwSrc: host(0x0a000001),
        nwDst: { address: 0x0a000000, prefixLength: 8 },
      },
      'ip,in_port=3,dl_src=02:00:00:00:00:01,nw_src=10.0.0.1,nw_dst=10.0.0.0/8',
    ],
    [
      'ARP',
      { dlType: 0x0806, nwSrc: host(1), nwDst: host(2), nwProto: 1 },
      'arp,arp_spa=0.0.0.1,arp_tpa=0.0.0.2,arp_op=1',
    ],
    ['TCP', { dlType: 0x0800, nwProto: 6, tpDst: 80 }, 'tcp,tp_dst=80'],
    ['ICMP', { dlType: 0x0800, nwProto: 1, tpSrc: 8, tpDst: 0 }, 'icmp,icmp_type=8,icmp_code=0'],
    ['no VLAN', { inPort: Port10.LOCAL, dlVlan: 0xffff }, 'in_port=LOCAL,vlan_tci=0x0000'],
    ['LLDP', { dlType: 0x88cc }, 'dl_type=0x88cc'],
  ])('%s', (_what, match, text) => {
    expect(formatMatch10(match)).toBe(text);
  });
});

describe('formatMatch13', () => {
  it('orders the fields as the switch does, not as they stand', () => {
    const match = [
      oxm('ethType', 0x86dd),
      oxm('ipProto', 17),
      oxm('udpDst', 53),
      oxm('inPort', 2),
      oxm('metadata', 5n, 255n),
    ];
    expect(formatMatch13(match)).toBe('udp6,metadata=0x5/0xff,in_port=2,tp_dst=53');
  });

  it('shows wide registers as the 32-bit ones they are made of', () => {
    expect(formatMatch13([oxm('xreg1', 5n, 0xffn)])).toBe('reg3=0x5/0xff');
  });

  it('shows what it does not know as bytes', () => {
    const unknown = {
      field: 'unknown' as const,
      oxmClass: 0x9000,
      oxmField: 5,
      hasMask: false,
      bytes: Uint8Array.of(1, 2),
    };
    expect(formatMatch13([oxm('inPort', 1), unknown])).toBe('in_port=1,oxm(36864,5)=0102');
  });
});

describe('formatActions and formatInstructions', () => {
  it('name reserved ports, and call nothing a drop', () => {
    expect(formatActions([])).toBe('drop');
    expect(formatInstructions([{ type: 'applyActions', actions: [] }])).toBe('drop');
    expect(formatActions([{ type: 'output', port: Port10.CONTROLLER, maxLen: 65535 }])).toBe('CONTROLLER:65535');
    expect(formatActions([{ type: 'output', port: Port13.FLOOD, maxLen: 0 }])).toBe('FLOOD');
    const queued = [
      { type: 'setQueue', queueId: 1 },
      { type: 'output', port: 2, maxLen: 0 },
    ] as const;
    expect(formatActions(queued)).toBe('set_queue:1,output:2');
    expect(formatActions([{ type: 'enqueue', port: 2, queueId: 1 }])).toBe('enqueue:2:1');
  });
});

describe('formatError', () => {
  const data = new Uint8Array(0);
  it.each([
    [{ version: 4, errorType: 5, code: 1, data }, 'OFPET_FLOW_MOD_FAILED/OFPFMFC_TABLE_FULL'],
    [{ version: 1, errorType: 3, code: 0, data }, 'OFPET_FLOW_MOD_FAILED/OFPFMFC_ALL_TABLES_FULL'],
    [{ version: 1, errorType: 0, code: 0, data }, 'OFPET_HELLO_FAILED/OFPHFC_INCOMPATIBLE'],
    [{ version: 4, errorType: 4, code: 99, data }, 'OFPET_BAD_MATCH/code 99'],
    [{ version: 4, errorType: 77, code: 2, data }, 'error type 77/code 2'],
    [
      { version: 4, errorType: 0xffff, code: 2600, data: Uint8Array.of(0x4f, 0x4e, 0x46, 0) },
      'OFPET_EXPERIMENTER/0x4f4e4600:2600',
    ],
  ])('%j', (message, text) => {
    expect(formatError(message)).toBe(text);
  });
});
