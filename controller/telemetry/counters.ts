// Counters as plain numbers: the parts of the controller add to them where things happen, and the metrics page reads
// them when it is scraped. Labels come from bounded sets only; every label value that can occur is a type here.

/** Adds up by up to two labels. Label sets are bounded by the types at the call sites. */
export class LabelledCounter<Labels extends readonly [string?, string?]> {
  /** By the first label, and then the second: a text of both would have to be made each time. */
  readonly #values = new Map<string | undefined, Map<string | undefined, { labels: Labels; value: number }>>();

  add(labels: Labels, by = 1): void {
    this.at(labels).value += by;
  }

  /** The one count of these labels, for whoever adds to it often. */
  at(labels: Labels): { value: number } {
    return this.#values.get(labels[0])?.get(labels[1]) ?? this.#make(labels);
  }

  #make(labels: Labels): { value: number } {
    const bySecond = this.#values.get(labels[0]) ?? new Map();
    this.#values.set(labels[0], bySecond);
    const entry = { labels, value: 0 };
    bySecond.set(labels[1], entry);
    return entry;
  }

  *entries(): Iterable<{ readonly labels: Labels; readonly value: number }> {
    for (const bySecond of this.#values.values()) yield* bySecond.values();
  }
}

/**
 * What became of a PacketIn. `flow`: a rule and the packet were sent; `packet-out`: the packet only; `drop-flow`: a rule that
 * drops; `repeated`: answered by a rule that was on its way already; `limited`: beyond its port's limit, and not looked at.
 */
export type PacketInOutcome = 'flow' | 'drop-flow' | 'packet-out' | 'dropped' | 'malformed' | 'repeated' | 'limited';
export type FlowModKind = 'add' | 'delete';
export type KeptConnection = 'older' | 'newer';
export type ConnectionOutcome = 'accepted' | 'closed' | 'refused';

export class Counters {
  /** By switch name (from the file, else dpid) and outcome. */
  readonly packetIns = new LabelledCounter<readonly [switchName: string, outcome: PacketInOutcome]>();
  readonly flowMods = new LabelledCounter<readonly [switchName: string, kind: FlowModKind]>();
  readonly packetOuts = new LabelledCounter<readonly [switchName: string]>();
  readonly flowsRemoved = new LabelledCounter<readonly [switchName: string, reason: string]>();
  /** OpenFlow errors that switches sent, by switch and error type. */
  readonly switchErrors = new LabelledCounter<readonly [switchName: string, type: string]>();
  /** Times that a switch came back without the rules that it had, by switch. */
  readonly rulesLost = new LabelledCounter<readonly [switchName: string]>();
  /** Times that a port has asked about more than its limit lets through, and packets that switches dropped for it, by switch. */
  readonly portStorms = new LabelledCounter<readonly [switchName: string]>();
  readonly stormPackets = new LabelledCounter<readonly [switchName: string]>();
  readonly connections = new LabelledCounter<readonly [outcome: ConnectionOutcome]>();
  /** Connections that ended before anything was said on them, by listener and why. */
  readonly connectionsRefused = new LabelledCounter<readonly [listener: string, reason: string]>();
  /** HTTP requests that were answered with a problem, by its code. */
  readonly httpProblems = new LabelledCounter<readonly [code: string]>();
  /** Two connections with one datapath id, by which of them went on. */
  readonly duplicateDpids = new LabelledCounter<readonly [kept: KeptConnection]>();
  /** Job requests by verb and how they ended: `ok`, `pending`, `waiting` or the error's code. */
  readonly jobRequests = new LabelledCounter<readonly [verb: string, outcome: string]>();
  /** Times that a connection of the job feed was not read on, as its address asks too fast. */
  readonly feedHolds = new LabelledCounter<readonly []>();
  /** Times that the wall clock was set. */
  readonly clockJumps = new LabelledCounter<readonly []>();
  readonly leasesEnded = new LabelledCounter<readonly []>();
  /** Seconds each PacketIn took from its arrival to the last byte written; called for each. */
  observePacketIn: (seconds: number) => void = () => {};
}
