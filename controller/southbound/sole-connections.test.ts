import fc from 'fast-check';
import type { Message } from 'node-openflow';
import { beforeEach, describe, expect, it } from 'vitest';
import { Counters } from '../telemetry/counters.ts';
import { ECHO_TIMEOUT_MS, MOST_HELD_MESSAGES, MOST_WAITING, SoleConnections } from './sole-connections.ts';
import type { SwitchConnection } from './switch-connection.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const message = (xid: number): Message => ({ version: 4, type: 'barrierReply', xid });

/** A connection that does what SwitchConnection promises, and whose echoes a test answers. */
class FakeConnection {
  readonly features: { readonly datapathId: bigint };
  readonly peer: string;
  isClosed = false;
  readonly echoes: { readonly timeoutMs: number; readonly settle: (isAnswered: boolean) => void }[] = [];

  constructor(datapathId: bigint, peer: string) {
    this.features = { datapathId };
    this.peer = peer;
  }

  get as(): SwitchConnection {
    return this as unknown as SwitchConnection;
  }

  echo(timeoutMs: number): Promise<boolean> {
    if (this.isClosed) return Promise.resolve(false);
    return new Promise((settle) => this.echoes.push({ timeoutMs, settle }));
  }

  close(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { settle } of this.echoes) settle(false);
    sole.onClosed(this.as, reason);
  }
}

let seen: string[];
let warned: object[];
let counters: Counters;
let sole: SoleConnections;

beforeEach(() => {
  [seen, warned, counters] = [[], [], new Counters()];
  const owner = {
    onUp: ({ peer }: SwitchConnection) => void seen.push(`up ${peer}`),
    onMessage: ({ peer }: SwitchConnection, { xid }: Message) => void seen.push(`message ${xid} of ${peer}`),
    onClosed: ({ peer }: SwitchConnection, reason: string) => void seen.push(`closed ${peer}: ${reason}`),
  };
  sole = new SoleConnections({ owner, counters, log: { warn: (fields) => void warned.push(fields) } });
});

function connected(datapathId: bigint, peer: string): FakeConnection {
  const connection = new FakeConnection(datapathId, peer);
  sole.onUp(connection.as);
  return connection;
}

const kept = () => [...counters.duplicateDpids.entries()].map(({ labels, value }) => [...labels, value]);

describe('of two connections with one datapath id', () => {
  it('the newer is closed where the older answers an echo, and its owner never hears of it before', async () => {
    const older = connected(7n, 'older');
    const newer = connected(7n, 'newer');
    sole.onMessage(newer.as, message(1));
    sole.onMessage(older.as, message(2));
    expect(older.echoes.map(({ timeoutMs }) => timeoutMs)).toEqual([ECHO_TIMEOUT_MS]);
    older.echoes[0]!.settle(true);
    await turn();
    expect(seen.slice(0, 2)).toEqual(['up older', 'message 2 of older']);
    expect(seen.slice(2)).toEqual([expect.stringContaining('closed newer: its datapath id is connected from older')]);
    expect([older.isClosed, newer.isClosed, kept()]).toEqual([false, true, [['older', 1]]]);
    expect(warned).toEqual([{ dpid: '0000000000000007', older: 'older', newer: 'newer', kept: 'older' }]);
  });

  it('the older is closed where it does not answer, and then the newer is taken with what it said', async () => {
    const older = connected(7n, 'older');
    const newer = connected(7n, 'newer');
    sole.onMessage(newer.as, message(1));
    sole.onMessage(newer.as, message(2));
    older.echoes[0]!.settle(false);
    await turn();
    sole.onMessage(newer.as, message(3));
    expect(seen[1]).toContain('closed older: it did not answer an echo');
    expect([seen[0], ...seen.slice(2)]).toEqual([
      'up older',
      'up newer',
      'message 1 of newer',
      'message 2 of newer',
      'message 3 of newer',
    ]);
    expect(kept()).toEqual([['newer', 1]]);
  });

  it('the newer is taken at once where the older closes by itself', () => {
    const older = connected(7n, 'older');
    connected(7n, 'newer');
    older.close('the switch closed the connection');
    expect(seen).toEqual(['up older', 'closed older: the switch closed the connection', 'up newer']);
    expect(kept()).toEqual([]);
  });

  it('the older goes on where the newer closes by itself, and a later one is asked about anew', async () => {
    const older = connected(7n, 'older');
    connected(7n, 'brief').close('gone');
    older.echoes[0]!.settle(false);
    await turn();
    expect([older.isClosed, seen]).toEqual([false, ['up older', 'closed brief: gone']]);
    connected(7n, 'newer');
    older.echoes[1]!.settle(true);
    await turn();
    expect(seen.at(-1)).toContain('closed newer');
  });
});

describe('what waits is bounded:', () => {
  it('a third connection of one id is closed', () => {
    connected(7n, 'older');
    connected(7n, 'newer');
    const third = connected(7n, 'third');
    expect([third.isClosed, seen.at(-1)]).toEqual([true, expect.stringContaining('the connection from newer')]);
  });

  it('so is one more than may wait in all, while connections of other ids go on', () => {
    for (let dpid = 1n; dpid <= MOST_WAITING + 1; dpid++) {
      connected(dpid, `older ${dpid}`);
      const newer = connected(dpid, `newer ${dpid}`);
      expect(newer.isClosed).toBe(dpid > MOST_WAITING);
    }
    connected(9999n, 'other');
    expect(seen.at(-1)).toBe('up other');
  });

  it('one that says too much while it waits', () => {
    connected(7n, 'older');
    const newer = connected(7n, 'newer');
    for (let xid = 0; xid <= MOST_HELD_MESSAGES; xid++) sole.onMessage(newer.as, message(xid));
    expect(newer.isClosed).toBe(true);
    expect(seen).toEqual(['up older', expect.stringContaining('closed newer: it sent')]);
  });
});

it('gives its owner one connection of an id at a time, and all that the one says, in any order of events', async () => {
  const event = fc.oneof(
    fc.record({ connect: fc.bigInt(1n, 2n) }),
    fc.record({ close: fc.nat(5) }),
    fc.record({ answer: fc.nat(5), isAlive: fc.boolean() }),
    fc.record({ say: fc.nat(5) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
      seen.length = 0;
      const all: FakeConnection[] = [];
      const said = new Map<string, number>();
      const pick = (index: number) => all.filter(({ isClosed }) => !isClosed)[index];
      const { owner, check } = watchfulOwner();
      sole = new SoleConnections({ owner, counters, log: { warn: () => undefined } });
      for (const each of events) {
        if ('connect' in each) all.push(connected(each.connect, `c${all.length}`));
        else if ('close' in each) pick(each.close)?.close('by itself');
        else if ('answer' in each)
          pick(each.answer)
            ?.echoes.splice(0)
            .forEach(({ settle }) => void settle(each.isAlive));
        else {
          const speaker = pick(each.say);
          if (speaker === undefined) continue;
          const xid = said.get(speaker.peer) ?? 0;
          said.set(speaker.peer, xid + 1);
          sole.onMessage(speaker.as, message(xid));
        }
        await turn();
      }
      for (const connection of all) {
        connection.close('the end');
        await turn();
      }
      check(all);
    }),
    { numRuns: 300 },
  );
});

/** Throws where it hears of two connections of one id, of a message before its connection, or of messages out of order. */
function watchfulOwner() {
  const up = new Map<bigint, string>();
  const closed: string[] = [];
  const heard = new Map<string, number>();
  const owner = {
    onUp({ features, peer }: SwitchConnection) {
      expect(up.has(features.datapathId), `${peer} while another is up`).toBe(false);
      up.set(features.datapathId, peer);
    },
    onMessage({ features, peer }: SwitchConnection, { xid }: Message) {
      expect([up.get(features.datapathId), heard.get(peer) ?? 0]).toEqual([peer, xid]);
      heard.set(peer, xid + 1);
    },
    onClosed({ features, peer }: SwitchConnection) {
      if (up.get(features.datapathId) === peer) up.delete(features.datapathId);
      closed.push(peer);
    },
  };
  const check = (all: readonly FakeConnection[]) => {
    expect(up.size).toBe(0);
    expect(closed.toSorted()).toEqual(all.map(({ peer }) => peer).toSorted());
  };
  return { owner, check };
}
