// What a registered job is to the rest of the controller: who it is, where its packets come from, and the attributes
// that policies may ask about, evaluated once and frozen.

import type { AttributeValue } from '../../policies/policy.ts';
import type { IpAddress, MacAddress } from '../../protocols/packet/address.ts';
import type { AdTexts } from './frozen-ads.ts';

/**
 * Who holds an address. GlobalJobId alone repeats when a job is evicted and runs again, and for the nodes of a parallel
 * job: so a registration is one start of one job in one slot.
 */
export interface Registration {
  /** `schedd#cluster.proc#qdate` */
  readonly globalJobId: string;
  /** The job ad's `NumJobStarts`, or else its `JobCurrentStartDate`, as text; empty where the ad has neither. */
  readonly start: string;
  /** The worker node, as its machine ad's `Machine` names it. */
  readonly machine: string;
  /** The machine ad's `Name`, such as `slot1_3@wn021.example.edu`. */
  readonly slot: string;
}

/** The registration as one string, unique per registration. */
export function registrationKey(registration: Registration): string {
  return [registration.globalJobId, registration.start, registration.machine, registration.slot].join('|');
}

export interface Job {
  /** `registrationKey` of its registration, by which the API and clients name it. */
  readonly key: string;
  readonly registration: Registration;
  /** The job ad's `Owner`. */
  readonly user: string;
  /** `AcctGroup`, falling back on `AccountingGroup`; undefined where the job has none. */
  readonly accountingGroup: string | undefined;
  /**
   * One or more, IPv4 and IPv6 mixed: `LarkInnerAddressIPv4` and `LarkInnerAddressIPv6`. None for a job in NAT mode, whose
   * packets cannot be told from its machine's: it is listed as `unenforced` and no address stands for it.
   */
  readonly addresses: readonly IpAddress[];
  /** `LarkInnerMacAddress` */
  readonly mac: MacAddress | undefined;
  /** `LarkExternalInterface`: the name of the switch's port that leads to the job. */
  readonly externalInterface: string | undefined;
  /**
   * The endpoint's ad: the job ad's attributes by lower-cased name, the machine ad's under `machine.`, each evaluated once.
   * `acctgroup` holds `accountingGroup`.
   */
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** The two ads as they came, for REQUEST and for people. */
  readonly ads: AdTexts;
}
