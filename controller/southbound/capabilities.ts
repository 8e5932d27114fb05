// What a switch can do beyond the OpenFlow version that it speaks. It is found out by trying, not by the switch's name: it
// is sent a rule that only such a switch accepts, in its last table, where no other rule leads, and takes it back with
// the next message. Whatever does not clearly work counts as lacking, so a switch is never asked for more than it has.

import type { IpAddress } from '../../protocols/packet/address.ts';
import { EtherType } from '../../protocols/packet/protocol-numbers.ts';
import { forgetConnections } from './connection-tracking.ts';
import { DROP, type FlowRule } from './flow-rule.ts';
import { addRule, deleteRule } from './rule-messages.ts';
import type { SwitchConnection } from './switch-connection.ts';

export interface Capabilities {
  /** Nicira's registers, to be matched and moved to, which Open vSwitch has. */
  readonly registers: boolean;
  /** Nicira's connection tracking, beside registers, and forgetting the connections of one address (Open vSwitch 3.1). */
  readonly connections: boolean;
}

export const STANDARD: Capabilities = { registers: false, connections: false };

/** @param cookie marks the rules that are tried. */
export async function probeCapabilities(
  connection: SwitchConnection,
  cookie: bigint,
  timeoutMs: number,
): Promise<Capabilities> {
  const { features } = connection;
  if (features.version !== 4) return STANDARD;
  const table = features.nTables - 1;
  const common = { table, priority: 0, outputs: DROP, cookie, idleTimeoutSec: 0, hardTimeoutSec: 0 };
  const accepts = (rule: FlowRule) => connection.attempt([addRule(4, rule), deleteRule(4, rule)], timeoutMs);
  const registers = await accepts({
    ...common,
    match: { ethType: EtherType.ARP, reg0: 1, reg1: 1, reg2: 1, reg3: 1, reg4: 1, reg5: 1 },
    moves: [
      { from: 'nxmArpSpa', fromBit: 0, bits: 32, to: 'reg0' },
      { from: 'nxmArpTpa', fromBit: 0, bits: 32, to: 'reg1' },
      { from: 'nxmArpSha', fromBit: 0, bits: 32, to: 'reg2' },
      { from: 'nxmArpSha', fromBit: 32, bits: 16, to: 'reg3' },
    ],
    loads: [{ value: 1, to: 'reg4' }],
  });
  if (!registers) return STANDARD;
  const match = { ethType: EtherType.IPV4, connection: 'untracked' } as const;
  const commits = accepts({
    ...common,
    match,
    loads: [{ value: 1, to: 'reg6' }],
    tracking: 'commit',
    outputTo: 'reg8',
  });
  const looksUp = accepts({ ...common, match, tracking: { lookUpFor: table } });
  // An address that no packet has: an address may go to the next job only without the former one's connections.
  const forgets = connection.attempt(forgetConnections(1 as IpAddress), timeoutMs);
  return { registers, connections: (await commits) && (await looksUp) && (await forgets) };
}
