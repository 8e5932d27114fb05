// The switches that ask one controller, from when they connect until it knows all that it has to know before it is measured.

import { Latencies } from './latencies.ts';
import type { LoadSpec } from './load-spec.ts';
import { LoadSwitch } from './load-switch.ts';
import { processorUs } from './process-stat.ts';
import { knownJobs, mixed, portForHosts, type Traffic, unknownHosts } from './traffic.ts';

const QUIET_MS = 400;
/** Of a processor's time: one that does no more waits for something to do. */
const MOST_BUSY = 0.3;
const DEADLINE_MS = 120_000;
const LOOK_MS = 20;
/** More than any run sends. */
const NEW_SOURCES = 2 ** 24;

export interface Asking {
  readonly switches: readonly LoadSwitch[];
  /** Of all answers since it was last cleared, where they are kept. */
  readonly latencies: Latencies | undefined;
}

/** Connected, and with every destination known to the controller. Nothing is asked yet. */
export async function connectAll(spec: LoadSpec): Promise<Asking> {
  const { controller, version, window, isBuffered } = spec;
  const latencies = isOneAtATime(spec) || spec.perSec !== undefined ? new Latencies() : undefined;
  const switches = Array.from({ length: spec.switches }, (_, i) => {
    const traffic = trafficOf(spec, i + 1);
    // And one that leads out.
    const ports = 1 + Math.max(2, ...traffic.flows.map(({ inPort }) => inPort));
    const rest = {
      version,
      ports,
      window,
      isBuffered,
      ...(spec.isEachNew === true && { newSources: NEW_SOURCES }),
      ...(latencies !== undefined && { latencies }),
    };
    return new LoadSwitch({ ...rest, dpid: BigInt(i + 1), traffic });
  });
  for (const each of switches) each.connect(controller);
  await until('every switch to be asked for its features', () =>
    switches.every((each) => each.hasFeatures || each.isClosed),
  );
  await quiet(switches, controller.pid);
  for (const each of switches) each.teach();
  await quiet(switches, controller.pid);
  return { switches, latencies };
}

export function isOneAtATime({ switches, window, traffic }: LoadSpec): boolean {
  return switches === 1 && window === 1 && traffic !== 'none';
}

function trafficOf({ traffic }: LoadSpec, dpid: number): Traffic {
  if (traffic === 'none') return { taught: [], flows: [] };
  const { hosts, jobs, hostsAt = jobs && portForHosts(jobs) } = traffic;
  return mixed([
    ...(hosts === undefined ? [] : [unknownHosts(dpid, hosts, hostsAt)]),
    ...(jobs === undefined ? [] : [knownJobs(dpid, jobs)]),
  ]);
}

/** Until no switch has heard anything for a while, in which the controller was not busy either. */
async function quiet(switches: readonly LoadSwitch[], pid: number): Promise<void> {
  let [since, worked] = [performance.now(), processorUs(pid)];
  const isQuiet = () => {
    const now = performance.now();
    const last = switches.reduce((latest, { lastHeard }) => Math.max(latest, lastHeard), 0);
    if (last < since && now - since <= QUIET_MS) return false;
    const isBusy = processorUs(pid) - worked > MOST_BUSY * (now - since) * 1000;
    if (last < since && !isBusy) return true;
    [since, worked] = [now, processorUs(pid)];
    return false;
  };
  await until('the controller to have nothing more to say', isQuiet);
}

export async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`waited ${DEADLINE_MS} ms for ${what}`);
    await pause(LOOK_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
