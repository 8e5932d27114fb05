// Starts Lark, wires its parts together and stops it: the only place that knows every part.
//
// Start: a listener that fails undoes those before it. Stop: first no new requests, then no switches, so that what was
// asked is still carried out.

import type { Logger } from 'pino';
import type { Config, ListenAddress } from './config/config.ts';
import type { ConfigProblem } from './config/problem.ts';
import { EnforcementEngine } from './enforcement/engine.ts';
import { AdmissionService } from './jobs/admission-service.ts';
import { systemClock } from './jobs/clock.ts';
import { JobFeed } from './jobs/feed/server.ts';
import { type Job, registrationKey } from './jobs/job.ts';
import { LiveLark } from './live-lark.ts';
import { buildHttpServer, listenHttp } from './northbound/http-server.ts';
import { createMetrics } from './northbound/metrics.ts';
import { OpenflowServer } from './southbound/openflow-server.ts';
import { Counters } from './telemetry/counters.ts';

export interface StartOptions {
  readonly log: Logger;
  /** Of package.json. */
  readonly version: string;
  /** What the check of the file warned of; already logged. */
  readonly warnings: readonly ConfigProblem[];
}

export interface RunningLark {
  /** Where it listens, with the ports that were chosen where the file says 0. */
  readonly addresses: { readonly openflow: ListenAddress; readonly http: ListenAddress; readonly jobs: ListenAddress };
  /** Answers what is being asked, then closes every socket. Rules on the switches stay. */
  close(): Promise<void>;
}

export async function startLark(config: Config, options: StartOptions): Promise<RunningLark> {
  const { log } = options;
  const counters = new Counters();
  const engine = new EnforcementEngine({ config, counters, log });
  const settleMs = () => config.jobs.settleMs;
  const admission = new AdmissionService({ enforcer: engine, clock: systemClock, settleMs, counters });
  const api = new LiveLark({ engine, admission, config });
  const loadedAt = Date.now();
  const configStatus = () => ({
    loadedAt,
    policies: config.policies.length,
    zones: config.zones.length,
    warnings: options.warnings.length,
    switches: config.switches.map(({ name }) => name),
  });
  const metrics = createMetrics({ counters, api, version: options.version, config: configStatus });
  const http = buildHttpServer({ api, metrics, log });
  const openflow = new OpenflowServer(engine, config.openflow, counters);
  const feed = new JobFeed({ admission, config: () => config.jobs, clock: systemClock, counters, log });

  engine.events.on('portGone', (jobs) => endJobs(admission, jobs, log));

  // The feed and the API first, so that their last requests still reach the switches.
  const close = async () => {
    await Promise.allSettled([feed.close(), http.close()]);
    admission.stop();
    await openflow.close();
  };
  try {
    const addresses = {
      openflow: await openflow.listen(config.openflow.listen),
      http: await listenHttp(http, config.http.listen),
      jobs: { host: config.jobs.listen.host, port: (await feed.listen(config.jobs.listen)).port },
    };
    return { addresses, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The port that led to these jobs is gone, and they with it (DESIGN: jobs end by CLEAN or by their port going away). */
function endJobs(admission: AdmissionService, jobs: readonly Job[], log: Logger): void {
  for (const { registration } of jobs) {
    const job = registrationKey(registration);
    log.info({ job }, 'job.port_gone');
    admission.remove(job).catch((error: unknown) => log.warn({ job, error: String(error) }, 'job.removal_failed'));
  }
}
