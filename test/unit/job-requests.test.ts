// Who may say what of jobs over HTTP: the same as on the feed, but on Lark's own host, where every job is the operator's.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { AddressLeases } from '../../controller/jobs/addresses/address-leases.ts';
import { AdmissionService } from '../../controller/jobs/admission-service.ts';
import { systemClock } from '../../controller/jobs/clock.ts';
import { FeedGate, type FeedRules } from '../../controller/jobs/feed/feed-gate.ts';
import { JobDesk } from '../../controller/jobs/feed/job-desk.ts';
import { RequestLog } from '../../controller/jobs/feed/request-log.ts';
import { JobRequests } from '../../controller/jobs/job-requests.ts';
import { FakeEnforcer } from '../../controller/jobs/testing/fake-enforcer.ts';
import { jobAd, machineAd } from '../../controller/jobs/testing/sample-ads.ts';
import { Counters } from '../../controller/telemetry/counters.ts';
import { parsePrefix } from '../../protocols/packet/address.ts';

const NODE = '192.0.2.21';
const OTHER = '192.0.2.22';

let rules: FeedRules;
let admission: AdmissionService;
let requests: JobRequests;
let counters: Counters;

beforeEach(() => {
  rules = { ranges: [], claims: 'open', workers: new Map() };
  counters = new Counters();
  admission = new AdmissionService({ enforcer: new FakeEnforcer(), clock: systemClock, settleMs: () => 1, counters });
  const gate = new FeedGate({ rules: () => rules, admission, hasPorts: () => false });
  const leases = { leaseMs: 60_000, calloutLeaseMs: undefined, nat: 'refuse' } as const;
  const desk = new JobDesk({ admission, gate, config: () => leases, now: () => systemClock.now() });
  requests = new JobRequests(
    desk,
    new RequestLog({ clock: systemClock, counters, log: { warn: () => undefined } }),
    new AddressLeases(admission, systemClock, () => []),
  );
});

afterEach(() => admission.stop());

const register = (from: string) =>
  requests.register({ jobAd: jobAd(), machineAd: machineAd(), fields: {} }, from).then(({ job }) => job.key);

it('has a job ended and renewed by the host that registered it, and by no other one', async () => {
  const key = await register(NODE);
  await expect(requests.remove(key, OTHER)).rejects.toMatchObject({ code: 'JOB_NOT_YOURS' });
  await expect(requests.renew(key, 60, OTHER)).rejects.toMatchObject({ code: 'JOB_NOT_YOURS' });
  expect(admission.byKey(key)).toBeDefined();
  await requests.renew(key, 60, NODE);
  await requests.remove(key, NODE);
  expect(admission.byKey(key)).toBeUndefined();
});

it.each(['127.0.0.1', '::ffff:127.0.0.1', '::1'])('has any job ended on the host itself: %s', async (own) => {
  const key = await register(NODE);
  await requests.remove(key, own);
  expect(admission.byKey(key)).toBeUndefined();
});

it('listens to no job, and to none that jobs.from does not name, but always to the host itself', async () => {
  rules = { ...rules, from: [parsePrefix(`${NODE}/32`)!], ranges: [parsePrefix('10.1.0.0/16')!] };
  await expect(register(OTHER)).rejects.toMatchObject({ code: 'JOB_SENDER_REFUSED' });
  await expect(register('10.1.7.7')).rejects.toMatchObject({ code: 'JOB_SENDER_REFUSED' });
  await register('127.0.0.1');
});

it('holds a strict claim against the sender, but for the host itself', async () => {
  rules = { ...rules, claims: 'strict' };
  await expect(register(NODE)).rejects.toMatchObject({ code: expect.stringMatching(/JOB_(SENDER|CLAIM)_REFUSED/) });
  await register('127.0.0.1');
});
