// What is asked of the switches at the moment at which somebody wants to know: their rules, those of one job, their queues.

import type { EnforcementEngine } from './enforcement/engine.ts';
import type { ManagedSwitch } from './enforcement/managed-switch.ts';
import { countsOfJob, type JobAtSwitch, rulesOfJob } from './job-rules.ts';
import type { Job } from './jobs/job.ts';
import { formatDpid } from './network/switch-state.ts';
import type { JobRulesView, PortQueuesView, QueueView, RuleView } from './northbound/lark-api.ts';
import { ProblemError } from './northbound/problem.ts';
import { ruleView } from './rule-view.ts';
import { queueStatsRequest, readQueueStats, type SwitchQueue } from './southbound/queue-stats.ts';

/** How long a switch has to tell what it is asked. */
const READ_TIMEOUT_MS = 10_000;
/** For a short answer, which some switches never give. */
const QUEUES_TIMEOUT_MS = 2_000;

export class SwitchReadings {
  readonly #engine: EnforcementEngine;

  constructor(engine: EnforcementEngine) {
    this.#engine = engine;
  }

  /** All of a switch, Lark's and others', table by table, in the order in which they match. */
  async rulesOf(dpid: string): Promise<readonly RuleView[]> {
    const managed = this.#connected(dpid);
    const rules = await managed.rules.readRules(READ_TIMEOUT_MS);
    if (rules === undefined) throw silent(managed);
    const originOf = managed.rules.origins();
    return rules.map((rule) => ruleView(managed, rule, originOf(rule)));
  }

  async queuesOf(dpid: string): Promise<readonly QueueView[]> {
    const managed = this.#connected(dpid);
    const { connection } = managed;
    const parts = await connection.statistics(queueStatsRequest(connection.version), READ_TIMEOUT_MS);
    if (parts === undefined) throw silent(managed);
    return parts
      .flatMap(readQueueStats)
      .sort((a, b) => a.portNo - b.portNo || a.queueId - b.queueId)
      .map((queue) => queueView(managed, queue));
  }

  /** Which queues a port, by name or number, has. */
  async portQueues(dpid: string, port: string): Promise<PortQueuesView> {
    const { connection, state } = this.#connected(dpid);
    const found = state.portNamed(port);
    if (found === undefined) {
      throw new ProblemError('HTTP_PORT_NOT_FOUND', `Switch ${state.name} has no port '${port}'.`);
    }
    const queues = await connection.queues(found.portNo, QUEUES_TIMEOUT_MS);
    return { dpid, port: found.name, portNo: found.portNo, queues: queues ?? null };
  }

  async rulesOfJob(job: Job): Promise<JobRulesView> {
    const placed = this.#engine.jobs.get(job);
    const read = await Promise.all(
      this.#engine.switches().map(async (managed) => {
        const isHere = placed?.location?.dpid === managed.state.dpid;
        const portNo = isHere ? placed?.location?.portNo : undefined;
        const at: JobAtSwitch = { addresses: job.addresses, mac: placed?.mac ?? job.mac, portNo };
        const all = await managed.rules.readRules(READ_TIMEOUT_MS);
        return { managed, isHere, at, rules: all && rulesOfJob(all, at) };
      }),
    );
    const own = read.find(({ isHere }) => isHere);
    return {
      counts: own?.rules === undefined ? null : countsOfJob(own.rules, own.at),
      rules: read.flatMap(({ managed, rules = [] }) => {
        // Most switches know nothing of the job, and what is behind their rules takes a while to find.
        if (rules.length === 0) return [];
        const originOf = managed.rules.origins();
        return rules.map((rule) => ruleView(managed, rule, originOf(rule)));
      }),
      silentSwitches: read.filter(({ rules }) => rules === undefined).map(({ managed }) => managed.state.name),
    };
  }

  #connected(dpid: string): ManagedSwitch {
    const managed = this.#engine.switches().find(({ state }) => formatDpid(state.dpid) === dpid);
    if (managed !== undefined) return managed;
    throw new ProblemError('HTTP_SWITCH_NOT_FOUND', `No switch with the datapath id ${dpid} is connected.`);
  }
}

function silent({ state }: ManagedSwitch): ProblemError {
  const detail = `Switch ${state.name} did not tell what it was asked within ${READ_TIMEOUT_MS / 1000} s.`;
  return new ProblemError('HTTP_SWITCH_SILENT', detail);
}

function queueView({ state }: ManagedSwitch, { portNo, queueId, ...counts }: SwitchQueue): QueueView {
  const { wan } = state;
  const named = wan?.portNo === portNo ? [...wan.queues].find(([, { id }]) => id === queueId) : undefined;
  return {
    portNo,
    port: state.port(portNo)?.name ?? null,
    queueId,
    name: named?.[0] ?? null,
    packets: Number(counts.txPackets),
    bytes: Number(counts.txBytes),
    dropped: Number(counts.txErrors),
  };
}
