// What a whole Lark tells over /v1/events: everything that becomes of jobs, switches, ports and the policy file, in its order.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
const gone = new AbortController();
beforeEach(async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
});
afterEach(() => site.stop());

it('tells what becomes of jobs, switches, ports and the policy file', async () => {
  const { host, port } = site.lark.addresses.http;
  const answer = await fetch(`http://${host}:${port}/v1/events`, { signal: gone.signal });
  let text = '';
  const reading = (async () => {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })();
  const told = (event: string) => eventually(event, () => text.includes(`event: ${event}\n`));
  const dataOf = (event: string) =>
    JSON.parse(new RegExp(`event: ${event}\nid: \\S+\ndata: (.*)\n`).exec(text)?.[1] ?? 'null');

  const job = { number: 1, user: 'alice', port: 'j1' };
  await site.register(job);
  await told('job.admitted');
  await site.remove(job);
  await told('job.removed');
  expect(dataOf('job.removed')).toMatchObject({ user: 'alice', reason: 'asked' });
  site.leaf.setPortUp(5, false);
  await told('port.changed');
  expect(dataOf('port.changed')).toMatchObject({ switch: 'leaf', port: 'host', isUp: false });
  await site.reconnectLeaf();
  await told('switch.mended');
  site.policy = site.policy.replace('isolate-users: true', 'block-users: [alice]');
  await site.post('/v1/policy/reload');
  await told('policy.reloaded');
  site.policy = 'nonsense: true';
  await site.post('/v1/policy/reload');
  await told('policy.refused');
  expect(dataOf('policy.refused')).toMatchObject({ problems: 1, first: { code: 'CONFIG_KEY_UNKNOWN' } });
  const names = [...text.matchAll(/event: (\S+)/g)].map(([, name]) => name);
  expect(names).toEqual([
    'job.admitted',
    'job.removed',
    'port.changed',
    'switch.disconnected',
    'switch.connected',
    'switch.mended',
    'policy.reloaded',
    'policy.refused',
  ]);
  await site.lark.close();
  await reading;
});
