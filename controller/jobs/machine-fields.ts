// What a node says of a job's place beside the machine ad, or instead of it. HTCondor's own `.machine.ad` knows nothing of
// the job's network, so a hook that has only that gives the addresses as plain fields. They become attributes of the ad.

import { ClassAd, parseExpression, toBytes, unparseAd } from 'node-classad';
import { readAd } from './endpoint-values.ts';

/** By name of the field, the attribute of the machine ad that it sets. */
export const MACHINE_FIELDS = {
  machine: 'Machine',
  slot: 'Name',
  ipv4: 'LarkInnerAddressIPv4',
  ipv6: 'LarkInnerAddressIPv6',
  mac: 'LarkInnerMacAddress',
  interface: 'LarkExternalInterface',
  networkType: 'LarkNetworkType',
} as const;

export type MachineField = keyof typeof MACHINE_FIELDS;
export type MachineFields = Readonly<Partial<Record<MachineField, string>>>;

/**
 * The machine ad with the fields set; without fields as it came. What a field says counts, whatever the ad does. Throws
 * what `readAd` throws where there are fields.
 */
export function withMachineFields(machineAd: string | undefined, fields: MachineFields): string {
  const given = Object.entries(MACHINE_FIELDS).flatMap(([field, attribute]) => {
    const value = fields[field as MachineField];
    return value === undefined ? [] : [[attribute, value] as const];
  });
  if (machineAd !== undefined && given.length === 0) return machineAd;
  const ad = machineAd === undefined ? new ClassAd() : readAd('machine', machineAd);
  for (const [attribute, value] of given) ad.set(toBytes(attribute), parseExpression(quoted(value)));
  return unparseAd(ad, 'new-line');
}

/** As a string literal. Control characters are left to the check of names, which refuses them. */
function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&')}"`;
}
