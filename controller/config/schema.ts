// The shape of each section of a policy file, with its defaults and what each key means. From here come the loader's checks,
// the JSON Schema that editors take (`lark schema`) and docs/policy-reference.md: whatever a key has to say stands beside it.
// The sections are checked one by one, and each zone, switch and policy by itself, so that a mistake in one hides none in
// another. What holds between several values is checked afterwards.

import { z } from 'zod';
import { prefixList } from '../../policies/options/prefixes.ts';
import { describeValue, mapping, oneOf, type Reading, readBy, wholeNumber } from '../../policies/options/schema.ts';
import { addressRange, ipAddress } from './address-range.ts';
import type { OpenflowVersion } from './config.ts';
import { datapathId, directoryPath, duration, filePath, listenAddress, portName, stationMac } from './values.ts';

const VERSIONS: ReadonlyMap<unknown, OpenflowVersion> = new Map([
  ['1.0', 1],
  ['1.3', 4],
]);

const openflowVersion = readBy(
  (input) => {
    const version = VERSIONS.get(input);
    return version === undefined
      ? { problem: `expected "1.3" or "1.0", the OpenFlow versions that Lark speaks; found ${describeValue(input)}` }
      : { value: version };
  },
  // Without quotes Lark reads text, and the YAML of editors a number.
  { title: '`"1.3"` or `"1.0"`', enum: ['1.3', '1.0', 1.3, 1] },
);

const tlsFiles = {
  certificate: filePath.describe("PEM: Lark's certificate, and those between it and its CA."),
  key: filePath.describe("PEM: its key, without a passphrase; readable by Lark's user alone."),
};
const clientCa = filePath.describe("PEM: the CA, or several, that the other side's certificate has to come from.");
/** Of a listener whose other side is a machine: it shows a certificate, too. */
export const mutualTls = mapping({ ...tlsFiles, clientCa });
export const httpTls = mapping({ ...tlsFiles, clientCa: clientCa.optional() });

const MOST_PACKETS = 10_000_000;

const packetRate = readBy(
  (input): Reading<number | 'off'> =>
    input === 'off' || (typeof input === 'number' && Number.isInteger(input) && input >= 1 && input <= MOST_PACKETS)
      ? { value: input }
      : {
          problem: `expected packets a second, a whole number from 1 to ${MOST_PACKETS}, or off; found ${describeValue(input)}`,
        },
  {
    title: `\`off\`, or a whole number from 1 to ${MOST_PACKETS}`,
    anyOf: [{ const: 'off' }, { type: 'integer', minimum: 1, maximum: MOST_PACKETS }],
  },
);

const packetInLimit = mapping({
  rate: packetRate
    .prefault(1000)
    .describe(
      'Packets a second from one port that are looked at, where no rule of the switch says what is to be done. A port that leads to many (fabric, WAN, alternate, LOCAL, and one of a machine, of several jobs or of several hosts) has ten times as many. `off`: no limit.',
    ),
  burst: wholeNumber('a number of packets', 1, MOST_PACKETS)
    .prefault(2000)
    .describe('As many more at once, before the rate counts.'),
  hold: duration('1s', '5m')
    .prefault('10s')
    .describe(
      'How long the switch then drops all that comes from the port, if the port does not lead to many; in whole seconds.',
    ),
});

export const openflowSection = mapping({
  listen: listenAddress('0.0.0.0').prefault('0.0.0.0:6653').describe('Where switches connect.'),
  versions: z
    .array(openflowVersion)
    .min(1, { error: 'expected at least one version, such as ["1.3", "1.0"]' })
    .prefault(['1.3', '1.0'])
    .describe(
      'The OpenFlow versions spoken; the highest that a switch shares is used. A 1.0 switch cannot match IPv6 addresses: on it IPv6 from or to a job is dropped unless every verdict of that job allows.',
    ),
  echoInterval: duration('100ms', '1h')
    .prefault('5s')
    .describe(
      'After this long without a message the switch is asked for an echo, and after as long again its connection is closed.',
    ),
  foreign: oneOf('leave', 'remove', 'refuse')
    .prefault('leave')
    .describe(
      "What to do about rules on a switch that are not Lark's and come before one of Lark's (same table, a common packet, priority not below): what they match is not under Lark's policy. `leave` keeps them, says so in the log, in `lark_dp_foreign_rules` and in `/v1/switches`, and never overwrites one. `remove` deletes them when the switch connects. `refuse` closes the connection of such a switch. Rules in tables that Lark does not use are nobody's business.",
    ),
  packetInLimit: packetInLimit
    .prefault({})
    .describe('What one port may have Lark look at: see [storms](reliability.md#a-storm-from-one-port).'),
  tls: mutualTls
    .optional()
    .describe(
      '[TLS](policy-file.md#tls), on which both sides show a certificate: `ssl:` on Open vSwitch. Without it, plain TCP.',
    ),
}).meta({ title: "the switches' connections", examples: [{ listen: '0.0.0.0:6653', versions: ['1.3'] }] });

export const httpSection = mapping({
  listen: listenAddress('127.0.0.1')
    .prefault('127.0.0.1:8080')
    .describe('Where the HTTP API and `/metrics` are served. Beyond loopback give it `tokens` and `tls`.'),
  tls: httpTls
    .optional()
    .describe(
      '[TLS](policy-file.md#tls): `https://`. With `clientCa` clients show a certificate, too. Without it, plain HTTP.',
    ),
  tokens: filePath
    .optional()
    .describe('The file with the hashes of [tokens](http-api.md#who-may-ask), relative to the policy file.'),
}).meta({ title: 'API and metrics', examples: [{ listen: '127.0.0.1:8080' }] });

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,63}$/;

/** A mapping whose keys are names of the operator's choosing. */
function named<T>(what: string, value: z.ZodType<T>) {
  const error = (issue: { readonly input: unknown }) => badName(what, issue.input);
  return z.record(z.string().regex(NAME, { error }), value);
}

function badName(what: string, name: unknown): string {
  return `${JSON.stringify(name)} cannot name a ${what}: expected up to 64 letters, digits, and . _ : @ - inside`;
}

const worker = mapping({
  from: prefixList.prefault([]).describe("The worker node's own addresses."),
  ranges: prefixList.prefault([]).describe('Addresses that its jobs may have.'),
});

export const jobsSection = mapping({
  listen: listenAddress('127.0.0.1')
    .prefault('127.0.0.1:9620')
    .describe(
      'Where worker nodes register jobs. Beyond loopback, say who is listened to by `from` or `tls`, or `lark check` warns.',
    ),
  tls: mutualTls
    .optional()
    .describe('[TLS](policy-file.md#tls), on which both sides show a certificate. Without it, plain TCP.'),
  ranges: prefixList
    .prefault([])
    .describe(
      'Prefixes whose addresses only jobs get. An address in here that no job holds is dropped, whatever the policies say. Without ranges the address of a job that has ended counts as a zone or `wan`, and `lark check` warns of it.',
    ),
  from: prefixList
    .min(1, { error: 'expected at least one prefix; leave the key out to take requests from everyone' })
    .optional()
    .describe(
      "Prefixes from which requests are taken; all others are refused (`JOB_SENDER_REFUSED`), and so is whoever has a job's address. List 127.0.0.1 too if Lark's own host asks. Without it, everyone.",
    ),
  claims: oneOf('open', 'strict')
    .prefault('open')
    .describe(
      '`strict`: a worker node registers only jobs of its own machine, at addresses or ports of its own ([job-feed.md](job-feed.md#who-is-listened-to)).',
    ),
  workers: named('machine', worker)
    .prefault({})
    .describe(
      'For `strict`, by machine name (letter case does not count). Without `from` above and without `tls`, requests are taken from the `from` of these.',
    ),
  // 24 days is about what a timer of the platform can hold.
  lease: duration('1s', '24d')
    .optional()
    .describe('How long a registration holds unless it is renewed. For clients of the JSON form, which renew.'),
  calloutLease: duration('1s', '24d')
    .optional()
    .describe(
      'The same for original callouts, which cannot renew: only the same SEND again does. Longer than any job runs, it ends what a worker node that died has left behind.',
    ),
  unlocated: oneOf('refuse', 'by-address')
    .prefault('refuse')
    .describe(
      'What to do with a job whose switch port is not known. `by-address` admits it and judges by address alone: nothing stops another host from using its address.',
    ),
  notConnected: oneOf('refuse', 'wait')
    .prefault('refuse')
    .describe(
      'What to do with a job whose switch is known but not connected. `wait` keeps it, is answered `WAITING` and never `OK`, and gives it its rules when the switch connects; until then its address is one that no job holds.',
    ),
  nat: oneOf('refuse', 'unenforced')
    .prefault('refuse')
    .describe(
      "What to do with a job whose `LarkNetworkType` is `nat`, which shares its host's address. `unenforced` keeps it without any rule.",
    ),
  settle: duration('0ms', '1m')
    .prefault('200ms')
    .describe(
      "How long a removal of a job, and a reload of this file, waits after the switches' barriers before it is answered, for decisions that a software switch has cached to end.",
    ),
  confirmTimeout: duration('10ms', '5m')
    .prefault('2s')
    .describe("How long a switch may take to confirm a job's rules; after that the job is not admitted."),
}).meta({
  title: 'the job feed',
  examples: [{ listen: '10.0.0.2:9620', ranges: ['10.1.0.0/16', '2001:db8:1::/48'], lease: '15m' }],
});

export const storeSection = mapping({
  path: directoryPath.describe(
    "A directory, made if it is not there; relative to the policy file's own. Lark keeps in it the registered jobs, the addresses that are held back, the switches that it has met and the names of their ports that jobs were at, and the numbers of classes of endpoints.",
  ),
}).meta({ title: 'what outlives a restart', examples: [{ path: '/var/lib/lark' }] });

export const limitsSection = mapping({
  classes: wholeNumber('a number of endpoint classes', 1, 500_000)
    .prefault(4096)
    .describe(
      'Endpoint classes: jobs that the policies cannot tell apart are one class, and each zone is one or more. A job that would make one class too many is refused (`JOB_TOO_MANY_CLASSES`). The verdict tables grow with it, at worst with its square.',
    ),
  rules: wholeNumber('a number of rules', 1, 16_777_216)
    .prefault(1_000_000)
    .describe(
      'Rules that follow from the file, the jobs and the hosts on any one switch. Set it to what the smallest switch holds.',
    ),
}).meta({ title: 'how much a policy may make of the jobs', examples: [{ classes: 1000, rules: 4000 }] });

/** One zone: its prefixes. */
export const zoneEntry = prefixList.describe('The prefixes of the zone.');

/** What is wrong with a name that a mapping's key gives, or undefined. */
export function nameProblem(what: string, name: string): string | undefined {
  return NAME.test(name) ? undefined : badName(what, name);
}

/** One pool of addresses that Lark leases. */
export const poolEntry = mapping({
  range: addressRange.describe(
    'The addresses, within one prefix of `jobs.ranges`. The network’s own address, its broadcast address and the gateway’s are never leased.',
  ),
  prefixLength: wholeNumber('a prefix length', 0, 128)
    .optional()
    .describe('Of the network that they are in, for whoever sets up the interface; needed where `range` is no prefix.'),
  gateway: ipAddress.optional().describe('The gateway of that network, for the same.'),
  workers: named('machine', addressRange)
    .prefault({})
    .describe(
      'Parts of the range for the jobs of one machine alone, by its name (letter case does not count). Other machines get the rest.',
    ),
});

const addressesSection = named('pool', poolEntry).meta({
  title: 'what Lark leases to jobs',
  examples: [
    {
      nodes: { range: '10.1.0.0/24', gateway: '10.1.0.1', workers: { 'wn021.example.edu': '10.1.0.16/28' } },
      nodes6: { range: '2001:db8:1::1000-2001:db8:1::1fff', prefixLength: 64 },
    },
  ],
});

const madeBeforehand =
  'this version does not set rates: make the queue on the switch with its rates, and give only its id here';

const queue = mapping(
  {
    // OFPQ_ALL, 0xffffffff, stands for all queues (OF1.3.5 §7.2.2).
    id: wholeNumber('a queue id', 0, 0xfffffffe).describe(
      'The id on the switch of the queue that policies call by this name. Queues are made on the port beforehand, with their rates: `maxRate` and `minRate` are errors in this version.',
    ),
    managed: readBy(
      (input) =>
        input === false
          ? { value: false }
          : {
              problem:
                'this version does not make queues: make it on the switch, and write "managed: false" or nothing',
            },
      { const: false },
    )
      .optional()
      .describe('`false` may say that Lark does not make the queue, which this version never does.'),
  },
  { maxRate: madeBeforehand, minRate: madeBeforehand },
);

const alternate = mapping({
  port: portName.describe('Another port to the outside, which policies call by this name in `via`.'),
  gateway: stationMac.describe('The MAC address that frames sent out of it are addressed to.'),
});

const wan = mapping({
  port: portName.describe('The port to the wide-area network.'),
  queues: named('queue', queue).prefault({}).describe('The queues of that port, by the names that policies use.'),
  alternates: named('alternate', alternate).prefault({}).describe('Other ways out, by the names that policies use.'),
});

/** What the file says of one switch. */
export const switchEntry = mapping({
  dpid: datapathId
    .optional()
    .describe(
      'The datapath id: `00:00:00:1a:a0:09:fb:c9`, `0000001aa009fbc9` or `0x1aa009fbc9`. No two switches share one. Without it, the key is the datapath id or the name of the Open vSwitch bridge.',
    ),
  wan: wan.optional().describe('The way out to the wide-area network.'),
  pipeline: z
    .enum(['single-table', 'multi-table'])
    .optional()
    .describe("How rules are laid out on the switch. Without it, as the switch's features allow."),
  rules: wholeNumber('a number of rules', 64, 10_000_000)
    .optional()
    .describe(
      "How many rules of Lark's the switch has room for, in all its tables together; without it, as many as it takes until it says that it is full. A tenth is kept free for changes. Beyond that Lark does without rules in this order, the least used first: rules decided for single packets, hosts', those of jobs at other switches, those of its own jobs. What has no rule is asked about, so a full switch is slower and never more permissive.",
    ),
  failMode: oneOf('secure', 'standalone')
    .optional()
    .describe(
      'The fail mode that the switch has been given, which OpenFlow does not tell. `secure`: without Lark it goes on by its rules. `standalone`: it forwards everything, so `lark check` warns. Without it, `secure` is taken to be meant. What Lark sees of it when the switch connects is held against this: [fail modes](reliability.md#fail-modes).',
    ),
  registers: z
    .boolean()
    .optional()
    .describe("`false`: only standard OpenFlow, even where the switch has Nicira's registers. Without it, Lark tries."),
  fabric: z.array(portName).prefault([]).describe("Ports to other switches of Lark's."),
  machines: named('machine', z.array(portName).min(1, { error: 'expected at least one port' }))
    .prefault({})
    .describe(
      'The ports that lead to the jobs of a worker node, by the `Machine` attribute of its ad. A machine belongs to one switch.',
    ),
});
export type SwitchEntry = z.output<typeof switchEntry>;

/** Names that Lark gives to zones itself, in any letter case: patterns of JSON Schema have no flags. */
const RESERVED_ZONES = { pattern: '^([Ww][Aa][Nn]|[Ll][Oo][Cc][Aa][Ll]|[Jj][Oo][Bb])$' };

const zonesSection = z.record(z.string().regex(NAME).meta({ not: RESERVED_ZONES }), zoneEntry).meta({
  title: 'names for addresses',
  examples: [{ campus: ['10.0.0.0/8', '2001:db8::/32'], 'license-server': ['10.9.0.7'] }],
});

const switchesSection = named('switch', switchEntry).meta({
  title: 'what the file knows of them',
  examples: [
    {
      core: {
        dpid: '00:00:00:1a:a0:09:fb:c9',
        wan: {
          port: 'eth0',
          queues: { default: { id: 0 }, cms: { id: 1 } },
          alternates: { i2: { port: 'eth1', gateway: '02:00:00:00:00:03' } },
        },
        fabric: ['eth7'],
        machines: { 'wn021.example.edu': ['veth1', 'veth2'] },
      },
    },
  ],
});

/** Each section but `policies`, whole. The loader takes those of zones and switches apart and checks entry by entry. */
export const sections = {
  openflow: openflowSection,
  http: httpSection,
  jobs: jobsSection,
  store: storeSection,
  limits: limitsSection,
  addresses: addressesSection,
  zones: zonesSection,
  switches: switchesSection,
} as const;

const anything = z.unknown().optional();

/** The file as a whole: which sections there are. */
export const fileSchema = mapping({
  ...(Object.fromEntries(Object.keys(sections).map((name) => [name, anything])) as Record<
    keyof typeof sections,
    typeof anything
  >),
  policies: anything,
});
