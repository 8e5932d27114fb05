import { describe, expect, test } from 'vitest';
import { parseConfig } from './load-config.ts';

const HEAD =
  'switches: { s: { wan: { port: 1, queues: { q: { id: 1 } }, alternates: { i2: { port: 2, gateway: 02:00:00:00:00:03 } } } } }\npolicies:\n';

function said(policies: string): string[] {
  const { errors = [], warnings } = parseConfig('p.yaml', HEAD + policies);
  expect(errors).toEqual([]);
  const found = warnings.filter(({ message }) => message.includes('has no effect: '));
  return found.map(({ message, place }) => `${place?.line}:${place?.column}: ${message}`);
}

describe('what a later policy undoes', () => {
  test.each([
    [
      '- wan-access: { redirect: { users: [alice], via: i2 } }\n- wan-access: { deny: [alice] }',
      /^3:3: has no effect: wan-access \(p\.yaml:4:3\) drops all of the traffic that this directs/,
    ],
    [
      '- wan-access: { redirect: { users: [alice, bob], via: i2 } }\n- block-users: [bob]',
      /^3:3: for user "bob" this has no effect: block-users \(p\.yaml:4:3\)/,
    ],
    ['- queues: { "*": q }\n- default: drop', /^3:3: has no effect: default: drop drops all/],
    [
      '- rule: { when: MY.Owner =?= "a", then: { mark: ef } }\n- rule: { when: MY.Owner =?= "a" && TARGET.Zone == "wan", then: drop }\n- rule: { when: MY.Owner =?= "a", then: drop }',
      /^3:3: has no effect: rule \(p\.yaml:[45]:3\) or rule/,
    ],
  ])('%s', (policies, words) => {
    expect(said(policies)).toEqual([expect.stringMatching(words)]);
  });

  test.each([
    '- wan-access: { redirect: { users: [alice], via: i2 } }\n- wan-access: { deny: [bob] }',
    '- wan-access: { redirect: { users: [alice], via: i2 } }\n- wan-access: { deny: [alice] }\n  audit: true',
    '- wan-access: { redirect: { users: [alice], via: i2 } }\n- wan-access: { deny: [alice], allow-anyway: [192.0.2.1] }',
    '- queues: { "*": q }\n- isolate-users: true',
    '- queues: { "*": q }\n- rule: { when: MY.EndpointType == "job", then: allow }\n- default: drop',
    '- queues: { "*": q }\n- rule: { when: \'regexp("a", MY.Owner)\', then: allow }\n- default: drop',
    '- queues: { "*": q }\n- rule: { when: \'regexp("z$", MY.Owner)\', then: allow }\n- rule: { when: true, then: drop }',
    '- queues: { "*": q }\n- default: drop\n  audit: true',
  ])('no alarm for: %s', (policies) => {
    expect(said(policies)).toEqual([]);
  });
});
