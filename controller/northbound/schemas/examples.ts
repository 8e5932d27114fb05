// An example of each kind of answer, by the name of its schema, for readers of the API's reference. A test holds each against
// its schema.

const job = {
  key: 'submit01#4711.0#1754300100|1|wn021|slot1_3@wn021',
  globalJobId: 'submit01#4711.0#1754300100',
  start: '1',
  machine: 'wn021',
  slot: 'slot1_3@wn021',
  user: 'alice',
  accountingGroup: 'group_physics.cms',
  addresses: ['10.1.0.7'],
  mac: '02:00:00:00:00:07',
  enforcement: 'port',
  location: { switch: 'core', dpid: '0000001aa009fbc9', port: 'veth7', portNo: 7 },
  leaseEndsAt: '2026-08-04T12:15:00.000Z',
};

const lease = {
  key: job.key,
  machine: 'wn021',
  slot: 'slot1_3@wn021',
  addresses: [{ pool: 'nodes', address: '10.1.0.7', prefixLength: 24, gateway: '10.1.0.1' }],
  isInUse: false,
  leaseEndsAt: '2026-08-04T12:15:00.000Z',
};

const rule = {
  switch: 'core',
  dpid: '0000001aa009fbc9',
  table: 0,
  priority: 300,
  cookie: '0x4c61726b12000001 (drop)',
  match: 'ip,nw_src=10.1.0.7,nw_dst=10.1.0.8',
  actions: 'drop',
  packets: 4,
  bytes: 392,
  policy: 'isolate-users',
  place: 'policy.yaml:12:5',
};

const queue = { portNo: 2, port: 'eth0', queueId: 1, name: 'cms', packets: 17, bytes: 24_310, dropped: 0 };

const networkSwitch = {
  dpid: '0000001aa009fbc9',
  name: 'core',
  version: '1.3',
  peer: '192.0.2.7:50001',
  state: 'up',
  pipeline: 'multi-table',
  connectedAt: '2026-08-04T12:00:00.000Z',
  ports: [{ portNo: 7, name: 'veth7', mac: '02:00:00:00:01:07', up: true, role: 'job', held: false }],
  hosts: 7,
  rules: 120,
  room: { share: 0.12, leftOut: 0, budget: 1000 },
  foreignRules: [],
};

const endpointClass = { number: 3, attributes: { Owner: 'alice' }, jobs: 12, addresses: [] };

const policy = {
  file: 'policy.yaml',
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  loadedAt: '2026-08-04T11:00:00.000Z',
  ageSec: 3600,
  policies: 3,
  zones: 2,
  warnings: 0,
  watch: 'events',
  refused: null,
};

const plan = {
  file: 'policy.yaml',
  sha256: policy.sha256,
  jobs: 17,
  classes: { before: 5, after: 5, limit: 4096 },
  ruleLimit: 1_000_000,
  verdicts: { ends: [], changes: [], jobs: 0, users: [] },
  moves: [],
  settings: [],
  switches: [
    {
      switch: 'core',
      dpid: '0000001aa009fbc9',
      version: '1.3',
      pipeline: 'multi-table',
      action: 'update',
      rulesBefore: 40,
      rulesAfter: 41,
      added: 1,
      changed: 0,
      removed: 0,
      removedDecided: 0,
      isGuarded: false,
      isBundle: true,
    },
  ],
  away: [],
};

export const EXAMPLES: Readonly<Record<string, unknown>> = {
  Job: job,
  JobPage: { jobs: [job], next: 'c3VibWl0MDEjNDcxMS4w', total: 17 },
  AddressLease: lease,
  AddressLeases: { pools: [{ name: 'nodes', range: '10.1.0.0-10.1.0.255', leased: 1 }], leases: [lease] },
  ReleasedLease: { key: job.key, released: ['10.1.0.7'] },
  RemovedJob: { key: job.key, pendingSwitches: [] },
  JobRules: {
    counts: { sent: { packets: 17, bytes: 1666 }, received: { packets: 16, bytes: 1568 } },
    rules: [rule],
    silentSwitches: [],
  },
  RulePage: { rules: [rule], next: null, total: 1 },
  Queues: { queues: [queue] },
  PortQueues: { dpid: '0000001aa009fbc9', port: 'eth0', portNo: 2, queues: [1, 2] },
  Switch: networkSwitch,
  Switches: { switches: [networkSwitch] },
  ForgottenSwitch: { dpid: '0000001aa009fbc9', freed: ['10.1.0.9'] },
  Classes: { classes: [endpointClass] },
  Explanation: {
    source: { address: '10.1.0.7', type: 'job', name: job.key, user: 'alice', attributes: { Owner: 'alice' } },
    destination: { address: '10.1.0.8', type: 'job', name: 'submit01#…', user: 'bob', attributes: { Owner: 'bob' } },
    verdict: {
      action: 'drop',
      reason: 'jobs of different users may not talk to each other',
      policy: 'isolate-users',
      place: 'policy.yaml:12:5',
      queue: null,
      via: null,
      connections: null,
      mark: null,
      vlan: null,
      audited: [],
    },
    rules: [rule],
    silentSwitches: [],
    withoutRules: [],
  },
  Rates: {
    by: 'user',
    at: '2026-08-04T12:00:00.000Z',
    intervalSec: 2,
    rows: [
      {
        name: 'alice',
        user: null,
        jobs: 17,
        sent: { packetsPerSec: 1020.5, bytesPerSec: 1_530_750 },
        received: { packetsPerSec: 510, bytesPerSec: 33_660 },
      },
    ],
    total: 1,
    jobsNotCounted: 0,
    silentSwitches: [],
  },
  Policy: policy,
  Reload: { plan, warnings: [], silent: [], away: [], rebuilt: [] },
  PlannedReload: { plan, warnings: [], problems: [] },
  Status: {
    version: '0.1.0',
    startedAt: '2026-08-04T11:00:00.000Z',
    uptimeSec: 3600,
    policy,
    switches: { connected: 2, mended: 2, away: ['rack2'] },
    mendsWaiting: 0,
    jobs: { port: 17, 'by-address': 0, unenforced: 0, waiting: 1 },
  },
  Health: { status: 'ok' },
  Ready: { status: 'ready' },
  Problem: {
    type: 'urn:lark:problem:job-address-held',
    title: 'A job of another machine holds the address',
    status: 409,
    detail: '10.1.0.7 is held by job submit01#4711.0#1754300100 of machine wn021, and wn022 cannot take it over.',
    instance: '/v1/jobs',
    code: 'JOB_ADDRESS_HELD',
    remedy: 'Remove that job first (CLEAN from its machine), or find out why two machines give out the same address.',
    requestId: 'req-7',
  },
};
