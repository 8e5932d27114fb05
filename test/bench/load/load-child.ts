// The load generator in a process of its own: told over the channel to its parent what to run, it connects the switches,
// waits until the controller has nothing more to say to them, and measures.

import { readFileSync } from 'node:fs';
import { LoadSwitch } from './load-switch.ts';
import { Offering } from './offering.ts';
import { type JobsThere, knownJobs, mixed, portForHosts, type Traffic, unknownHosts } from './traffic.ts';
import type { Version } from './wire.ts';

export interface LoadSpec {
  readonly controller: { readonly host: string; readonly port: number; readonly pid: number };
  readonly version: Version;
  readonly switches: number;
  /** PacketIns that each switch has unanswered, with `perSec` at most; 1 with one switch measures latency. */
  readonly window: number;
  /** PacketIns a second of all switches together, whatever is unanswered, in bursts of a millisecond; without it as fast as they are answered. */
  readonly perSec?: number;
  readonly isBuffered: boolean;
  readonly isEachNew?: boolean;
  /** With both, one packet of each in turn. `hostsAt`: the port that hosts come in by, if not the first one without jobs. */
  readonly traffic: { readonly hosts?: number; readonly hostsAt?: number; readonly jobs?: JobsThere } | 'none';
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LoadResult {
  readonly answersPerSec: number;
  /** Processor time of the controller; undefined where nothing was asked. */
  readonly cpuUsPerAnswer: number | undefined;
  /** Where one PacketIn is outstanding at a time, or they come at a given rate. */
  readonly p50Us: number | undefined;
  readonly p99Us: number | undefined;
  /** Of the controller, at the end, and when measuring began. */
  readonly rssMiB: number;
  readonly rssAtFirstMiB: number;
  /** Switches whose connection was closed. */
  readonly dropped: number;
  /** Of what was to be sent at the given rate, how much was not, since the window was full. From 0 to 1. */
  readonly shareHeldBack: number;
}

const QUIET_MS = 400;
/** Of a processor's time: one that does no more waits for something to do. */
const MOST_BUSY = 0.3;
const DEADLINE_MS = 120_000;
const LOOK_MS = 20;
const MOST_LEARNING_MS = 30_000;
/** What the kernel counts processor time in (sysconf CLK_TCK). */
const TICK_US = 10_000;
const PAGE_BYTES = 4096;
/** More than any run sends. */
const NEW_SOURCES = 2 ** 24;

process.on('message', (spec: LoadSpec) => {
  run(spec).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failed: error instanceof Error ? (error.stack ?? '') : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

async function run(spec: LoadSpec): Promise<LoadResult> {
  const { controller, version, switches: count, window, isBuffered, warmUpMs, measureMs } = spec;
  const latencies: number[] = [];
  let isMeasured = false;
  const isOneAtATime = count === 1 && window === 1 && spec.traffic !== 'none';
  const isLatency = isOneAtATime || spec.perSec !== undefined;
  const onLatency = (ms: number) => {
    if (isMeasured) latencies.push(ms);
  };
  const switches = Array.from({ length: count }, (_, i) => {
    const traffic = trafficOf(spec, i + 1);
    // And one that leads out.
    const ports = 1 + Math.max(2, ...traffic.flows.map(({ inPort }) => inPort));
    const rest = {
      version,
      ports,
      window,
      isBuffered,
      ...(spec.isEachNew === true && { newSources: NEW_SOURCES }),
      ...(isLatency && { onLatency }),
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
  const offering = spec.perSec === undefined ? undefined : new Offering(switches, spec.perSec);
  if (offering !== undefined) offering.start();
  else if (spec.traffic !== 'none') for (const each of switches) each.ask();
  await heardOnce(switches, spec);
  await pause(warmUpMs);
  offering?.reset();
  const answers = () => switches.reduce((sum, each) => sum + each.answers, 0);
  const [before, workedBefore, begin] = [answers(), processorUs(controller.pid), performance.now()];
  const rssAtFirstMiB = residentMiB(controller.pid);
  isMeasured = true;
  await pause(measureMs);
  isMeasured = false;
  const [done, worked, ms] = [
    answers() - before,
    processorUs(controller.pid) - workedBefore,
    performance.now() - begin,
  ];
  const rssMiB = residentMiB(controller.pid);
  const dropped = switches.filter(({ isClosed }) => isClosed).length;
  const shareHeldBack = offering?.shareHeldBack ?? 0;
  offering?.stop();
  for (const each of switches) each.stopAsking();
  for (const each of switches) each.disconnect();
  const all = isOneAtATime ? corrected(latencies) : latencies;
  return {
    answersPerSec: (done / ms) * 1000,
    cpuUsPerAnswer: done === 0 ? undefined : worked / done,
    p50Us: isLatency ? percentile(all, 0.5) * 1000 : undefined,
    p99Us: isLatency ? percentile(all, 0.99) * 1000 : undefined,
    rssMiB,
    rssAtFirstMiB,
    dropped,
    shareHeldBack,
  };
}

function trafficOf({ traffic }: LoadSpec, dpid: number): Traffic {
  if (traffic === 'none') return { taught: [], flows: [] };
  const { hosts, jobs, hostsAt = jobs && portForHosts(jobs) } = traffic;
  return mixed([
    ...(hosts === undefined ? [] : [unknownHosts(dpid, hosts, hostsAt)]),
    ...(jobs === undefined ? [] : [knownJobs(dpid, jobs)]),
  ]);
}

/**
 * One who asks only after the last answer asks less while answers are slow. Here those are added that would have been
 * asked meanwhile at the usual pace, each with what was left of the wait.
 */
function corrected(latencies: readonly number[]): number[] {
  const usual = percentile(latencies, 0.5);
  const all = [...latencies];
  for (const latency of latencies) for (let left = latency - usual; left >= usual; left -= usual) all.push(left);
  return all;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** User and system time of a process with all of its threads (proc(5)). */
function processorUs(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

function residentMiB(pid: number): number {
  return (Number(statOf(pid)[21]) * PAGE_BYTES) / 2 ** 20;
}

/** From the third field on: the second, the name, may have blanks. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Until about everybody was heard of: learning is not what is measured. A slow controller gets no more than a while. */
async function heardOnce(switches: readonly LoadSwitch[], { traffic }: LoadSpec): Promise<void> {
  if (traffic === 'none') return;
  const end = performance.now() + MOST_LEARNING_MS;
  const isHeard = (each: LoadSwitch) => each.answers >= each.flows;
  while (performance.now() < end && !switches.every(isHeard)) await pause(LOOK_MS);
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

async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`waited ${DEADLINE_MS} ms for ${what}`);
    await pause(LOOK_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
