// A store full of jobs, written as admission writes it: each user's jobs are at the user's own switch.

import { jobFromAds } from '../../../controller/jobs/ad-to-job.ts';
import type { StoreChange } from '../../../controller/jobs/store/job-store.ts';
import { LmdbJobStore } from '../../../controller/jobs/store/lmdb-store.ts';
import { type AdMaker, dpidText, portName } from './site.ts';

export const SWITCHES = 100;
export const USERS = 100;
const AT_ONCE = 500;

export interface Place {
  readonly user: number;
  readonly dpid: number;
  readonly portNo: number;
}

export interface Filled {
  readonly lastKey: string;
  /** Characters of all ads, each of which is a byte. */
  readonly adBytes: number;
}

/** Each user's at a switch of the user's own. */
function atOwnSwitch(number: number): Place {
  const user = number % USERS;
  return { user, dpid: 1 + (user % SWITCHES), portNo: 1 + Math.floor(number / SWITCHES) };
}

/** @param placeOf who has a job and where it is, by its number. */
export async function fillStore(
  ads: AdMaker,
  path: string,
  count: number,
  placeOf: (number: number) => Place = atOwnSwitch,
): Promise<Filled> {
  const store = LmdbJobStore.open(path);
  let [lastKey, adBytes] = ['', 0];
  await store.commit(Array.from({ length: SWITCHES }, (_, i) => ({ kind: 'switch', dpid: dpidText(i + 1) }) as const));
  for (let first = 0; first < count; first += AT_ONCE) {
    const changes = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i): StoreChange[] => {
      const number = first + i;
      const { user, dpid, portNo } = placeOf(number);
      const { jobAd, machineAd } = ads.make({ number, user, dpid, portNo });
      const { job } = jobFromAds(jobAd, machineAd, { nat: 'refuse', now: 1_754_300_000_000 });
      [lastKey, adBytes] = [job.key, adBytes + jobAd.length + machineAd.length];
      const location = { dpid: BigInt(dpid), portNo, portName: portName(dpid, portNo) };
      const lease = { leaseMs: undefined, leaseEndsAt: undefined };
      const stored = { sequence: number + 1, job, enforcement: 'port', ...lease, location, peer: '127.0.0.1' } as const;
      return [
        { kind: 'job', job: stored },
        { kind: 'jobPort', dpid: dpidText(dpid), portName: location.portName, isJobPort: true },
      ];
    });
    await store.commit(changes.flat());
  }
  await store.close();
  return { lastKey, adBytes };
}
