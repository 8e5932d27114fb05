import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiReference, type OpenapiDocument } from './api-reference.ts';
import { buildHttpServer } from './http-server.ts';
import { SCHEMAS } from './openapi.ts';
import { EXAMPLES } from './schemas/examples.ts';
import { answerValidator } from './testing/answer-validator.ts';
import { fakeLark, fakeMetrics } from './testing/fake-lark.ts';
import { servedRoutes } from './testing/served-routes.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

let server: FastifyInstance;
let document: OpenapiDocument;
beforeAll(async () => {
  const api = fakeLark({ status: () => ({ ...fakeLark().status(), version }) });
  server = buildHttpServer({ api, metrics: fakeMetrics(), log: pino({ enabled: false }) });
  document = (await server.inject('/docs/json')).json();
});
afterAll(() => server.close());

describe('the OpenAPI document', () => {
  it('is one', async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('has every route that is served, with a summary, and no other', async () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.sort()).toEqual(await servedRoutes(server));
    for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
      expect(operation.summary).toMatch(/\S/);
    }
  });

  it('has an example for every answer, and examples that are what their schemas say', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    for (const [name, schema] of Object.entries(SCHEMAS)) ajv.addSchema({ $id: name, ...schema });
    for (const [name, example] of Object.entries(EXAMPLES)) {
      ajv.validate(name, example);
      expect(ajv.errors, name).toBeNull();
    }
    const used = JSON.stringify(document.paths).matchAll(/#\/components\/schemas\/(\w+)/g);
    for (const [, name] of used) expect(EXAMPLES, name).toHaveProperty(name ?? '');
  });
});

describe('what the handlers answer', () => {
  const key = encodeURIComponent(fakeLark().jobs()[0]!.key);
  const local = { remoteAddress: '127.0.0.1' } as const;

  it.each([
    ['GET', '/healthz'],
    ['GET', '/readyz'],
    ['GET', '/v1/status'],
    ['GET', '/v1/jobs'],
    ['GET', '/v1/jobs/{key}'],
    ['GET', '/v1/jobs/{key}/rules'],
    ['POST', '/v1/jobs/{key}/renew'],
    ['DELETE', '/v1/jobs/{key}'],
    ['GET', '/v1/switches'],
    ['GET', '/v1/switches/{dpid}'],
    ['GET', '/v1/switches/{dpid}/rules'],
    ['GET', '/v1/switches/{dpid}/queues'],
    ['GET', '/v1/switches/{dpid}/ports/{port}/queues'],
    ['POST', '/v1/switches/{dpid}/forget'],
    ['GET', '/v1/classes'],
    ['GET', '/v1/rates'],
    ['GET', '/v1/policy'],
    ['POST', '/v1/policy/reload'],
  ] as const)('is what the document says: %s %s', async (method, path) => {
    const url = path.replace('{key}', key).replace('{dpid}', '0000001aa009fbc9').replace('{port}', 'eth0');
    const { statusCode, body } = await server.inject({ method, url, ...local });
    expect(statusCode).toBe(200);
    expect(answerValidator(document)(method, path, statusCode, JSON.parse(body))).toEqual([]);
  });

  it.each(['/v1/jobs?usr=a', '/v1/jobs?cursor=%00', '/v1/jobs?address=a', '/v1/switches/a', '/v1/jobs/a'])(
    'is a problem as the document says: %s',
    async (url) => {
      const path = url.startsWith('/v1/switches')
        ? '/v1/switches/{dpid}'
        : url.replace(/\?.*/, '').replace(/\/a$/, '/{key}');
      const { statusCode, body } = await server.inject(url);
      expect(answerValidator(document)('GET', path, statusCode, JSON.parse(body))).toEqual([]);
    },
  );

  it('would be found out if it had more, or less', () => {
    const validate = answerValidator(document);
    expect(validate('GET', '/healthz', 200, { status: 'ok', more: 1 })).not.toEqual([]);
    expect(validate('GET', '/v1/jobs', 200, { jobs: [], next: null })).not.toEqual([]);
    expect(() => validate('GET', '/healthz', 201, {})).toThrow(/201/);
  });
});

describe('the page at /docs', () => {
  it.each(['/docs', '/docs/'])('needs nothing from elsewhere: %s', async (url) => {
    const page = await server.inject(url);
    expect(page.statusCode).toBe(200);
    const assets = [...page.body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, asset]) => asset ?? '');
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      const { pathname, origin } = new URL(asset, `http://lark.invalid${url}`);
      expect(origin).toBe('http://lark.invalid');
      expect((await server.inject(pathname)).statusCode, pathname).toBe(200);
    }
    const initializer = await server.inject('/docs/static/swagger-initializer.js');
    expect(initializer.body).toContain('validatorUrl: null');
  });
});

describe('docs/http-api-reference.md', () => {
  it('is what the document makes it (npm run docs writes it)', async () => {
    await expect(apiReference(document)).toMatchFileSnapshot('../../docs/http-api-reference.md');
  });
});
