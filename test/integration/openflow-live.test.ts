// A fresh conversation with a real Open vSwitch in both versions: every message that it sends decodes and encodes to the
// same bytes, and every kind that a switch sends is among them. With RECORD=1 it also writes the recording anew from which
// protocols/openflow's own tests work.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeMessage, encodeMessage } from 'node-openflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostOptions } from '../../mininet/lab/host.ts';
import { type Ovs, startOvs } from '../../mininet/lab/ovs.ts';
import { converse, expectedKinds, kindOf, recordingOf } from '../../protocols/openflow/testing/conversation.ts';

const DEADLINE_MS = 20_000;
const RECORDING = new URL('../../protocols/openflow/testing/recorded-ovs-3.1.txt', import.meta.url);
const VERSIONS = [
  { version: 1, name: '1.0', bridge: 's10' },
  { version: 4, name: '1.3', bridge: 's13' },
] as const;

let directory: string;
let ovs: Ovs;
const heard = new Map<1 | 4, readonly Uint8Array[]>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'openflow-live-'));
  ovs = await startOvs(join(directory, 'ovs'));
  for (const { version, name, bridge } of VERSIONS) heard.set(version, await conversationWith(version, name, bridge));
});

afterAll(async () => {
  await ovs?.stop();
  if (process.env.RECORD === '1') writeFileSync(RECORDING, recordingOf([...heard.values()].flat()));
  await rm(directory, { recursive: true, force: true });
});

async function conversationWith(version: 1 | 4, name: '1.0' | '1.3', bridge: string): Promise<readonly Uint8Array[]> {
  await ovs.addBridge({ name: bridge, protocols: [name], dpid: `00000000000000${version.toString(16)}1` });
  await ovs.addHost(bridge, { ...hostOf(version, 1), portNo: 1 });
  await ovs.addHost(bridge, { ...hostOf(version, 2), portNo: 2 });
  const server = createServer().listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const connection = once(server, 'connection', { signal: AbortSignal.timeout(DEADLINE_MS) });
    await ovs.setController(bridge, `tcp:127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [socket] = (await connection) as [Socket];
    return await converse(socket, version, DEADLINE_MS);
  } finally {
    await ovs.vsctl(['del-controller', bridge]);
    server.close();
  }
}

function hostOf(version: 1 | 4, number: number): HostOptions {
  const name = `h${version}${number}`;
  return {
    name,
    portName: `${name}-p`,
    mac: `02:00:00:00:0${version}:0${number}`,
    addresses: [`10.${version}.0.${number}/16`],
  };
}

describe.each(VERSIONS)('what Open vSwitch sends in OpenFlow $name', ({ version }) => {
  it('is every kind of message', () => {
    const kinds = new Set(heard.get(version)?.map((bytes) => kindOf(decodeMessage(bytes))));
    expect(expectedKinds(version).filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  it('comes back byte for byte', () => {
    const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const messages = heard.get(version) ?? [];
    expect(messages.map((bytes) => hexOf(encodeMessage(decodeMessage(bytes))))).toEqual(messages.map(hexOf));
  });
});
