// Rules and packets as the messages of the version that a switch speaks, with 0 for an xid: they get theirs when they are sent
// (`SwitchConnection.sendEncoded`). Where the two versions differ in how they say a thing (queues, wildcards, port numbers,
// which deletes can name a cookie) is known here alone.

import {
  formatActions,
  formatInstructions,
  formatMatch10,
  formatMatch13,
  type Message,
  NO_BUFFER,
  type Of13Action,
  type Of13Instruction,
  oxmId,
} from 'node-openflow';
import { narrowPort } from '../network/port-numbers.ts';
import { COMMIT, lookUp } from './connection-tracking.ts';
import type { FlowMatch, FlowRule, Output, Register, RegisterLoad, RegisterMove } from './flow-rule.ts';
import { fieldsOf10, fieldsOf13, type MatchFields } from './match-fields.ts';
import type { WireVersion } from './negotiation.ts';
import { match10, match13 } from './rule-matches.ts';

/** Rules that a delete is for: those at least as narrow as `match` and, where given, with an output to `outPort` or these cookie bits. */
export interface DeleteFilter {
  readonly match: FlowMatch;
  readonly outPort?: number;
  /** 1.3 only: in 1.0 no delete can ask for a cookie. */
  readonly cookie?: { readonly value: bigint; readonly mask: bigint };
}

const ADD = 0;
const DELETE = 3;
const DELETE_STRICT = 4;
/** OFPTT_ALL */
const ALL_TABLES = 0xff;
const ANY_PORT_10 = 0xffff;
const ANY_13 = 0xffffffff;
const SEND_FLOW_REMOVED = 1;
const TPID_8021Q = 0x8100;
/** OFPVID_PRESENT */
const TAG_PRESENT = 0x1000;
/** Whole packets, and none kept in the switch's buffers (OFPCML_NO_BUFFER; in 1.0 merely more than any packet has). */
const WHOLE_PACKET = 0xffff;

export function addRule(version: WireVersion, rule: FlowRule): Message {
  const leavesByItself = rule.idleTimeoutSec > 0 || rule.hardTimeoutSec > 0;
  return flowMod(version, ADD, rule, { outPort: undefined, flags: leavesByItself ? SEND_FLOW_REMOVED : 0 });
}

/** Deletes the one rule of this match and priority. */
export function deleteRule(version: WireVersion, rule: FlowRule): Message {
  return flowMod(version, DELETE_STRICT, rule, { outPort: undefined, flags: 0 });
}

export function deleteRules(version: WireVersion, filter: DeleteFilter): Message {
  const rule = { priority: 0, match: filter.match, outputs: [], cookie: 0n, idleTimeoutSec: 0, hardTimeoutSec: 0 };
  return flowMod(version, DELETE, rule, { outPort: filter.outPort, flags: 0, cookie: filter.cookie });
}

interface FlowModRest {
  readonly outPort: number | undefined;
  readonly flags: number;
  readonly cookie?: DeleteFilter['cookie'];
}

// Field by field: a message that is put together by spreading takes microseconds more to make, and so does each copy of it.
function flowMod(version: WireVersion, command: number, rule: FlowRule, rest: FlowModRest): Message {
  const { idleTimeoutSec: idleTimeout, hardTimeoutSec: hardTimeout, priority } = rule;
  if (version === 1) {
    if (rule.table !== undefined || rule.goto !== undefined || rule.writeMetadata !== undefined) {
      throw new Error('OpenFlow 1.0 has one table');
    }
    if (rule.moves ?? rule.loads ?? rule.tracking ?? rule.outputTo) throw new Error('registers are for OpenFlow 1.3');
    return {
      version,
      xid: 0,
      type: 'flowMod',
      command,
      idleTimeout,
      hardTimeout,
      priority,
      bufferId: NO_BUFFER,
      flags: rest.flags,
      match: match10(rule.match),
      cookie: rule.cookie,
      outPort: rest.outPort === undefined ? ANY_PORT_10 : narrowPort(rest.outPort),
      actions: ruleActions10(rule),
    };
  }
  return {
    version,
    xid: 0,
    type: 'flowMod',
    command,
    idleTimeout,
    hardTimeout,
    priority,
    bufferId: NO_BUFFER,
    flags: rest.flags,
    cookie: rest.cookie?.value ?? rule.cookie,
    cookieMask: rest.cookie?.mask ?? 0n,
    tableId: command === DELETE ? ALL_TABLES : (rule.table ?? 0),
    outPort: rest.outPort ?? ANY_13,
    outGroup: ANY_13,
    match: match13(rule.match),
    instructions: instructions13(rule),
  };
}

/** In the order in which a switch carries them out (OF1.3.5 §5.9). */
function instructions13(rule: FlowRule): Of13Instruction[] {
  const { writeMetadata, goto } = rule;
  const actions = ruleActions13(rule);
  return [
    ...(actions.length === 0 ? [] : [{ type: 'applyActions' as const, actions }]),
    ...(writeMetadata === undefined
      ? []
      : [{ type: 'writeMetadata' as const, metadata: writeMetadata.value, metadataMask: writeMetadata.mask }]),
    ...(goto === undefined ? [] : [{ type: 'gotoTable' as const, tableId: goto }]),
  ];
}

/** How a switch reports this rule: the same text for the same rule (see SwitchRule). */
export function describeRule(
  version: WireVersion,
  rule: FlowRule,
): { readonly match: string; readonly actions: string } {
  if (version === 1) {
    return { match: formatMatch10(match10(rule.match)), actions: formatActions(ruleActions10(rule)) };
  }
  return { match: formatMatch13(match13(rule.match)), actions: formatInstructions(instructions13(rule)) };
}

/** What it matches, as of a rule that a switch reports. */
export function fieldsOf(version: WireVersion, { match }: Pick<FlowRule, 'match'>): MatchFields {
  return version === 1 ? fieldsOf10(match10(match)) : fieldsOf13(match13(match));
}

function ruleActions10({ dscp, outputs }: Pick<FlowRule, 'dscp' | 'outputs'>) {
  // The octet as a whole: the switch keeps its lower two bits, which are ECN's (OF1.0 §5.2.4).
  return [...(dscp === undefined ? [] : [{ type: 'setNwTos' as const, nwTos: dscp << 2 }]), ...actions10(outputs)];
}

/** A look-up comes last: what goes on from it is a copy of the packet as it then is. */
function ruleActions13({ moves = [], loads = [], dscp, tracking, outputs, outputTo }: FlowRule): Of13Action[] {
  return [
    ...moves.map(moveAction),
    ...loads.map(loadAction),
    ...markActions13(dscp),
    ...(tracking === 'commit' ? [COMMIT] : []),
    ...actions13(outputs),
    ...(outputTo === undefined ? [] : [outputAction(outputTo)]),
    ...(typeof tracking === 'object' ? [lookUp(tracking.lookUpFor)] : []),
  ];
}

function markActions13(dscp: number | undefined): Of13Action[] {
  return dscp === undefined ? [] : [{ type: 'setField', field: { field: 'ipDscp', value: dscp } }];
}

const NO_BYTES = new Uint8Array(0);

/** What becomes of a packet that is sent by a PacketOut. */
export interface PacketActions {
  readonly outputs: readonly Output[];
  /** Of an IP packet, in 1.0 IPv4. */
  readonly dscp?: number | undefined;
  readonly connection?: PacketConnection | undefined;
}

/**
 * Sends a packet that came in at `inPort`; without outputs it merely frees the switch's buffer. On a switch
 * that tracks connections (1.3) it may open one, or leave only as a reply within one.
 */
export function packetOut(
  version: WireVersion,
  packet: { readonly inPort: number; readonly bufferId: number; readonly data: Uint8Array },
  { outputs, dscp, connection }: PacketActions,
): Message {
  const { bufferId } = packet;
  const data = bufferId === NO_BUFFER ? packet.data : NO_BYTES;
  if (version === 1) {
    return {
      version,
      xid: 0,
      type: 'packetOut',
      bufferId,
      inPort: narrowPort(packet.inPort),
      actions: ruleActions10({ dscp, outputs }),
      data,
    };
  }
  return {
    version,
    xid: 0,
    type: 'packetOut',
    bufferId,
    inPort: packet.inPort,
    actions: [...markActions13(dscp), ...trackedActions(outputs, connection)],
    data,
  };
}

export type PacketConnection = { readonly is: 'opening' } | { readonly is: 'reply'; readonly lookUpFor: number };
/** Where the rule that lets a reply out, if it is one, finds its port; the second register is 1 for such packets alone. */
export const REPLY_PORT = 'reg8';
export const REPLY_MARK = 'reg9';

function trackedActions(outputs: readonly Output[], connection: PacketConnection | undefined): Of13Action[] {
  if (connection === undefined || outputs.length === 0) return actions13(outputs);
  if (connection.is === 'opening') return [COMMIT, ...actions13(outputs)];
  return inOrder(outputs).flatMap((output) => [
    ...rewrites13(output),
    loadAction({ value: narrowPort(output.port), to: REPLY_PORT }),
    loadAction({ value: 1, to: REPLY_MARK }),
    lookUp(connection.lookUpFor),
  ]);
}

/**
 * Plain outputs first, so that what is rewritten or queued for one does not reach another; `retags` where the tag has to be
 * changed before an output. What was changed stays so: there is one change, and what is in no need of it comes before.
 */
function inOrder(outputs: readonly Output[]): readonly (Output & { readonly retags: boolean })[] {
  const rank = ({ vlan, queueId, ethDst }: Output) =>
    (vlan === undefined ? 0 : 1) + (queueId === undefined && ethDst === undefined ? 0 : 2);
  const sorted = [...outputs].sort((a, b) => rank(a) - rank(b));
  const first = sorted.findIndex(({ vlan }) => vlan !== undefined);
  const retagged = first < 0 ? [] : sorted.slice(first);
  if (retagged.some(({ vlan }) => vlan !== retagged[0]!.vlan)) throw new Error('outputs with different tags');
  return sorted.map((output, i) => ({ ...output, retags: i === first }));
}

const STRIP_10 = { type: 'stripVlan' } as const;

/** By far the most have one. */
function plainPort(outputs: readonly Output[]): number | undefined {
  const only = outputs.length === 1 ? outputs[0]! : undefined;
  if (only === undefined || only.queueId !== undefined || only.ethDst !== undefined) return undefined;
  return only.vlan === undefined ? only.port : undefined;
}

function actions10(outputs: readonly Output[]) {
  const plain = plainPort(outputs);
  if (plain !== undefined) return [{ type: 'output' as const, port: narrowPort(plain), maxLen: WHOLE_PACKET }];
  return inOrder(outputs).flatMap(({ port, queueId, ethDst, vlan, retags }) => {
    const rewrite = ethDst === undefined ? [] : [{ type: 'setDlDst' as const, dlAddr: ethDst }];
    const retag = retags ? [vlan === 'none' ? STRIP_10 : { type: 'setVlanVid' as const, vlanVid: vlan! }] : [];
    const portNo = narrowPort(port);
    const out =
      queueId === undefined
        ? { type: 'output' as const, port: portNo, maxLen: WHOLE_PACKET }
        : { type: 'enqueue' as const, port: portNo, queueId };
    return [...retag, ...rewrite, out];
  });
}

function moveAction({ from, fromBit, bits, to }: RegisterMove): Of13Action {
  return { type: 'regMove', bits, srcOfs: fromBit, dstOfs: 0, src: oxmId(from), dst: oxmId(to) };
}

function loadAction({ value, to }: RegisterLoad): Of13Action {
  return { type: 'regLoad', range: { offset: 0, bits: 32 }, dst: oxmId(to), value: BigInt(value) };
}

function outputAction(src: Register): Of13Action {
  return { type: 'outputReg', range: { offset: 0, bits: 32 }, src: oxmId(src), maxLen: 0 };
}

function actions13(outputs: readonly Output[]): Of13Action[] {
  const plain = plainPort(outputs);
  if (plain !== undefined) return [{ type: 'output', port: plain, maxLen: WHOLE_PACKET }];
  return inOrder(outputs).flatMap((output) => [
    ...rewrites13(output),
    { type: 'output' as const, port: output.port, maxLen: WHOLE_PACKET },
  ]);
}

function rewrites13({ queueId, ethDst, vlan, retags }: ReturnType<typeof inOrder>[number]): Of13Action[] {
  return [
    ...(retags ? retag13(vlan!) : []),
    ...(ethDst === undefined
      ? []
      : [{ type: 'setField' as const, field: { field: 'ethDst' as const, value: ethDst } }]),
    ...(queueId === undefined ? [] : [{ type: 'setQueue' as const, queueId }]),
  ];
}

function retag13(vlan: number | 'none'): Of13Action[] {
  if (vlan === 'none') return [{ type: 'popVlan' }];
  return [
    { type: 'pushVlan', ethertype: TPID_8021Q },
    { type: 'setField', field: { field: 'vlanVid', value: TAG_PRESENT | vlan } },
  ];
}
