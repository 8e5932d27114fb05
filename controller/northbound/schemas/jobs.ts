// What the API shows of jobs.

import { count, dpid, flag, list, measure, nullable, object, oneOf, ref, type Schema, text, time } from './schema.ts';

const counted = object({ packets: count(), bytes: count() });

export const jobSchemas: Readonly<Record<string, Schema>> = {
  Job: object({
    key: text('By which the API and the job feed name this registration'),
    globalJobId: text('schedd#cluster.proc#qdate'),
    start: text("The job ad's NumJobStarts, or else its JobCurrentStartDate"),
    machine: text('The worker node'),
    slot: text("The machine ad's Name"),
    user: text("The job ad's Owner"),
    accountingGroup: nullable(text()),
    addresses: list(text('IPv4 or IPv6')),
    mac: nullable(text()),
    enforcement: oneOf(
      ['port', 'by-address', 'unenforced', 'waiting'],
      'waiting: its switch is not connected, so it is not admitted yet',
    ),
    location: nullable(object({ switch: text(), dpid: dpid(), port: text(), portNo: count() })),
    leaseEndsAt: nullable(time()),
  }),
  JobPage: object({
    jobs: list(ref('Job')),
    next: nullable(text('The cursor of the next page; null on the last one')),
    total: count('On all pages together'),
  }),
  RemovedJob: object({
    key: text(),
    pendingSwitches: list(
      dpid(),
      'Switches that may still have rules of the job: its addresses are held back for them',
    ),
  }),
  AddressLease: object({
    key: text('Of the registration that they are for'),
    machine: text('The worker node'),
    slot: text("The machine ad's Name"),
    addresses: list(
      object({
        pool: text('Its name in the policy file'),
        address: text('IPv4 or IPv6'),
        prefixLength: count('Of the network that it is in'),
        gateway: nullable(text()),
      }),
      'One of each IP version that the policy file has pools of',
    ),
    isInUse: flag('Its job is registered: the lease ends with it'),
    leaseEndsAt: nullable(time('null while it is in use')),
  }),
  AddressLeases: object({
    pools: list(
      object({ name: text('In the policy file'), range: text('The first and the last address'), leased: count() }),
    ),
    leases: list(ref('AddressLease')),
  }),
  ReleasedLease: object({ key: text(), released: list(text('An address that is free now')) }),
  Rates: object({
    by: oneOf(['user', 'group', 'job']),
    at: time('When the counters were read last'),
    intervalSec: measure('Between the two readings that the rates are of'),
    rows: list(
      object({
        name: nullable(text("The user, the accounting group (null: of none) or the job's key")),
        user: nullable(text('Of a single job')),
        jobs: count(),
        sent: object({ packetsPerSec: measure(), bytesPerSec: measure() }),
        received: object({ packetsPerSec: measure(), bytesPerSec: measure() }),
      }),
      'The largest first',
    ),
    total: count('How many rows there would be without a limit'),
    jobsNotCounted: count('Jobs at no known port, or whose switch did not tell'),
    silentSwitches: list(text(), 'Connected switches that did not answer in time'),
  }),
  JobRules: object({
    counts: nullable(
      object(
        { sent: counted, received: counted },
        { description: 'By the rules that its own switch has now; null where that is not known, or did not answer' },
      ),
    ),
    rules: list(ref('Rule')),
    silentSwitches: list(text(), 'Switches that did not answer in time'),
  }),
};
