import { encodeMessage, type Message, NO_BUFFER, oxm } from 'node-openflow';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { OpenflowServer } from '../../controller/southbound/openflow-server.ts';
import type { ConnectionOwner, SwitchConnection } from '../../controller/southbound/switch-connection.ts';
import { Counters } from '../../controller/telemetry/counters.ts';
import { eventually } from '../support/eventually.ts';
import { RawSwitch } from '../support/raw-switch.ts';

class RecordingOwner implements ConnectionOwner {
  readonly up: SwitchConnection[] = [];
  readonly messages: Message[] = [];
  readonly closed: string[] = [];
  onUp(connection: SwitchConnection): void {
    this.up.push(connection);
  }
  onMessage(_: SwitchConnection, message: Message): void {
    this.messages.push(message);
  }
  onClosed(_: SwitchConnection, reason: string): void {
    this.closed.push(reason);
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(versions: readonly (1 | 4)[] = [4, 1], echoIntervalMs = 5000) {
  const owner = new RecordingOwner();
  const server = new OpenflowServer(
    owner,
    { versions, echoIntervalMs },
    {
      counters: new Counters(),
      log: pino({ enabled: false }),
    },
  );
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  const dial = async () => {
    const peer = await RawSwitch.connect(port);
    cleanups.push(() => peer.close());
    return peer;
  };
  return { owner, dial };
}

const hello = (version: number): Message => ({ version, xid: 9, type: 'hello', elements: [] });
const echo = (version: 1 | 4, xid: number): Message => ({
  version,
  xid,
  type: 'echoRequest',
  data: new Uint8Array([1, 2]),
});

describe.each([
  ['1.0', 1],
  ['1.3', 4],
] as const)('a connection that speaks OpenFlow %s', (_, version) => {
  it('has PacketIns answered without decoding them, where somebody does, and hands over the others', async () => {
    const { owner, dial } = await listen();
    const peer = await dial();
    await peer.handshake(version, 0x1an);
    const connection = await eventually('the switch to be up', () => owner.up[0]);
    const data = Uint8Array.from({ length: 60 }, (_, i) => i);
    const common = { type: 'packetIn', bufferId: NO_BUFFER, totalLen: 60, reason: 0, data } as const;
    const packetIn = (xid: number): Message =>
      version === 1
        ? { version, xid, ...common, inPort: 3 }
        : { version, xid, ...common, tableId: 0, cookie: 0n, match: [oxm('inPort', 3)] };
    const output = { type: 'output', port: 2, maxLen: 0 } as const;
    const answer = { version, xid: 0, type: 'packetOut', bufferId: 0, inPort: 3, actions: [output] } as const;
    const template = encodeMessage({ ...answer, data: new Uint8Array(0) }).slice();
    connection.onRawPacketIn = (message) => {
      const isTaken = message[7] === 1;
      if (isTaken) connection.answer(message, template);
      return isTaken;
    };
    peer.send(packetIn(1));
    peer.send(packetIn(2));
    const given = await eventually('the other', () => owner.messages.find(({ type }) => type === 'packetIn'));
    expect([given.xid, owner.messages.length]).toEqual([2, 1]);
    expect(await peer.wait('packetOut')).toMatchObject({ bufferId: NO_BUFFER, inPort: 3, actions: [output], data });
  });

  it('goes up after features, ports, whole packets and a barrier', async () => {
    const { owner, dial } = await listen();
    const peer = await dial();
    await peer.handshake(version, 0x1an);
    const connection = await eventually('the switch to be up', () => owner.up[0]);
    expect(connection).toMatchObject({ state: 'up', version });
    expect(connection.features.datapathId).toBe(0x1an);
    expect(await peer.wait('setConfig')).toMatchObject({ missSendLen: 0xffff });
  });

  it('answers an echo in any state, and keeps the data', async () => {
    const { dial } = await listen();
    const peer = await dial();
    peer.send(hello(version));
    await peer.wait('featuresRequest');
    peer.send(echo(version, 77));
    expect(await peer.wait('echoReply')).toMatchObject({ xid: 77, data: new Uint8Array([1, 2]) });
  });

  it('reads messages however TCP splits and merges them', async () => {
    const { owner, dial } = await listen();
    const [slow, fast] = [await dial(), await dial()];
    await Promise.all([slow.handshake(version, 1n), fast.handshake(version, 2n)]);
    const bytes = Buffer.concat([1, 2, 3].map((xid) => encodeMessage(echo(version, xid))));
    for (const byte of bytes) slow.sendBytes(Uint8Array.of(byte));
    fast.sendBytes(bytes);
    for (const peer of [slow, fast]) {
      await eventually('three answers', () => peer.received.filter(({ type }) => type === 'echoReply').length === 3);
    }
    expect(owner.closed).toEqual([]);
  });

  it.each([
    ['a length under 8', Uint8Array.of(version, 2, 0, 7, 0, 0, 0, 1), { errorType: 1, code: 6 }],
    ['another version', encodeMessage(echo(version === 1 ? 4 : 1, 5)), { errorType: 1, code: 0 }],
    [
      'a message that only a controller sends',
      encodeMessage({ version, xid: 5, type: 'barrierRequest' }),
      { errorType: 1, code: 1 },
    ],
    ['a PacketIn cut short', Uint8Array.of(version, 10, 0, 12, 0, 0, 0, 5, 0, 0, 0, 0), { errorType: 1, code: 6 }],
  ])('answers %s with an error, closes, and lets the others go on', async (_what, bytes, expected) => {
    const { owner, dial } = await listen();
    const [bad, good] = [await dial(), await dial()];
    await Promise.all([bad.handshake(version, 1n), good.handshake(version, 2n)]);
    await eventually('both up', () => owner.up.length === 2);
    bad.sendBytes(bytes);
    expect(await bad.wait('error')).toMatchObject(expected);
    await eventually('the bad one to be closed', () => bad.isClosed);
    expect(owner.closed).toHaveLength(1);
    good.send(echo(version, 3));
    await good.wait('echoReply');
  });

  it('settles a barrier with its reply, and gives up on one that does not come', async () => {
    const { owner, dial } = await listen();
    const peer = await dial();
    await peer.handshake(version, 1n);
    const connection = await eventually('the switch to be up', () => owner.up[0]);
    peer.received.length = 0;
    const confirmed = connection.barrier(2000);
    const { xid } = await peer.wait('barrierRequest');
    peer.send({ version, xid, type: 'barrierReply' });
    expect(await confirmed).toBe(true);
    expect(await connection.barrier(10)).toBe(false);
    expect(connection.state).toBe('up');
    const pending = connection.barrier(5000);
    peer.close();
    expect(await pending).toBe(false);
  });
});

describe('barriers and echoes that Lark asks for', () => {
  async function up() {
    const { owner, dial } = await listen();
    const peer = await dial();
    await peer.handshake(4, 1n);
    const connection = await eventually('the switch to be up', () => owner.up[0]);
    peer.received.length = 0;
    return { peer, connection };
  }
  const asked = (peer: RawSwitch) => peer.received.filter(({ type }) => type === 'barrierRequest');

  it('are one barrier for all who ask in a turn, after all that was sent in it', async () => {
    const { peer, connection } = await up();
    const answers = [connection.barrier(2000), connection.barrier(5)];
    const xid = connection.send({ version: 4, type: 'getConfigRequest' });
    const third = connection.barrier(2000);
    const barrier = await peer.wait('barrierRequest');
    expect(peer.received.map((message) => message.xid)).toEqual([xid, barrier.xid]);
    expect(await answers[1]).toBe(false);
    peer.send({ version: 4, xid: barrier.xid, type: 'barrierReply' });
    expect(await Promise.all([answers[0], third])).toEqual([true, true]);
    const later = connection.barrier(2000);
    const second = await eventually('a barrier of the next turn', () => asked(peer)[1]);
    peer.send({ version: 4, xid: second.xid, type: 'barrierReply' });
    expect(await later).toBe(true);
  });

  it('settle when the connection closes in the same turn, and after the switch has refused the barrier', async () => {
    const { peer, connection } = await up();
    const refused = connection.barrier(2000);
    const { xid } = await peer.wait('barrierRequest');
    peer.send({ version: 4, xid, type: 'error', errorType: 1, code: 1, data: new Uint8Array(0) });
    expect(await refused).toBe(false);
    const pending = connection.barrier(2000);
    connection.close('over');
    expect(await pending).toBe(false);
    expect(await connection.barrier(2000)).toBe(false);
  });

  it('tell a peer that answers an echo from one that does not', async () => {
    const { peer, connection } = await up();
    const answer = connection.echo(2000);
    const { xid } = await peer.wait('echoRequest');
    peer.send({ version: 4, xid, type: 'echoReply', data: new Uint8Array(0) });
    expect(await answer).toBe(true);
    expect(await connection.echo(10)).toBe(false);
  });
});

describe('version negotiation on the wire', () => {
  it('ends with HELLO_FAILED where nothing is shared', async () => {
    const { owner, dial } = await listen([4]);
    const peer = await dial();
    peer.send(hello(1));
    const error = await peer.wait('error');
    expect(error).toMatchObject({ version: 4, errorType: 0, code: 0 });
    expect(new TextDecoder().decode(error.data)).toBe('Lark speaks OpenFlow 1.3 here');
    await eventually('the end', () => peer.isClosed);
    expect(owner.closed[0]).toContain('no OpenFlow version in common');
  });

  it('offers its versions as a bitmap', async () => {
    const { dial } = await listen();
    const peer = await dial();
    expect(await peer.wait('hello')).toMatchObject({
      version: 4,
      elements: [{ type: 'versionBitmap', bitmaps: [0b10010] }],
    });
  });

  it('refuses a first message that is no HELLO', async () => {
    const { owner, dial } = await listen();
    const peer = await dial();
    peer.send(echo(4, 1));
    expect(await peer.wait('error')).toMatchObject({ errorType: 1, code: 1 });
    await eventually('the reason', () => owner.closed[0]?.includes('before HELLO'));
  });
});

describe('keep-alive', () => {
  it('asks a silent switch, goes on when it answers, and closes when it does not', async () => {
    const { owner, dial } = await listen([4, 1], 40);
    const [alive, dead] = [await dial(), await dial()];
    await Promise.all([alive.handshake(4, 1n), dead.handshake(4, 2n)]);
    const answers = setInterval(() => {
      const asked = alive.received.findIndex(({ type }) => type === 'echoRequest');
      if (asked >= 0) alive.send({ ...(alive.received.splice(asked, 1)[0] as Message), type: 'echoReply' } as Message);
    }, 5);
    cleanups.push(() => clearInterval(answers));
    await eventually('the dead one to be closed', () => dead.isClosed);
    await dead.wait('echoRequest');
    expect(owner.closed).toHaveLength(1);
    expect(owner.closed[0]).toContain('silent for');
    expect(alive.isClosed).toBe(false);
  });
});
