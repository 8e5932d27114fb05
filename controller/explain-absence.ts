// Why a switch has no rule yet that carries out the verdict on two addresses, as a sentence: what makes the rule, or what
// stands in its way.

import type { JudgedEndpoint } from './enforcement/endpoint-classes.ts';
import type { PlacedJob } from './network/job-table.ts';
import type { SwitchState } from './network/switch-state.ts';

export interface AskedSwitch {
  readonly state: Pick<SwitchState, 'dpid' | 'version' | 'hosts'>;
  readonly pipeline: { readonly name: 'single-table' | 'multi-table' };
  readonly isMended: boolean;
  /** The sender's port. */
  readonly isHeld: boolean;
}

export interface AskedPair {
  /** Undefined: unregistered. */
  readonly ends: readonly [JudgedEndpoint | undefined, JudgedEndpoint | undefined];
  /** The sender, where it is a job. */
  readonly sender: PlacedJob | undefined;
  readonly isIpv6: boolean;
  /** The switch has rules that carry out the verdict, or make that packets get there. */
  readonly hasRule: boolean;
  /** Names of switches by datapath id. */
  readonly nameOf: (dpid: bigint) => string;
}

/** Undefined where the rules are there. */
export function whyNoRule({ state, pipeline, isMended, isHeld }: AskedSwitch, asked: AskedPair): string | undefined {
  if (!isMended) return 'it has just connected, and its rules are still being mended';
  if (isHeld)
    return 'the sender’s port is held for some seconds, and what comes from it is dropped: it asked about too many packets (port.storm)';
  const { ends, sender, isIpv6, hasRule, nameOf } = asked;
  if (pipeline.name === 'multi-table') {
    const elsewhere = sender?.location;
    const isUnseen = sender?.mac === undefined || state.hosts.portOf(sender.mac) === undefined;
    if (elsewhere !== undefined && elsewhere.dpid !== state.dpid && isUnseen) {
      return `the sender is at switch ${nameOf(elsewhere.dpid)}; here its packets are asked about until they have come in by a fabric port`;
    }
  }
  if (hasRule) return undefined;
  if (ends.includes(undefined))
    return 'an end is unregistered: what is not a registered job’s is dropped before any verdict';
  if (ends.some((end) => end?.kind === 'local'))
    return 'what is from or to local addresses is asked about, packet by packet';
  if (pipeline.name === 'multi-table') return 'it has no rule for these classes, so each packet is asked about';
  if (state.version === 1 && isIpv6) return 'OpenFlow 1.0 cannot match IPv6 addresses: each packet is asked about';
  return 'no such packet has come by lately: the first one is asked about, and makes the rule';
}
