// Mininet with two switches, under each policy and in both OpenFlow versions: every ordered pair of hosts is pinged, and
// each pair is held against an expectation that is computed here, from the policy's meaning, without Lark's code.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sendRequest } from '../../mininet/demo/ads.ts';
import { LarkProcess } from '../../mininet/demo/lark-process.ts';
import { projectRoot } from '../../mininet/lab/enter.ts';
import { type LabOpenflowVersion, type Ovs, startOvs } from '../../mininet/lab/ovs.ts';

interface TestHost {
  readonly name: string;
  readonly switch: 's1' | 's2';
  readonly mac: string;
  /** The last one is the one that is pinged. */
  readonly addresses: readonly string[];
  readonly gateway?: string;
  /** Undefined for the host beyond the WAN port. */
  readonly user?: string;
  readonly group?: string;
}

const WAN_HOST = '203.0.113.10';

function jobHost(name: string, onSwitch: 's1' | 's2', number: number, user: string, group: string): TestHost {
  const mac = `02:00:00:01:00:${number}`;
  return { name, switch: onSwitch, mac, addresses: [`10.1.0.${number}/16`], gateway: '10.1.254.1', user, group };
}

// In the order of their ports: alice's and bob's jobs are on both sides of the link between the switches.
const HOSTS: readonly TestHost[] = [
  jobHost('a1', 's1', 11, 'alice', 'group_cms'),
  jobHost('b1', 's1', 13, 'bob', 'group_physics.higgs'),
  { name: 'w', switch: 's1', mac: '02:00:00:00:00:02', addresses: ['10.1.254.1/16', `${WAN_HOST}/32`] },
  jobHost('a2', 's2', 12, 'alice', 'group_cms'),
  jobHost('m', 's2', 15, 'mallory', 'group_cms'),
];

const TOPOLOGY = { controllerPort: 6653, switches: { s1: '0000000000000001', s2: '0000000000000002' }, hosts: HOSTS };

const PORTS: ReadonlyMap<string, string> = new Map(
  (['s1', 's2'] as const).flatMap((name) =>
    HOSTS.filter((host) => host.switch === name).map((host, i) => [host.name, `${name}-eth${i + 1}`] as const),
  ),
);

function policyFile(policies: string): string {
  return `openflow: { listen: "127.0.0.1:6653" }
http: { listen: "127.0.0.1:8080" }
jobs: { listen: "127.0.0.1:9620", ranges: [10.1.0.0/24] }
zones: { campus: [10.0.0.0/8] }
switches:
  s1:
    fabric: [s1-eth4]
    wan: { port: s1-eth3, queues: { default: { id: 0 }, physics: { id: 1 } } }
  s2:
    fabric: [s2-eth3]
policies: ${policies}
`;
}

interface Case {
  readonly policies: string;
  readonly mayTalk: (a: TestHost, b: TestHost) => boolean;
}

const either = (a: TestHost, b: TestHost, user: string): boolean => a.user === user || b.user === user;
const bothJobs = (a: TestHost, b: TestHost): boolean => a.user !== undefined && b.user !== undefined;

const CASES: Readonly<Record<string, Case>> = {
  'no policy': { policies: '[]', mayTalk: () => true },
  'block-users': { policies: '[{ block-users: [mallory] }]', mayTalk: (a, b) => !either(a, b, 'mallory') },
  'isolate-users': {
    policies: '[{ isolate-users: true }]',
    mayTalk: (a, b) => !bothJobs(a, b) || a.user === b.user,
  },
  'wan-access': {
    policies: '[{ wan-access: { deny: [bob] } }]',
    mayTalk: (a, b) => bothJobs(a, b) || !either(a, b, 'bob'),
  },
  queues: { policies: '[{ queues: { group_physics: physics, "*": default } }]', mayTalk: () => true },
};

function expectedPairs(mayTalk: Case['mayTalk']): Record<string, boolean> {
  const pairs = HOSTS.flatMap((a) => HOSTS.filter((b) => b !== a).map((b) => [a, b] as const));
  return Object.fromEntries(pairs.map(([a, b]) => [`${a.name}>${b.name}`, mayTalk(a, b)]));
}

/** pingall.py, spoken to by lines. */
class Pingall {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #complaints = '';

  constructor(version: LabOpenflowVersion, ovs: Ovs) {
    const protocols = version === '1.0' ? 'OpenFlow10' : 'OpenFlow13';
    const script = join(projectRoot(), 'mininet', 'pingall.py');
    // Debian's Mininet belongs to Debian's own Python, which need not be the first in PATH.
    this.#child = spawn('/usr/bin/python3', [script, JSON.stringify({ ...TOPOLOGY, protocols })], {
      env: { ...process.env, ...ovs.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr?.on('data', (bytes: Buffer) => {
      this.#complaints += bytes.toString('utf8');
    });
    if (this.#child.stdout === null) throw new Error('spawned without a pipe');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async event(name: string): Promise<{ readonly pairs?: Record<string, boolean> }> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`pingall.py ended instead of telling "${name}":\n${this.#complaints}`);
    const message = JSON.parse(value) as { event: string; pairs?: Record<string, boolean> };
    expect(message.event).toBe(name);
    return message;
  }

  async pairs(): Promise<Record<string, boolean>> {
    this.#child.stdin?.write('pingall\n');
    return (await this.event('pingall')).pairs ?? {};
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin?.end();
    await once(this.#child, 'exit');
  }
}

async function registerJobs(lark: LarkProcess): Promise<void> {
  const jobs = HOSTS.filter((host) => host.user !== undefined);
  for (const [i, host] of jobs.entries()) {
    const request = sendRequest(
      {
        user: host.user ?? '',
        accountingGroup: host.group,
        cluster: 100 + i,
        machine: `wn-${host.switch}.example.edu`,
        slot: i + 1,
        ipv4: host.addresses[0]?.split('/')[0] ?? '',
        ipv6: undefined,
        mac: host.mac,
        externalInterface: PORTS.get(host.name) ?? '',
      },
      'one-line',
    );
    expect(await lark.send(request, 10_000)).toBe('OK');
  }
}

describe.each(['1.0', '1.3'] as const)('Mininet, two switches, OpenFlow %s', (version) => {
  let directory: string;
  let ovs: Ovs;
  let mininet: Pingall;
  let lark: LarkProcess | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lark-mininet-'));
    ovs = await startOvs(join(directory, 'ovs'));
    mininet = new Pingall(version, ovs);
    await mininet.event('ready');
  });

  afterAll(async () => {
    await mininet?.stop();
    await ovs?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  // Each policy begins on switches without rules, so that nothing of the last one can answer for it.
  beforeEach(async () => {
    for (const name of Object.keys(TOPOLOGY.switches)) await ovs.ofctl(name, ['del-flows'], { version });
    await ovs.revalidatorWait();
  });

  afterEach(async () => {
    await lark?.stop();
    lark = undefined;
  });

  test.each(Object.keys(CASES))('under %s exactly the pairs that may talk do', async (name) => {
    const { policies, mayTalk } = CASES[name]!;
    const file = join(directory, 'policy.yaml');
    await writeFile(file, policyFile(policies));
    lark = await LarkProcess.start(file);
    for (const name of Object.keys(TOPOLOGY.switches)) await ovs.setController(name, 'tcp:127.0.0.1:6653');
    await lark.whenConnected('s1', ['s1-eth1', 's1-eth4'], 20_000);
    await lark.whenConnected('s2', ['s2-eth1', 's2-eth3'], 20_000);
    await registerJobs(lark);

    expect(await mininet.pairs()).toEqual(expectedPairs(mayTalk));

    if (name === 'queues') {
      const rules = await ovs.ofctl('s1', ['dump-flows', '--no-names'], { version });
      const queued = rules.split('\n').filter((rule) => /set_queue:1|enqueue:3:1/.test(rule));
      // 1.0 names the job in the rule; in 1.3 the last table puts whatever is of its class into the queue.
      const isOfJob = (rule: string) => version === '1.3' || rule.includes('nw_src=10.1.0.13');
      expect(queued.some((rule) => isOfJob(rule) && !rule.includes('n_packets=0,'))).toBe(true);
    }
  });
});
