// Blocks of addresses as the policy file writes them: `10.1.0.0/24`, `2001:db8::/32`, or an address alone. A prefix with
// host bits set is refused rather than cut: whoever wrote 10.1.0.7/24 meant either the network or that one address.

import { z } from 'zod';
import {
  formatIp,
  formatPrefix,
  isIpv4,
  networkOf,
  type Prefix,
  parseIp,
  parsePrefix,
} from '../../protocols/packet/address.ts';
import { describeValue, type Reading, readBy } from './schema.ts';

/** What looks like one, for editors: that its numbers are in range and its host bits clear is for `readPrefix` to say. */
const PREFIX = /^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)(\/\d{1,3})?$/;

/** One prefix, or the sentence that says what is wrong with it. */
export function readPrefix(input: unknown): Reading<Prefix> {
  if (typeof input !== 'string') {
    return { problem: `expected a prefix such as 10.1.0.0/24 or 2001:db8::/32; found ${describeValue(input)}` };
  }
  const prefix = parsePrefix(input);
  return prefix === undefined ? { problem: explain(input) } : { value: prefix };
}

function explain(text: string): string {
  const shown = JSON.stringify(text.slice(0, 60));
  const [addressText = '', lengthText, ...rest] = text.split('/');
  const address = parseIp(addressText);
  if (address === undefined || rest.length > 0) {
    const cause = addressText.includes('%') ? 'a zone index (%) names one host’s interface and cannot stand here' : '';
    return `${shown} is no prefix: expected one such as 10.1.0.0/24 or 2001:db8::/32, or an address alone${cause && `; ${cause}`}`;
  }
  const width = isIpv4(address) ? 32 : 128;
  const length = Number(lengthText);
  if (lengthText === undefined || !/^\d{1,3}$/.test(lengthText) || length > width) {
    return `${shown} is no prefix: expected a length from 0 to ${width} after the slash, such as ${formatIp(address)}/${width}`;
  }
  const network = formatPrefix({ network: networkOf(address, length), length });
  return `${shown} has host bits set: write ${network} for the whole network, or ${formatIp(address)} for that one address`;
}

/** A list of prefixes, IPv4 and IPv6 mixed. */
export const prefixList = z.array(readBy(readPrefix, { title: 'prefix', type: 'string', pattern: PREFIX.source }));
