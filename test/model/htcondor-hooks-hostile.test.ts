// What users write into their ads, and what a network does to a request, against the starter hooks of htcondor/.

import { existsSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { HtcondorSite, JOB_AD, LARK_JOB, larkJob, refusal } from '../support/htcondor-site.ts';
import { addressOf, policyFor } from '../support/model-site.ts';

let at: HtcondorSite;
beforeEach(async () => {
  at = await HtcondorSite.start();
});
afterEach(async () => {
  await at.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const servers: Server[] = [];
/** A server that is not Lark, at a port of its own. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a user's text", () => {
  it.each([
    ['runs nothing', 'Args = "$(touch pwned) `touch pwned`; touch pwned # \'"'],
    ['makes no other field', 'Args = "x&ipv4=10.1.0.9&machineAd=[]&leaseSec=1"'],
    ['ends no here-document', 'Args = "AD"\nEND = 1\nTOKEN = 2'],
    ['is of any characters', 'Args = "%41 + \\"q\\" = & é ☃ \\ @/etc/passwd"'],
  ])('%s', async (_what, line) => {
    expect(await at.prepare(`${line}\n${JOB_AD}`)).toMatchObject({ status: 0, out: LARK_JOB });
    expect(existsSync(`${at.kit.scratch}/pwned`)).toBe(false);
    expect((await at.model.feed.get({ address: addressOf(1) })).jobAd).toContain(line);
    expect(await at.jobs()).toMatchObject([{ user: 'alice', addresses: ['10.1.0.1'] }]);
  });

  it.each([
    ['an open line', 'X = "a\nOwner = Args\nY = 1"'],
    ['a line that a backslash closes', 'X = "a\\"\nOwner = Args\nY = 1 "'],
    // This one Lark alone would believe: the comment hides the quote.
    ['a quote in a comment', 'X = "a\\"\nOwner = Args\nY = 1 // "'],
    ['a line of escaped quotes', 'X = "\\"a\\"\nOwner = Args\nY = \\"\\""'],
  ])('with a newline in a string is held: %s', async (_what, lines) => {
    const said = await at.prepare(`Args = "root"\n${JOB_AD}${lines}\n`);
    expect(said).toEqual(
      refusal(1, 'a string of the job ad has a newline in it, which could pass for attributes of its own'),
    );
    expect(await at.jobs()).toEqual([]);
  });

  it('with a backslash at the end of a string is none of these', async () => {
    expect((await at.prepare(`Dir = "c:\\dir\\"\nQ = "say \\"a\\""\n${JOB_AD}`)).status).toBe(0);
  });

  it.each(['[ Owner = "alice" ]', '{"Owner":"alice"}', ''])('is in long form or held: %s', async (ad) => {
    expect(await at.prepare(ad)).toEqual(refusal(1, 'the job ad on standard input is not in long form'));
  });

  it('of a megabyte is taken whole', async () => {
    const line = `Environment = "${'x'.repeat(1_000_000)}"`;
    expect((await at.prepare(`${line}\n${JOB_AD}`)).status).toBe(0);
    expect((await at.model.feed.get({ address: addressOf(1) })).jobAd).toContain(line);
  });

  it("cannot have another's registration renewed or removed", async () => {
    await at.model.register({ number: 2, user: 'bob', port: 'j2' });
    const bobs = larkJob('s#2.0#1|1|wn1|slot2@wn1').replace('LarkJob', 'larkjob');
    const hostile = 'LarkJob = "/v1/jobs/../policy/reload"\n';
    for (const line of [bobs, hostile]) {
      expect(await at.exit(JOB_AD + line)).toEqual({ status: 0, out: '', err: '' });
      expect(await at.update(JOB_AD + line)).toMatchObject({ status: 1 });
    }
    expect(await at.jobs()).toMatchObject([{ user: 'bob', leaseEndsAt: null }]);
  });
});

describe('a Lark that', () => {
  it('is away sends the job back to the queue, in time', async () => {
    at.kit.set({ url: 'http://127.0.0.1:1', patience: '2' });
    const said = await at.prepare();
    expect(said.status).toBe(1);
    expect(said.out).toContain('HookStatusCode = 300\n');
    expect(said.err).toMatch(/^lark-prepare-job: Lark at http:\/\/127\.0\.0\.1:1 does not answer: .*connect/);
  });

  it('says nothing is waited for until the time is over', async () => {
    let asked = 0;
    const silent = await serve(() => {
      asked += 1;
    });
    at.kit.set({ url: silent, patience: '1', timeout: '1' });
    expect((await at.prepare()).err).toMatch(/does not answer: .*timed out/);
    expect(asked).toBe(1);
  });

  it('comes back is asked again', async () => {
    const answers: number[] = [];
    const proxy = await serve((request, response) => {
      answers.push(answers.length === 0 ? 503 : 200);
      if (answers.length === 1) return void response.writeHead(503).end('busy');
      const body: Buffer[] = [];
      request.on('data', (chunk: Buffer) => body.push(chunk));
      request.on('end', async () => {
        const headers = { 'content-type': request.headers['content-type'] ?? '' };
        const answer = await fetch(at.url + request.url, { method: 'POST', headers, body: Buffer.concat(body) });
        const location = answer.headers.get('location') ?? '';
        response.writeHead(answer.status, { location }).end(await answer.text());
      });
    });
    at.kit.set({ url: proxy });
    expect(await at.prepare()).toEqual({ status: 0, out: LARK_JOB, err: '' });
    expect(answers).toEqual([503, 200]);
  });

  it('is something else is not believed', async () => {
    at.kit.set({ url: await serve((_request, response) => response.end('<html>"code":"x"')) });
    expect((await at.prepare()).err).toMatch(/is not Lark: it named no job/);
  });

  it('breaks off its answer has not said OK', async () => {
    const broken = await serve((_request, response) => {
      response.writeHead(200, { location: '/v1/jobs/x', 'content-length': '1000' });
      response.write('{');
      setImmediate(() => response.destroy());
    });
    at.kit.set({ url: broken, patience: '1' });
    expect((await at.prepare()).out).toContain('HookStatusCode = 300\n');
  });

  it('waits for the switch keeps the job waiting, and forgets it in the end', async () => {
    const waiting = policyFor('multi-table').replace('settle:', 'notConnected: wait, settle:');
    await at.restart(waiting.replace('fabric: [up]', 'fabric: [up], machines: { wn1: [j1] }'));
    at.kit.set({ patience: '3' });
    await at.model.leaf.close();
    await eventually('the leaf to be gone', async () => {
      return (await at.model.get<{ switches: unknown[] }>('/v1/switches')).switches.length === 1;
    });
    expect(await at.prepare()).toEqual(refusal(300, 'WAITING The switch of the job is not connected.'));
    expect(await at.jobs()).toEqual([]);
  });
});
