// Open vSwitch as the witness for node-openflow: what our encoder made, `ovs-ofctl ofp-parse` must read without an error,
// and print with the very text that our formatters give. One process reads a whole file of messages.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import {
  ErrorCode10,
  ErrorCode13,
  ErrorType10,
  ErrorType13,
  encodeMessage,
  formatActions,
  formatError,
  formatInstructions,
  formatMatch10,
  formatMatch13,
  Group,
  type Match10,
  type Match13,
  type Message,
  NO_BUFFER,
  type Of10Action,
  type Of10FlowMod,
  type Of13Action,
  type Of13FlowMod,
  type Of13Instruction,
  type OxmName,
  type OxmValue,
  oxm,
  oxmId,
  Port10,
  Port13,
} from 'node-openflow';
import { describe, expect, it } from 'vitest';
import { soundMatch10, soundMatch13 } from '../../protocols/openflow/testing/arbitraries.ts';
import { samples10 } from '../../protocols/openflow/testing/samples-10.ts';
import { samples13 } from '../../protocols/openflow/testing/samples-13.ts';

const run = promisify(execFile);

/** What `ovs-ofctl` prints for each message, in order. */
async function ofpParse(messages: readonly Uint8Array[]): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'ofp-'));
  try {
    const file = join(directory, 'messages');
    await writeFile(file, Buffer.concat(messages));
    const options = { maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await run('ovs-ofctl', ['ofp-parse', file], options);
    return stdout.split(/^(?=(?:OFPT|OFPST|NXT|NXST|ONFT|\*\*\*))/m).map((text) => text.trim());
  } finally {
    await rm(directory, { recursive: true });
  }
}

function flowMod10(xid: number, match: Match10, actions: readonly Of10Action[] = []): Of10FlowMod {
  const times = { idleTimeout: 0, hardTimeout: 0 };
  const rest = { bufferId: NO_BUFFER, outPort: Port10.NONE, flags: 0 };
  return { version: 1, type: 'flowMod', xid, match, cookie: 0n, command: 0, ...times, priority: 7, ...rest, actions };
}

function flowMod13(xid: number, match: Match13, instructions: readonly Of13Instruction[] = []): Of13FlowMod {
  const times = { idleTimeout: 0, hardTimeout: 0 };
  const rest = { bufferId: NO_BUFFER, outPort: Port13.ANY, outGroup: Group.ANY, flags: 0 };
  const cookies = { cookie: 0n, cookieMask: 0n };
  return {
    version: 4,
    type: 'flowMod',
    xid,
    ...cookies,
    tableId: 0,
    command: 0,
    ...times,
    priority: 7,
    ...rest,
    match,
    instructions,
  };
}

/** `ADD table:0 priority=7,MATCH actions=ACTIONS` taken apart. */
function flowText(printed: string): { match: string; actions: string } {
  const found = /ADD (?:table:\d+ )?priority=7(?:,(\S*))?(?: out_port:\S+)? actions=(\S*)$/.exec(printed);
  if (found === null) throw new Error(`not a flow: ${printed}`);
  return { match: found[1] ?? '', actions: found[2] ?? '' };
}

const apply = (...actions: readonly Of13Action[]): Of13Instruction[] => [{ type: 'applyActions', actions }];
const set = <N extends OxmName>(name: N, value: OxmValue<N>): Of13Action => ({
  type: 'setField',
  field: oxm(name, value),
});
const output = (port: number, maxLen = 0) => ({ type: 'output' as const, port, maxLen });

describe('ovs-ofctl prints a match as we do', () => {
  it('for random OpenFlow 1.0 matches', async () => {
    // Open vSwitch cannot tell a VLAN id of more than twelve bits, nor a priority of more than three, so we do not ask.
    const usual = soundMatch10.map((match) => ({
      ...match,
      ...(match.dlVlan === undefined ? {} : { dlVlan: match.dlVlan & 0xfff }),
      ...(match.dlVlanPcp === undefined ? {} : { dlVlanPcp: match.dlVlanPcp & 7 }),
      ...(match.nwTos === undefined ? {} : { nwTos: match.nwTos & 0xfc }),
      ...(match.inPort === undefined ? {} : { inPort: match.inPort % 0xff00 }),
    }));
    const messages = fc.sample(usual, { numRuns: 500, seed: 1 }).map((match, xid) => flowMod10(xid, match));
    const printed = await ofpParse(messages.map(encodeMessage));
    expect(printed.map((text) => flowText(text).match)).toEqual(messages.map(({ match }) => formatMatch10(match)));
  });

  it('for random OpenFlow 1.3 matches', async () => {
    // What Open vSwitch does not have at all, or takes only some values of.
    const unknown = new Set(['pbbIsid', 'ipv6Exthdr', 'inPhyPort', 'onfActsetOutput', 'ctNwProto']);
    const knownToOvs = soundMatch13
      .filter((match) => match.every(({ field, value }) => !unknown.has(field) && value !== 0x88e7))
      .map((match) =>
        match.map((field) => {
          if (field.field === 'inPort') return oxm('inPort', field.value % 0xff00);
          if (field.field === 'arpOp') return oxm('arpOp', field.value & 0xff);
          if (field.field === 'ctState') return oxm('ctState', field.value & 0xff, 0xff);
          return field;
        }),
      );
    const messages = fc.sample(knownToOvs, { numRuns: 800, seed: 2 }).map((match, xid) => flowMod13(xid, match));
    const printed = await ofpParse(messages.map(encodeMessage));
    expect(printed.map((text) => flowText(text).match)).toEqual(messages.map(({ match }) => formatMatch13(match)));
  });
});

describe('ovs-ofctl prints actions as we do', () => {
  const vlanOf10: Match10[] = [{ dlVlan: 0xffff }, { dlVlan: 0 }, { dlVlan: 5, dlVlanPcp: 0 }, { dlVlanPcp: 7 }];
  const actions10: Of10Action[][] = [
    [],
    [output(2), output(Port10.CONTROLLER, 65535), output(Port10.FLOOD), output(Port10.NORMAL), output(Port10.LOCAL)],
    [output(Port10.ALL), output(Port10.IN_PORT), output(Port10.TABLE), output(Port10.CONTROLLER, 0)],
    [
      { type: 'enqueue', port: 2, queueId: 1 },
      { type: 'enqueue', port: Port10.LOCAL, queueId: 7 },
    ],
    [{ type: 'setVlanVid', vlanVid: 5 }, { type: 'setVlanPcp', vlanPcp: 5 }, { type: 'stripVlan' }],
    [
      { type: 'setDlSrc', dlAddr: 1 },
      { type: 'setDlDst', dlAddr: 0xfedcba987654 },
    ],
    [
      { type: 'setNwSrc', nwAddr: 0x0a000001 },
      { type: 'setNwDst', nwAddr: 0xffffffff },
      { type: 'setNwTos', nwTos: 184 },
    ],
    [
      { type: 'setTpSrc', tpPort: 1 },
      { type: 'setTpDst', tpPort: 65535 },
    ],
    [
      { type: 'regMove', bits: 32, srcOfs: 0, dstOfs: 0, src: oxmId('nxmIpSrc'), dst: oxmId('reg0') },
      { type: 'regMove', bits: 8, srcOfs: 4, dstOfs: 24, src: oxmId('reg3'), dst: oxmId('reg15') },
      { type: 'regLoad', range: { offset: 4, bits: 12 }, dst: oxmId('reg1'), value: 5n },
      { type: 'resubmitTable', inPort: Port10.IN_PORT, tableId: 3 },
      { type: 'resubmitTable', inPort: 5, tableId: 3 },
      { type: 'outputReg', range: { offset: 0, bits: 32 }, src: oxmId('reg8'), maxLen: 0xffff },
    ],
  ];
  const ip: Match10 = { dlType: 0x0800, nwProto: 6 };

  it('of OpenFlow 1.0', async () => {
    const messages = [
      ...actions10.map((actions, xid) => flowMod10(xid, ip, actions)),
      ...vlanOf10.map((match, xid) => flowMod10(100 + xid, match)),
    ];
    const printed = await ofpParse(messages.map(encodeMessage));
    const ours = messages.map(({ match, actions }) => ({
      match: formatMatch10(match),
      actions: formatActions(actions),
    }));
    expect(printed.map(flowText)).toEqual(ours);
  });

  it('and instructions of OpenFlow 1.3', async () => {
    const ipv4 = [oxm('ethType', 0x0800)];
    const cases: [Match13, Of13Instruction[]][] = [
      [[], []],
      [[], apply(output(2), output(Port13.CONTROLLER, 0xffff), output(Port13.NORMAL), output(Port13.LOCAL))],
      [[], apply(output(Port13.FLOOD), output(Port13.ALL), output(Port13.IN_PORT), { type: 'group', groupId: 5 })],
      [
        [],
        [
          { type: 'meter', meterId: 5 },
          ...apply({ type: 'setQueue', queueId: 1 }, output(2)),
          { type: 'gotoTable', tableId: 4 },
        ],
      ],
      [
        [],
        [
          { type: 'writeMetadata', metadata: 5n, metadataMask: 0xffn },
          { type: 'gotoTable', tableId: 4 },
        ],
      ],
      [[], [{ type: 'clearActions' }, { type: 'writeActions', actions: [output(3), { type: 'group', groupId: 1 }] }]],
      [
        [oxm('vlanVid', 0x1000, 0x1000)],
        apply({ type: 'pushVlan', ethertype: 0x88a8 }, set('vlanVid', 0x1007), { type: 'popVlan' }),
      ],
      [
        ipv4,
        apply(
          { type: 'setNwTtl', nwTtl: 4 },
          { type: 'decNwTtl' },
          { type: 'pushMpls', ethertype: 0x8847 },
          { type: 'setMplsTtl', mplsTtl: 3 },
          { type: 'decMplsTtl' },
          { type: 'popMpls', ethertype: 0x0800 },
        ),
      ],
      [
        [],
        apply(
          set('ethDst', 7),
          set('ethSrc', 8),
          set('reg0', 0),
          set('reg12', 9),
          set('tunnelId', 7n),
          set('metadata', 1n),
          set('xxreg0', 7n),
          set('xreg3', 7n),
        ),
      ],
      [
        [...ipv4, oxm('ipProto', 6)],
        apply(
          set('ipv4Src', 7),
          set('ipv4Dst', 7),
          set('ipDscp', 10),
          set('ipEcn', 1),
          set('tcpSrc', 1),
          set('tcpDst', 2),
        ),
      ],
      [[...ipv4, oxm('ipProto', 17)], apply(set('udpSrc', 7), set('udpDst', 8))],
      [[...ipv4, oxm('ipProto', 132)], apply(set('sctpSrc', 7), set('sctpDst', 8))],
      [[oxm('ethType', 0x86dd)], apply(set('ipv6Src', 1n << 64n), set('ipv6Dst', 7n), set('ipv6Flabel', 7))],
      [
        [oxm('ethType', 0x0806)],
        apply(set('arpOp', 2), set('arpSpa', 7), set('arpTpa', 7), set('arpSha', 7), set('arpTha', 7)),
      ],
      [[oxm('ethType', 0x8847)], apply(set('mplsLabel', 2), set('mplsTc', 7))],
      [
        ipv4,
        apply(
          { type: 'regMove', bits: 32, srcOfs: 0, dstOfs: 0, src: oxmId('ipv4Src'), dst: oxmId('reg0') },
          { type: 'regMove', bits: 16, srcOfs: 0, dstOfs: 4, src: oxmId('ipv4Dst'), dst: oxmId('reg1') },
          { type: 'regLoad', range: { offset: 3, bits: 1 }, dst: oxmId('reg0'), value: 1n },
          { type: 'regLoad', range: { offset: 0, bits: 64 }, dst: oxmId('xreg0'), value: 1n },
          { type: 'resubmitTable', inPort: Port10.IN_PORT, tableId: 9 },
          { type: 'outputReg', range: { offset: 0, bits: 32 }, src: oxmId('reg8'), maxLen: 0xffff },
          { type: 'outputReg', range: { offset: 4, bits: 16 }, src: oxmId('reg8'), maxLen: 0xffff },
        ),
      ],
      [ipv4, apply({ type: 'conjunction', clause: 1, clauseCount: 2, id: 7 })],
      [ipv4, apply({ type: 'ct', flags: 1, zoneSrc: 0, zone: 5, recircTable: 5, alg: 0, actions: [] })],
      [
        ipv4,
        apply(
          { type: 'ct', flags: 3, zoneSrc: 0x00010004, zone: 15, recircTable: 255, alg: 0, actions: [] },
          { type: 'ctClear' },
        ),
      ],
      [
        ipv4,
        apply({
          type: 'ct',
          flags: 1,
          zoneSrc: 0,
          zone: 5,
          recircTable: 255,
          alg: 0,
          actions: [{ type: 'setField', field: oxm('ctMark', 5) }],
        }),
      ],
    ];
    const messages = cases.map(([match, instructions], xid) => flowMod13(xid, match, instructions));
    const printed = await ofpParse(messages.map(encodeMessage));
    expect(printed.map((text) => flowText(text).actions)).toEqual(
      messages.map((m) => formatInstructions(m.instructions)),
    );
  });
});

describe('ovs-ofctl reads every kind of message', () => {
  /** A word or two that shows that the fields arrived where they belong, for each kind it prints fields of. */
  const said: readonly (readonly [RegExp, string])[] = [
    [/^OFPT_HELLO \(OF1.3\)/, 'version bitmap: 0x01, 0x04'],
    [/^OFPT_ERROR \(xid/, 'OFPFMFC_TABLE_FULL'],
    [/^OFPT_ECHO_REQUEST \(xid/, '00000000  01 02 03'],
    [/^NXT_ROLE_REQUEST/, 'role=primary'],
    [/^NXT_ROLE_REPLY/, 'role=secondary'],
    [/^OFPT_FEATURES_REPLY \(xid/, 'dpid:0000001aa009fbc9'],
    [/^OFPT_FEATURES_REPLY \(xid/, 'n_tables:254, n_buffers:256'],
    [/^OFPT_FEATURES_REPLY \(xid/, 'LOCAL(s1): addr:02:00:00:00:00:01'],
    [/^OFPT_SET_CONFIG \(xid/, 'miss_send_len=65535'],
    [/^OFPT_PACKET_IN \(xid/, 'total_len=42 in_port=1 (via no_match) data_len=42 (unbuffered)'],
    [/^OFPT_PACKET_IN \(xid/, 'arp_spa=10.1.0.1,arp_tpa=10.1.0.2'],
    [/^OFPT_FLOW_REMOVED \(xid/, 'reason=hard cookie:0x1234 duration3.500s idle10 pkts5 bytes500'],
    [/^OFPT_PORT_STATUS \(xid/, 'MOD: 1(s1-eth1): addr:02:00:00:00:00:01'],
    [/^OFPT_PACKET_OUT \(xid/, 'actions=FLOOD data_len=42'],
    [
      /^OFPT_FLOW_MOD \(xid/,
      'tcp,in_port=1,nw_src=10.1.0.1,tp_dst=80 cookie:0x1234 idle:10 send_flow_rem actions=mod_dl_dst',
    ],
    [/^OFPT_PORT_MOD \(xid/, 'mask:   PORT_DOWN'],
    [/^OFPT_QUEUE_GET_CONFIG_REPLY \(xid/, 'queue 1: min_rate:25.0%'],
    [
      /^OFPST_FLOW reply \(xid/,
      'cookie=0x5, duration=7.900s, table=0, n_packets=42, n_bytes=4200, idle_timeout=10, hard_timeout=20',
    ],
    [/^OFPST_AGGREGATE reply \(xid/, 'packet_count=42 byte_count=4200 flow_count=2'],
    [/^OFPST_TABLE reply \(xid/, 'active=2, lookup=50, matched=42'],
    [/^OFPST_PORT reply \(xid/, 'rx pkts=10, bytes=1200, drop=0, errs=2, frame=4, over=5, crc=6'],
    [/^OFPST_QUEUE reply \(xid/, 'port 1 queue 1: bytes=1, pkts=2, errors=3'],
    [/^OFPT_PACKET_IN \(OF1.3\)/, 'table_id=4 total_len=42 in_port=1 (via no_match)'],
    [
      /^OFPT_FLOW_REMOVED \(OF1.3\)/,
      'reason=hard table_id=2 cookie:0x1234 duration7.900s idle10 hard20 pkts5 bytes500',
    ],
    [
      /^OFPT_FLOW_MOD \(OF1.3\)/,
      'actions=meter:3,set_field:02:00:00:00:00:03->eth_dst,set_queue:1,output:2,write_metadata:0x5/0xff',
    ],
    [/^OFPT_GROUP_MOD/, 'ADD group_id=5,type=all,bucket=actions=output:2,bucket=actions=output:3'],
    [/^OFPT_TABLE_MOD/, 'table_id=3'],
    [/^OFPT_QUEUE_GET_CONFIG_REPLY \(OF1.3\)/, 'queue 1: min_rate:25.0% max_rate:50.0%'],
    [/^OFPT_ROLE_REQUEST/, 'role=primary generation_id=4886718345'],
    [/^OFPT_SET_ASYNC/, 'FLOW_REMOVED: idle hard delete group_delete'],
    [/^OFPT_METER_MOD/, 'type=dscp_remark rate=50000 burst_size=5000 prec_level=1'],
    [/^ONFT_BUNDLE_CONTROL/, 'bundle_id=0x9 type=OPEN_REQUEST flags=atomic ordered'],
    [/^ONFT_BUNDLE_ADD_MESSAGE/, 'bundle_id=0x9 flags=atomic ordered'],
    [/^OFPST_FLOW request \(OF1.3\)/, 'ip,in_port=1,nw_src=10.1.0.0/16,nw_dst=10.9.0.7'],
    [/^OFPST_METER_CONFIG request/, 'meter=3'],
    [/^OFPST_DESC reply \(OF1.3\)/, 'Hardware: Open vSwitch'],
    [/^OFPST_FLOW reply \(OF1.3\)/, 'send_flow_rem priority=100,ip,in_port=1'],
    [/^OFPST_PORT reply \(OF1.3\)/, 'duration=7.900s'],
    [/^OFPST_QUEUE reply \(OF1.3\)/, 'port 1 queue 1: bytes=1, pkts=2, errors=3, duration=7.900s'],
    [/^OFPST_GROUP reply/, 'bucket0:packet_count=40,byte_count=4000,bucket1:packet_count=2,byte_count=200'],
    [/^OFPST_GROUP_DESC reply/, 'group_id=5,type=all,bucket=actions=output:2,bucket=actions=output:3'],
    [/^OFPST_GROUP_FEATURES reply/, 'max_groups=0xffffff00'],
    [/^OFPST_METER reply/, 'meter:3 flow_count:1 packet_in_count:42 byte_in_count:4200 duration:7.900s'],
    [/^OFPST_METER_FEATURES reply/, 'max_meter:256 max_bands:2 max_color:8'],
    [/^OFPST_TABLE_FEATURES reply/, 'next tables: 1-3'],
    [/^OFPST_TABLE_FEATURES reply/, 'arbitrary mask: eth_dst ip_src'],
    [/^OFPST_PORT_DESC reply/, '1(s1-eth1): addr:02:00:00:00:00:01'],
  ];

  it('of both versions, without an error', async () => {
    const messages: readonly Message[] = [...samples10, ...samples13];
    const printed = await ofpParse(messages.map(encodeMessage));
    expect(printed.filter((text) => text.includes('***decode error'))).toEqual([]);
    // The bundled message is printed behind its envelope.
    expect(printed).toHaveLength(messages.length + 1);
    for (const [kind, words] of said) {
      const texts = printed.filter((text) => kind.test(text));
      expect(
        texts.some((text) => text.includes(words)),
        `${kind}: ${words}\n${texts.join('\n')}`,
      ).toBe(true);
    }
  });

  it('and names errors as we do', async () => {
    const data = new Uint8Array(0);
    const of = (version: 1 | 4, types: Readonly<Record<string, number>>, codes: Readonly<Record<string, object>>) =>
      Object.entries(codes).flatMap(([type, table]) =>
        Object.values(table as Readonly<Record<string, number>>).map(
          (code) => ({ version, type: 'error', xid: 1, errorType: types[type]!, code, data }) as const,
        ),
      );
    const messages = [...of(1, ErrorType10, ErrorCode10), ...of(4, ErrorType13, ErrorCode13)];
    const printed = await ofpParse(messages.map(encodeMessage));
    const differing = printed.flatMap((text, index) => {
      const theirs = /: (OFP\w+)/.exec(text)?.[1] ?? text;
      const ours = formatError(messages[index]!).split('/')[1]!;
      return theirs === ours ? [] : [`${ours} is ${theirs}`];
    });
    // Open vSwitch has one name for what the versions call differently, and has renamed SLAVE.
    expect(differing).toEqual([
      'OFPFMFC_ALL_TABLES_FULL is OFPFMFC_TABLE_FULL',
      'OFPBRC_BAD_MULTIPART is OFPBRC_BAD_STAT',
      'OFPBRC_BAD_EXPERIMENTER is OFPBRC_BAD_VENDOR',
      'OFPBRC_BAD_EXP_TYPE is OFPBRC_BAD_SUBTYPE',
      'OFPBRC_IS_SLAVE is OFPBRC_IS_SECONDARY',
      'OFPBAC_BAD_EXPERIMENTER is OFPBAC_BAD_VENDOR',
      'OFPBAC_BAD_EXP_TYPE is OFPBAC_BAD_VENDOR_TYPE',
      'OFPTFFC_BAD_TYPE is OFPBPC_BAD_TYPE',
      'OFPTFFC_BAD_LEN is OFPBPC_BAD_LEN',
      'OFPTFFC_BAD_ARGUMENT is OFPBPC_BAD_VALUE',
    ]);
  });
});

describe('ovs-ofctl refuses what we refuse', () => {
  it('a match field without its prerequisites', async () => {
    const sound = encodeMessage(flowMod13(1, [oxm('ethType', 0x0800), oxm('ipv4Src', 1)]));
    expect(() => encodeMessage(flowMod13(1, [oxm('ipv4Src', 1)]))).toThrow(/ethType/);
    // The same bytes with another EtherType, which our encoder would not write.
    const broken = sound.slice();
    broken[broken.indexOf(0x08, 56)] = 0x86;
    const [printed = ''] = await ofpParse([broken]);
    expect(printed).toContain('OFPBMC_BAD_PREREQ');
  });
});
