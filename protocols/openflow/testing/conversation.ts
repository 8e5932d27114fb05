// A controller that gets a switch to send one of everything, and keeps what it sends, byte for byte.

import type { Socket } from 'node:net';
import { decodeMessage, encodeMessage, FrameSplitter, type Message, versionBitmap } from '../src/index.ts';
import { requests10 } from './requests-10.ts';
import { requests13 } from './requests-13.ts';

const ALL_SENT = 0xffff;
const END = 0x10000;
const PORT_NO = 1;
const PORT_DOWN = 1;

/**
 * The raw messages of a switch that has just connected by this socket, and that has a port 1. Ends the connection.
 * Rejects if the switch says no more for `deadlineMs`.
 */
export async function converse(socket: Socket, version: 1 | 4, deadlineMs: number): Promise<readonly Uint8Array[]> {
  const heard: Uint8Array[] = [];
  const send = (message: Message): void => void socket.write(encodeMessage(message));
  socket.setTimeout(deadlineMs, () => socket.destroy(new Error(`nothing more came in ${deadlineMs} ms`)));
  send({ version, type: 'hello', xid: 1, elements: [versionBitmap([version])] });
  // First everything that is asked for, up to a barrier; then a port goes down. Of that, and of a rule that was deleted,
  // the switch tells in its own time, behind any barrier: both are waited for before the last barrier.
  const state = { hasAsked: false, hwAddr: 0, awaits: new Set(['portStatus', 'flowRemoved']) };
  const splitter = new FrameSplitter();
  for await (const chunk of socket) {
    for (const frame of splitter.push(chunk as Buffer)) {
      heard.push(frame.slice());
      const message = decodeMessage(frame);
      if (!state.hasAsked) for (const request of requestsOf(version)) send(request);
      state.hasAsked = true;
      state.hwAddr = hwAddrIn(message) ?? state.hwAddr;
      if (message.type === 'barrierReply' && message.xid === ALL_SENT) {
        const change = { portNo: PORT_NO, hwAddr: state.hwAddr, config: PORT_DOWN, mask: PORT_DOWN, advertise: 0 };
        send({ version, type: 'portMod', xid: 8, ...change });
      }
      const isAwaited = message.type !== 'portStatus' || message.port.portNo === PORT_NO;
      if (isAwaited && state.awaits.delete(message.type) && state.awaits.size === 0) {
        send({ version, type: 'barrierRequest', xid: END });
      }
      if (message.type === 'barrierReply' && message.xid === END) {
        socket.destroy();
        return heard;
      }
    }
  }
  throw new Error('the switch hung up');
}

/** Each with a number of its own, so that an answer tells what it answers; a bundle's keep that of the bundle. */
function requestsOf(version: 1 | 4): readonly Message[] {
  const requests = version === 1 ? requests10() : requests13();
  return requests.map((message, i) =>
    message.type === 'barrierRequest' || message.type === 'bundleAdd' ? message : { ...message, xid: 1000 + i },
  );
}

/** The MAC address of port 1, which a PortMod has to name. */
function hwAddrIn(message: Message): number | undefined {
  const ports =
    message.type === 'featuresReply' && message.version === 1
      ? message.ports
      : message.type === 'multipartReply' && message.body.multipart === 'portDesc'
        ? message.body.entries
        : [];
  return ports.find(({ portNo }) => portNo === PORT_NO)?.hwAddr;
}

/** What a message is, its statistics by their own name. */
export function kindOf(message: Message): string {
  if (message.type === 'statsReply') return message.body.stats;
  return message.type === 'multipartReply' ? message.body.multipart : message.type;
}

const ALWAYS = ['hello', 'error', 'echoReply', 'featuresReply', 'getConfigReply', 'packetIn', 'flowRemoved'];
const CHANGES = ['portStatus', 'barrierReply', 'queueGetConfigReply'];
const STATISTICS_10 = ['desc', 'flow', 'aggregate', 'table', 'port', 'queue'];
const STATISTICS_13 = ['desc', 'flow', 'aggregate', 'table', 'portStats', 'queue', 'group', 'groupDesc'];
const CAPABILITIES_13 = ['groupFeatures', 'meter', 'meterConfig', 'meterFeatures', 'tableFeatures', 'portDesc'];

/** The kinds that a conversation has to hold, of what Open vSwitch sends. */
export function expectedKinds(version: 1 | 4): readonly string[] {
  return version === 1
    ? [...ALWAYS, ...CHANGES, ...STATISTICS_10, 'nxRoleReply']
    : [...ALWAYS, ...CHANGES, ...STATISTICS_13, ...CAPABILITIES_13, 'roleReply', 'getAsyncReply', 'bundleControl'];
}

/** A message's line in a recording: table features of 254 tables are cut to the first two, and only once. */
export function recordingOf(messages: readonly Uint8Array[]): string {
  const lines: string[] = [];
  let hasTableFeatures = false;
  for (const bytes of messages) {
    const message = decodeMessage(bytes);
    let kept = bytes;
    if (message.type === 'multipartReply' && message.body.multipart === 'tableFeatures') {
      if (hasTableFeatures) continue;
      hasTableFeatures = true;
      kept = encodeMessage({ ...message, body: { ...message.body, entries: message.body.entries.slice(0, 2) } });
    }
    lines.push(`# ${kindOf(message)}`, Buffer.from(kept).toString('hex'));
  }
  return lines.map((line) => `${line}\n`).join('');
}
