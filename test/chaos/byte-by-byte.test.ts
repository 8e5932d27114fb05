// Every listener is spoken to a byte at a time: whatever is said is understood as if it had come at once.

import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type HostPort, ModelSite, policyFor } from '../support/model-site.ts';
import { ChaosProxy } from './support/chaos-proxy.ts';
import { JOBS, keepsPromises } from './support/promises.ts';

let site: ModelSite;
let proxy: ChaosProxy;
afterEach(async () => {
  await site.stop();
  await proxy.close();
});

describe.each([
  [1, 'single-table'],
  [4, 'multi-table'],
] as const)('version %s', (version, pipeline) => {
  it('keeps its promises when everything comes byte by byte', async () => {
    const through = async (lark: HostPort) => {
      proxy = await ChaosProxy.before(lark);
      proxy.slow(true);
      return proxy.address;
    };
    site = await ModelSite.start(version, policyFor(pipeline), {}, { through });
    for (const job of JOBS) await site.register(job);
    await keepsPromises(site);
    await site.reconnectLeaf();
    await keepsPromises(site);
    const { jobs, http } = site.lark.addresses;
    expect(await said(jobs, 'REQUEST\n10.1.0.1\n')).toMatch(/^FOUND.*alice/);
    expect(await said(jobs, '{"id":1,"op":"list"}\n')).toMatch(/^\{"id":1,.*alice.*bob/);
    expect(await said(http, 'GET /v1/jobs?user=bob HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 .*10\.1\.0\.3/s,
    );
  });
});

/** Half-closes after the last byte; all that is answered. */
function said(to: HostPort, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...to, noDelay: true, allowHalfOpen: true }, async () => {
      for (const byte of Buffer.from(text)) {
        socket.write(Uint8Array.of(byte));
        await new Promise((next) => setImmediate(next));
      }
      socket.end();
    });
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () => resolve(answer)).on('error', reject);
  });
}
