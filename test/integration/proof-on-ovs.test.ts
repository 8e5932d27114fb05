// The proof's sequences on a real Open vSwitch (docs/proof.md): fewer of them, with one switch, and without what would
// need the switch's own time or ports to change, or TCP flags and connection tracking, which the model switch has not. What
// those do on Open vSwitch is held in connectivity.test.ts.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anySequence, play } from '../proof/sequence.ts';
import { DummyOvs } from './model-vs-ovs/dummy-ovs.ts';
import { DELETE_ALL_10, DELETE_ALL_13 } from './model-vs-ovs/requests.ts';
import { OvsOnlooker } from './proof-on-ovs/ovs-onlooker.ts';
import { playable } from './proof-on-ovs/playable.ts';

const PORTS = 9;
const SEED = 20_261_125;
const SEQUENCES = Number(process.env.PROVE_SEQUENCES ?? 40);

let ovs: DummyOvs;
beforeAll(async () => {
  ovs = await DummyOvs.start(PORTS);
});
afterAll(async () => {
  await ovs?.stop();
});

const sequences = anySequence.map(playable);

for (const seed of [SEED, Date.now() % 2 ** 31]) {
  it(`what the tables of Open vSwitch do is what the reference says, from seed ${seed}`, {
    timeout: 120_000,
  }, async () => {
    const total = { compared: 0, forwarded: 0, asked: 0 };
    const property = fc.asyncProperty(sequences, async (sequence) => {
      const { version } = sequence.switches[0]!;
      const client = await ovs.openflow(version);
      try {
        client.send(version === 1 ? DELETE_ALL_10 : DELETE_ALL_13);
        await client.barrier();
        const onlooker = await OvsOnlooker.beside(ovs, client);
        await play(sequence, onlooker);
        total.compared += onlooker.counts.compared;
        total.forwarded += onlooker.counts.forwarded;
        total.asked += onlooker.counts.asked;
      } finally {
        client.close();
      }
    });
    await fc.assert(property, { numRuns: SEQUENCES, seed });
    console.log(`${SEQUENCES} sequences: ${JSON.stringify(total)}`);
    expect(total.forwarded).toBeGreaterThan(SEQUENCES / 4);
    expect(total.asked).toBeGreaterThan(SEQUENCES);
    expect(total.compared - total.forwarded - total.asked).toBeGreaterThan(SEQUENCES);
  });
}
