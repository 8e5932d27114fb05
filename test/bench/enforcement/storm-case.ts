// What happens when a thousand switches connect in one moment, as after a controller's restart or a power cut.

import { eventually } from '../../support/eventually.ts';
import { BenchLark } from './bench-lark.ts';
import { atMost, type CaseResult, rounded } from './case-result.ts';
import { disconnectAll } from './connect-all.ts';
import { policyText, switches } from './site.ts';

const PORTS = 8;

export async function stormCase(directory: string, isQuick: boolean): Promise<CaseResult> {
  const count = isQuick ? 200 : 1000;
  const lark = await BenchLark.start(policyText({ store: directory }));
  let dropped = 0;
  const lights = switches(count, PORTS, {
    onClosed: () => dropped++,
  });
  const begin = performance.now();
  for (const light of lights) light.connect(lark.addresses.openflow);
  await eventually('all handshakes', () => lights.every(({ barriers }) => barriers > 0), 60_000);
  const shakenMs = performance.now() - begin;
  await eventually('all switches to be mended', () => lights.every(({ isMended }) => isMended), 60_000);
  const mendedMs = performance.now() - begin;
  const worked = await lark.processorMs();
  const droppedBefore = dropped;
  await disconnectAll(lights);
  await lark.stop();
  return {
    name: `${count} switches connect at once`,
    measured: {
      's until all handshakes are over': rounded(shakenMs / 1000),
      's until all are mended': rounded(mendedMs / 1000),
      's of processor time, the start included': rounded(worked / 1000),
      'connections dropped': droppedBefore,
    },
    targets: [
      atMost('handshakes of a storm', shakenMs / 1000, 5, 's'),
      atMost('connections dropped in a storm', droppedBefore, 0, 'connections'),
    ],
  };
}
