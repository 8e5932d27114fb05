// Two connections with one datapath id against a whole Lark: a switch that is alive is never displaced, and one that is
// not makes room.

import { afterEach, expect, it } from 'vitest';
import type { SwitchView } from '../../controller/northbound/lark-api.ts';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';
import { RawSwitch } from '../support/raw-switch.ts';

/** The older has two seconds to answer; a busy machine takes longer for all else. */
const DEADLINE_MS = 60_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start() {
  const site = await ModelSite.start(4, policyFor('multi-table'));
  cleanups.push(() => site.stop());
  const dial = async (dpid: bigint) => {
    const peer = await RawSwitch.connect(site.lark.addresses.openflow.port);
    cleanups.push(() => peer.close());
    await peer.handshake(4, dpid);
    return peer;
  };
  const connectionOf = async (dpid: string) => {
    const { switches } = await site.get<{ switches: SwitchView[] }>('/v1/switches');
    return switches.find((view) => view.dpid === dpid);
  };
  return { site, dial, connectionOf };
}

it(
  'closes an impostor of a switch that is alive, which goes on undisturbed',
  async () => {
    const { site, dial, connectionOf } = await start();
    const before = await connectionOf('0000000000000001');
    const impostor = await dial(1n);
    await eventually('the impostor to be closed', () => impostor.isClosed);
    // Beyond the handshake's it was asked for nothing, and given no rule.
    expect(impostor.received.filter(({ type }) => type === 'flowMod')).toEqual([]);
    const after = await connectionOf('0000000000000001');
    expect([after?.peer, after?.connectedAt, after?.state]).toEqual([before?.peer, before?.connectedAt, 'up']);
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    const { host, port } = site.lark.addresses.http;
    const page = await (await fetch(`http://${host}:${port}/metrics`)).text();
    expect(page).toContain('lark_of_duplicate_dpids_total{kept="older"} 1');
  },
  DEADLINE_MS,
);

it(
  'takes the newer connection of a switch whose older one does not answer',
  async () => {
    const { dial, connectionOf } = await start();
    const older = await dial(5n);
    const before = await eventually('the older to be known', () => connectionOf('0000000000000005'));
    const newer = await dial(5n);
    await older.wait('echoRequest');
    expect([older.isClosed, newer.isClosed]).toEqual([false, false]);
    await eventually('the older to be closed', () => older.isClosed, DEADLINE_MS);
    const after = await eventually(
      'the newer to be known',
      async () => {
        const known = await connectionOf('0000000000000005');
        return known?.peer !== before.peer && known;
      },
      DEADLINE_MS,
    );
    expect(after.connectedAt >= before.connectedAt).toBe(true);
    // It is mended, which begins with reading its rules.
    await eventually(
      'the newer to be read',
      () => newer.received.some((message) => message.type === 'multipartRequest' && message.body.multipart === 'flow'),
      DEADLINE_MS,
    );
  },
  DEADLINE_MS,
);
