// The single values of a policy file: listen addresses, durations, datapath ids, MAC addresses, port names. Each reader
// takes what YAML gave and answers with the value or with a sentence that says what was expected; beside it stands the
// form by which editors know the value.

import { describeValue, type Reading, readBy, UNBROKEN, type ValueForm } from '../../policies/options/schema.ts';
import { isGroupMac, type MacAddress, parseIp, parseMac } from '../../protocols/packet/address.ts';
import type { ListenAddress } from './config.ts';
import { isPath } from './named-files.ts';

/**
 * `0.0.0.0:6653`, `[::]:6653` or a port alone, which takes `defaultHost`. Port 0 lets the system choose one, and the log
 * says which. Names are refused: what they resolve to can change under a running service.
 */
export function listenAddress(defaultHost: string) {
  const expected = `expected an address and port such as ${defaultHost}:6653 or [::]:6653, or a port alone`;
  return readBy((input): Reading<ListenAddress> => {
    const text = typeof input === 'number' ? String(input) : input;
    if (typeof text !== 'string') return { problem: `${expected}; found ${describeValue(input)}` };
    const parts = /^(?:(?<host>[^:[\]]+|\[(?<bracketed>[^\]]+)\]):)?(?<port>\d+)$/.exec(text)?.groups;
    if (parts === undefined) return { problem: `${expected}; found ${describeValue(input)}${unbracketedHint(text)}` };
    const host = parts.bracketed ?? parts.host ?? defaultHost;
    const address = parseIp(host);
    if (address === undefined || (parts.bracketed !== undefined) !== (typeof address === 'bigint' && !!parts.host)) {
      return { problem: `${expected}; ${JSON.stringify(host)} is no IP address: names are not looked up` };
    }
    const port = Number(parts.port);
    if (port > 65535) return { problem: `expected a port from 0 to 65535; found ${parts.port}` };
    return { value: { host, port } };
  }, LISTEN_FORM);
}

const LISTEN_FORM = {
  title: 'an IP address and port, or a port alone',
  type: ['string', 'integer'],
  pattern: '^(([^:\\[\\]]+|\\[[^\\]]+\\]):)?\\d+$',
  minimum: 0,
  maximum: 65535,
};

function unbracketedHint(text: string): string {
  const host = text.slice(0, text.lastIndexOf(':'));
  return typeof parseIp(host) === 'bigint' ? `; put brackets around the IPv6 address: [${host}]` : '';
}

const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const DURATION = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** Milliseconds from `200ms`, `15m`, `1h30m`; `0` needs no unit. */
export function readDuration(input: unknown): Reading<number> {
  if (input === 0) return { value: 0 };
  const counts = typeof input === 'string' && input !== '' ? DURATION.exec(input) : null;
  if (counts === null) {
    const unitHint = typeof input === 'number' ? `; add a unit, such as ${input}s` : '';
    return { problem: `expected a duration such as 200ms, 15m or 1h30m; found ${describeValue(input)}${unitHint}` };
  }
  const ms = Object.values(UNITS_MS).reduce((sum, unit, i) => sum + unit * Number(counts[i + 1] ?? 0), 0);
  return { value: ms };
}

/** A duration between two others, both included, which are given as the file would write them. */
export function duration(least: string, most: string) {
  const [leastMs, mostMs] = [boundMs(least), boundMs(most)];
  return readBy(
    (input): Reading<number> => {
      const reading = readDuration(input);
      if ('problem' in reading || (reading.value >= leastMs && reading.value <= mostMs)) return reading;
      return { problem: `expected a duration from ${least} to ${most}; found ${String(input)}` };
    },
    durationForm(least, most),
  );
}

/** Of numbers only 0 needs no unit, and may stand where it is within the bounds. */
function durationForm(least: string, most: string): ValueForm {
  const form = { title: `a duration from ${least} to ${most}`, pattern: DURATION.source, minLength: 1 };
  return boundMs(least) === 0
    ? { ...form, type: ['string', 'integer'], minimum: 0, maximum: 0 }
    : { ...form, type: 'string' };
}

function boundMs(text: string): number {
  const reading = readDuration(text);
  if ('problem' in reading) throw new RangeError(reading.problem);
  return reading.value;
}

/** A datapath id as 64 bits, from `00:00:00:1a:a0:09:fb:c9`, `0000001aa009fbc9` or `0x1aa009fbc9`. */
export function parseDpid(text: string): bigint | undefined {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){7}$/i.test(text)) return BigInt(`0x${text.replaceAll(':', '')}`);
  if (/^[0-9a-f]{16}$/i.test(text)) return BigInt(`0x${text}`);
  return /^0x[0-9a-f]{1,16}$/i.test(text) ? BigInt(text) : undefined;
}

/** To an editor, whose YAML is another's, 0x1aa009fbc9 is an integer. */
const DPID_FORM = {
  title: 'a datapath id',
  type: ['string', 'integer'],
  pattern: '^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){7}|[0-9A-Fa-f]{16}|0[xX][0-9A-Fa-f]{1,16})$',
  exclusiveMinimum: 0,
};

export const datapathId = readBy((input): Reading<bigint> => {
  const dpid = typeof input === 'string' ? parseDpid(input) : undefined;
  if (dpid === 0n)
    return { problem: 'datapath id 0 is no switch: use what "ovs-vsctl get bridge NAME datapath_id" says' };
  if (dpid !== undefined) return { value: dpid };
  const decimalHint =
    typeof input === 'number' ? `; in decimal it would be ambiguous, so write 0x${input.toString(16)}` : '';
  return {
    problem: `expected a datapath id such as 00:00:00:1a:a0:09:fb:c9 or 0000001aa009fbc9; found ${describeValue(input)}${decimalHint}`,
  };
}, DPID_FORM);

const MAC_FORM = {
  title: 'a MAC address',
  type: 'string',
  pattern: '^\\s*[0-9A-Fa-f][02468ACEace]([:-][0-9A-Fa-f]{2}){5}\\s*$',
};

/** The MAC address of one interface: a group address could not be a gateway's. */
export const stationMac = readBy((input): Reading<MacAddress> => {
  const mac = typeof input === 'string' ? parseMac(input) : undefined;
  if (mac === undefined)
    return { problem: `expected a MAC address such as 02:00:00:00:00:03; found ${describeValue(input)}` };
  if (isGroupMac(mac) || mac === 0) {
    return {
      problem: `${String(input)} is ${mac === 0 ? 'all zero' : 'a multicast address'}: expected that of one interface`,
    };
  }
  return { value: mac };
}, MAC_FORM);

/** OpenFlow carries port names in 16 bytes, the last of which is zero (OF1.0 §5.2.1, OF1.3.5 §7.2.1). */
const MAX_PORT_NAME_BYTES = 15;
/** The highest number of a real port in 1.3, above that of 1.0 (OFPP_MAX). */
const MAX_PORT_NO = 0xffffff00;

const PORT_FORM = {
  title: 'port',
  type: ['string', 'integer'],
  minLength: 1,
  maxLength: MAX_PORT_NAME_BYTES,
  pattern: UNBROKEN,
  minimum: 1,
  maximum: MAX_PORT_NO,
};

/** A port's name, or its OpenFlow number as text. */
export const portName = readBy((input): Reading<string> => {
  const text = typeof input === 'number' ? String(input) : input;
  if (typeof text !== 'string' || text === '' || /[\s\p{Cc}]/u.test(text)) {
    return { problem: `expected a port's name such as eth0, or its OpenFlow number; found ${describeValue(input)}` };
  }
  if ((typeof input === 'number' || /^\d+$/.test(text)) && (Number(text) < 1 || Number(text) > MAX_PORT_NO)) {
    return { problem: `expected an OpenFlow port number from 1 to ${MAX_PORT_NO}; found ${text}` };
  }
  if (Buffer.byteLength(text) > MAX_PORT_NAME_BYTES) {
    return {
      problem: `${JSON.stringify(text)} is too long: OpenFlow carries port names of ${MAX_PORT_NAME_BYTES} bytes at most`,
    };
  }
  return { value: text };
}, PORT_FORM);

/** A file's path; what is relative is so to the policy file. */
export const filePath = readBy(
  (input): Reading<string> => {
    if (typeof input === 'string' && isPath(input)) return { value: input };
    return { problem: `expected the path of a file, such as /etc/lark/lark.pem; found ${describeValue(input)}` };
  },
  { title: "a file's path", type: 'string', minLength: 1 },
);

/** A directory's path; what is relative is so to the policy file. */
export const directoryPath = readBy(
  (input): Reading<string> => {
    if (typeof input === 'string' && isPath(input)) return { value: input };
    return { problem: `expected the path of a directory, such as /var/lib/lark; found ${describeValue(input)}` };
  },
  { title: "a directory's path", type: 'string', minLength: 1 },
);
