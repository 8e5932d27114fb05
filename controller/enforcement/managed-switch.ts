// One connected switch under Lark's rule: what is known of it, and what a change of that means for its rules.
//
// The order on the wire is what keeps promise 2: every change deletes first what was decided on the old state, in the
// same turn of the event loop in which the state changes, so a rule decided later follows its delete on the connection.
// Between a delete and what replaces it packets go to the controller, which judges them by the new state: nothing leaks.

import { encodeMessage, NO_BUFFER } from 'node-openflow';
import type { Logger } from 'pino';
import type { IpAddress, MacAddress } from '../../protocols/packet/address.ts';
import type { SwitchConfig } from '../config/config.ts';
import type { JobTable, PlacedJob } from '../network/job-table.ts';
import { widenPort } from '../network/port-numbers.ts';
import { type SwitchPort, SwitchState } from '../network/switch-state.ts';
import { probeCapabilities } from '../southbound/capabilities.ts';
import { forgetConnections } from '../southbound/connection-tracking.ts';
import type { SwitchRule } from '../southbound/flow-stats.ts';
import type { WireVersion } from '../southbound/negotiation.ts';
import { bufferOf, inPortOf, packetAt } from '../southbound/raw-packets.ts';
import { type PacketActions, packetOut } from '../southbound/rule-messages.ts';
import type { PortDescription, SwitchConnection } from '../southbound/switch-connection.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { EventName } from '../telemetry/event-names.ts';
import { isLarks, makeCookie, RuleKind } from './cookie.ts';
import type { VerdictEngine } from './endpoint-classes.ts';
import type { ForwardingView } from './ends.ts';
import type { MendQueue } from './mend-queue.ts';
import { hostsSeen } from './multi-table/hosts-seen.ts';
import { TABLE_COUNT } from './multi-table/layout.ts';
import { MultiTablePipeline } from './multi-table/multi-table.ts';
import { JUDGED_COST, PacketInLimit, REPEATED_COST } from './packet-in-limit.ts';
import type { NextPipeline, Pipeline } from './pipeline.ts';
import type { PolicyView } from './policy-view.ts';
import { PortStorms } from './port-storms.ts';
import type { Concern } from './reconcile/concern.ts';
import type { DecidedRoom } from './reconcile/decided-room.ts';
import type { PlannedChange } from './reconcile/planned-change.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import { SingleTablePipeline } from './single-table.ts';
import { tracksConnections } from './tracks-connections.ts';

/** OFPC_ARP_MATCH_IP (OF1.0 §5.3.1). */
const ARP_MATCH_IP = 1 << 7;
/** OFPPC_PORT_DOWN and OFPPS_LINK_DOWN, the same in both versions. */
const PORT_DOWN = 1;
const LINK_DOWN = 1;

/** How long the switch may take to say what it can do. */
const PROBE_TIMEOUT_MS = 10_000;

export interface SwitchParts {
  readonly connection: SwitchConnection;
  readonly config: SwitchConfig | undefined;
  readonly jobs: JobTable;
  /** The one in force: a reload replaces it. */
  readonly policy: () => PolicyView;
  readonly counters: Counters;
  readonly log: Logger;
  /** The names of its ports that jobs were at, as far as they were not deleted since. */
  readonly jobPorts: ReadonlySet<string>;
  readonly onJobPort: (portName: string, isJobPort: boolean) => void;
  readonly mending: MendQueue;
  readonly decidedRoom: DecidedRoom;
  /** It was under Lark's rule before, and should have the rules that it had then. */
  readonly hadRules: boolean;
  /** What it has when it connects tells of its fail mode: as the log says it, and whether somebody has to look. */
  readonly onFailMode: (fields: object, event: EventName, isWarning: boolean) => void;
  /** A port of this switch asks about too many packets, or does so no longer: as the log says it. */
  readonly onStorm: (fields: object, event: EventName) => void;
}

const WAS_STANDALONE =
  'it forwarded everything by itself, as in fail mode standalone: for Open vSwitch, see ovs-vsctl get-fail-mode BRIDGE';
const LOST_RULES =
  'it has none of the rules that it had: it was restarted, or its fail mode is standalone, and then it forwarded everything meanwhile; for Open vSwitch, see ovs-vsctl get-fail-mode BRIDGE';

interface ClassesSeen {
  readonly engine: VerdictEngine | undefined;
  readonly version: number;
}

function isOther({ engine, version }: ClassesSeen, now: VerdictEngine): boolean {
  return engine !== now || version !== now.liveVersion;
}

export class ManagedSwitch {
  readonly connection: SwitchConnection;
  readonly view: ForwardingView;
  readonly pipeline: Pipeline;
  readonly rules: Reconciler;
  readonly storms: PortStorms;
  readonly #limit: PacketInLimit;
  readonly #counters: Counters;
  readonly #parts: Pick<SwitchParts, 'hadRules' | 'onFailMode'>;
  /** The classes that the gates of OpenFlow 1.0 were last made for, and those that wide rules were last asked about. */
  #gatedBy: ClassesSeen = { engine: undefined, version: 0 };
  #widenedBy: ClassesSeen = { engine: undefined, version: 0 };
  #isAdapted = false;
  #counts:
    | {
        readonly name: string;
        readonly repeated: { value: number };
        readonly limited: { value: number };
        readonly packetOuts: { value: number };
      }
    | undefined;
  /** Addresses of jobs that came before it was known what the switch can do. */
  readonly #newBeforeAdapted: IpAddress[] = [];

  constructor(parts: SwitchParts) {
    const { connection, config, jobs, policy, counters } = parts;
    const { features, version } = connection;
    this.connection = connection;
    this.#parts = parts;
    this.#counters = counters;
    const pipelineName = choosePipeline(connection, config?.pipeline);
    const state = new SwitchState(
      {
        dpid: features.datapathId,
        version,
        config,
        canMatchArp: features.version === 4 || (features.capabilities & ARP_MATCH_IP) !== 0,
        agesHosts: pipelineName === 'single-table',
      },
      {
        now: () => performance.now(),
        onHostLeft: () => this.rules.judgeAnew(),
        onHostEvicted: (mac) => this.rules.refresh(this.pipeline.groupsOfHost(mac)),
        onJobPort: parts.onJobPort,
      },
    );
    state.setPorts(connection.ports.map((port) => toPort(port, version)));
    state.inheritJobPorts(parts.jobPorts);
    this.view = {
      state,
      jobs,
      get policy() {
        return policy();
      },
    };
    this.pipeline =
      pipelineName === 'multi-table' ? new MultiTablePipeline(this.view) : new SingleTablePipeline(this.view);
    this.rules = new Reconciler({
      connection,
      pipeline: this.pipeline,
      prepare: () => this.#adaptPipeline(),
      onFound: (rules, hadDefault) => {
        this.#judgeFailMode(rules, hadDefault);
        this.#adoptHosts(hostsSeen(rules));
        this.storms.adopt(rules);
      },
      name: () => state.name,
      foreign: () => this.view.policy.config.openflow.foreign,
      ruleBudget: () => state.config?.ruleBudget,
      log: parts.log,
      inTurn: (mend) => parts.mending.run(this, mend),
      decidedRoom: parts.decidedRoom,
      onSent: (kind) => counters.flowMods.add([state.name, kind]),
    });
    const limit = () => this.view.policy.config.openflow.packetInLimit;
    const now = () => performance.now();
    this.storms = new PortStorms({
      view: this.view,
      limit,
      now,
      hold: (rule) => this.rules.hold(rule),
      release: (rule) => this.rules.release(rule),
      counters,
      tell: parts.onStorm,
    });
    this.#limit = new PacketInLimit({ limit, isShared: (portNo) => this.storms.isShared(portNo), now });
    connection.onRawPacketIn = (packetIn) => this.#answerShort(packetIn);
  }

  /**
   * Drops a packet that is beyond its port's limit, and answers one whose own rule is on its way, as the switch will do by
   * that rule; false for any other, which has to be judged. See packet-in-limit.ts and repeated-packets.ts.
   */
  #answerShort(packetIn: Uint8Array): boolean {
    const known = this.rules.decidedFor(packetIn);
    const portNo = portOf(this.connection.version, packetIn);
    if (!this.#limit.take(portNo, known === undefined ? JUDGED_COST : REPEATED_COST)) {
      this.#countsNow().limited.value++;
      this.storms.beyond(portNo);
      return true;
    }
    if (known === undefined) return false;
    const counts = this.#countsNow();
    counts.repeated.value++;
    if (known.isDropped && bufferOf(packetIn) === NO_BUFFER) return true;
    this.connection.answer(packetIn, known.packetOut);
    counts.packetOuts.value++;
    return true;
  }

  /** Under its name of now. */
  #countsNow() {
    const { name } = this.state;
    if (this.#counts?.name !== name) {
      const { packetIns, packetOuts } = this.#counters;
      const [repeated, limited] = [packetIns.at([name, 'repeated']), packetIns.at([name, 'limited'])];
      this.#counts = { name, repeated, limited, packetOuts: packetOuts.at([name]) };
    }
    return this.#counts;
  }

  get state(): SwitchState {
    return this.view.state;
  }

  /** What the switch can do beyond its version has to be known before its first rules are made. */
  async #adaptPipeline(): Promise<void> {
    if (this.pipeline.name === 'multi-table' && this.state.config?.registers !== false) {
      this.pipeline.adapt(await probeCapabilities(this.connection, makeCookie(RuleKind.BASE), PROBE_TIMEOUT_MS));
    }
    this.#isAdapted = true;
    this.#forgetConnections(this.#newBeforeAdapted.splice(0));
  }

  /**
   * OpenFlow does not tell the fail mode. What does is the rule by which Open vSwitch forwards by itself, where it is there
   * still; and that the rules are gone which a switch in mode secure keeps, unless it was restarted.
   */
  #judgeFailMode(rules: readonly SwitchRule[], hadDefault: boolean): void {
    const { hadRules, onFailMode } = this.#parts;
    const wanted = this.state.config?.failMode ?? 'secure';
    const said = { switch: this.state.name, failMode: wanted };
    if (hadDefault) onFailMode({ ...said, message: WAS_STANDALONE }, 'switch.was_standalone', wanted === 'secure');
    if (!hadRules || rules.some(({ cookie }) => isLarks(cookie))) return;
    this.#counters.rulesLost.add([this.state.name]);
    onFailMode({ ...said, message: LOST_RULES }, 'switch.lost_rules', wanted === 'secure');
  }

  /** What was heard since the switch connected is newer, and where jobs are is known better. */
  #adoptHosts(seen: ReadonlyMap<MacAddress, number>): void {
    const { state, jobs } = this.view;
    for (const [mac, portNo] of seen) {
      const isThere = state.port(portNo)?.isUp === true && state.roleOf(portNo) !== 'job';
      const isKnown = jobs.byMac(mac) !== undefined || state.hosts.portOf(mac) !== undefined;
      if (isThere && !isKnown) state.hosts.learn(mac, portNo);
    }
  }

  /** A job inherits no connections of whoever had its addresses before. */
  #forgetConnections(addresses: readonly IpAddress[]): void {
    if (!this.#isAdapted) this.#newBeforeAdapted.push(...addresses);
    else if (tracksConnections(this.view)) {
      for (const message of addresses.flatMap(forgetConnections)) this.connection.send(message);
    }
  }

  /**
   * What the file says of this switch, or the policy in force, is another from this turn on: takes away at once what was
   * decided for packets and would be decided otherwise now. `rules.succeed` has to follow in the same turn.
   */
  reconfigure(config: SwitchConfig | undefined, next: NextPipeline): void {
    this.state.reconfigure(config);
    this.#limit.reset();
    this.storms.review();
    this.rules.deleteStale(this.view, next);
  }

  /** What `reconfigure` and `rules.succeed` would send if this were known instead. Undefined while the switch is being mended. */
  planned(view: ForwardingView, next: NextPipeline): PlannedChange | undefined {
    return this.rules.isMended ? this.rules.planned(view, next) : undefined;
  }

  pipelineUnder(wanted: SwitchConfig['pipeline']): Pipeline['name'] {
    return choosePipeline(this.connection, wanted);
  }

  /** How many rules of the pipeline it has. */
  get ruleCount(): number {
    return this.rules.groupRuleCount;
  }

  get takesBundles(): boolean {
    return this.rules.takesBundles;
  }

  send(packet: { inPort: number; bufferId: number; data: Uint8Array }, actions: PacketActions): void {
    this.connection.sendEncoded(encodeMessage(packetOut(this.connection.version, packet, actions)));
    this.#counters.packetOuts.add([this.state.name]);
  }

  onPort(port: SwitchPort, isGone: boolean): void {
    const { state } = this;
    const uplinks = state.uplinkKey;
    if (isGone) {
      state.removePort(port.portNo);
      this.#forgetStorm(port.portNo);
    } else state.setPorts([port]);
    if (isGone || !port.isUp) {
      for (const mac of state.hosts.forgetPort(port.portNo)) this.#onHostGone(mac);
      this.rules.deleteDecided([{ outPort: port.portNo }, { inPort: port.portNo }]);
    }
    if (state.uplinkKey === uplinks) {
      this.rules.refresh(this.pipeline.groupsOfPort(port.portNo));
      return;
    }
    this.rules.deleteDecided();
    this.rules.refresh();
  }

  /** Notes where a host is; what was decided on its former place goes. */
  learn(mac: MacAddress, portNo: number): void {
    const { kind } = this.state.hosts.learn(mac, portNo);
    if (kind === 'moved') this.rules.deleteDecided([{ destination: mac }]);
    if (kind === 'moved' || kind === 'new') this.rules.refresh(this.pipeline.groupsOfHost(mac));
  }

  /** The host has fallen silent: its rule has left the switch by itself. */
  onHostSilent(mac: MacAddress): void {
    this.state.hosts.forget(mac);
    // What is gone cannot be deleted; deleting it again does no harm.
    this.#onHostGone(mac);
  }

  /** A job came or went, or its MAC became known. False if the switch is sent nothing for it. */
  onJob(placed: PlacedJob, isNew: boolean): boolean {
    const { state } = this;
    const { location, mac } = placed;
    const isHere = location?.dpid === state.dpid;
    if (isHere && isNew) state.markJobPort(location.portNo);
    if (isHere) this.#forgetStorm(location.portNo);
    if (isNew) this.#forgetConnections(placed.job.addresses);
    const wasHost = mac !== undefined && state.hosts.forget(mac);
    const isDeleted = this.rules.hasDecided && this.rules.deleteDecided(this.#decidedOn(placed, isNew));
    if (this.#gatesMayChange()) return this.rules.refresh() || isDeleted;
    const groups = this.pipeline.groupsOfJob(placed);
    if (groups.length === 0 && !wasHost && this.rules.isSettled) return isDeleted;
    return this.rules.refresh(wasHost ? [...groups, ...this.pipeline.groupsOfHost(mac)] : groups) || isDeleted;
  }

  /** What of the rules that were decided for packets may have been decided on this job, or on its not being there. */
  #decidedOn({ job, location, mac }: PlacedJob, isNew: boolean): readonly Concern[] {
    const isHere = location?.dpid === this.state.dpid;
    return [
      ...job.addresses.map((address) => ({ address })),
      ...(mac === undefined ? [] : [{ source: mac }, { destination: mac }]),
      ...(isHere ? [{ inPort: location.portNo }, { outPort: location.portNo }] : []),
      // A new job may hear what nobody heard before, and one of a new class what was denied to all.
      ...(isNew ? (['unheard'] as const) : []),
      ...(isNew && this.#isOfAnotherPolicy() ? (['wide'] as const) : []),
    ];
  }

  /** OpenFlow 1.0: whether a job's IPv6 may pass its gate depends on every class that there is. */
  #gatesMayChange(): boolean {
    if (this.connection.version !== 1) return false;
    const { engine } = this.view.policy;
    const isChanged = isOther(this.#gatedBy, engine);
    this.#gatedBy = { engine, version: engine.liveVersion };
    return isChanged;
  }

  /** Classes have come or gone since this was last asked. */
  #isOfAnotherPolicy(): boolean {
    const { engine } = this.view.policy;
    const isChanged = isOther(this.#widenedBy, engine);
    this.#widenedBy = { engine, version: engine.liveVersion };
    return isChanged;
  }

  /** Whoever is behind this port is so from now on, and has asked about nothing yet. */
  #forgetStorm(portNo: number): void {
    this.#limit.forget(portNo);
    this.storms.release(portNo);
  }

  #onHostGone(mac: MacAddress): void {
    this.rules.deleteDecided([{ destination: mac }]);
    this.rules.refresh(this.pipeline.groupsOfHost(mac));
  }
}

/** Of a PacketIn; where it takes more to tell, none that there is. */
function portOf(version: WireVersion, packetIn: Uint8Array): number {
  if (packetAt(version, packetIn) < 0) return 0;
  const portNo = inPortOf(version, packetIn);
  return version === 1 ? widenPort(portNo) : portNo >>> 0;
}

/** By what the switch can do, unless the file says otherwise. */
function choosePipeline(connection: SwitchConnection, wanted: SwitchConfig['pipeline']): Pipeline['name'] {
  const canDoBoth = connection.version === 4 && connection.features.nTables >= TABLE_COUNT;
  return canDoBoth ? (wanted ?? 'multi-table') : 'single-table';
}

export function toPort(port: PortDescription, version: 1 | 4): SwitchPort {
  return {
    portNo: version === 1 ? widenPort(port.portNo) : port.portNo,
    name: port.name,
    mac: port.hwAddr,
    isUp: (port.config & PORT_DOWN) === 0 && (port.state & LINK_DOWN) === 0,
  };
}
