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
    const tree = server.printRoutes({ commonPrefix: false });
    await server.close();
    // The method that is served stands first; the others of a path are refused by name.
    const above: string[] = [];
    const served = [...tree.matchAll(/^([│ ]*)[├└]── (\/\S*) \((\w+)/gm)].map(([, indent = '', part, method]) => {
      const depth = indent.length / 4;
      above.splice(depth, Number.POSITIVE_INFINITY, part ?? '');
      return `${method} ${above.join('')}`;
    });
    const documented = [...documentation.matchAll(/^### ([A-Z]+ \S+)$/gm)].map(([, resource]) => resource);
    expect(documented.sort()).toEqual(served.sort());
  });

  it('has exactly the parameters of the job list', () => {
    const rows = [...documentation.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(Object.keys(jobsQuerySchema.properties).sort());
  });
});
