// What a change of the policy file would do, as plain values, ready for JSON.

/** Endpoints that both files treat alike: the unit in which verdicts are compared. */
export interface PlannedEnd {
  /** `jobs of alice`, `zone campus`, `local addresses`, `10.2.0.0/16, unregistered`. */
  readonly label: string;
  readonly kind: 'job' | 'zone' | 'local';
  readonly jobs: number;
  readonly users: readonly string[];
}

export interface PlannedVerdict {
  readonly action: 'drop' | 'forward';
  /** What is done with packets: `drop`, `forward`, `forward in queue cms, only replies`. */
  readonly effect: string;
  /** Of a drop; null where there are several. */
  readonly reason: string | null;
  /** Who decided the action, and where the file says so; null where no policy did. */
  readonly policy: string | null;
  readonly place: string | null;
}

export interface VerdictChange {
  readonly before: PlannedVerdict;
  readonly after: PlannedVerdict;
  /** Ordered pairs of ends, by their index in `ends`: each source with each destination. */
  readonly pairs: readonly {
    readonly sources: readonly number[];
    readonly destinations: readonly number[];
    /** True: but not an end with itself. */
    readonly exceptItself: boolean;
  }[];
}

export interface VerdictChanges {
  readonly ends: readonly PlannedEnd[];
  readonly changes: readonly VerdictChange[];
  /** Registered jobs, and their users, with some changed verdict as source or destination. */
  readonly jobs: number;
  readonly users: readonly string[];
}

export interface PlannedRule {
  readonly change: 'add' | 'change' | 'remove';
  readonly table: number;
  readonly priority: number;
  /** In the notation of `ovs-ofctl dump-flows`. */
  readonly match: string;
  /** What it will do; of `remove`, what it did. */
  readonly actions: string;
  /** Of `change`. */
  readonly instead: string | null;
}

export interface PlannedSwitch {
  readonly switch: string;
  readonly dpid: string;
  /** `1.0` or `1.3` */
  readonly version: string;
  readonly pipeline: string;
  /**
   * `update`: gets the difference; `rebuild`: gets another pipeline, so its connection is closed and it is mended when it is
   * back; `mending`: it just connected, and all of its rules are on their way.
   */
  readonly action: 'update' | 'rebuild' | 'mending';
  /** The pipeline's rules; of `rebuild` and `mending` as they are now. */
  readonly rulesBefore: number;
  readonly rulesAfter: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Of those removed, rules that were decided for single packets; null: all of them, however many there are. */
  readonly removedDecided: number | null;
  /** While the rules change, verdicts are asked about by one more rule. */
  readonly isGuarded: boolean;
  /** They go as one bundle, which the switch carries out at once. */
  readonly isBundle: boolean;
  /** Where they were asked for: in the order in which they are sent. */
  readonly rules?: readonly PlannedRule[];
}

export interface ReloadPlan {
  readonly file: string;
  /** Of the file's text. */
  readonly sha256: string;
  /** Jobs that the network knows. */
  readonly jobs: number;
  readonly classes: { readonly before: number; readonly after: number; readonly limit: number };
  readonly ruleLimit: number;
  /** Null where there are too many pairs of classes to compare each. */
  readonly verdicts: VerdictChanges | null;
  /** Jobs whose port the new file tells otherwise. */
  readonly moves: readonly { readonly job: string; readonly from: string; readonly to: string }[];
  /** Settings of the file that change beside policies, zones and switches. */
  readonly settings: readonly { readonly key: string; readonly before: string; readonly after: string }[];
  readonly switches: readonly PlannedSwitch[];
  /** Not connected: they go on by the file in force, and are mended when they are back. */
  readonly away: readonly string[];
}
