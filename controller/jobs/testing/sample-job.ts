// Jobs for tests, made from the few things that admission looks at.

import type { AttributeValue } from '../../../policies/policy.ts';
import { type IpAddress, type MacAddress, parseIp, parseMac } from '../../../protocols/packet/address.ts';
import { FrozenAds } from '../frozen-ads.ts';
import { type Job, registrationKey } from '../job.ts';

export interface SampleJob {
  readonly id?: string;
  readonly start?: string;
  readonly machine?: string;
  readonly slot?: string;
  readonly user?: string;
  readonly addresses?: readonly string[];
  readonly mac?: string;
  /** Besides its owner. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export function address(text: string): IpAddress {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

export function sampleJob(sample: SampleJob = {}): Job {
  const { id = 'submit#1.0#1', start = '1', machine = 'wn1', slot = `slot1@${machine}`, user = 'alice' } = sample;
  const texts = { job: `[ Owner = "${user}" ]`, machine: `[ Machine = "${machine}" ]` };
  const ads = FrozenAds.of(texts, new Map([['owner', user], ...Object.entries(sample.attributes ?? {})]));
  const registration = { globalJobId: id, start, machine, slot };
  return {
    key: registrationKey(registration),
    registration,
    user,
    accountingGroup: undefined,
    addresses: (sample.addresses ?? ['10.1.0.1']).map(address),
    mac: sample.mac === undefined ? undefined : (parseMac(sample.mac) as MacAddress),
    externalInterface: undefined,
    attributes: ads,
    ads,
  };
}
