// Which match fields must stand before another for it to mean anything (OF1.3.5 §7.2.3.6), and the other rules that a
// switch holds a match to: no field twice, masks only where allowed, no value bits outside the mask.

import { type ErrorAnswer, OpenflowError, type OpenflowErrorCode } from '../error.ts';
import type { OxmField } from './oxm.ts';
import { oxmFields } from './oxm-fields.ts';

export type Prerequisite =
  | 'inPort'
  | 'vlan'
  | 'ip'
  | 'ipv4'
  | 'ipv6'
  | 'arp'
  | 'mpls'
  | 'pbb'
  | 'tcp'
  | 'udp'
  | 'sctp'
  | 'icmpv4'
  | 'icmpv6'
  | 'nd'
  | 'ndSolicit'
  | 'ndAdvert';

/** What the fields so far have fixed exactly. */
interface Known {
  inPort?: number;
  vlan?: boolean;
  ethType?: number;
  ipProto?: number;
  icmpv6Type?: number;
}

const rules: Record<Prerequisite, { readonly holds: (known: Known) => boolean; readonly text: string }> = {
  inPort: { holds: (known) => known.inPort !== undefined, text: 'inPort' },
  vlan: { holds: (known) => known.vlan === true, text: 'vlanVid other than 0 (no tag)' },
  ip: { holds: ({ ethType }) => ethType === 0x0800 || ethType === 0x86dd, text: 'ethType 0x0800 or 0x86dd' },
  ipv4: { holds: ({ ethType }) => ethType === 0x0800, text: 'ethType 0x0800' },
  ipv6: { holds: ({ ethType }) => ethType === 0x86dd, text: 'ethType 0x86dd' },
  arp: { holds: ({ ethType }) => ethType === 0x0806 || ethType === 0x8035, text: 'ethType 0x0806' },
  mpls: { holds: ({ ethType }) => ethType === 0x8847 || ethType === 0x8848, text: 'ethType 0x8847 or 0x8848' },
  pbb: { holds: ({ ethType }) => ethType === 0x88e7, text: 'ethType 0x88e7' },
  tcp: { holds: ({ ipProto }) => ipProto === 6, text: 'ipProto 6' },
  udp: { holds: ({ ipProto }) => ipProto === 17, text: 'ipProto 17' },
  sctp: { holds: ({ ipProto }) => ipProto === 132, text: 'ipProto 132' },
  icmpv4: { holds: (known) => known.ethType === 0x0800 && known.ipProto === 1, text: 'ethType 0x0800 and ipProto 1' },
  icmpv6: { holds: (known) => known.ethType === 0x86dd && known.ipProto === 58, text: 'ethType 0x86dd and ipProto 58' },
  nd: { holds: ({ icmpv6Type }) => icmpv6Type === 135 || icmpv6Type === 136, text: 'icmpv6Type 135 or 136' },
  ndSolicit: { holds: ({ icmpv6Type }) => icmpv6Type === 135, text: 'icmpv6Type 135' },
  ndAdvert: { holds: ({ icmpv6Type }) => icmpv6Type === 136, text: 'icmpv6Type 136' },
};

const BAD_WILDCARDS: ErrorAnswer = { type: 4, code: 5 };
const BAD_MASK: ErrorAnswer = { type: 4, code: 8 };
const BAD_PREREQ: ErrorAnswer = { type: 4, code: 9 };
const DUP_FIELD: ErrorAnswer = { type: 4, code: 10 };

/**
 * Throws an OpenflowError (OF_PREREQUISITE, OF_DUPLICATE_FIELD, OF_BAD_MASK) for a match that a switch refuses. Fields of
 * unknown classes are taken as they are. The encoder applies it to what a controller sends; a switch applies it to what
 * it has received.
 */
export function checkMatch13(match: readonly OxmField[]): void {
  const known: Known = {};
  const seen = new Set<string>();
  for (const oxm of match) {
    if (oxm.field === 'unknown') continue;
    const { needs, isMaskable } = oxmFields[oxm.field];
    const fail = (code: OpenflowErrorCode, text: string, answer: ErrorAnswer) =>
      new OpenflowError(code, `${oxm.field}: ${text}`, { field: oxm.field, answer });
    if (seen.has(oxm.field)) throw fail('OF_DUPLICATE_FIELD', 'the field stands twice in one match', DUP_FIELD);
    seen.add(oxm.field);
    if (needs !== undefined && !rules[needs].holds(known)) {
      throw fail(
        'OF_PREREQUISITE',
        `means nothing without ${rules[needs].text}, which must stand before it`,
        BAD_PREREQ,
      );
    }
    if (oxm.mask !== undefined) {
      if (!isMaskable) throw fail('OF_BAD_MASK', 'this field cannot be masked', BAD_MASK);
      if ((BigInt(oxm.value) & ~BigInt(oxm.mask)) !== 0n) {
        throw fail('OF_BAD_MASK', 'the value has bits outside its mask: clear them', BAD_WILDCARDS);
      }
    }
    learn(known, oxm);
  }
}

function learn(known: Known, oxm: OxmField): void {
  switch (oxm.field) {
    case 'inPort':
    case 'nxmInPort':
      known.inPort = oxm.value;
      break;
    case 'vlanVid':
      known.vlan = (oxm.value & 0x1000) !== 0;
      break;
    case 'nxmVlanTci':
      known.vlan = (oxm.value & 0x1000) !== 0;
      break;
    case 'ethType':
    case 'nxmEthType':
      known.ethType = oxm.value;
      break;
    case 'ipProto':
    case 'nxmIpProto':
      known.ipProto = oxm.value;
      break;
    case 'icmpv6Type':
    case 'nxmIcmpv6Type':
      known.icmpv6Type = oxm.value;
      break;
  }
}
