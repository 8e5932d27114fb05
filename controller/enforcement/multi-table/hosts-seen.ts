// Where hosts were seen, as the rules of a switch tell when it connects: a rule by which what a host sends from its port may go
// on is there only as long as the host is heard of. After a restart nobody else remembers.

import type { MacAddress } from '../../../protocols/packet/address.ts';
import type { SwitchRule } from '../../southbound/flow-stats.ts';
import { kindOf } from '../cookie.ts';
import { Table } from './layout.ts';

/** Ports by MAC, but for MACs of which the rules say more than one. */
export function hostsSeen(rules: readonly SwitchRule[]): ReadonlyMap<MacAddress, number> {
  const seen = new Map<MacAddress, number>();
  const doubtful = new Set<MacAddress>();
  for (const { table, cookie, fields, actions } of rules) {
    if (kindOf(cookie) !== 'host' || table !== Table.INGRESS) continue;
    // The sender was a job at another switch. Whether it still is, and that this is its MAC, has to be found out again.
    if (actions.includes('write_metadata')) continue;
    const [port, source] = [fields.get('inPort'), fields.get('ethSrc')];
    if (port === undefined || source === undefined) continue;
    const mac = Number(source.value) as MacAddress;
    if (seen.has(mac)) doubtful.add(mac);
    seen.set(mac, Number(port.value));
  }
  for (const mac of doubtful) seen.delete(mac);
  return seen;
}
