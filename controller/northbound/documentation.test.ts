import { readFileSync } from 'node:fs';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { buildHttpServer } from './http-server.ts';
import { jobsQuerySchema } from './job-routes.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';

const documentation = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');

describe('docs/http-api.md', () => {
  it('has exactly the server’s resources', async () => {
    const server = buildHttpServer({ api: fakeLark(), metrics: fakeMetrics(), log: pino({ enabled: false }) });
    await server.ready();
    const tree = server.printRoutes({ commonPrefix: false, method: 'GET' });
    await server.close();
    const served = [...tree.matchAll(/^[├└]── (\/\S+) \(GET/gm)].map(([, path]) => path);
    const nested = [...tree.matchAll(/^[│ ] {3}[├└]── (\/\S+) \(GET/gm)].map(([, path]) => path);
    const documented = [...documentation.matchAll(/^### GET (\S+)$/gm)].map(([, path]) => path ?? '');
    for (const path of documented) expect(server.hasRoute({ method: 'GET', url: path }), path).toBe(true);
    expect(documented).toHaveLength(served.length + nested.length);
  });

  it('has exactly the parameters of the job list', () => {
    const rows = [...documentation.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(Object.keys(jobsQuerySchema.properties).sort());
  });
});
