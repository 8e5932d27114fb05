import { readFileSync } from 'node:fs';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../telemetry/event-names.ts';
import { buildHttpServer } from './http-server.ts';
import { jobsQuerySchema } from './job-routes.ts';
import { registerBodySchema } from './job-write-routes.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';
import { servedRoutes } from './testing/served-routes.ts';

const documentation = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');

describe('docs/http-api.md', () => {
  it('has exactly the server’s resources', async () => {
    const server = buildHttpServer({ api: fakeLark(), metrics: fakeMetrics(), log: pino({ enabled: false }) });
    const served = await servedRoutes(server);
    await server.close();
    const documented = [...documentation.matchAll(/^### ([A-Z]+ \S+)$/gm)].map(([, resource]) => resource);
    expect(documented.sort()).toEqual([...served, 'GET /docs', 'GET /dashboard'].sort());
  });

  it('has exactly the parameters of the job list', () => {
    expect(parametersOf('GET /v1/jobs')).toEqual(Object.keys(jobsQuerySchema.properties).sort());
  });

  it('has exactly the events that there are, and the gap', () => {
    const table = sectionOf('GET /v1/events').match(/^\| event \|.*?\n\n/ms)?.[0] ?? '';
    const names = [...table.matchAll(/^\| ([a-z_]+[a-z_., ]*) \|/gm)].flatMap(([, cell]) => cell!.split(', '));
    expect(names.filter((name) => name !== 'event').sort()).toEqual([...EVENT_NAMES, 'gap'].sort());
  });

  it('has exactly the fields of a registration', () => {
    expect(parametersOf('POST /v1/jobs')).toEqual(Object.keys(registerBodySchema.properties).sort());
  });
});

function sectionOf(resource: string): string {
  return documentation.split(/^### /m).find((text) => text.startsWith(`${resource}\n`)) ?? '';
}

/** The names in the table of a resource. */
function parametersOf(resource: string): readonly (string | undefined)[] {
  return [...sectionOf(resource).matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name).sort();
}
