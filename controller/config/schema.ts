// The shape of each section of a policy file, with its defaults. The sections are checked one by one, and each zone,
// switch and policy by itself, so that a mistake in one hides none in another. What holds between several values is
// checked afterwards.

import { z } from 'zod';
import { prefixList } from '../../policies/options/prefixes.ts';
import { describeValue, mapping, oneOf, readBy, wholeNumber } from '../../policies/options/schema.ts';
import type { OpenflowVersion } from './config.ts';
import { datapathId, directoryPath, duration, filePath, listenAddress, portName, stationMac } from './values.ts';

const VERSIONS: ReadonlyMap<unknown, OpenflowVersion> = new Map([
  ['1.0', 1],
  ['1.3', 4],
]);

const openflowVersion = readBy((input) => {
  const version = VERSIONS.get(input);
  return version === undefined
    ? { problem: `expected "1.3" or "1.0", the OpenFlow versions that Lark speaks; found ${describeValue(input)}` }
    : { value: version };
});

const tlsFiles = { certificate: filePath, key: filePath };
/** Of a listener whose other side is a machine: it shows a certificate, too. */
export const mutualTls = mapping({ ...tlsFiles, clientCa: filePath });
export const httpTls = mapping({ ...tlsFiles, clientCa: filePath.optional() });

export const openflowSection = mapping({
  listen: listenAddress('0.0.0.0').default({ host: '0.0.0.0', port: 6653 }),
  versions: z
    .array(openflowVersion)
    .min(1, { error: 'expected at least one version, such as ["1.3", "1.0"]' })
    .default([4, 1]),
  echoInterval: duration('100ms', '1h').default(5000),
  foreign: oneOf('leave', 'remove', 'refuse').default('leave'),
  tls: mutualTls.optional(),
});

export const httpSection = mapping({
  listen: listenAddress('127.0.0.1').default({ host: '127.0.0.1', port: 8080 }),
  tls: httpTls.optional(),
  tokens: filePath.optional(),
});

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,63}$/;

/** A mapping whose keys are names of the operator's choosing. */
function named<T>(what: string, value: z.ZodType<T>) {
  const error = (issue: { readonly input: unknown }) => badName(what, issue.input);
  return z.record(z.string().regex(NAME, { error }), value);
}

function badName(what: string, name: unknown): string {
  return `${JSON.stringify(name)} cannot name a ${what}: expected up to 64 letters, digits, and . _ : @ - inside`;
}

export const jobsSection = mapping({
  listen: listenAddress('127.0.0.1').default({ host: '127.0.0.1', port: 9620 }),
  tls: mutualTls.optional(),
  ranges: prefixList.default([]),
  from: prefixList
    .min(1, { error: 'expected at least one prefix; leave the key out to take requests from everyone' })
    .optional(),
  claims: oneOf('open', 'strict').default('open'),
  workers: named('machine', mapping({ from: prefixList.default([]), ranges: prefixList.default([]) })).default({}),
  // 24 days is about what a timer of the platform can hold.
  lease: duration('1s', '24d').optional(),
  calloutLease: duration('1s', '24d').optional(),
  unlocated: oneOf('refuse', 'by-address').default('refuse'),
  notConnected: oneOf('refuse', 'wait').default('refuse'),
  nat: oneOf('refuse', 'unenforced').default('refuse'),
  settle: duration('0ms', '1m').default(200),
  confirmTimeout: duration('10ms', '5m').default(2000),
});

export const storeSection = mapping({ path: directoryPath });

export const limitsSection = mapping({
  classes: wholeNumber('a number of endpoint classes', 1, 500_000).default(4096),
  rules: wholeNumber('a number of rules', 1, 16_777_216).default(1_000_000),
});

/** One zone: its prefixes. */
export const zoneEntry = prefixList;

/** What is wrong with a name that a mapping's key gives, or undefined. */
export function nameProblem(what: string, name: string): string | undefined {
  return NAME.test(name) ? undefined : badName(what, name);
}

const madeBeforehand =
  'this version does not set rates: make the queue on the switch with its rates, and give only its id here';

const queue = mapping(
  {
    // OFPQ_ALL, 0xffffffff, stands for all queues (OF1.3.5 §7.2.2).
    id: wholeNumber('a queue id', 0, 0xfffffffe),
    managed: readBy((input) =>
      input === false
        ? { value: false }
        : {
            problem: 'this version does not make queues: make it on the switch, and write "managed: false" or nothing',
          },
    ).optional(),
  },
  { maxRate: madeBeforehand, minRate: madeBeforehand },
);

const wan = mapping({
  port: portName,
  queues: named('queue', queue).default({}),
  alternates: named('alternate', mapping({ port: portName, gateway: stationMac })).default({}),
});

/** What the file says of one switch. */
export const switchEntry = mapping({
  dpid: datapathId.optional(),
  wan: wan.optional(),
  pipeline: z.enum(['single-table', 'multi-table']).optional(),
  rules: wholeNumber('a number of rules', 64, 10_000_000).optional(),
  registers: z.boolean().optional(),
  fabric: z.array(portName).default([]),
  machines: named('machine', z.array(portName).min(1, { error: 'expected at least one port' })).default({}),
});
export type SwitchEntry = z.output<typeof switchEntry>;

/** The file as a whole: which sections there are. */
export const fileSchema = mapping({
  openflow: z.unknown().optional(),
  http: z.unknown().optional(),
  jobs: z.unknown().optional(),
  store: z.unknown().optional(),
  limits: z.unknown().optional(),
  zones: z.unknown().optional(),
  switches: z.unknown().optional(),
  policies: z.unknown().optional(),
});
