// The holes of the original module, each as the story that showed it.

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildUdp } from '../../protocols/packet/build.ts';
import { eventually } from '../support/eventually.ts';
import { HOSTS, jobAd, MODES, machineAd, Site } from '../support/site.ts';

const ALLOWED = '203.0.113.99';
const DENIED = '203.0.113.10';

/** Sends the bytes in pieces of this size, half-closes, and reads the answer. */
function feedInPieces(port: number, text: string, size: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true }, () => {
      for (let at = 0; at < text.length; at += size) socket.write(text.slice(at, at + size));
      socket.end();
    });
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('end', () => resolve(answer.trim())).on('error', reject);
  });
}

describe.each(MODES)('holes of the original, with OpenFlow $version, $pipeline, registers $registers', (mode) => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.start(mode);
    expect(await site.register('alice1', 'alice2', 'bob', 'eve')).toEqual(['OK', 'OK', 'OK', 'OK']);
  });
  afterAll(() => site?.stop());

  it('a job without WAN that has talked with its gateway, and beyond it, still reaches no denied address', async () => {
    // First the ARP exchange, which once left a rule on the two MAC addresses alone.
    expect(await site.reaches('eve', HOSTS.gateway.ipv4)).toBe(true);
    expect(await site.reaches('eve', ALLOWED)).toBe(true);
    expect(await site.reaches('eve', DENIED)).toBe(false);
    // Straight to the gateway's MAC, as one who knows it would.
    const gateway = await site.raw('gateway');
    const eve = await site.raw('eve');
    for (const [dst, marker] of [
      [DENIED, 'to-denied'],
      [ALLOWED, 'to-allowed'],
    ] as const) {
      eve.send(
        buildUdp(
          { ethSrc: parseMac(HOSTS.eve.mac)!, ethDst: parseMac(HOSTS.gateway.mac)! },
          { src: parseIp(HOSTS.eve.ipv4)!, dst: parseIp(dst)! },
          { srcPort: 4000, dstPort: 4000, data: new TextEncoder().encode(marker) },
        ),
      );
    }
    await eventually('the allowed packet', () => gateway.has('to-allowed'));
    expect(gateway.has('to-denied')).toBe(false);
  });

  it('a job whose traffic to one peer is dropped still talks to the others', async () => {
    expect(await site.reaches('alice1', HOSTS.bob.ipv4)).toBe(false);
    expect(await site.reaches('alice1', HOSTS.alice2.ipv4)).toBe(true);
    expect(await site.reaches('alice1', HOSTS.campus.ipv4)).toBe(true);
    expect(await site.reaches('alice1', HOSTS.bob.ipv4)).toBe(false);
  });

  it('a late CLEAN does not remove the next holder of the address', async () => {
    // mallory's slot gets eve's former address: the same machine registers it for another job.
    const next = machineAd('eve').replace('slot1_4@', 'slot1_9@');
    const nextJob = jobAd('bob').replace('submit.example.edu#3.0#', 'submit.example.edu#77.0#');
    const answer = await feedInPieces(site.lark.addresses.jobs.port, `SEND\n${nextJob}\n${next}\n`, 4096);
    expect(answer).toBe('OK');
    const before = await site.get<{ jobs: { key: string; user: string }[] }>(`/v1/jobs?address=${HOSTS.eve.ipv4}`);
    expect(before.jobs).toMatchObject([{ user: 'bob' }]);
    // The starter of eve's job cleans up by registration, long after.
    const eveKey = 'submit.example.edu#4.0#1700000000|1|wn1.example.edu|slot1_4@wn1.example.edu';
    const late = await feedInPieces(
      site.lark.addresses.jobs.port,
      `${JSON.stringify({ id: 1, op: 'remove', key: eveKey })}\n`,
      4096,
    );
    expect(late).toContain('JOB_NOT_FOUND');
    expect(await site.get(`/v1/jobs?address=${HOSTS.eve.ipv4}`)).toMatchObject({ jobs: [{ user: 'bob' }] });
  });

  it('an ad longer than 16 KiB arrives whole, however it is cut', async () => {
    const filler = `Environment = "${'PATH=/usr/bin '.repeat(2500)}";`;
    const ad = jobAd('mallory', `${filler} LastAttribute = "is here";`);
    expect(ad.length).toBeGreaterThan(32 * 1024);
    const { port } = site.lark.addresses.jobs;
    expect(await feedInPieces(port, `SEND\n${ad}\n${machineAd('mallory')}\n`, 1000)).toBe('OK');
    const found = await feedInPieces(port, `REQUEST\n${HOSTS.mallory.ipv4}`, 7);
    expect(found).toMatch(/^FOUND/);
    expect(found).toContain('LastAttribute');
    expect(await site.reaches('mallory', HOSTS.campus.ipv4)).toBe(false);
  });
});
