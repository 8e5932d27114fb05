// What the API shows of jobs.

import { count, dpid, list, nullable, object, oneOf, ref, type Schema, text, time } from './schema.ts';

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
