// A LarkApi with fixed contents, for tests of what reads one: two switches, three jobs, and an explanation.

import type { ReloadPlan } from '../../enforcement/plan/plan-values.ts';
import { EventLog } from '../../events/event-log.ts';
import { PORT_ROLES } from '../../network/switch-state.ts';
import { Counters } from '../../telemetry/counters.ts';
import type {
  AddressLeaseView,
  Explanation,
  JobRulesView,
  JobView,
  LarkApi,
  QueueView,
  RatesView,
  StatusView,
  SwitchCounts,
  SwitchView,
} from '../lark-api.ts';
import { createMetrics, type Metrics } from '../metrics.ts';

export function jobView(user: string, address: string, changes: Partial<JobView> = {}): JobView {
  const globalJobId = `schedd.example.edu#${user}.0#1700000000`;
  const slot = 'slot1_1@wn1.example.edu';
  return {
    key: `${globalJobId}|1|wn1.example.edu|${slot}`,
    globalJobId,
    start: '1',
    machine: 'wn1.example.edu',
    slot,
    user,
    accountingGroup: null,
    addresses: [address],
    mac: '02:00:00:00:01:01',
    enforcement: 'port',
    location: { switch: 'core', dpid: '0000001aa009fbc9', port: 'veth1', portNo: 1 },
    leaseEndsAt: null,
    ...changes,
  };
}

export const alice = jobView('alice', '10.1.0.1', { accountingGroup: 'group_physics.cms' });
export const bob = jobView('bob', '10.1.0.2', { accountingGroup: 'group_physics2', machine: 'WN2.example.edu' });
export const carol = jobView('carol', '2001:db8::3', { enforcement: 'by-address', location: null, mac: null });

export const aliceLease: AddressLeaseView = {
  key: alice.key,
  machine: alice.machine,
  slot: alice.slot,
  addresses: [{ pool: 'nodes', address: '10.1.0.1', prefixLength: 24, gateway: '10.1.0.254' }],
  isInUse: false,
  leaseEndsAt: '2026-01-02T03:19:05.000Z',
};

export const core: SwitchView = {
  dpid: '0000001aa009fbc9',
  name: 'core',
  version: '1.3',
  peer: '127.0.0.1:50001',
  state: 'ready',
  pipeline: 'single-table',
  connectedAt: '2026-01-02T03:04:05.000Z',
  ports: [
    { portNo: 1, name: 'veth1', mac: '02:00:00:00:00:01', up: true, role: 'job', held: false },
    { portNo: 2, name: 'eth0', mac: '02:00:00:00:00:02', up: true, role: 'wan', held: false },
    { portNo: 3, name: 'eth1', mac: '02:00:00:00:00:03', up: false, role: 'alternate', held: false },
  ],
  hosts: 7,
  rules: 12,
  room: { share: 0.5, leftOut: 0, budget: 24 },
  foreignRules: [],
};
export const rack: SwitchView = {
  ...core,
  dpid: '0000000000000002',
  name: 'rack2',
  version: '1.0',
  ports: [],
  hosts: 0,
  rules: 0,
  room: { share: 0, leftOut: 0, budget: null },
  foreignRules: [],
};

export const dropped: Explanation = {
  source: { address: '10.1.0.1', type: 'job', name: alice.key, user: 'alice', attributes: { Owner: 'alice' } },
  destination: { address: '10.1.0.2', type: 'job', name: bob.key, user: 'bob', attributes: { Owner: 'bob' } },
  verdict: {
    action: 'drop',
    reason: 'jobs of different users may not talk to each other',
    policy: 'isolate-users',
    place: 'policy.yaml:12:5',
    queue: null,
    via: null,
  },
  rules: [
    {
      switch: 'core',
      dpid: core.dpid,
      table: 0,
      priority: 300,
      match: 'ip,nw_src=10.1.0.1,nw_dst=10.1.0.2',
      actions: 'drop',
      packets: 4,
      bytes: 392,
      cookie: '0x4c61726b12000000 (drop)',
      policy: 'isolate-users',
      place: 'policy.yaml:12:5',
    },
  ],
  silentSwitches: [],
};

export const bulk: QueueView = {
  portNo: 2,
  port: 'eth0',
  queueId: 1,
  name: 'bulk',
  packets: 10,
  bytes: 9800,
  dropped: 1,
};

export const aliceRules: JobRulesView = {
  counts: { sent: { packets: 4, bytes: 392 }, received: { packets: 0, bytes: 0 } },
  rules: dropped.rules,
  silentSwitches: [],
};

export const rates: RatesView = {
  by: 'user',
  at: '2026-01-02T03:04:05.000Z',
  intervalSec: 2,
  rows: [
    {
      name: 'alice',
      user: null,
      jobs: 2,
      sent: { packetsPerSec: 1000, bytesPerSec: 1_500_000 },
      received: { packetsPerSec: 500, bytesPerSec: 32_000 },
    },
    {
      name: 'bob',
      user: null,
      jobs: 1,
      sent: { packetsPerSec: 0.5, bytesPerSec: 49 },
      received: { packetsPerSec: 0, bytesPerSec: 0 },
    },
  ],
  total: 2,
  jobsNotCounted: 0,
  silentSwitches: [],
};

export const noChange: ReloadPlan = {
  file: 'policy.yaml',
  sha256: '0f'.repeat(32),
  jobs: 3,
  classes: { before: 5, after: 5, limit: 4096 },
  ruleLimit: 1_000_000,
  verdicts: { ends: [], changes: [], jobs: 0, users: [] },
  moves: [],
  settings: [],
  switches: [
    {
      switch: 'core',
      dpid: core.dpid,
      version: '1.3',
      pipeline: 'multi-table',
      action: 'update',
      rulesBefore: 40,
      rulesAfter: 40,
      added: 0,
      changed: 0,
      removed: 0,
      removedDecided: 0,
      isGuarded: false,
      isBundle: false,
    },
  ],
  away: [],
};

export const wellStatus: StatusView = {
  version: '9.8.7',
  startedAt: '2026-01-02T03:04:05.000Z',
  uptimeSec: 11_525,
  policy: {
    file: 'policy.yaml',
    sha256: '0f'.repeat(32),
    loadedAt: '2026-01-02T04:04:05.000Z',
    ageSec: 65,
    policies: 3,
    zones: 2,
    warnings: 0,
    watch: 'events',
    refused: null,
  },
  switches: { connected: 2, mended: 2, away: [] },
  mendsWaiting: 0,
  jobs: { port: 2, 'by-address': 1, unenforced: 0, waiting: 0 },
};

/** As a view says it. */
function countsOf({ name, ports, hosts, rules, room, foreignRules }: SwitchView): SwitchCounts {
  const up = (role: string) => ports.filter((port) => port.up && port.role === role).length;
  const portsUp = () => new Map(PORT_ROLES.map((role) => [role, up(role)]));
  const portsHeld = ports.filter(({ held }) => held).length;
  return { name, portsUp, portsHeld, hosts, rules, room, foreignRules: foreignRules.length };
}

export function fakeLark(changes: Partial<LarkApi> = {}): LarkApi {
  const jobs = [carol, alice, bob];
  const switches = changes.switches ?? (() => [core, rack]);
  return {
    events: new EventLog(() => 0),
    jobs: () => jobs,
    jobCounts: () => ({ port: 2, 'by-address': 1, unenforced: 0, waiting: 0 }),
    job: (key) => jobs.find((job) => job.key === key),
    registerJob: async () => alice,
    renewJob: async () => alice,
    removeJob: async (key) => ({ key, pendingSwitches: [] }),
    leaseAddress: async () => aliceLease,
    releaseAddress: async (key) => ({ key, released: ['10.1.0.1'] }),
    addressLeases: () => ({
      pools: [{ name: 'nodes', range: '10.1.0.0-10.1.0.255', leased: 1 }],
      leases: [aliceLease],
    }),
    switches,
    switchCounts: () => switches().map(countsOf),
    portQueues: async (dpid, port) => ({ dpid, port, portNo: 2, queues: [1] }),
    forgetSwitch: async (dpid) => ({ dpid, freed: ['10.1.0.9'] }),
    explain: async () => dropped,
    switchRules: async () => dropped.rules,
    switchQueues: async () => [bulk],
    jobRules: async (key) => (jobs.some((job) => job.key === key) ? aliceRules : undefined),
    rates: async () => rates,
    classes: () => [{ number: 3, attributes: { Owner: 'alice' }, jobs: 1, addresses: [] }],
    mendsWaiting: () => 0,
    decidedRules: () => 0,
    policyText: () => 'policies: []\n',
    reloadPolicy: async () => ({ plan: noChange, warnings: [], silent: [], away: [], rebuilt: [] }),
    planPolicy: async () => ({ plan: noChange, warnings: [], problems: [] }),
    state: () => ['{"format":"lark-state-1"', '}\n'],
    readiness: () => ({ ready: true, reasons: [] }),
    status: () => wellStatus,
    ...changes,
  };
}

export function fakeMetrics(api: LarkApi = fakeLark(), counters = new Counters()): Metrics {
  const config = () => ({
    loadedAt: 1_700_000_000_000,
    policies: 3,
    zones: 2,
    warnings: 0,
    switches: ['core', 'away'],
    certificates: [{ listener: 'http', expiresAt: 1_800_000_000_000 }],
    sha256: '0f'.repeat(32),
    isLastLoadRefused: false,
  });
  return createMetrics({ api, counters, version: '9.8.7', config });
}
