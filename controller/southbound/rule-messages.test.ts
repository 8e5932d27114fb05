// The order of actions: what is changed for one output reaches no other that is not in need of it.

import { describe, expect, it } from 'vitest';
import type { Output } from './flow-rule.ts';
import { packetOut } from './rule-messages.ts';

const PACKET = { inPort: 1, bufferId: 0xffffffff, data: new Uint8Array(0) };

function actionsOf(version: 1 | 4, outputs: readonly Output[], dscp?: number): string[] {
  const message = packetOut(version, PACKET, { outputs, dscp }) as { actions?: { type: string; port?: number }[] };
  return message.actions!.map(({ type, port }) => (port === undefined ? type : `${type} ${port}`));
}

describe('a packet that is tagged for some of its outputs', () => {
  const outputs: readonly Output[] = [
    { port: 8, queueId: 1, vlan: 120 },
    { port: 7, vlan: 120 },
    { port: 2 },
    { port: 6, vlan: 120 },
  ];

  it('leaves untagged first, is tagged once, and is queued last', () => {
    expect(actionsOf(4, outputs)).toEqual([
      ...['output 2', 'pushVlan', 'setField', 'output 7', 'output 6'],
      ...['setQueue', 'output 8'],
    ]);
    expect(actionsOf(1, outputs)).toEqual(['output 2', 'setVlanVid', 'output 7', 'output 6', 'enqueue 8']);
  });

  it('is marked before it leaves at all', () => {
    expect(actionsOf(4, outputs, 46)[0]).toBe('setField');
    expect(actionsOf(1, outputs, 46)[0]).toBe('setNwTos');
  });
});

it('a tag is taken off after those that keep it', () => {
  const outputs: readonly Output[] = [{ port: 2, vlan: 'none' }, { port: 7 }];
  expect(actionsOf(4, outputs)).toEqual(['output 7', 'popVlan', 'output 2']);
  expect(actionsOf(1, outputs)).toEqual(['output 7', 'stripVlan', 'output 2']);
});

it('what cannot be said in one change of the tag is refused, and not sent otherwise', () => {
  const two: readonly Output[] = [
    { port: 2, vlan: 'none' },
    { port: 7, vlan: 120 },
  ];
  const queuedWithout: readonly Output[] = [
    { port: 2, vlan: 'none' },
    { port: 8, queueId: 1 },
  ];
  for (const version of [1, 4] as const) {
    for (const outputs of [two, queuedWithout]) expect(() => actionsOf(version, outputs)).toThrow('different tags');
  }
});
