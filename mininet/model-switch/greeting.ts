// How two sides agree on a version (OF1.0.1 §5.5.1, OF1.3.5 §6.3.1): the highest of the bitmaps' common versions, or
// without bitmaps the lower of the two sides' highest, if both speak it.

import { type Hello, type Message, versionBitmap } from 'node-openflow';

type Version = 1 | 4;

/** OpenFlow 1.0 alone knows no elements; its HELLO has none. */
export function greeting(versions: readonly Version[]): Hello {
  const version = Math.max(...versions);
  return { version, type: 'hello', xid: 1, elements: version === 1 ? [] : [versionBitmap(versions)] };
}

/** The version in force, or undefined if there is none. */
export function agreeOnVersion(ours: readonly Version[], hello: Hello): Version | undefined {
  const bitmap = hello.elements.find((element) => element.type === 'versionBitmap')?.bitmaps[0];
  const highest = Math.max(...ours);
  if (bitmap !== undefined && highest > 1) {
    const common = ours.filter((version) => (bitmap & (1 << version)) !== 0);
    return common.length === 0 ? undefined : (Math.max(...common) as Version);
  }
  const version = Math.min(highest, hello.version);
  return ours.find((ownVersion) => ownVersion === version);
}

/** HELLO_FAILED, INCOMPATIBLE, with a sentence for people. */
export function helloFailed(ours: readonly Version[], message: Message): Message {
  const names = ours.map((version) => (version === 1 ? '1.0' : '1.3')).join(' and ');
  const text =
    message.type === 'hello' ? `this switch speaks OpenFlow ${names}` : `expected a HELLO first, not ${message.type}`;
  const version = Math.max(...ours) as Version;
  const data = new TextEncoder().encode(text);
  return { version, type: 'error', xid: message.xid, errorType: 0, code: 0, data };
}
