// What each code that a job request can be refused with means, and what to do about it.

import type { JobErrorCode } from './admission.ts';

export const JOB_ERRORS: Readonly<Record<JobErrorCode, { readonly meaning: string; readonly remedy: string }>> = {
  JOB_AD_MALFORMED: {
    meaning: 'An ad is not in ClassAd syntax.',
    remedy: 'Correct the ad at the line and column that the message names; `condor_q -long` prints one that is right.',
  },
  JOB_AD_TOO_LONG: {
    meaning:
      'A line, a whole request, or what the expressions of an ad make or take to evaluate, is more than Lark takes.',
    remedy: 'Send the two ads only, each under 1 MiB.',
  },
  JOB_AD_INCOMPLETE: {
    meaning: 'An ad lacks an attribute that says who the job is or where it runs.',
    remedy: 'Add the attribute that the message names.',
  },
  JOB_ADDRESS_MISSING: {
    meaning: 'The machine ad has neither LarkInnerAddressIPv4 nor LarkInnerAddressIPv6.',
    remedy: 'Register the job after its network has been set up, with the ad that has the address.',
  },
  JOB_ADDRESS_INVALID: {
    meaning:
      'An address is none, or is one that no job can have: loopback, multicast, link-local, unspecified, broadcast.',
    remedy: 'Give the job an address of `jobs.ranges`.',
  },
  JOB_ADDRESS_HELD: {
    meaning: 'A job of another machine holds the address.',
    remedy: 'Remove that job first (CLEAN from its machine), or find out why two machines give out the same address.',
  },
  JOB_ADDRESS_HELD_BACK: {
    meaning: 'A switch that is away may still have rules of the address’s former job.',
    remedy:
      'Wait until that switch is back, say `lark switches forget DPID` if it will not be, or use another address.',
  },
  JOB_MAC_HELD: {
    meaning: 'Another job holds the MAC address.',
    remedy: 'Remove that job first, or give this one a MAC address of its own.',
  },
  JOB_ADDRESS_LEASED: {
    meaning: 'The address is leased to another job, which is yet to be registered.',
    remedy: 'Use an address that is this job’s: lease one, or keep what Lark leases out of other hands.',
  },
  JOB_ADDRESS_NO_POOL: {
    meaning: 'The policy file has no `addresses`, so there is nothing to lease.',
    remedy: 'Name the addresses under `addresses` in the policy file.',
  },
  JOB_ADDRESS_NONE_FREE: {
    meaning: 'All addresses that the machine’s jobs may lease are taken.',
    remedy: 'Try again when jobs have ended; if it goes on, give `addresses` more, or leases a shorter time.',
  },
  JOB_ADDRESS_NOT_LEASED: {
    meaning: 'No address is leased under that key.',
    remedy: 'Compare with `lark address`.',
  },
  JOB_ADDRESS_IN_USE: {
    meaning: 'The job is registered with the address that is to be released.',
    remedy: 'Remove the job: its lease ends with it.',
  },
  JOB_NAT_UNENFORCEABLE: {
    meaning: 'The job’s LarkNetworkType is `nat`: it shares its host’s address, so its packets cannot be told apart.',
    remedy: 'Use `bridge`, or say `jobs.nat: unenforced` in the policy file to accept such jobs without enforcement.',
  },
  JOB_UNLOCATED: {
    meaning: 'Lark cannot tell at which switch port the job is.',
    remedy:
      'Send LarkExternalInterface in the machine ad, name the machine’s ports in the policy file (`switches.NAME.machines`), or say `jobs.unlocated: by-address`.',
  },
  JOB_SWITCH_AWAY: {
    meaning: 'The job’s switch is known, but not connected.',
    remedy: 'Reconnect the switch (`lark switches`), then register again; or say `jobs.notConnected: wait`.',
  },
  JOB_NOT_CONFIRMED: {
    meaning: 'The job’s switch did not confirm its rules in time; the job is not admitted.',
    remedy: 'Register again; if it goes on, see `lark_of_errors_total` and the load of the switch.',
  },
  JOB_NOT_FOUND: {
    meaning: 'No job is registered under that key or address.',
    remedy: 'Compare with `lark jobs`.',
  },
  JOB_NOT_YOURS: {
    meaning:
      'A machine asked to remove or change a job that another one registered, or a former holder’s CLEAN came late.',
    remedy: 'Send the request from the machine that registered the job.',
  },
  JOB_SENDER_REFUSED: {
    meaning: 'The feed takes no requests from this host: it is not in `jobs.from`, or its address is a job’s.',
    remedy: 'Ask from a worker node, and list its addresses under `jobs.from` in the policy file.',
  },
  JOB_CLAIM_REFUSED: {
    meaning:
      'With `jobs.claims: strict` a worker node registers only jobs of its own machine, at addresses or ports of its own.',
    remedy:
      'Compare the machine ad with `jobs.workers` and `switches.NAME.machines`, and its machine with the certificate.',
  },
  JOB_REQUEST_MALFORMED: {
    meaning: 'The request is of neither form of the job feed, nor of one that the HTTP API takes.',
    remedy:
      'Send `SEND`, `CLEAN` or `REQUEST` in lines, or one JSON object a line; over HTTP, a body as docs/http-api.md has it.',
  },
  JOB_FEED_BUSY: {
    meaning: 'The feed serves as many connections, or waits for as many answers, as it may.',
    remedy: 'Try again after a second; keep one connection of the JSON form open instead of one for each request.',
  },
  JOB_TOO_MANY_CLASSES: {
    meaning: 'The job would make one endpoint class more than the policy file’s `limits.classes`.',
    remedy:
      'Raise `limits.classes`, or have the policies look at attributes that more jobs share; `lark check --jobs` counts classes.',
  },
  JOB_STORE_FAILED: {
    meaning: 'The job store could not write the change to its disk, so the change was not made.',
    remedy: 'Make room on the disk of `store.path`, or see why it cannot be written to; then ask again.',
  },
};
