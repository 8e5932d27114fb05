// OpenFlow 1.0 to normal form and back: matches, actions, ports. As in Open vSwitch a match is read leniently: a field
// whose prerequisites are missing is ignored, not refused (which is why controllers must not send such), and addresses
// lose their ignored bits.

import type { Match10, Of10Action, Of10FlowMod } from 'node-openflow';
import { EtherType, IpProto } from '../../protocols/packet/protocol-numbers.ts';
import { type Action, ANY_GROUP, type Instructions, Port } from './action.ts';
import { type FieldName, fullMask, VLAN_PRESENT } from './fields.ts';
import { ALL_TABLES, FLOW_COMMANDS, type FlowChange } from './flow-mod.ts';
import { type MaskedValue, type Match, normalMatch } from './match.ts';
import { refuse } from './refusal.ts';

const FIRST_RESERVED_PORT = 0xff00;
const RESERVED_UPPER_HALF = 0xffff0000;
const VLAN_NONE = 0xffff;

export function portFrom10(port: number): number {
  return port >= FIRST_RESERVED_PORT ? port + RESERVED_UPPER_HALF : port;
}

export function portTo10(port: number): number {
  return port % 0x10000;
}

type FieldEntry = readonly [FieldName, { value: bigint; mask?: bigint }];

export function matchFrom10(match: Match10): Match {
  const { dlType, nwProto } = match;
  const entries: FieldEntry[] = [];
  const exact = (field: FieldName, value: number | undefined) => {
    if (value !== undefined) entries.push([field, { value: BigInt(value) }]);
  };
  exact('inPort', match.inPort === undefined ? undefined : portFrom10(match.inPort));
  exact('ethSrc', match.dlSrc);
  exact('ethDst', match.dlDst);
  entries.push(...vlanFrom10(match));
  exact('ethType', dlType);
  const isIpv4 = dlType === EtherType.IPV4;
  const isIp = isIpv4 || dlType === EtherType.IPV6;
  const isArp = dlType === EtherType.ARP || dlType === EtherType.RARP;
  if (isIp) exact('ipDscp', match.nwTos === undefined ? undefined : match.nwTos >>> 2);
  if (isIp || isArp) exact('nwProto', nwProto);
  if (isIpv4 || isArp) entries.push(...prefixFrom10('nwSrc', match.nwSrc), ...prefixFrom10('nwDst', match.nwDst));
  if (isIp && hasTransportFields(dlType, nwProto)) {
    exact('tpSrc', match.tpSrc);
    exact('tpDst', match.tpDst);
  }
  return normalMatch(entries);
}

function vlanFrom10({ dlVlan, dlVlanPcp }: Match10): readonly FieldEntry[] {
  // "No tag" wins over a priority, which such a packet cannot have.
  if (dlVlan === VLAN_NONE) return [['vlanVid', { value: 0n }]];
  const vid: FieldEntry[] =
    dlVlan !== undefined
      ? [['vlanVid', { value: VLAN_PRESENT | BigInt(dlVlan & 0xfff) }]]
      : dlVlanPcp !== undefined
        ? [['vlanVid', { value: VLAN_PRESENT, mask: VLAN_PRESENT }]]
        : [];
  return dlVlanPcp === undefined ? vid : [...vid, ['vlanPcp', { value: BigInt(dlVlanPcp & 7) }]];
}

function prefixFrom10(field: FieldName, prefix: Match10['nwSrc']): readonly FieldEntry[] {
  if (prefix === undefined) return [];
  const mask = (fullMask(field) << BigInt(32 - prefix.prefixLength)) & fullMask(field);
  return [[field, { value: BigInt(prefix.address), mask }]];
}

function hasTransportFields(dlType: number, nwProto: number | undefined): boolean {
  const icmp = dlType === EtherType.IPV4 ? IpProto.ICMP : IpProto.ICMPV6;
  return [IpProto.TCP, IpProto.UDP, IpProto.SCTP, icmp].some((proto) => proto === nwProto);
}

export function matchTo10(match: Match): Match10 {
  const given = (field: FieldName) => match.fields.get(field);
  const number = (field: FieldName) => (given(field) === undefined ? undefined : Number(given(field)!.value));
  const [inPort, tos] = [number('inPort'), number('ipDscp')];
  const all: { [K in keyof Match10]: Match10[K] | undefined } = {
    inPort: inPort === undefined ? undefined : portTo10(inPort),
    dlSrc: number('ethSrc'),
    dlDst: number('ethDst'),
    dlVlan: vlanTo10(given('vlanVid')),
    // As Open vSwitch shows it: a packet without a tag has priority 0 exactly.
    dlVlanPcp: isUntagged(given('vlanVid')) ? 0 : number('vlanPcp'),
    dlType: number('ethType'),
    nwTos: tos === undefined ? undefined : tos << 2,
    nwProto: number('nwProto'),
    nwSrc: prefixTo10(given('nwSrc')),
    nwDst: prefixTo10(given('nwDst')),
    tpSrc: number('tpSrc'),
    tpDst: number('tpDst'),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Match10;
}

function isUntagged(vid: MaskedValue | undefined): boolean {
  return vid !== undefined && vid.value === 0n && (vid.mask & VLAN_PRESENT) !== 0n;
}

function vlanTo10(vid: MaskedValue | undefined): number | undefined {
  if (vid === undefined || (vid.mask & 0xfffn) === 0n) return undefined;
  return isUntagged(vid) ? VLAN_NONE : Number(vid.value & 0xfffn);
}

function prefixTo10(address: MaskedValue | undefined): Match10['nwSrc'] {
  if (address === undefined) return undefined;
  const prefixLength = address.mask.toString(2).replace(/0+$/, '').length;
  return { address: Number(address.value), prefixLength };
}

export function actionFrom10(action: Of10Action): Action {
  switch (action.type) {
    case 'output':
      return { do: 'output', port: outputPort(action.port), maxLen: action.maxLen };
    case 'enqueue':
      return { do: 'enqueue', port: queuePort(action.port), queueId: action.queueId };
    case 'setVlanVid':
      if (action.vlanVid > 0xfff) throw refuse(1, 'badArgument', 'a VLAN id has 12 bits');
      return { do: 'setVlanVid', vlanVid: action.vlanVid };
    case 'setVlanPcp':
      if (action.vlanPcp > 7) throw refuse(1, 'badArgument', 'a VLAN priority has 3 bits');
      return { do: 'setVlanPcp', vlanPcp: action.vlanPcp };
    case 'stripVlan':
      return { do: 'popVlan' };
    case 'setDlSrc':
      return set('ethSrc', action.dlAddr, 'ethSrc');
    case 'setDlDst':
      return set('ethDst', action.dlAddr, 'ethDst');
    case 'setNwSrc':
      return set('nwSrc', action.nwAddr, 'ipv4Src');
    case 'setNwDst':
      return set('nwDst', action.nwAddr, 'ipv4Dst');
    case 'setNwTos':
      if ((action.nwTos & 3) !== 0) throw refuse(1, 'badArgument', 'the lower two bits of nw_tos must be 0');
      return set('ipDscp', action.nwTos >>> 2, 'ipDscp');
    case 'setTpSrc':
      return set('tpSrc', action.tpPort, 'tcpSrc');
    case 'setTpDst':
      return set('tpDst', action.tpPort, 'tcpDst');
    default:
      throw refuse(1, 'badAction', `this switch has no action ${action.type}`);
  }
}

function set(field: FieldName, value: number, oxm: string): Action {
  return { do: 'setField', field, value: BigInt(value), oxm };
}

/** A port that a packet may be sent to; 0 and unknown reserved numbers are none. */
function outputPort(port10: number): number {
  const port = portFrom10(port10);
  const isReserved = port > Port.MAX;
  if (port === 0 || port === Port.ANY || (isReserved && port < Port.IN_PORT)) {
    throw refuse(1, 'badOutPort', `there can be no port ${port10}`);
  }
  return port;
}

function queuePort(port10: number): number {
  const port = portFrom10(port10);
  if (port === 0 || (port > Port.MAX && port !== Port.IN_PORT && port !== Port.LOCAL)) {
    throw refuse(1, 'badOutPort', `no queue can be at port ${port10}`);
  }
  return port;
}

export function actionsTo10(actions: readonly Action[]): readonly Of10Action[] {
  return actions.flatMap((action) => actionTo10(action) ?? []);
}

const SET_TYPES: Partial<Record<FieldName, (value: bigint) => Of10Action>> = {
  ethSrc: (value) => ({ type: 'setDlSrc', dlAddr: Number(value) }),
  ethDst: (value) => ({ type: 'setDlDst', dlAddr: Number(value) }),
  vlanVid: (value) => ({ type: 'setVlanVid', vlanVid: Number(value & 0xfffn) }),
  vlanPcp: (value) => ({ type: 'setVlanPcp', vlanPcp: Number(value) }),
  nwSrc: (value) => ({ type: 'setNwSrc', nwAddr: Number(value) }),
  nwDst: (value) => ({ type: 'setNwDst', nwAddr: Number(value) }),
  ipDscp: (value) => ({ type: 'setNwTos', nwTos: Number(value) << 2 }),
  tpSrc: (value) => ({ type: 'setTpSrc', tpPort: Number(value) }),
  tpDst: (value) => ({ type: 'setTpDst', tpPort: Number(value) }),
};

/** Undefined for what 1.0 cannot say (rules that came in by 1.3). */
function actionTo10(action: Action): Of10Action | undefined {
  switch (action.do) {
    case 'output':
      return { type: 'output', port: portTo10(action.port), maxLen: action.maxLen };
    case 'enqueue':
      return { type: 'enqueue', port: portTo10(action.port), queueId: action.queueId };
    case 'setVlanVid':
      return { type: 'setVlanVid', vlanVid: action.vlanVid };
    case 'setVlanPcp':
      return { type: 'setVlanPcp', vlanPcp: action.vlanPcp };
    case 'popVlan':
      return { type: 'stripVlan' };
    case 'setField':
      return SET_TYPES[action.field]?.(action.value);
  }
  return undefined;
}

const SEND_FLOW_REM = 1;
const CHECK_OVERLAP = 2;
const EMERGENCY = 4;

export function changeFrom10(mod: Of10FlowMod): FlowChange {
  const command = FLOW_COMMANDS[mod.command];
  if (command === undefined) throw refuse(1, 'badCommand', `no command ${mod.command}`);
  if ((mod.flags & EMERGENCY) !== 0) throw refuse(1, 'tableFull', 'this switch has no emergency table');
  const isDelete = command === 'delete' || command === 'deleteStrict';
  return {
    command,
    tableId: ALL_TABLES,
    priority: mod.priority,
    match: matchFrom10(mod.match),
    cookie: mod.cookie,
    cookieMask: 0n,
    idleTimeout: mod.idleTimeout,
    hardTimeout: mod.hardTimeout,
    flags: {
      sendFlowRemoved: (mod.flags & SEND_FLOW_REM) !== 0,
      checkOverlap: (mod.flags & CHECK_OVERLAP) !== 0,
      resetCounts: false,
      noPacketCounts: false,
      noByteCounts: false,
    },
    outPort: isDelete ? portFrom10(mod.outPort) : Port.ANY,
    outGroup: ANY_GROUP,
    // A delete's actions mean nothing.
    instructions: { apply: isDelete ? [] : mod.actions.map(actionFrom10), clear: false, write: [] },
    isModifyOrAdd: true,
    addKeepsCounters: false,
  };
}

/** What 1.0 can show of a rule: the actions it applies. */
export function instructionsTo10({ apply }: Instructions): readonly Of10Action[] {
  return actionsTo10(apply);
}
