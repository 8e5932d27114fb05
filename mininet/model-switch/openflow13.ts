// OpenFlow 1.3 to normal form and back: actions, instructions, FlowMods. Checks are those that Open vSwitch makes when a
// rule is added, with its error codes, so that a controller's mistakes come to light here too.

import { type Of13Action, type Of13FlowMod, type Of13Instruction, type OxmName, oxmId } from 'node-openflow';
import { EtherType, isVlanTag } from '../../protocols/packet/protocol-numbers.ts';
import { type Action, ANY_GROUP, type Instructions, Port } from './action.ts';
import { FIELD_BITS, type FieldName, fullMask, isRegister, VLAN_PRESENT } from './fields.ts';
import { ALL_TABLES, FLOW_COMMANDS, type FlowChange } from './flow-mod.ts';
import { exactValue, type Match } from './match.ts';
import { fieldOfOxm, hasSetFieldPrerequisites, matchFrom13, oxmField } from './oxm.ts';
import { Refusal, refuse } from './refusal.ts';

/** What the check of a rule's actions needs to know of the switch. */
export interface RuleContext {
  readonly tableCount: number;
  readonly hasGroup: (groupId: number) => boolean;
  readonly hasMeter: (meterId: number) => boolean;
  /** Nicira's, and the actions that write them. */
  readonly hasRegisters: boolean;
}

/**
 * Actions that run one after the other on what `match` matches; tags pushed and popped on the way count. Without a match
 * (buckets, PacketOuts) any packet may come, and an action that it has no header for does nothing.
 */
export function actionsFrom13(
  actions: readonly Of13Action[],
  match: Match | undefined,
  context: RuleContext,
): readonly Action[] {
  let isTagged = match !== undefined && ((match.fields.get('vlanVid')?.value ?? 0n) & VLAN_PRESENT) !== 0n;
  return actions.map((wire) => {
    const action = actionFrom13(wire, context);
    if (action.do === 'pushVlan') isTagged = true;
    if (action.do === 'popVlan') {
      if (match !== undefined && !isTagged) throw new Refusal(2, 10, 'pop_vlan needs a match on a tag');
      isTagged = false;
    }
    if ((action.do === 'decTtl' || action.do === 'setTtl') && match !== undefined && !isIpMatch(match)) {
      throw new Refusal(2, 10, 'the time to live is that of IP packets: match them');
    }
    if (action.do === 'setField' && match !== undefined && !hasSetFieldPrerequisites(action.oxm, match, isTagged)) {
      throw new Refusal(2, 10, `set_field ${action.oxm} needs the match that it means something in`);
    }
    if (action.do === 'move' && match !== undefined && !hasSetFieldPrerequisites(action.oxm, match, isTagged)) {
      throw new Refusal(2, 10, `move from ${action.oxm} needs the match of packets that have it`);
    }
    return action;
  });
}

function isIpMatch(match: Match): boolean {
  const ethType = exactValue(match, 'ethType');
  return ethType === BigInt(EtherType.IPV4) || ethType === BigInt(EtherType.IPV6);
}

function actionFrom13(action: Of13Action, context: RuleContext): Action {
  switch (action.type) {
    case 'output':
      return { do: 'output', port: outputPort(action.port), maxLen: action.maxLen };
    case 'setQueue':
      return { do: 'setQueue', queueId: action.queueId };
    case 'group':
      if (!context.hasGroup(action.groupId)) throw new Refusal(2, 9, `there is no group ${action.groupId}`);
      return { do: 'group', groupId: action.groupId };
    case 'pushVlan':
      if (!isVlanTag(action.ethertype)) throw refuse(4, 'badArgument', 'a VLAN tag is of type 0x8100 or 0x88a8');
      return { do: 'pushVlan', tpid: action.ethertype };
    case 'popVlan':
      return { do: 'popVlan' };
    case 'setNwTtl':
      return { do: 'setTtl', ttl: action.nwTtl };
    case 'decNwTtl':
      return { do: 'decTtl' };
    case 'setField':
      return setFieldFrom13(action.field, context);
    case 'regMove':
    case 'regLoad':
      if (!context.hasRegisters) throw new Refusal(2, 2, `this switch has no experimenter's actions`);
      return action.type === 'regMove' ? moveFrom13(action) : loadFrom13(action);
    default:
      throw refuse(4, 'badAction', `this switch has no action ${action.type}`);
  }
}

const NOT_SETTABLE = ['inPort', 'ethType', 'ipProto', 'icmpv4Type', 'icmpv4Code', 'icmpv6Type', 'icmpv6Code'];

function setFieldFrom13(oxm: Extract<Of13Action, { type: 'setField' }>['field'], context: RuleContext): Action {
  const field = fieldOfOxm(oxm.field);
  const isLacking = field !== undefined && isRegister(field) && !context.hasRegisters;
  if (field === undefined || isLacking || /^(sctp|ipv6Nd)/.test(oxm.field)) {
    throw new Refusal(2, 13, `this switch does not set ${oxm.field}`);
  }
  if (NOT_SETTABLE.includes(oxm.field)) throw new Refusal(2, 15, `${oxm.field} cannot be set`);
  const value = BigInt(oxm.value ?? 0);
  if (value > fullMask(field)) throw new Refusal(2, 15, `the value is too wide for ${oxm.field}`);
  return { do: 'setField', field, value, oxm: oxm.field };
}

/**
 * Nicira's names of what this switch moves from, by OpenFlow's. Either is understood; as in Open vSwitch, rules are shown
 * with Nicira's.
 */
const NXM_OF_OXM: Readonly<Record<string, OxmName>> = {
  ethSrc: 'nxmEthSrc',
  ethDst: 'nxmEthDst',
  ipv4Src: 'nxmIpSrc',
  ipv4Dst: 'nxmIpDst',
  arpSpa: 'nxmArpSpa',
  arpTpa: 'nxmArpTpa',
  arpSha: 'nxmArpSha',
  arpTha: 'nxmArpTha',
  ipv6Src: 'nxmIpv6Src',
  ipv6Dst: 'nxmIpv6Dst',
  ipv6NdSll: 'nxmNdSll',
  metadata: 'metadata',
};
const OXM_OF_NXM = Object.fromEntries(Object.entries(NXM_OF_OXM).map(([standard, nxm]) => [nxm, standard]));

/** The standard name of a field that can be moved. */
function movable(name: string): string | undefined {
  const standard = OXM_OF_NXM[name] ?? name;
  const field = fieldOfOxm(standard);
  return standard in NXM_OF_OXM || (field !== undefined && isRegister(field)) ? standard : undefined;
}

function moveFrom13({ bits, src, srcOfs, dst, dstOfs }: Extract<Of13Action, { type: 'regMove' }>): Action {
  const oxm = movable(src.field);
  if (oxm === undefined) throw new Refusal(2, 13, `this switch moves no ${src.field}`);
  const from = fieldOfOxm(oxm)!;
  checkBits(from, srcOfs, bits);
  const to = registerOf(dst.field);
  checkBits(to, dstOfs, bits);
  return { do: 'move', from, fromBit: srcOfs, to, toBit: dstOfs, bits, oxm };
}

function loadFrom13({ range, dst, value }: Extract<Of13Action, { type: 'regLoad' }>): Action {
  const field = registerOf(dst.field);
  if (value >> BigInt(range.bits) !== 0n) throw refuse(4, 'badArgument', `the value has more than ${range.bits} bits`);
  checkBits(field, range.offset, range.bits);
  return { do: 'load', field, bit: range.offset, bits: range.bits, value };
}

function registerOf(name: string): FieldName {
  const field = fieldOfOxm(name);
  if (field === undefined || !(isRegister(field) || field === 'metadata')) {
    throw new Refusal(2, 15, `this switch moves and loads into registers and metadata, not into ${name}`);
  }
  return field;
}

function checkBits(field: FieldName, offset: number, bits: number): void {
  if (bits === 0 || offset + bits > FIELD_BITS[field])
    throw new Refusal(2, 14, `${field} has ${FIELD_BITS[field]} bits`);
}

/** Ports of the model have numbers that fit both versions. */
const FIRST_RESERVED_PORT = 0xff00;

function outputPort(port: number): number {
  const isReserved = port >= FIRST_RESERVED_PORT;
  if (port === 0 || port === Port.ANY || (isReserved && port < Port.IN_PORT)) {
    throw refuse(4, 'badOutPort', `there can be no port ${port}`);
  }
  return port;
}

export function instructionsFrom13(
  wire: readonly Of13Instruction[],
  match: Match,
  tableId: number,
  context: RuleContext,
): Instructions {
  const seen = new Set<string>();
  let result: Instructions = { apply: [], clear: false, write: [] };
  for (const instruction of wire) {
    // 1.3 has no error for this; the ONF's experimenter error says it.
    if (seen.has(instruction.type)) throw new Refusal(0xffff, 2600, `instruction ${instruction.type} stands twice`);
    seen.add(instruction.type);
    result = { ...result, ...instructionFrom13(instruction, match, tableId, context) };
  }
  return result;
}

function instructionFrom13(
  instruction: Of13Instruction,
  match: Match,
  tableId: number,
  context: RuleContext,
): Partial<Instructions> {
  switch (instruction.type) {
    case 'applyActions':
      return { apply: actionsFrom13(instruction.actions, match, context) };
    case 'writeActions':
      return { write: actionsFrom13(instruction.actions, match, context) };
    case 'clearActions':
      return { clear: true };
    case 'writeMetadata':
      return { metadata: { value: instruction.metadata & instruction.metadataMask, mask: instruction.metadataMask } };
    case 'meter':
      if (!context.hasMeter(instruction.meterId)) throw new Refusal(12, 2, `there is no meter ${instruction.meterId}`);
      return { meterId: instruction.meterId };
    case 'gotoTable':
      if (instruction.tableId <= tableId || instruction.tableId >= context.tableCount) {
        throw new Refusal(3, 2, `goto_table from ${tableId} must lead to a later table under ${context.tableCount}`);
      }
      return { gotoTable: instruction.tableId };
    default:
      throw new Refusal(3, 0, `this switch has no instruction ${instruction.type}`);
  }
}

const Flag = { SEND_FLOW_REM: 1, CHECK_OVERLAP: 2, RESET_COUNTS: 4, NO_PKT_COUNTS: 8, NO_BYT_COUNTS: 16 } as const;
const ALL_FLAGS = 31;

export function changeFrom13(mod: Of13FlowMod, context: RuleContext): FlowChange {
  const command = FLOW_COMMANDS[mod.command];
  if (command === undefined) throw refuse(4, 'badCommand', `no command ${mod.command}`);
  const isDelete = command === 'delete' || command === 'deleteStrict';
  const isAllTables = mod.tableId === ALL_TABLES;
  if (isAllTables ? !isDelete : mod.tableId >= context.tableCount) {
    throw new Refusal(5, 2, `the tables are 0 to ${context.tableCount - 1}`);
  }
  if ((mod.flags & ~ALL_FLAGS) !== 0) throw new Refusal(5, 7, `unknown flags ${mod.flags}`);
  const match = matchFrom13(mod.match, context.hasRegisters);
  return {
    command,
    tableId: mod.tableId,
    priority: mod.priority,
    match,
    cookie: mod.cookie,
    cookieMask: command === 'add' ? 0n : mod.cookieMask,
    idleTimeout: mod.idleTimeout,
    hardTimeout: mod.hardTimeout,
    flags: {
      sendFlowRemoved: (mod.flags & Flag.SEND_FLOW_REM) !== 0,
      checkOverlap: (mod.flags & Flag.CHECK_OVERLAP) !== 0,
      resetCounts: (mod.flags & Flag.RESET_COUNTS) !== 0,
      noPacketCounts: (mod.flags & Flag.NO_PKT_COUNTS) !== 0,
      noByteCounts: (mod.flags & Flag.NO_BYT_COUNTS) !== 0,
    },
    outPort: isDelete ? mod.outPort : Port.ANY,
    outGroup: isDelete ? mod.outGroup : ANY_GROUP,
    instructions: instructionsFrom13(isDelete ? [] : mod.instructions, match, mod.tableId, context),
    isModifyOrAdd: false,
    addKeepsCounters: true,
  };
}

export function flagsTo13(flags: FlowChange['flags']): number {
  return (
    (flags.sendFlowRemoved ? Flag.SEND_FLOW_REM : 0) |
    (flags.checkOverlap ? Flag.CHECK_OVERLAP : 0) |
    (flags.resetCounts ? Flag.RESET_COUNTS : 0) |
    (flags.noPacketCounts ? Flag.NO_PKT_COUNTS : 0) |
    (flags.noByteCounts ? Flag.NO_BYT_COUNTS : 0)
  );
}

/** In the order in which a switch carries them out (OF1.3.5 §5.9). */
export function instructionsTo13(instructions: Instructions): readonly Of13Instruction[] {
  const { meterId, apply, clear, write, metadata, gotoTable } = instructions;
  const wire: Of13Instruction[] = [];
  if (meterId !== undefined) wire.push({ type: 'meter', meterId });
  if (apply.length > 0) wire.push({ type: 'applyActions', actions: actionsTo13(apply) });
  if (clear) wire.push({ type: 'clearActions' });
  if (write.length > 0) wire.push({ type: 'writeActions', actions: actionsTo13(write) });
  if (metadata !== undefined) {
    wire.push({ type: 'writeMetadata', metadata: metadata.value, metadataMask: metadata.mask });
  }
  if (gotoTable !== undefined) wire.push({ type: 'gotoTable', tableId: gotoTable });
  return wire;
}

export function actionsTo13(actions: readonly Action[]): readonly Of13Action[] {
  return actions.flatMap(actionTo13);
}

/** Rules that came in by 1.0 are shown by what does the same in 1.3. */
function actionTo13(action: Action): readonly Of13Action[] {
  switch (action.do) {
    case 'output':
      return [{ type: 'output', port: action.port, maxLen: action.maxLen }];
    case 'enqueue':
      return [
        { type: 'setQueue', queueId: action.queueId },
        { type: 'output', port: action.port, maxLen: 0 },
      ];
    case 'setQueue':
      return [{ type: 'setQueue', queueId: action.queueId }];
    case 'group':
      return [{ type: 'group', groupId: action.groupId }];
    case 'setField':
      return [{ type: 'setField', field: oxmField(action.oxm, action.field, exactly(action.field, action.value)) }];
    case 'move':
      return [
        {
          type: 'regMove',
          bits: action.bits,
          srcOfs: action.fromBit,
          dstOfs: action.toBit,
          src: oxmId(NXM_OF_OXM[action.oxm] ?? (action.oxm as OxmName)),
          dst: oxmId(action.to as OxmName),
        },
      ];
    case 'load':
      return [
        {
          type: 'regLoad',
          range: { offset: action.bit, bits: action.bits },
          dst: oxmId(action.field as OxmName),
          value: action.value,
        },
      ];
    case 'setVlanVid':
      return [setTag('vlanVid', VLAN_PRESENT | BigInt(action.vlanVid))];
    case 'setVlanPcp':
      return [setTag('vlanPcp', BigInt(action.vlanPcp))];
    case 'pushVlan':
      return [{ type: 'pushVlan', ethertype: action.tpid }];
    case 'popVlan':
      return [{ type: 'popVlan' }];
    case 'setTtl':
      return [{ type: 'setNwTtl', nwTtl: action.ttl }];
    case 'decTtl':
      return [{ type: 'decNwTtl' }];
  }
}

function setTag(field: 'vlanVid' | 'vlanPcp', value: bigint): Of13Action {
  return { type: 'setField', field: oxmField(field, field, exactly(field, value)) };
}

function exactly(field: Parameters<typeof fullMask>[0], value: bigint) {
  return { value, mask: fullMask(field) };
}
