// Whether the promises of docs/architecture.md hold at a model site: what was acknowledged is known, what is allowed gets
// through, what is denied does not, and the switches have the rules that they would have if they had just been given all of them.

import { expect } from 'vitest';
import type { JobView } from '../../../controller/northbound/lark-api.ts';
import { eventually } from '../../support/eventually.ts';
import type { JobSketch, ModelSite } from '../../support/model-site.ts';

/** alice's and bob's on the leaf, and one of each on the core: a class whose last job ends gets another number when it comes back. */
export const JOBS: readonly JobSketch[] = [
  { number: 1, user: 'alice', port: 'j1' },
  { number: 2, user: 'alice', port: 'j2' },
  { number: 3, user: 'bob', port: 'j3' },
  { number: 4, user: 'alice', port: 'k1' },
  { number: 5, user: 'bob', port: 'k2' },
];
/** In `jobs.ranges`, and nobody's. */
const UNREGISTERED = 99;
const RECOVERY_MS = 20_000;

let markers = 0;

/** The rules that follow from what is known, without what counts and ages. */
export function lastingRules(site: ModelSite, at: 'leaf' | 'core'): readonly string[] {
  const lines = site[at].dumpFlows().split('\n');
  const lasting = lines.filter((line) => /cookie=0x4c61726b0[1235]/.test(line));
  return lasting
    .map((line) => line.trim().replace(/(?:duration|n_packets|n_bytes|idle_age|hard_age)=[^,\s]*,?\s*/g, ''))
    .sort();
}

/** @param jobs that were acknowledged and have not ended. */
export async function keepsPromises(site: ModelSite, jobs: readonly JobSketch[] = JOBS): Promise<void> {
  await site.whenUp(2, RECOVERY_MS);
  const known = (await site.get<{ jobs: JobView[] }>('/v1/jobs')).jobs.map(({ addresses }) => addresses[0]);
  expect(known.sort()).toEqual(jobs.map(({ number }) => `10.1.0.${number}`).sort());
  await honest(site);
  const marker = `denied-${++markers}-`;
  for (const [from, to] of [
    [1, 3],
    [3, 1],
    [3, 4],
    [1, UNREGISTERED],
  ] as const) {
    site.inject('leaf', from, from, to, marker);
  }
  // After them through the same switches and connections, so that "nowhere" is not "not yet".
  await honest(site);
  expect(site.seen(marker)).toEqual([]);
}

/** As `keepsPromises`, for one who has a site without a fault to compare with. */
export async function hasRulesOf(
  site: ModelSite,
  sound: Readonly<Record<'leaf' | 'core', readonly string[]>>,
): Promise<void> {
  for (const at of ['leaf', 'core'] as const) {
    await eventually(
      `the rules of the ${at}`,
      () => lastingRules(site, at).join() === sound[at].join(),
      RECOVERY_MS,
    ).catch(() => {
      expect(lastingRules(site, at)).toEqual(sound[at]);
    });
  }
}

export function rulesNow(site: ModelSite): Readonly<Record<'leaf' | 'core', readonly string[]>> {
  return { leaf: lastingRules(site, 'leaf'), core: lastingRules(site, 'core') };
}

/** Between alice's jobs, at one switch and across two. A first packet may come before its way is known: it is sent again, as senders do. */
async function honest(site: ModelSite): Promise<void> {
  for (const [to, at] of [
    [2, 'leaf:2'],
    [4, 'core:1'],
  ] as const) {
    const marker = `allowed-${++markers}-`;
    let sentAt = Number.NEGATIVE_INFINITY;
    await eventually(
      `a packet of job 1 at ${at}`,
      () => {
        if (performance.now() - sentAt > 250) {
          site.inject('leaf', 1, 1, to, marker);
          sentAt = performance.now();
        }
        return site.seen(marker).includes(at);
      },
      RECOVERY_MS,
    );
  }
}

export async function metric(site: ModelSite, series: string): Promise<number> {
  const { host, port } = site.lark.addresses.http;
  const page = await (await fetch(`http://${host}:${port}/metrics`)).text();
  const line = page.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}
