import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { buildHttpServer } from './http-server.ts';
import type { LarkApi } from './lark-api.ts';
import { ProblemError } from './problem.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';

async function ask(remoteAddress: string, changes: Partial<LarkApi> = {}, dpid = '00:00:00:1a:a0:09:fb:c9') {
  const api = fakeLark(changes);
  const server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }) });
  const response = await server.inject({ method: 'POST', url: `/v1/switches/${dpid}/forget`, remoteAddress });
  await server.close();
  return [response.statusCode, response.json()];
}

describe('POST /v1/switches/:dpid/forget', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])('is taken from %s', async (from) => {
    expect(await ask(from)).toEqual([200, { dpid: '0000001aa009fbc9', freed: ['10.1.0.9'] }]);
  });

  it.each(['192.0.2.1', '::ffff:192.0.2.1', '::2', '2001:db8::1', '10.127.0.0'])('is refused from %s', async (from) => {
    const forgetSwitch = () => expect.unreachable();
    expect(await ask(from, { forgetSwitch })).toMatchObject([403, { code: 'HTTP_NOT_LOCAL' }]);
  });

  it('says why it cannot be', async () => {
    const forgetSwitch = async () => {
      throw new ProblemError('HTTP_SWITCH_CONNECTED', 'It is connected.');
    };
    expect(await ask('127.0.0.1', { forgetSwitch })).toMatchObject([409, { detail: 'It is connected.' }]);
    expect(await ask('127.0.0.1', {}, 'core')).toMatchObject([400, { code: 'HTTP_DPID_INVALID' }]);
  });

  it('is not for other methods, and says which', async () => {
    const api = fakeLark();
    const server = buildHttpServer({ api, metrics: fakeMetrics(api), log: pino({ enabled: false }) });
    const response = await server.inject({ method: 'GET', url: '/v1/switches/0000001aa009fbc9/forget' });
    await server.close();
    expect([response.statusCode, response.headers.allow]).toEqual([405, 'POST']);
  });
});
