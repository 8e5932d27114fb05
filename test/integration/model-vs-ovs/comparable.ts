// Messages and frames in a form in which equal means equal: without times, without the order of what has none.

import type { Message } from 'node-openflow';
import { parseFrame } from '../../../protocols/packet/frame.ts';
import { idOf } from './packets.ts';

/** A message without what may differ: times, and the order of equal things. */
export function comparable(message: Message): object {
  switch (message.type) {
    case 'error':
      return { type: 'error', xid: message.xid, errorType: message.errorType, code: message.code };
    case 'packetIn':
      return { ...message, data: hex(message.data), id: message.data.length < 4 ? undefined : idOf(message.data) };
    case 'flowRemoved': {
      const { durationSec: _sec, durationNsec: _nsec, ...rest } = message;
      return { ...rest, match: sortedMatch(message.match) };
    }
    case 'statsReply':
    case 'multipartReply':
      return { type: message.type, body: comparableFlows(message.body as { entries?: readonly FlowEntry[] }) };
  }
  return message;
}

type FlowEntry = { durationSec: number; durationNsec: number; match: unknown };

function comparableFlows({ entries = [] }: { entries?: readonly FlowEntry[] }): readonly string[] {
  return entries
    .map(({ durationSec: _sec, durationNsec: _nsec, ...flow }) => text({ ...flow, match: sortedMatch(flow.match) }))
    .sort();
}

function sortedMatch(match: unknown): unknown {
  return Array.isArray(match) ? match.map(text).sort() : Object.fromEntries(Object.entries(match as object).sort());
}

export function text(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === 'bigint' ? `${inner}n` : inner instanceof Uint8Array ? Buffer.from(inner).toString('hex') : inner,
  );
}

/**
 * Hexadecimal text of a frame. The payload of a later IPv4 fragment is left out: Open vSwitch 3.1, when it rewrites
 * such a fragment's addresses, "mends" a transport checksum that is not there, and so spoils the payload.
 */
function hex(bytes: Uint8Array): string {
  const { fragment, kind, l4Offset, l4End } = parseFrame(bytes);
  if (kind !== 'ipv4' || fragment !== 'later') return Buffer.from(bytes).toString('hex');
  const ends = [bytes.subarray(0, l4Offset), bytes.subarray(l4End)];
  return ends.map((part) => Buffer.from(part).toString('hex')).join(' fragment ');
}

/** What became of each packet: `port: bytes`, sorted, by packet id. */
export function fates(frames: readonly { portNo: number; frame: Uint8Array }[]): Map<number, string[]> {
  const byId = new Map<number, string[]>();
  for (const { portNo, frame } of frames) {
    const fate = `${portNo}: ${hex(frame)}`;
    const id = idOf(frame);
    byId.set(id, [...(byId.get(id) ?? []), fate].sort());
  }
  return byId;
}

export function packetInsById(messages: readonly object[]): Map<number, string[]> {
  const byId = new Map<number, string[]>();
  for (const message of messages as readonly { type: string; id: number }[]) {
    if (message.type !== 'packetIn') continue;
    const { id } = message;
    byId.set(id, [...(byId.get(id) ?? []), text(message)].sort());
  }
  return byId;
}
