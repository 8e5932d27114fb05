// What a peer of the OpenFlow port may have Lark hold or wait for.

import { encodeMessage, type Message } from 'node-openflow';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type OpenflowLimits, OpenflowServer } from '../../controller/southbound/openflow-server.ts';
import type { ConnectionOwner, SwitchConnection } from '../../controller/southbound/switch-connection.ts';
import { Counters } from '../../controller/telemetry/counters.ts';
import { eventually } from '../support/eventually.ts';
import { RawSwitch } from '../support/raw-switch.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(limits: Partial<OpenflowLimits>, echoIntervalMs = 60_000) {
  const counters = new Counters();
  const [up, closed]: [SwitchConnection[], string[]] = [[], []];
  const owner: ConnectionOwner = {
    onUp: (connection) => void up.push(connection),
    onMessage: () => {},
    onClosed: (_, reason) => void closed.push(reason),
  };
  const options = { versions: [4, 1] as const, echoIntervalMs };
  const server = new OpenflowServer(owner, options, { counters, log: pino({ enabled: false }), limits });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  const dial = async (localAddress = '127.0.0.1') => {
    const peer = await RawSwitch.connect(port, localAddress);
    cleanups.push(() => peer.close());
    return peer;
  };
  const refused = (reason: string) => counters.connectionsRefused.at(['openflow', reason]).value;
  return { dial, up, closed, refused };
}

const ofPeer = { connections: 2, perSec: 1000, burst: 1000 };

describe('connections', () => {
  it('of one address are refused beyond their number, and those of others taken', async () => {
    const { dial, up, refused } = await listen({ ofPeer });
    const [first, second] = [await dial(), await dial()];
    await Promise.all([first.handshake(4, 1n), second.handshake(4, 2n)]);
    const third = await dial();
    await eventually('the third to be closed', () => third.isClosed);
    expect(refused('too-many-of-peer')).toBe(1);
    await (await dial('127.0.0.2')).handshake(4, 3n);
    await eventually('three up', () => up.length === 3);
    first.close();
    await eventually('room for another', async () => {
      const next = await dial();
      const isGreeted = await Promise.race([
        next.wait('hello').then(() => true),
        eventually('its end', () => next.isClosed).then(() => false),
      ]);
      return isGreeted;
    });
  });

  it('of one address are refused when new ones come too fast', async () => {
    const { dial, refused } = await listen({ ofPeer: { connections: 100, perSec: 0.001, burst: 3 } });
    for (let i = 0; i < 3; i++) await (await dial()).wait('hello');
    const next = await dial();
    await eventually('the next to be closed', () => next.isClosed);
    expect(refused('too-fast')).toBe(1);
  });

  it('of all addresses together are refused beyond their number', async () => {
    const { dial, refused } = await listen({ connections: 1 });
    await (await dial()).wait('hello');
    const next = await dial();
    await eventually('the next to be closed', () => next.isClosed);
    await eventually('it to be counted', () => refused('too-many') === 1);
  });
});

describe('a peer', () => {
  it('that does not end the handshake in time is closed, whether it says nothing or not enough', async () => {
    const { dial, closed, refused } = await listen({ handshakeTimeoutMs: 100 });
    const [silent, slow] = [await dial(), await dial()];
    slow.send({ version: 4, xid: 1, type: 'hello', elements: [] });
    await eventually('both to be closed', () => silent.isClosed && slow.isClosed);
    expect(closed.sort()).toEqual([
      'no end of the handshake within 100 ms (state features)',
      'no end of the handshake within 100 ms (state hello)',
    ]);
    expect(refused('silent')).toBe(2);
  });

  it('that sends one message a byte at a time, and no whole one, is closed as silent', async () => {
    const { dial, up, closed } = await listen({}, 50);
    const peer = await dial();
    await peer.handshake(4, 1n);
    await eventually('it to be up', () => up.length === 1);
    const message = encodeMessage({ version: 4, xid: 1, type: 'echoRequest', data: new Uint8Array(4000) });
    let at = 0;
    const timer = setInterval(() => peer.sendBytes(message.slice(at, ++at)), 5);
    cleanups.push(() => clearInterval(timer));
    await eventually('its end', () => peer.isClosed);
    expect(closed[0]).toContain('silent for');
  });

  it('that says it has more ports than a switch may have is closed', async () => {
    const { dial, closed } = await listen({});
    const peer = await dial();
    peer.send({ version: 4, xid: 1, type: 'hello', elements: [] });
    const { xid } = await peer.wait('featuresRequest');
    const features = { datapathId: 1n, nBuffers: 0, nTables: 1, capabilities: 0, auxiliaryId: 0, reserved: 0 };
    peer.send({ version: 4, xid, type: 'featuresReply', ...features });
    const asked = await peer.wait('multipartRequest');
    const common = { config: 0, state: 0, curr: 0, advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 };
    for (let part = 0; part < 17; part++) {
      const entries = Array.from({ length: 1000 }, (_, i) => ({
        ...common,
        portNo: part * 1000 + i + 1,
        hwAddr: 0x02_00_00_00_00_00,
        name: `p${part * 1000 + i}`,
      }));
      const body = { multipart: 'portDesc', entries };
      peer.send({ version: 4, xid: asked.xid, type: 'multipartReply', flags: 1, body } as Message);
    }
    await eventually('its end', () => peer.isClosed);
    expect(closed[0]).toBe('it says that it has more than 16384 ports');
  });

  it('that asks without taking the answers is not read on, and its asking costs no memory', async () => {
    const { dial, up } = await listen({});
    const peer = await dial();
    await peer.handshake(4, 1n);
    await eventually('it to be up', () => up.length === 1);
    peer.pause();
    const asking = encodeMessage({ version: 4, xid: 1, type: 'echoRequest', data: new Uint8Array(60_000) });
    for (let i = 0; i < 1000; i++) peer.sendBytes(asking);
    // Where it is not read, what it sends stays with itself.
    await eventually('its own queue', () => peer.unsentBytes > 0 && peer.unsentBytes < 60_000_000);
    const waiting = peer.unsentBytes;
    const other = await dial();
    await other.handshake(4, 2n);
    for (let xid = 100; xid < 110; xid++) {
      other.send({ version: 4, xid, type: 'echoRequest', data: new Uint8Array(0) });
      await eventually('an answer', () => other.received.some((message) => message.xid === xid));
    }
    expect(peer.unsentBytes).toBeGreaterThan(waiting / 2);
    peer.resume();
    await eventually('all answers', () => peer.received.filter(({ type }) => type === 'echoReply').length === 1000);
  });
});
