// Realistic ads for tests: the sample job and slot of the ClassAd cases, with what Lark's starter plug-in adds.

import { readFileSync } from 'node:fs';
import { parseAd, unparseAd } from 'node-classad';

function readCase(name: string): string {
  return readFileSync(new URL(`../../../protocols/classad/cases/${name}`, import.meta.url), 'utf8').trim();
}

const JOB_LONG = readCase('job.ad');
const MACHINE_LONG = readCase('machine.ad');

/** Further or other attributes: ClassAd expressions by name. */
export type Attributes = Readonly<Record<string, string>>;

const LARK_ATTRIBUTES: Attributes = {
  LarkNetworkType: '"ovs_bridge"',
  LarkInnerAddressIPv4: '"10.1.0.7"',
  LarkInnerMacAddress: '"02:00:00:00:00:07"',
  LarkExternalInterface: '"veth7"',
};

function longForm(base: string, attributes: Attributes): string {
  const lines = Object.entries(attributes).map(([name, expression]) => `${name} = ${expression}`);
  return [base, ...lines].join('\n');
}

function oneLine(long: string): string {
  return unparseAd(parseAd(long, { syntax: 'long' }), 'new-line');
}

export function longJobAd(attributes: Attributes = {}): string {
  return longForm(JOB_LONG, attributes);
}

export function longMachineAd(attributes: Attributes = {}): string {
  return longForm(MACHINE_LONG, { ...LARK_ATTRIBUTES, ...attributes });
}

/** In new syntax on one line. */
export function jobAd(attributes: Attributes = {}): string {
  return oneLine(longJobAd(attributes));
}

export function machineAd(attributes: Attributes = {}): string {
  return oneLine(longMachineAd(attributes));
}
