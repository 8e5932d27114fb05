import { readFileSync } from 'node:fs';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { buildHttpServer } from './http-server.ts';
import { jobsQuerySchema } from './job-routes.ts';
import { registerBodySchema } from './job-write-routes.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';

const documentation = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');

describe('docs/http-api.md', () => {
  it('has exactly the server’s resources', async () => {
    const server = buildHttpServer({ api: fakeLark(), metrics: fakeMetrics(), log: pino({ enabled: false }) });
    await server.ready();
    const tree = server.printRoutes({ commonPrefix: false });
    const above: string[] = [];
    const paths = [...tree.matchAll(/^([│ ]*)[├└]── (\/\S*) \(\w+/gm)].map(([, indent = '', part]) => {
      const depth = indent.length / 4;
      above.splice(depth, Number.POSITIVE_INFINITY, part ?? '');
      return above.join('');
    });
    // What a path is served for is what its refusal of another method says.
    const served: string[] = [];
    for (const url of new Set(paths)) {
      const { headers } = await server.inject({ method: 'OPTIONS', url });
      const methods = String(headers.allow).split(', ');
      served.push(...methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${url}`));
    }
    await server.close();
    const documented = [...documentation.matchAll(/^### ([A-Z]+ \S+)$/gm)].map(([, resource]) => resource);
    expect(documented.sort()).toEqual(served.sort());
  });

  it('has exactly the parameters of the job list', () => {
    expect(parametersOf('GET /v1/jobs')).toEqual(Object.keys(jobsQuerySchema.properties).sort());
  });

  it('has exactly the fields of a registration', () => {
    expect(parametersOf('POST /v1/jobs')).toEqual(Object.keys(registerBodySchema.properties).sort());
  });
});

/** The names in the table of a resource. */
function parametersOf(resource: string): readonly (string | undefined)[] {
  const section = documentation.split(/^### /m).find((text) => text.startsWith(`${resource}\n`)) ?? '';
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name).sort();
}
