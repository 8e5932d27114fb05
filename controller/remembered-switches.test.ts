import type { Message } from 'node-openflow';
import pino from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { MOST_SWITCHES, RememberedSwitches } from './remembered-switches.ts';
import type { SwitchConnection } from './southbound/switch-connection.ts';

const log = pino({ enabled: false });
const turn = () => new Promise((resolve) => setImmediate(resolve));

let seen: string[];
let written: { dpid: string; resolve: () => void; reject: (error: Error) => void }[];
let switches: RememberedSwitches;

beforeEach(() => {
  seen = [];
  written = [];
  const owner = {
    onUp: ({ peer }: SwitchConnection) => void seen.push(`up ${peer}`),
    onMessage: ({ peer }: SwitchConnection, { xid }: Message) => void seen.push(`message ${xid} of ${peer}`),
    onClosed: ({ peer }: SwitchConnection) => void seen.push(`closed ${peer}`),
  };
  const meet = (dpid: string) => new Promise<void>((resolve, reject) => written.push({ dpid, resolve, reject }));
  switches = new RememberedSwitches({ owner, meet, log, known: ['0000000000000007'] });
});

function connection(datapathId: bigint, peer: string): SwitchConnection {
  const close = (reason: string) => void seen.push(`close ${peer}: ${reason}`);
  return { features: { datapathId }, peer, close } as unknown as SwitchConnection;
}

const message = (xid: number) => ({ version: 4, type: 'echoRequest', xid, data: new Uint8Array() }) as const;

it('lets a switch that was met before pass at once', () => {
  const known = connection(7n, 'a');
  switches.onUp(known);
  switches.onMessage(known, message(1));
  expect([seen, written]).toEqual([['up a', 'message 1 of a'], []]);
});

it('lets a new switch pass when it is written down, with what it said meanwhile in order', async () => {
  const fresh = connection(8n, 'b');
  switches.onUp(fresh);
  switches.onMessage(fresh, message(1));
  switches.onMessage(fresh, message(2));
  expect([seen, written[0]?.dpid]).toEqual([[], '0000000000000008']);
  written[0]?.resolve();
  await turn();
  switches.onMessage(fresh, message(3));
  expect(seen).toEqual(['up b', 'message 1 of b', 'message 2 of b', 'message 3 of b']);
  switches.onUp(connection(8n, 'again'));
  expect(seen.at(-1)).toBe('up again');
  switches.forget('0000000000000008');
  switches.onUp(connection(8n, 'later'));
  expect(written).toHaveLength(2);
});

it('closes a switch that cannot be written down, or that says too much before it is', async () => {
  switches.onUp(connection(8n, 'b'));
  written[0]?.reject(new Error('the disk is full'));
  await turn();
  expect(seen).toEqual(['close b: it cannot be written down: the disk is full']);
  const talker = connection(9n, 'c');
  switches.onUp(talker);
  for (let xid = 0; xid <= 1024; xid++) switches.onMessage(talker, message(xid));
  expect(seen.at(-1)).toContain('close c: it sent 1024 messages');
});

it('forgets a connection that closes before its switch is written down', async () => {
  const brief = connection(8n, 'b');
  switches.onUp(brief);
  switches.onClosed(brief, 'gone');
  written[0]?.resolve();
  await turn();
  expect(seen).toEqual(['closed b']);
});

it('closes a switch that was never met where enough are known, until one of these is forgotten', () => {
  const known = Array.from({ length: MOST_SWITCHES }, (_, i) => i.toString(16).padStart(16, '0'));
  const owner = { onUp: ({ peer }: SwitchConnection) => void seen.push(`up ${peer}`), onMessage() {}, onClosed() {} };
  const meet = async (dpid: string) => void written.push({ dpid, resolve() {}, reject() {} });
  switches = new RememberedSwitches({ owner, meet, log, known });
  switches.onUp(connection(7n, 'one of them'));
  switches.onUp(connection(0xffffn, 'another'));
  expect(seen[0]).toBe('up one of them');
  expect(seen[1]).toMatch(/^close another: 16384 switches have been met already; say by `lark switches forget DPID`/);
  switches.forget('0000000000000007');
  switches.onUp(connection(0xffffn, 'another'));
  expect(written.map(({ dpid }) => dpid)).toEqual(['000000000000ffff']);
});
