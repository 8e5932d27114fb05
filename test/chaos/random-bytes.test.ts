// Random bytes on every port, from nothing at all to messages that are nearly right: whoever sends them loses a connection, and
// nobody else anything.

import { once } from 'node:events';
import { connect } from 'node:net';
import { encodeMessage, type Message } from 'node-openflow';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Random } from '../fuzz/random.ts';
import { eventually } from '../support/eventually.ts';
import { type HostPort, ModelSite, policyFor } from '../support/model-site.ts';
import { RawSwitch } from '../support/raw-switch.ts';
import { randomFor, rounds } from './support/plan.ts';
import { hasRulesOf, JOBS, keepsPromises, metric, rulesNow } from './support/promises.ts';

let site: ModelSite;
let sound: ReturnType<typeof rulesNow>;
beforeEach(async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
  for (const job of JOBS) await site.register(job);
  await keepsPromises(site);
  sound = rulesNow(site);
});
afterEach(() => site.stop());

const HELLO = encodeMessage({ version: 4, xid: 1, type: 'hello', elements: [] }).slice();
const BEGINNINGS = {
  openflow: [HELLO, Buffer.from([4, 0, 0, 8]), Buffer.from([1, 5, 255, 255])],
  jobs: [
    'SEND\n',
    'HTCONDOR\nSEND\n[ A = ',
    'CLEAN\n',
    'GRIDFTP\nSTARTUP\n',
    '{"id":1,"op":"',
    '{"id":1,"op":"register","jobAd":"',
  ],
  http: ['GET /v1/', 'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\n'],
} as const;

it('keeps its promises whatever comes in at its ports', async () => {
  const random = randomFor('random bytes');
  for (let round = 0; round < rounds(2); round++) {
    const babblers = (['openflow', 'jobs', 'http'] as const).flatMap((port) =>
      Array.from({ length: 10 }, () => babble(site.lark.addresses[port], BEGINNINGS[port], random)),
    );
    await Promise.all(babblers);
    await keepsPromises(site);
  }
  await hasRulesOf(site, sound);
  expect(await metric(site, 'lark_of_dp_connections_total{outcome="refused"}')).toBeGreaterThan(0);
}, 120_000);

it('keeps its promises with a switch whose messages are nearly right', async () => {
  const random = randomFor('nearly right');
  for (let round = 0; round < rounds(15); round++) {
    const peer = await RawSwitch.connect(site.lark.addresses.openflow.port);
    await peer.handshake(4, 77n);
    for (let i = 0; i < 20; i++) {
      const bytes = encodeMessage(random.pick(MESSAGES)).slice();
      const changes = random.below(4);
      // Not the length: that would be another message's end.
      for (let change = 0; change < changes; change++) bytes[4 + random.below(bytes.length - 4)] = random.below(256);
      peer.sendBytes(bytes);
    }
    if (random.below(2) === 0)
      await eventually('what it sent to be read', () => peer.received.length > 0 || peer.isClosed);
    peer.close();
  }
  // Until it has gone for the last time, the site has three switches.
  await eventually('its end', async () => (await metric(site, 'lark_dp_status{dp_name="000000000000004d"}')) === 0);
  await keepsPromises(site);
  await hasRulesOf(site, sound);
}, 120_000);

const DATA = Uint8Array.from({ length: 64 }, (_, i) => i);
const MESSAGES = [
  { version: 4, xid: 9, type: 'echoRequest', data: DATA },
  { version: 4, xid: 9, type: 'barrierReply' },
  { version: 4, xid: 9, type: 'error', errorType: 5, code: 1, data: DATA },
  {
    version: 4,
    xid: 9,
    type: 'packetIn',
    bufferId: 0xffffffff,
    totalLen: 64,
    reason: 0,
    tableId: 0,
    cookie: 0n,
    match: [{ field: 'inPort', value: 1 }],
    data: DATA,
  },
  { version: 4, xid: 9, type: 'multipartReply', flags: 0, body: { multipart: 'portDesc', entries: [] } },
] as unknown as readonly Message[];

/** Says something, and goes away in one way or another. */
async function babble(to: HostPort, beginnings: readonly (string | Uint8Array)[], random: Random): Promise<void> {
  const socket = connect(to);
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  if (random.below(3) > 0) socket.write(random.pick(beginnings));
  for (let chunk = random.below(4); chunk > 0; chunk--) {
    socket.write(Uint8Array.from({ length: random.below(3000) }, () => random.below(256)));
  }
  const isGone = socket.closed ? undefined : once(socket, 'close');
  const how = random.below(3);
  if (how === 0) socket.end();
  else if (how === 1) socket.resetAndDestroy();
  else setTimeout(() => socket.destroy(), random.below(50));
  await isGone;
}
