// What a change touches is all that it changes: a switch of which only the touched groups are brought in line has the same
// rules as one whose rules are all made from scratch. At four switches: one has the way out and so knows every job, one has
// registers, and one has a single table.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { IpAddress } from '../../../protocols/packet/address.ts';
import type { Config } from '../../config/config.ts';
import { parseConfig } from '../../config/load-config.ts';
import type { Job } from '../../jobs/job.ts';
import { address, sampleJob } from '../../jobs/testing/sample-job.ts';
import { JobTable, type PlacedJob } from '../../network/job-table.ts';
import { SwitchState } from '../../network/switch-state.ts';
import type { ForwardingView } from '../ends.ts';
import type { Pipeline } from '../pipeline.ts';
import { PolicyView } from '../policy-view.ts';
import { isAny, RuleGroups } from '../reconcile/rule-groups.ts';
import { entryOf, prepareReload } from '../reload.ts';
import { SingleTablePipeline } from '../single-table.ts';
import { MultiTablePipeline } from './multi-table.ts';

vi.setConfig({ testTimeout: 120_000 });

const SWITCHES = [1n, 2n, 3n, 4n];
const PORTS = 16;
const POLICIES = [
  'isolate-users: true',
  'block-users: [mallory]',
  'queues: { group_a: fast, "*": slow }',
  `rule: { when: 'MY.Site =!= TARGET.Site', then: drop }`,
  'wan-access: { deny: [eve], allow-anyway: [10.9.0.0/16, 10.1.0.3] }',
  'connectivity: true',
];
const ZONES = ['campus: [10.0.0.0/8]', 'licences: [10.9.0.7]', 'lab: [10.9.0.0/16, 192.0.2.0/24]'];

const configs = new Map<string, Config>();

function configOf(policies: readonly string[], zones: readonly string[]): Config {
  const text = `
jobs: { ranges: [10.1.0.0/16, 2001:db8::/64] }
zones: { ${zones.join(', ')} }
switches: { core: { dpid: "0000000000000001", wan: { port: p16, queues: { fast: { id: 1 }, slow: { id: 0 } } } } }
policies: [${policies.map((policy) => `{ ${policy} }`).join(', ')}]`;
  const { config, errors } = configs.has(text) ? { config: configs.get(text) } : parseConfig('policy.yaml', text);
  if (config === undefined) throw new Error(JSON.stringify(errors));
  configs.set(text, config);
  return config;
}

interface Sketch {
  readonly owner: string;
  readonly site: string;
  readonly at: bigint | undefined;
  readonly outside: boolean;
  readonly both: boolean;
  readonly inbound: boolean;
  readonly mac: boolean;
}

function jobOf({ owner, site, inbound, outside, both, mac }: Sketch, i: number): Job {
  const addresses = [address(`10.${outside ? 2 : 1}.0.${i}`), ...(both ? [address(`2001:db8::${i + 1}`)] : [])];
  const job = sampleJob({ id: `s#${i}`, user: owner, mac: `02:00:00:00:00:${(i + 16).toString(16)}` });
  const attributes = new Map(Object.entries({ owner, site, inboundconnectivity: inbound }));
  return { ...job, addresses: addresses as IpAddress[], attributes, ...(!mac && { mac: undefined }) };
}

const anyConfig = fc
  .tuple(fc.subarray(POLICIES), fc.subarray(ZONES))
  .map(([policies, zones]) => configOf(policies, zones));
const anyJobs = fc.array(
  fc.record<Sketch>({
    owner: fc.constantFrom('alice', 'bob', 'mallory', 'eve'),
    site: fc.constantFrom('x', 'y'),
    at: fc.constantFrom(...SWITCHES, ...SWITCHES, undefined),
    outside: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
    both: fc.boolean(),
    inbound: fc.boolean(),
    mac: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14 },
);

/** A switch, and the rules that it was sent. */
class Kept {
  readonly view: ForwardingView;
  readonly pipeline: Pipeline;
  readonly #groups = new RuleGroups();

  constructor(view: ForwardingView, pipeline: Pipeline) {
    this.view = view;
    this.pipeline = pipeline;
    this.pipeline.adapt({ registers: view.state.dpid % 2n === 0n, connections: false });
    this.bringInLine(this.pipeline.groups());
  }

  bringInLine(groups: Iterable<string>, pipeline = this.pipeline): void {
    for (const group of groups) this.#groups.note(group, pipeline.rulesOf(group));
  }

  /** The groups that are not as they would be if all were made from scratch. */
  wrong(): readonly string[] {
    const pipeline = this.pipeline.over(this.view);
    const listed = new Set(pipeline.groups());
    const names = new Set([...listed, ...this.#groups.names()]);
    const wanted = (group: string) => (listed.has(group) ? pipeline.rulesOf(group) : []);
    const changes = [...names].map((group) => this.#groups.difference(group, wanted(group)));
    return changes.filter(isAny).map(({ group }) => group);
  }
}

function site(config: Config) {
  const jobs = new JobTable();
  let policy = new PolicyView(config);
  const kept = SWITCHES.map((dpid) => {
    const entry = entryOf(config, { dpid, bridgeName: `s${dpid}` });
    const identity = { dpid, version: 4, config: entry, canMatchArp: true, agesHosts: false } as const;
    const state = new SwitchState(identity, { now: () => 0 });
    state.setPorts(Array.from({ length: PORTS }, (_, i) => ({ portNo: i + 1, name: `p${i + 1}`, mac: i, isUp: true })));
    const view = {
      state,
      jobs,
      get policy() {
        return policy;
      },
    };
    return new Kept(view, dpid === 4n ? new SingleTablePipeline(view) : new MultiTablePipeline(view));
  });
  const tell = (placed: PlacedJob) => {
    for (const each of kept) each.bringInLine(each.pipeline.groupsOfJob(placed));
  };
  return {
    kept,
    come(job: Job, at: bigint | undefined, portNo: number) {
      const placed = jobs.add(job, at === undefined ? undefined : { dpid: at, portNo });
      policy.meet(job);
      for (const { view } of kept) if (view.state.dpid === at) view.state.markJobPort(portNo);
      tell(placed);
    },
    go(job: Job) {
      const placed = jobs.remove(job);
      if (placed === undefined) return;
      for (const number of policy.leave(job)) policy.numbers.retire(number, []);
      tell(placed);
    },
    reload(next: Config) {
      const switches = kept.map((each) => ({
        state: each.view.state,
        pipeline: each.pipeline,
        takesBundles: true,
        pipelineUnder: () => each.pipeline.name,
        each,
      }));
      const prepared = prepareReload({ former: policy, config: next, jobs, switches, numbers: policy.numbers });
      policy = prepared.policy;
      for (const { target, next } of prepared.switches) {
        expect(next.touched).toBeDefined();
        target.each.bringInLine(next.touched ?? [], next.pipeline);
        next.takeOver?.();
      }
    },
  };
}

describe('the groups that a change touches', () => {
  it('are all that it changes, when jobs come and go and files are reloaded', () => {
    const steps = fc.array(fc.oneof(fc.nat(13), fc.nat(13), anyConfig), { minLength: 1, maxLength: 24 });
    const property = fc.property(anyConfig, anyJobs, steps, (config, sketches, changes) => {
      const { kept, come, go, reload } = site(config);
      const all = sketches.map((sketch, i) => ({ job: jobOf(sketch, i), at: sketch.at, portNo: i + 1 }));
      const present = new Set<Job>();
      for (const change of changes) {
        if (typeof change === 'object') reload(change);
        else {
          const { job, at, portNo } = all[change % all.length]!;
          if (present.delete(job)) go(job);
          else {
            present.add(job);
            come(job, at, portNo);
          }
        }
        // Verdicts of classes that are gone stay until the table is made anew.
        const stale = typeof change === 'object' ? [] : ['verdicts'];
        for (const each of kept) expect(each.wrong().filter((group) => !stale.includes(group))).toEqual([]);
      }
    });
    fc.assert(property, { numRuns: 150 });
  });
});
