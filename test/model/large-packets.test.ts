// A packet that fits into a PacketIn and not into a PacketOut, as segmentation offload makes them: it goes nowhere by the
// controller, and costs nobody the switch's connection.

import { afterEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { addressOf, ModelSite, macOf, policyFor, udpFrame } from '../support/model-site.ts';

let site: ModelSite;
afterEach(() => site.stop());

/** With 42 bytes of headers before it 65,515: 18 more make the PacketIn, and 24 the PacketOut, of at most 65,535. */
const LARGE = 65_473;

it('a packet too large to be sent on leaves the connection as it is', async () => {
  site = await ModelSite.start(1, policyFor('single-table'));
  await site.register({ number: 1, user: 'alice', port: 'j1' });
  await site.register({ number: 2, user: 'alice', port: 'j2' });
  const sent: string[] = [];
  site.leaf.on('sent', ({ type }) => sent.push(type));
  const large = udpFrame(macOf(1), macOf(2), addressOf(1), addressOf(2), 'x'.repeat(LARGE));
  site.leaf.inject(1, large);
  await eventually('it to be asked about', () => sent.includes('packetIn'));
  site.inject('leaf', 1, 1, 2, 'small');
  await site.arrives('small', 'leaf:2');
  // One that had been closed would have greeted the controller anew.
  expect(sent).not.toContain('hello');
});
