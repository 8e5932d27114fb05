// From the two ads of a registration to the job that they speak of. Every attribute is evaluated once, the job ad with
// the machine ad as TARGET and the reverse, and frozen: what a policy decides on cannot change under it. Addresses are
// taken from the machine ad alone, since the job ad is in large part its user's text.

import type { AttributeValue } from '../../policies/policy.ts';
import {
  type IpAddress,
  isGroupMac,
  isIpv4,
  isLocalAddress,
  type MacAddress,
  parseIp,
  parseMac,
} from '../../protocols/packet/address.ts';
import { JobError } from './admission.ts';
import { type EndpointValues, MACHINE, valuesOf, type Which } from './endpoint-values.ts';
import { FrozenAds } from './frozen-ads.ts';
import { type Job, type Registration, registrationKey } from './job.ts';
import { ownText, sharedText } from './own-text.ts';

export interface JobFromAdsOptions {
  /** What becomes of a job whose `LarkNetworkType` is `nat`. */
  readonly nat: 'refuse' | 'unenforced';
  /** Milliseconds since 1970: what `time()` in the ads is. */
  readonly now: number;
}

export interface JobFromAds {
  readonly job: Job;
  /** For a job in NAT mode: the address by which its machine will name it. It is not the job's own on the network. */
  readonly natAddress: IpAddress | undefined;
}

const LONGEST_IDENTITY = 1024;

/**
 * The job that two ads (each in new syntax, long form or JSON) stand for. Throws a JobError: JOB_AD_MALFORMED,
 * JOB_AD_TOO_LONG, JOB_AD_INCOMPLETE, JOB_ADDRESS_MISSING, JOB_ADDRESS_INVALID or JOB_NAT_UNENFORCEABLE.
 */
export function jobFromAds(jobAdText: string, machineAdText: string, options: JobFromAdsOptions): JobFromAds {
  const values = valuesOf(jobAdText, machineAdText, options.now);
  const registration = registrationOf(values);
  const user = sharedText(identity(values, 'job', 'Owner'));
  const accountingGroup = nonEmpty(values.get('acctgroup')) ?? nonEmpty(values.get('accountinggroup'));
  values.setAcctGroup(accountingGroup);
  const ads = FrozenAds.from({ job: jobAdText, machine: machineAdText }, values.names, values.list);
  const common = {
    key: registrationKey(registration),
    registration,
    user,
    accountingGroup: accountingGroup && sharedText(accountingGroup),
    attributes: ads,
    ads,
  };
  if (nonEmpty(values.get('machine.larknetworktype'))?.toLowerCase() === 'nat') {
    refuseNat(options.nat, registration);
    const natAddress = parseIp(nonEmpty(values.get('machine.larkinneraddressipv4')) ?? '');
    return { job: { ...common, addresses: [], mac: undefined, externalInterface: undefined }, natAddress };
  }
  const externalInterface = nonEmpty(values.get('machine.larkexternalinterface'));
  return {
    job: {
      ...common,
      addresses: addressesOf(values),
      mac: macOf(values),
      externalInterface: externalInterface && sharedText(externalInterface),
    },
    natAddress: undefined,
  };
}

/** Which registration two ads stand for, as `jobFromAds` has it; no address is looked at. */
export function registrationFromAds(jobAdText: string, machineAdText: string, now: number): Registration {
  return registrationOf(valuesOf(jobAdText, machineAdText, now));
}

function registrationOf(values: EndpointValues): Registration {
  const slot = optionalIdentity(values, 'machine', 'Name') ?? '';
  const host = slot.slice(slot.indexOf('@') + 1);
  return {
    globalJobId: ownText(identity(values, 'job', 'GlobalJobId')),
    start: numberText(values.get('numjobstarts')) ?? numberText(values.get('jobcurrentstartdate')) ?? '',
    machine: sharedText(
      optionalIdentity(values, 'machine', 'Machine') ?? (host || identity(values, 'machine', 'Machine')),
    ),
    slot: ownText(slot),
  };
}

function identity(values: EndpointValues, which: Which, name: string): string {
  const value = optionalIdentity(values, which, name);
  if (value !== undefined) return value;
  throw new JobError('JOB_AD_INCOMPLETE', `The ${which} ad has no ${name}: expected a string that is not empty.`);
}

/** A name that people, logs and registration keys are to carry: nothing in it that could make one look like another. */
function optionalIdentity(values: EndpointValues, which: Which, name: string): string | undefined {
  const key = name.toLowerCase();
  const value = values.get(which === 'job' ? key : MACHINE + key);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') {
    throw new JobError('JOB_AD_INCOMPLETE', `${name} of the ${which} ad is a ${typeof value}: expected a string.`);
  }
  if (value.length > LONGEST_IDENTITY || /[|\p{Cc}\p{Cs}]/u.test(value)) {
    throw new JobError(
      'JOB_AD_MALFORMED',
      `${name} of the ${which} ad is not fit for a name: expected up to ${LONGEST_IDENTITY} characters, no "|" and no control characters.`,
    );
  }
  return value;
}

function refuseNat(nat: 'refuse' | 'unenforced', registration: Registration): void {
  if (nat === 'unenforced') return;
  throw new JobError(
    'JOB_NAT_UNENFORCEABLE',
    `The job shares the address of ${registration.machine} (LarkNetworkType is "nat"), so nothing can be enforced for it alone. ` +
      'Use bridge mode, or list such jobs without enforcement by `jobs: { nat: unenforced }`.',
  );
}

function addressesOf(values: EndpointValues): readonly IpAddress[] {
  const addresses = [
    addressOf(values, 'LarkInnerAddressIPv4', (address) => isIpv4(address)),
    addressOf(values, 'LarkInnerAddressIPv6', (address) => !isIpv4(address) && !isMappedIpv4(address)),
  ].filter((address) => address !== undefined);
  if (addresses.length > 0) return addresses;
  throw new JobError(
    'JOB_ADDRESS_MISSING',
    'The machine ad has neither LarkInnerAddressIPv4 nor LarkInnerAddressIPv6: expected the address that the job sends from.',
  );
}

function addressOf(
  values: EndpointValues,
  name: string,
  isOfKind: (address: IpAddress) => boolean,
): IpAddress | undefined {
  const value = values.get(MACHINE + name.toLowerCase());
  if (value === undefined || value === '') return undefined;
  const address = typeof value === 'string' ? parseIp(value) : undefined;
  if (address !== undefined && isOfKind(address) && !isLocalAddress(address)) return address;
  throw new JobError(
    'JOB_ADDRESS_INVALID',
    `${name} is ${shown(value)}: expected an ${name.slice(-4)} address of the job alone, not a loopback, link-local, ` +
      'multicast, broadcast or unspecified one.',
  );
}

/** `::ffff:a.b.c.d` stands for an IPv4 address and is never on the wire. */
function isMappedIpv4(address: IpAddress): boolean {
  return typeof address === 'bigint' && address >> 32n === 0xffffn;
}

function macOf(values: EndpointValues): MacAddress | undefined {
  const value = values.get('machine.larkinnermacaddress');
  if (value === undefined || value === '') return undefined;
  const mac = typeof value === 'string' ? parseMac(value) : undefined;
  if (mac !== undefined && mac !== 0 && !isGroupMac(mac)) return mac;
  throw new JobError(
    'JOB_ADDRESS_INVALID',
    `LarkInnerMacAddress is ${shown(value)}: expected the MAC address of one interface, such as "02:00:00:00:00:07".`,
  );
}

function numberText(value: AttributeValue): string | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

function nonEmpty(value: AttributeValue): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A value from an ad, fit for a message. */
function shown(value: AttributeValue): string {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : String(value);
  return text.replace(/[^\x20-\x7e]/g, '?');
}
