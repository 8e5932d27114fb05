// Starts Lark, wires its parts together and stops it: the only place that knows every part.
//
// Start: first what was known before, then the listeners; one that fails undoes those before it. Stop: first no new
// requests, then no switches, so that what was asked is still carried out.

import type { Logger } from 'pino';
import { type PolicyFailure, policyFailures } from '../policies/guarded-policy.ts';
import type { Config, ListenAddress } from './config/config.ts';
import type { FileWatch } from './config/file-watch.ts';
import { type ConfigResult, NO_SOURCE, type PolicySource } from './config/load-config.ts';
import type { ConfigProblem } from './config/problem.ts';
import { DropWatch } from './drop-watch.ts';
import { VerdictEngine } from './enforcement/endpoint-classes.ts';
import { EnforcementEngine } from './enforcement/engine.ts';
import { collectEvents } from './events/collect-events.ts';
import { EventLog } from './events/event-log.ts';
import { AddressLeases } from './jobs/addresses/address-leases.ts';
import { logLeases } from './jobs/addresses/lease-log.ts';
import { logAdmission } from './jobs/admission-log.ts';
import { AdmissionService, type LeasesOfAddresses } from './jobs/admission-service.ts';
import { WallClock } from './jobs/clock.ts';
import { FeedGate } from './jobs/feed/feed-gate.ts';
import { JobDesk } from './jobs/feed/job-desk.ts';
import { RequestLog } from './jobs/feed/request-log.ts';
import { JobFeed } from './jobs/feed/server.ts';
import { JobRequests } from './jobs/job-requests.ts';
import { type JobStore, VolatileJobStore } from './jobs/store/job-store.ts';
import { LmdbJobStore } from './jobs/store/lmdb-store.ts';
import { RefusedConnections } from './listeners/refused-connections.ts';
import { LiveLark } from './live-lark.ts';
import { buildHttpServer, listenHttp, useHttpTls } from './northbound/http-server.ts';
import { createMetrics } from './northbound/metrics.ts';
import { RefusedRequests } from './northbound/refused-requests.ts';
import { PolicyControl, type ReloadOutcome } from './policy-control.ts';
import { watchPolicy } from './policy-watch.ts';
import { RememberedSwitches } from './remembered-switches.ts';
import { BACKLOG, backlogShortage } from './southbound/backlog.ts';
import { OpenflowServer } from './southbound/openflow-server.ts';
import { SoleConnections } from './southbound/sole-connections.ts';
import { Counters } from './telemetry/counters.ts';

export interface StartOptions {
  readonly log: Logger;
  /** Of package.json. */
  readonly version: string;
  /** What the check of the file warned of; already logged. */
  readonly warnings: readonly ConfigProblem[];
  /** What the config was made from. */
  readonly source?: PolicySource;
  /** Reads the policy file anew, for a reload; left out where there is no file. */
  readonly load?: () => Promise<ConfigResult>;
  /** `ConfigResult.fingerprint` of what the config was made from. */
  readonly fingerprint?: string;
  /** The policy file, to be watched: it is loaded when it changes. Left out: it is not. */
  readonly watch?: string;
  /** How often the counters of rules that drop are read while somebody listens to events; left out: as ever. */
  readonly dropsEveryMs?: number;
}

export interface RunningLark {
  /** Where it listens, with the ports that were chosen where the file says 0. */
  readonly addresses: { readonly openflow: ListenAddress; readonly http: ListenAddress; readonly jobs: ListenAddress };
  /** Reads the policy file anew and puts it in force, or says why not. */
  reload(): Promise<ReloadOutcome>;
  /** Answers what is being asked, then closes every socket. Rules on the switches stay. */
  close(): Promise<void>;
}

export async function startLark(config: Config, options: StartOptions): Promise<RunningLark> {
  const { log, version } = options;
  // Both throw a StoreError: a Lark that does not know its jobs must not answer for them.
  // Before: of a badly damaged file LMDB may end the process, and then this is the last that is said.
  if (config.store !== undefined) log.info({ path: config.store.path }, 'job_store.opening');
  const store: JobStore = config.store === undefined ? new VolatileJobStore() : LmdbJobStore.open(config.store.path);
  // It meets each job while its ads are at hand: reading all of them once more would take as long as the rest.
  const verdicts = new VerdictEngine(config);
  const state = store.load((job) => verdicts.classesOf(job));
  const counters = new Counters();
  const engine = new EnforcementEngine({ config, counters, log, verdicts });
  const clock = new WallClock();
  const { warnings, source = NO_SOURCE, load, fingerprint: tried, dropsEveryMs } = options;
  const policy = new PolicyControl({ engine, inForce: { config, warnings, source }, tried, load, clock, log });
  let watch: FileWatch | undefined;
  const settleMs = () => policy.config.jobs.settleMs;
  const notConnected = () => policy.config.jobs.notConnected;
  const leasesOfAddresses: LeasesOfAddresses = {
    holderOf: (address) => leases.holderOf(address),
    numberOf: (key) => leases.numberOf(key),
  };
  const admission = new AdmissionService({
    enforcer: engine,
    clock,
    settleMs,
    counters,
    store,
    notConnected,
    leases: leasesOfAddresses,
    log,
  });
  const leases = new AddressLeases(admission, clock, () => policy.config.addresses);
  logAdmission(admission.events, log);
  clock.onJump = (byMs) => {
    counters.clockJumps.add([]);
    log.warn({ byMs }, 'clock.jumped');
    admission.clockJumped(byMs);
  };
  logLeases(leases.events, log);
  const events = new EventLog(() => clock.now());
  collectEvents(
    { admission: admission.events, leases: leases.events, engine: engine.events, policy: policy.events },
    events,
  );
  const drops = new DropWatch({ engine, events, clock, ...(dropsEveryMs && { readEveryMs: dropsEveryMs }) });
  const logPolicyFailure = (message: unknown) => log.error(message as PolicyFailure, 'policy.failed');
  policyFailures.subscribe(logPolicyFailure);
  engine.events.on('portGone', (jobs) => admission.portGone(jobs));
  engine.events.on('moved', (job, location) => admission.moved(job, location));
  engine.events.on('networkChanged', () => admission.networkChanged());
  engine.events.on('remember', (memory) => admission.remember(memory));
  admission.events.on('removed', ({ job }) => leases.jobRemoved(job.key));
  admission.restore(state);
  leases.restore(state.leases);
  if (config.store !== undefined) {
    const known = {
      jobs: state.jobs.length,
      switches: state.switches.length,
      heldBack: admission.heldBack.list().length,
    };
    log.info({ path: config.store.path, ...known }, 'job_store.opened');
  }
  const meet = (dpid: string) => admission.meetSwitch(dpid);
  const owner = new SoleConnections({ owner: engine, counters, log });
  const switches = new RememberedSwitches({ owner, meet, log, known: state.switches });
  const forgetSwitch = async (dpid: string) => {
    const freed = await admission.forgetSwitch(dpid);
    if (freed !== undefined) switches.forget(dpid);
    return freed;
  };
  const hasPorts = (machine: string) => policy.config.switches.some(({ machines }) => machines.has(machine));
  const gate = new FeedGate({ rules: () => policy.config.jobs, admission, hasPorts });
  const desk = new JobDesk({ admission, gate, config: () => policy.config.jobs, now: () => clock.now() });
  const requests = new RequestLog({ clock, counters, log });
  const api = new LiveLark({
    engine,
    admission,
    policy,
    jobRequests: new JobRequests(desk, requests, leases),
    leases,
    events,
    store,
    watch: () => watch,
    version,
    clock,
    forgetSwitch,
  });
  const metrics = createMetrics({ counters, api, version, config: () => policy.status });
  const refused = new RefusedConnections('http', { counters, log });
  const http = buildHttpServer({
    api,
    metrics,
    log,
    refused,
    refusedRequests: new RefusedRequests({ counters, log }),
    tls: config.http.tls,
    tokens: () => policy.config.http.tokens,
  });
  const connectionOptions = {
    versions: config.openflow.versions,
    get echoIntervalMs() {
      return policy.config.openflow.echoIntervalMs;
    },
  };
  const openflow = new OpenflowServer(switches, connectionOptions, { counters, log, tls: config.openflow.tls });
  const feed = new JobFeed({ desk, requests, clock, counters, log, tls: config.jobs.tls });
  policy.events.on('changed', (now) => {
    openflow.useTls(now.openflow.tls);
    feed.useTls(now.jobs.tls);
    useHttpTls(http, now.http.tls);
  });

  // The feed and the API first, so that their last requests still reach the switches.
  const close = async () => {
    watch?.stop();
    drops.stop();
    await Promise.allSettled([feed.close(), http.close()]);
    leases.stop();
    admission.stop();
    await openflow.close();
    await store.close();
    policyFailures.unsubscribe(logPolicyFailure);
  };
  const backlog = backlogShortage();
  if (backlog !== undefined) log.warn({ limit: backlog, wanted: BACKLOG }, 'openflow.backlog_limited');
  try {
    const addresses = {
      openflow: await openflow.listen(config.openflow.listen),
      http: await listenHttp(http, config.http.listen),
      jobs: { host: config.jobs.listen.host, port: (await feed.listen(config.jobs.listen)).port },
    };
    if (options.watch !== undefined) watch = await watchPolicy({ path: options.watch, policy, log });
    return { addresses, reload: () => policy.reload(), close };
  } catch (error) {
    await close();
    throw error;
  }
}
