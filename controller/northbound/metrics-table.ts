// Every metric of Lark's own, in one table: its name, what it means, its labels and where its values are read from at
// a scrape. Names follow Faucet's (`of_packet_ins_total`, `dp_status`, label `dp_name`) behind the prefix `lark_`, in
// base units. Labels come from bounded sets only: never a job, an address or a MAC. docs/metrics.md explains each, and
// a test holds the two against each other.

import type { Enforcement } from '../jobs/admission.ts';
import type { ConnectionOutcome, Counters, LabelledCounter } from '../telemetry/counters.ts';
import type { LarkApi, SwitchCounts } from './lark-api.ts';

/** What the metrics page is read from. Everything is asked at the scrape, so nothing is kept twice. */
export interface MetricSources {
  readonly counters: Counters;
  readonly api: Pick<
    LarkApi,
    'addressLeases' | 'jobCounts' | 'switchCounts' | 'mendsWaiting' | 'decidedRules' | 'readiness'
  >;
  /** Of package.json. */
  readonly version: string;
  /** The configuration in force. */
  readonly config: () => ConfigStatus;
}

export interface ConfigStatus {
  /** Wall-clock milliseconds when it came into force. */
  readonly loadedAt: number;
  readonly policies: number;
  readonly zones: number;
  /** How many warnings the check had. */
  readonly warnings: number;
  /** Names of the switches that the file speaks of, connected or not. */
  readonly switches: readonly string[];
  /** Of the listeners that speak TLS: when their certificates end, in wall-clock milliseconds. */
  readonly certificates: readonly { readonly listener: string; readonly expiresAt: number }[];
  /** Of the file's text. */
  readonly sha256: string;
  /** The last reload was refused, so that another file is in force than the one on the disk. */
  readonly isLastLoadRefused: boolean;
}

export interface Sample {
  /** In the order of the metric's label names. */
  readonly labels: readonly string[];
  readonly value: number;
}

export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (sources: MetricSources) => Iterable<Sample>;
}

const ENFORCEMENTS: readonly Enforcement[] = ['port', 'by-address', 'unenforced', 'waiting'];
const CONNECTION_OUTCOMES: readonly ConnectionOutcome[] = ['accepted', 'closed', 'refused'];
export const METRICS: readonly MetricDeclaration[] = [
  counter(
    'lark_of_packet_ins_total',
    'PacketIns by switch and what became of them.',
    ['dp_name', 'outcome'],
    'packetIns',
  ),
  counter('lark_of_flowmsgs_sent_total', 'FlowMods sent, by switch and kind.', ['dp_name', 'kind'], 'flowMods'),
  counter('lark_of_packet_outs_total', 'PacketOuts sent, by switch.', ['dp_name'], 'packetOuts'),
  counter(
    'lark_of_flows_removed_total',
    'FlowRemoved messages, by switch and reason.',
    ['dp_name', 'reason'],
    'flowsRemoved',
  ),
  counter(
    'lark_dp_rules_lost_total',
    'Times that a switch came back without the rules that it had: it restarted, or forwarded everything meanwhile.',
    ['dp_name'],
    'rulesLost',
  ),
  counter(
    'lark_of_port_storms_total',
    'Times that a port has asked about more packets than its limit lets through, by switch.',
    ['dp_name'],
    'portStorms',
  ),
  counter(
    'lark_of_storm_dropped_packets_total',
    'Packets of held ports that a switch dropped by itself, by switch; told when the port is held no longer.',
    ['dp_name'],
    'stormPackets',
  ),
  counter(
    'lark_of_errors_total',
    'OpenFlow errors that switches sent, by switch and type.',
    ['dp_name', 'type'],
    'switchErrors',
  ),
  {
    name: 'lark_of_dp_connections_total',
    type: 'counter',
    help: 'OpenFlow connections by outcome.',
    labels: ['outcome'],
    // From the start at zero, so that the first refusal is an increase and not a new series.
    read: ({ counters }) => [
      ...CONNECTION_OUTCOMES.map((outcome) => ({ labels: [outcome], value: 0 })),
      ...counters.connections.entries(),
    ],
  },
  counter(
    'lark_of_duplicate_dpids_total',
    'Connections with the datapath id of one that was there already, by which of the two went on.',
    ['kept'],
    'duplicateDpids',
  ),
  counter(
    'lark_connections_refused_total',
    'Connections that ended before anything was said on them, by listener and why.',
    ['listener', 'reason'],
    'connectionsRefused',
  ),
  counter(
    'lark_http_problems_total',
    'HTTP requests that were answered with a problem, by its code.',
    ['code'],
    'httpProblems',
  ),
  {
    name: 'lark_tls_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate that a listener shows ends.',
    labels: ['listener'],
    read: ({ config }) =>
      config().certificates.map(({ listener, expiresAt }) => ({ labels: [listener], value: expiresAt / 1000 })),
  },
  counter(
    'lark_feed_requests_total',
    'Job requests, over the feed or HTTP, by verb and how they ended.',
    ['verb', 'outcome'],
    'jobRequests',
  ),
  counter(
    'lark_feed_holds_total',
    'Times that a connection of the job feed was not read for a moment, as its address asks too fast.',
    [],
    'feedHolds',
  ),
  counter('lark_clock_jumps_total', 'Times that the clock of the system was set to another time.', [], 'clockJumps'),
  counter('lark_job_leases_ended_total', 'Jobs removed because nobody renewed their lease.', [], 'leasesEnded'),
  {
    name: 'lark_dp_status',
    type: 'gauge',
    help: 'Switches by name: 1 connected, 0 named in the policy file but away.',
    labels: ['dp_name'],
    read: ({ api, config }) => {
      const connected = new Set(api.switchCounts().map((view) => view.name));
      const names = new Set([...config().switches, ...connected]);
      return [...names].map((name) => ({ labels: [name], value: connected.has(name) ? 1 : 0 }));
    },
  },
  gauge('lark_dp_mends_waiting', 'Switches that are connected and wait for their turn to be mended.', ({ api }) =>
    api.mendsWaiting(),
  ),
  gauge('lark_dp_decided_rules', 'Rules decided for single packets, of all connected switches.', ({ api }) =>
    api.decidedRules(),
  ),
  {
    name: 'lark_dp_ports',
    type: 'gauge',
    help: 'Ports that are up, by switch and role.',
    labels: ['dp_name', 'role'],
    read: ({ api }) =>
      perSwitch(api.switchCounts(), (view) =>
        [...view.portsUp()].map(([role, value]) => ({ labels: [view.name, role], value })),
      ),
  },
  {
    name: 'lark_dp_ports_held',
    type: 'gauge',
    help: 'Ports whose packets the switch drops for a while, since they asked about too many, by switch.',
    labels: ['dp_name'],
    read: ({ api }) => perSwitch(api.switchCounts(), (view) => [{ labels: [view.name], value: view.portsHeld }]),
  },
  {
    name: 'lark_hosts_learned',
    type: 'gauge',
    help: 'MAC addresses in the host table, by switch.',
    labels: ['dp_name'],
    read: ({ api }) => perSwitch(api.switchCounts(), (view) => [{ labels: [view.name], value: view.hosts }]),
  },
  {
    name: 'lark_dp_rules',
    type: 'gauge',
    help: "Lark's rules, by switch, as far as Lark knows.",
    labels: ['dp_name'],
    read: ({ api }) => perSwitch(api.switchCounts(), (view) => [{ labels: [view.name], value: view.rules }]),
  },
  {
    name: 'lark_dp_rule_room_used_ratio',
    type: 'gauge',
    help: 'How much of its room for rules is in use, by switch: 1 is full, 0 where no limit is known.',
    labels: ['dp_name'],
    read: ({ api }) => perSwitch(api.switchCounts(), (view) => [{ labels: [view.name], value: view.room.share }]),
  },
  {
    name: 'lark_dp_rule_groups_left_out',
    type: 'gauge',
    help: 'Groups of rules that had to be left out for lack of room, by switch: their packets are asked about.',
    labels: ['dp_name'],
    read: ({ api }) => perSwitch(api.switchCounts(), (view) => [{ labels: [view.name], value: view.room.leftOut }]),
  },
  {
    name: 'lark_dp_foreign_rules',
    type: 'gauge',
    help: "Rules that are not Lark's and come before Lark's, by switch, as of when it connected.",
    labels: ['dp_name'],
    read: ({ api }) => perSwitch(api.switchCounts(), (view) => [{ labels: [view.name], value: view.foreignRules }]),
  },
  {
    name: 'lark_jobs',
    type: 'gauge',
    help: 'Registered jobs by how they are enforced.',
    labels: ['state'],
    read: ({ api }) => {
      const counts = api.jobCounts();
      return ENFORCEMENTS.map((state) => ({ labels: [state], value: counts[state] }));
    },
  },
  {
    name: 'lark_address_leases',
    type: 'gauge',
    help: 'Leased addresses, by the pool of the policy file.',
    labels: ['pool'],
    read: ({ api }) => api.addressLeases().pools.map(({ name, leased }) => ({ labels: [name], value: leased })),
  },
  gauge('lark_ready', 'Whether /readyz answers that Lark can do its work: 1 yes, 0 no.', ({ api }) =>
    api.readiness().ready ? 1 : 0,
  ),
  gauge(
    'lark_config_load_timestamp_seconds',
    'When the policy file in force was loaded.',
    ({ config }) => config().loadedAt / 1000,
  ),
  gauge(
    'lark_config_load_error',
    'Whether the last reload of the policy file was refused: 1 yes, 0 no.',
    ({ config }) => (config().isLastLoadRefused ? 1 : 0),
  ),
  {
    name: 'lark_config_info',
    type: 'gauge',
    help: 'Always 1; the label is the SHA-256 of the policy file in force.',
    labels: ['sha256'],
    read: ({ config }) => [{ labels: [config().sha256], value: 1 }],
  },
  gauge('lark_config_policies', 'Policies in the policy file in force.', ({ config }) => config().policies),
  gauge('lark_config_zones', 'Zones in the policy file in force.', ({ config }) => config().zones),
  gauge(
    'lark_config_warnings',
    'Warnings of the check of the policy file in force.',
    ({ config }) => config().warnings,
  ),
  {
    name: 'lark_build_info',
    type: 'gauge',
    help: 'Always 1; the labels say which Lark on which Node.js this is.',
    labels: ['version', 'node_version'],
    read: ({ version }) => [{ labels: [version, process.versions.node], value: 1 }],
  },
];

/** The names in Counters whose values are LabelledCounters. */
type CounterName = {
  [K in keyof Counters]: Counters[K] extends LabelledCounter<infer _Labels> ? K : never;
}[keyof Counters];

function counter(name: string, help: string, labels: readonly string[], source: CounterName): MetricDeclaration {
  return { name, help, labels, type: 'counter', read: ({ counters }) => counters[source].entries() };
}

function gauge(name: string, help: string, value: (sources: MetricSources) => number): MetricDeclaration {
  return { name, help, labels: [], type: 'gauge', read: (sources) => [{ labels: [], value: value(sources) }] };
}

function perSwitch(
  switches: readonly SwitchCounts[],
  samples: (view: SwitchCounts) => readonly Sample[],
): readonly Sample[] {
  return switches.flatMap(samples);
}
