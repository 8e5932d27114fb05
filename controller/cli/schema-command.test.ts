import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { runForTest } from './testing/run-for-test.ts';

test('prints a schema that a validator takes, and that tells a policy file from what is none', async () => {
  const { code, out, err } = await runForTest(['schema']);
  expect([code, err]).toEqual([0, '']);
  const schema = JSON.parse(out);
  expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Lark policy file' });
  const isValid = new Ajv2020({ strict: false }).compile(schema);
  expect(isValid({ policies: [{ 'isolate-users': true }] })).toBe(true);
  expect(isValid({ policies: [{ 'isolate-usres': true }] })).toBe(false);
});
