// Actions and instructions as `ovs-ofctl dump-flows` prints them behind `actions=`.

import type { ctAction } from '../nicira/actions.ts';
import type { Of10Action } from '../of10/actions.ts';
import type { Of13Action } from '../of13/actions.ts';
import type { Of13Instruction } from '../of13/instructions.ts';
import type { OxmField } from '../of13/oxm.ts';
import { oxmFields } from '../of13/oxm-fields.ts';
import { type OxmId, oxmIdCodec } from '../of13/oxm-id.ts';
import type { ValueOf } from '../wire/layout.ts';
import { fieldTexts } from './fields.ts';
import { formatPort } from './ports.ts';
import { formatHex, formatIpv4, formatIpv6, formatMac } from './values.ts';

type CtAction = ValueOf<typeof ctAction>;
type AnyAction = Of10Action | Of13Action | CtAction;

/** `output:2`, `set_queue:1,output:2`, `CONTROLLER:65535`; `drop` for no action. */
export function formatActions(actions: readonly AnyAction[]): string {
  return actions.length === 0 ? 'drop' : actions.map(formatAction).join(',');
}

/** `mod_nw_dst:…,goto_table:3`; `drop` for no instruction. */
export function formatInstructions(instructions: readonly Of13Instruction[]): string {
  const words = instructions.flatMap((instruction) => formatInstruction(instruction) ?? []);
  return words.length === 0 ? 'drop' : words.join(',');
}

function formatInstruction(instruction: Of13Instruction): string | undefined {
  switch (instruction.type) {
    case 'gotoTable':
      return `goto_table:${instruction.tableId}`;
    case 'meter':
      return `meter:${instruction.meterId}`;
    case 'applyActions':
      return instruction.actions.length === 0 ? undefined : formatActions(instruction.actions);
    case 'writeActions':
      return `write_actions(${formatActions(instruction.actions)})`;
    case 'clearActions':
      return 'clear_actions';
    case 'writeMetadata': {
      const { metadata, metadataMask } = instruction;
      const mask = metadataMask === 0xffffffffffffffffn ? '' : `/${formatHex(metadataMask)}`;
      return `write_metadata:${formatHex(metadata)}${mask}`;
    }
    default:
      return `${instruction.type}(${instruction.data.length} bytes)`;
  }
}

function formatAction(action: AnyAction): string {
  switch (action.type) {
    case 'output':
      return formatOutput(action.port, action.maxLen);
    case 'enqueue':
      return `enqueue:${formatPort(action.port)}:${action.queueId}`;
    case 'setVlanVid':
      return `mod_vlan_vid:${action.vlanVid}`;
    case 'setVlanPcp':
      return `mod_vlan_pcp:${action.vlanPcp}`;
    case 'stripVlan':
      return 'strip_vlan';
    case 'setDlSrc':
      return `mod_dl_src:${formatMac(action.dlAddr)}`;
    case 'setDlDst':
      return `mod_dl_dst:${formatMac(action.dlAddr)}`;
    case 'setNwSrc':
      return `mod_nw_src:${formatIpv4(action.nwAddr)}`;
    case 'setNwDst':
      return `mod_nw_dst:${formatIpv4(action.nwAddr)}`;
    case 'setNwTos':
      return `mod_nw_tos:${action.nwTos}`;
    case 'setTpSrc':
      return `mod_tp_src:${action.tpPort}`;
    case 'setTpDst':
      return `mod_tp_dst:${action.tpPort}`;
    case 'pushVlan':
      return `push_vlan:${formatHex(action.ethertype)}`;
    case 'popVlan':
      return 'pop_vlan';
    case 'pushMpls':
      return `push_mpls:${formatEtherType(action.ethertype)}`;
    case 'popMpls':
      return `pop_mpls:${formatEtherType(action.ethertype)}`;
    case 'pushPbb':
      return `push_pbb:${formatEtherType(action.ethertype)}`;
    case 'popPbb':
      return 'pop_pbb';
    case 'setMplsTtl':
      return `set_mpls_ttl(${action.mplsTtl})`;
    case 'decMplsTtl':
      return 'dec_mpls_ttl';
    case 'setNwTtl':
      return `mod_nw_ttl:${action.nwTtl}`;
    case 'decNwTtl':
      return 'dec_ttl';
    case 'copyTtlIn':
      return 'copy_ttl_in';
    case 'copyTtlOut':
      return 'copy_ttl_out';
    case 'setQueue':
      return `set_queue:${action.queueId}`;
    case 'group':
      return `group:${action.groupId}`;
    case 'setField':
      return formatSetField(action.field);
    case 'regMove': {
      const { bits, src, srcOfs, dst, dstOfs } = action;
      return `move:${formatBits(src, srcOfs, bits)}->${formatBits(dst, dstOfs, bits)}`;
    }
    case 'regLoad': {
      const { dst, range, value } = action;
      return `load:0x${value.toString(16)}->${formatBits(dst, range.offset, range.bits)}`;
    }
    case 'outputReg':
      return `output:${formatBits(action.src, action.range.offset, action.range.bits)}`;
    case 'resubmitTable':
      return formatResubmit(action.inPort, action.tableId);
    case 'conjunction':
      return `conjunction(${action.id},${action.clause + 1}/${action.clauseCount})`;
    case 'ct':
      return formatCt(action);
    case 'ctClear':
      return 'ct_clear';
    default:
      return `${action.type}(${action.data.length} bytes)`;
  }
}

function formatEtherType(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}

function formatOutput(port: number, maxLen: number): string {
  const name = formatPort(port);
  if (name === 'CONTROLLER') return `CONTROLLER:${maxLen}`;
  return /^\d/.test(name) ? `output:${name}` : name;
}

function formatResubmit(inPort: number, tableId: number): string {
  const port = inPort === 0xfff8 ? '' : formatPort(inPort);
  if (tableId === 0xff) return `resubmit:${port === '' ? 'IN_PORT' : port}`;
  return `resubmit(${port},${tableId})`;
}

function formatSetField(oxm: OxmField): string {
  if (oxm.field === 'unknown') return `set_field:${oxm.bytes.length} bytes->oxm(${oxm.oxmClass},${oxm.oxmField})`;
  const { style, set } = fieldTexts[oxm.field];
  const { value } = oxm;
  const number = Number(value);
  const texts: Partial<Record<typeof style, string>> = {
    mac: formatMac(number),
    ipv4: formatIpv4(number),
    ipv6: typeof value === 'bigint' ? formatIpv6(value) : '',
    hex: formatHex(value),
    label: formatHex(value),
    port: formatPort(number),
  };
  return `set_field:${texts[style] ?? value}->${set}`;
}

/** `NXM_NX_REG0[]` for the whole field, `[3]` for one bit, `[4..15]` for several. */
function formatBits(id: OxmId, offset: number, bits: number): string {
  if (id.field === 'unknown') return `unknown[${offset}..${offset + bits - 1}]`;
  const { register } = fieldTexts[id.field];
  if (offset === 0 && bits === oxmFields[id.field].bits) return `${register}[]`;
  return bits === 1 ? `${register}[${offset}]` : `${register}[${offset}..${offset + bits - 1}]`;
}

const ALGS: Readonly<Record<number, string>> = { 21: 'ftp', 69: 'tftp' };

function formatCt(action: Extract<AnyAction, { type: 'ct' }>): string {
  const { flags, zoneSrc, zone, recircTable, alg, actions } = action;
  const words: string[] = [];
  if ((flags & 1) !== 0) words.push('commit');
  if ((flags & 2) !== 0) words.push('force');
  if (recircTable !== 0xff) words.push(`table=${recircTable}`);
  if (zoneSrc !== 0) words.push(`zone=${formatZoneSource(zoneSrc, zone)}`);
  else if (zone !== 0) words.push(`zone=${zone}`);
  if (actions.length > 0) words.push(`exec(${formatActions(actions)})`);
  if (alg !== 0) words.push(`alg=${ALGS[alg] ?? alg}`);
  return `ct(${words.join(',')})`;
}

function formatZoneSource(header: number, packed: number): string {
  const bytes = Uint8Array.from([header >>> 24, header >>> 16, header >>> 8, header]);
  return formatBits(oxmIdCodec.decode(bytes, 0, 4), packed >> 6, (packed & 63) + 1);
}
