// What a switch refuses: a rule that it does not delete is never taken for gone, and one that it does not take is not sent
// again and again.

import type { Message } from 'node-openflow';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
afterEach(() => site.stop());

/** OFPFC_DELETE and OFPFC_DELETE_STRICT. */
const isDeletion = ({ command }: { readonly command: number }) => command === 3 || command === 4;
/** OFPET_FLOW_MOD_FAILED, OFPFMFC_EPERM. */
const ERROR = { 1: { type: 3, code: 2 }, 4: { type: 5, code: 5 } } as const;

const JOB_ONE = /10\.1\.0\.1\b|0xa010001\b/;

describe.each([
  [1, 'single-table', {}],
  [4, 'multi-table', {}],
  [4, 'multi-table', { hasRegisters: true }],
] as const)('version %s, %s, %o', (version, pipeline, kind) => {
  async function start(): Promise<void> {
    site = await ModelSite.start(
      version,
      policyFor(pipeline).replace('confirmTimeout: 5s', 'confirmTimeout: 1s'),
      kind,
    );
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
  }

  it('a removal is answered when the rules are gone, though the switch refused at first to delete them', async () => {
    await start();
    let refused = 0;
    const only = (message: { readonly command: number }) => isDeletion(message) && ++refused <= 3;
    site.leaf.faults = { refuseFlowMod: { every: 1, ...ERROR[version], only } };
    expect(site.leaf.dumpFlows()).toMatch(JOB_ONE);
    await site.remove({ number: 1 });
    expect(site.leaf.dumpFlows()).not.toMatch(JOB_ONE);
    expect(refused).toBeGreaterThan(3);
    site.inject('leaf', 2, 2, 1, 'to nobody');
    site.inject('leaf', 1, 1, 2, 'from nobody');
    await site.register({ number: 3, user: 'alice', port: 'j3' });
    site.inject('leaf', 2, 2, 3, 'honest');
    await site.arrives('honest', 'leaf:3');
    expect([site.seen('to nobody'), site.seen('from nobody')]).toEqual([[], []]);
  });

  it('a removal is never said to be carried out by a switch that goes on refusing, and the switch is given up', async () => {
    await start();
    const closed: string[] = [];
    site.leaf.on('disconnected', (reason) => closed.push(reason));
    site.leaf.faults = { refuseFlowMod: { every: 1, ...ERROR[version], only: isDeletion } };
    const removed = (await site.remove({ number: 1 })) as { readonly pendingSwitches?: readonly string[] };
    expect(removed.pendingSwitches).toEqual(['0000000000000001']);
    await eventually('the end of its connection', () => closed.length > 0);
    site.leaf.faults = {};
    await site.whenUp(2, 10_000);
    await eventually('the rules to be gone', () => !JOB_ONE.test(site.leaf.dumpFlows()));
  });

  it('a rule that is refused is left out, and not sent without end', async () => {
    await start();
    let sent = 0;
    site.leaf.on('received', ({ type }: Message) => {
      if (type === 'flowMod') sent++;
    });
    const isOfJob = (message: object) =>
      !isDeletion(message as { command: number }) && /167837699|167837699n/.test(text(message));
    site.leaf.faults = { refuseFlowMod: { every: 1, ...ERROR[version], only: isOfJob } };
    await site.register({ number: 3, user: 'alice', port: 'j3' });
    for (let i = 0; i < 20; i++) site.inject('leaf', 1, 1, 2, `while it is so ${i}`);
    await site.arrives('while it is so 19', 'leaf:2');
    site.inject('leaf', 1, 1, 3, 'to the one without rules');
    await site.arrives('to the one without rules', 'leaf:3');
    // With every turn of the event loop some hundreds would go out.
    expect(sent).toBeLessThan(300);
  });
});

/** Of a message, with its numbers, big ones included. */
const text = (message: object) =>
  JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
