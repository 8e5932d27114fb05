// Version negotiation (OF1.3.5 §6.3.1): with a version bitmap from both sides the highest version that both have, and
// else the smaller of the two versions in the HELLO headers, if this side speaks it.

import type { Message } from 'node-openflow';

export type WireVersion = 1 | 4;

type HelloElement = { readonly type: string; readonly bitmaps?: readonly number[] };

/** The HELLO with which this side opens: the bitmap where it speaks 1.3 at all. */
export function ourHello(versions: readonly WireVersion[], xid: number): Message {
  const highest = Math.max(...versions) as WireVersion;
  const bitmap = versions.reduce((bits, version) => bits | (1 << version), 0);
  const elements = highest === 4 ? [{ type: 'versionBitmap' as const, bitmaps: [bitmap] }] : [];
  return { version: highest, xid, type: 'hello', elements };
}

/** The version to speak; undefined where there is none in common. */
export function negotiate(
  ours: readonly WireVersion[],
  peer: { readonly version: number; readonly elements: readonly HelloElement[] },
): WireVersion | undefined {
  const offered = peer.elements.find((element) => element.type === 'versionBitmap')?.bitmaps;
  if (offered !== undefined && offered.length > 0 && Math.max(...ours) === 4) {
    return highest(ours.filter((version) => isInBitmap(offered, version)));
  }
  const smaller = Math.min(Math.max(...ours), peer.version);
  return ours.find((version) => version === smaller);
}

function isInBitmap(bitmaps: readonly number[], version: number): boolean {
  return (((bitmaps[version >> 5] ?? 0) >>> (version & 31)) & 1) === 1;
}

function highest(versions: readonly WireVersion[]): WireVersion | undefined {
  return [...versions].sort((a, b) => b - a)[0];
}
