// The file of the job store is damaged while Lark is down: cut short, or other bytes in some place. Lark then knows every job, or it
// does not start and says what to do; where LMDB ends it by a signal, that it was opening the store. It never starts without a job
// that was acknowledged.

import { copyFile, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { JobFeedClient } from '../../controller/jobs/feed/client.ts';
import { ChildLark } from '../support/child-lark.ts';
import { eventually } from '../support/eventually.ts';
import { LightSwitch } from '../support/light-switch.ts';
import { randomFor, rounds } from './support/plan.ts';

const JOBS = 40;
/** Each round starts a Lark from its sources. */
const DEADLINE_MS = rounds(3) * 40_000;

let directory: string;
let data: string;
let policyFile: string;
let lark: ChildLark;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lark-chaos-'));
  data = join(directory, 'store', 'data.mdb');
  policyFile = join(directory, 'policy.yaml');
  await writeFile(
    policyFile,
    `
openflow: { listen: 127.0.0.1:0 }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/16], settle: 0ms }
store: { path: store }
switches: { leaf: { dpid: "0000000000000001", machines: { wn1: [j1] } } }
policies: [isolate-users: true]
`,
  );
  lark = await ChildLark.start(policyFile);
  const light = new LightSwitch(1n, ['j1']);
  light.connect(lark.address('openflow'));
  await eventually('the switch', () => light.isMended, 10_000);
  const feed = await JobFeedClient.connect(lark.address('jobs'));
  for (let number = 1; number <= JOBS; number++) {
    await feed.register(
      `[ GlobalJobId = "s#${number}.0#1"; Owner = "alice"; NumJobStarts = 1; Padding = "${'x'.repeat(500)}" ]`,
      `[ Machine = "wn1"; Name = "slot${number}@wn1"; LarkInnerAddressIPv4 = "10.1.0.${number}" ]`,
    );
  }
  await lark.kill();
  light.disconnect();
  await copyFile(data, join(directory, 'whole.mdb'));
});
afterEach(async () => {
  await lark.kill();
  await rm(directory, { recursive: true, force: true });
});

it(
  'is known whole, or refused with what to do',
  async () => {
    const random = randomFor('damage');
    const { size } = await stat(data);
    const outcomes = { known: 0, refused: 0, killed: 0 };
    for (let round = 0; round < rounds(3); round++) {
      await copyFile(join(directory, 'whole.mdb'), data);
      await rm(join(directory, 'store', 'lock.mdb'), { force: true });
      const damage = await (round === 0 ? cutShort(random.below(size)) : overwrite(random, size));
      lark = await ChildLark.start(policyFile);
      const says = `${damage}: exit ${lark.exitCode}, ${lark.said}`;
      if (lark.exitCode === undefined) {
        const { jobs } = await lark.get<{ jobs: { addresses: string[] }[] }>('/v1/jobs?limit=1000');
        expect(jobs.length, says).toBe(JOBS);
        outcomes.known++;
        await lark.kill();
      } else if (lark.exitCode === null) {
        expect(lark.log.at(-1), says).toMatchObject({ event: 'job_store.opening' });
        outcomes.killed++;
      } else {
        expect(lark.said, says).toMatch(/STORE_DAMAGED|STORE_UNUSABLE|STORE_NEWER|The job store .* is damaged/);
        outcomes.refused++;
      }
    }
    expect(outcomes.known + outcomes.refused + outcomes.killed).toBe(rounds(3));
    expect(outcomes.refused).toBeGreaterThan(0);
  },
  DEADLINE_MS,
);

async function cutShort(bytes: number): Promise<string> {
  await truncate(data, bytes);
  return `cut to ${bytes} bytes`;
}

async function overwrite(random: ReturnType<typeof randomFor>, size: number): Promise<string> {
  const at = random.below(size);
  const length = 1 + random.below(random.pick([1, 16, 4096]));
  const file = await open(data, 'r+');
  await file.write(
    Uint8Array.from({ length: Math.min(length, size - at) }, () => random.below(256)),
    0,
    undefined,
    at,
  );
  await file.close();
  return `${length} bytes at ${at} of ${(await readFile(data)).length}`;
}
