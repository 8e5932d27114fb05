// The verdict table: what the policies say of every pair of classes that a packet can have on this switch, written as
// defaults and exceptions. A class is given to packets only by rules that come after its verdicts, so no default ever
// speaks for a class that it was not chosen for. A verdict that marks takes three rules: only IPv4 and IPv6 have a DSCP to
// be written, and a rule that writes it has to say which of them it is for.

import { EtherType } from '../../../protocols/packet/protocol-numbers.ts';
import type { FlowRule, MaskedMetadata } from '../../southbound/flow-rule.ts';
import { RuleKind } from '../cookie.ts';
import type { EndpointClass } from '../endpoint-classes.ts';
import { tracksConnections } from '../tracks-connections.ts';
import type { Verdict } from '../verdict.ts';
import { compressTable } from './compress.ts';
import { drop, type MultiTableContext, type RuleBody, ruleMaker, toController } from './context.ts';
import {
  both,
  destinationClass,
  FROM_JOB_PORT,
  FROM_REMOTE_JOB,
  HAS_OUT_PORT,
  queue,
  sourceClass,
  Table,
} from './layout.ts';
import { Delivery, VerdictLevel } from './levels.ts';
import { OPENING } from './reply-rules.ts';

const ALTERNATE = 'reg7';
/** How far above an outcome's own rule those for IP are, below the next level. */
const IP_ABOVE = 5;
const rule = ruleMaker(RuleKind.VERDICT);

/** Asks about every packet, whatever the table says. */
export function verdictGuard(): FlowRule {
  return rule(Table.VERDICT, VerdictLevel.GUARD, {}, toController);
}

/** No packet comes in both by a job's port and from a job at another switch. */
export function verdictReserve(): FlowRule {
  return rule(Table.VERDICT, VerdictLevel.GUARD, { metadata: both(FROM_JOB_PORT, FROM_REMOTE_JOB) }, drop);
}

/** What a verdict comes to on this switch, as one value for each different outcome. */
interface Outcome {
  readonly key: string;
  readonly body: RuleBody;
  /** Of IP packets that it does not drop. */
  readonly dscp?: number | undefined;
}

export function verdictRules(context: MultiTableContext, classes: readonly EndpointClass[]): FlowRule[] {
  const outcomes = new Map<string, Outcome>();
  const { engine } = context.view.policy;
  const isTracking = tracksConnections(context.view);
  const at = (row: number, column: number): Outcome => {
    const verdict = engine.verdictOfClasses(classes[row]!, classes[column]!);
    const back = isTracking ? engine.verdictOfClasses(classes[column]!, classes[row]!) : undefined;
    const outcome = withMark(outcomeOf(context, verdict, back, classes[column]!), verdict);
    const same = outcomes.get(outcome.key);
    if (same !== undefined) return same;
    outcomes.set(outcome.key, outcome);
    return outcome;
  };
  const table = compressTable(classes.length, at);
  if (table === undefined) return [];
  const source = (row: number) => sourceClass(classes[row]!.id);
  const destination = (column: number) => destinationClass(classes[column]!.id);
  const indexes = Array.from(classes.keys());
  /** The policy behind a rule, by the first pair of classes that it is for. */
  const originOf = (outcome: Outcome, rows: readonly number[], columns: readonly number[]) => {
    for (const row of rows) {
      const column = columns.find((each) => at(row, each) === outcome);
      if (column !== undefined) return engine.verdictOfClasses(classes[row]!, classes[column]!).origin;
    }
    return undefined;
  };
  const make = (level: number, outcome: Outcome, { row, column }: Pair): FlowRule[] => {
    const parts = [...(row === undefined ? [] : [source(row)]), ...(column === undefined ? [] : [destination(column)])];
    const origin = originOf(outcome, row === undefined ? indexes : [row], column === undefined ? indexes : [column]);
    const metadata = parts.length === 0 ? undefined : both(...parts);
    return rulesFor(level, metadata, outcome, origin);
  };
  return [
    ...alternateRules(context),
    ...make(VerdictLevel.ALL, table.all, {}),
    ...[...table.columns].flatMap(([column, outcome]) => make(VerdictLevel.COLUMN, outcome, { column })),
    ...[...table.rows].flatMap(([row, outcome]) => make(VerdictLevel.ROW, outcome, { row })),
    ...[...table.cells].flatMap(([row, cells]) =>
      [...cells].flatMap(([column, outcome]) => make(VerdictLevel.CELL, outcome, { row, column })),
    ),
  ];
}

/** What a rule of the table is for: all classes where one is left out. */
interface Pair {
  readonly row?: number;
  readonly column?: number;
}

function rulesFor(
  level: number,
  metadata: MaskedMetadata | undefined,
  { body: bare, dscp }: Outcome,
  origin: FlowRule['origin'],
): FlowRule[] {
  const body = { origin, ...bare };
  const match = metadata === undefined ? {} : { metadata };
  const marked =
    dscp === undefined
      ? []
      : [EtherType.IPV4, EtherType.IPV6].map((ethType) =>
          rule(Table.VERDICT, level + IP_ABOVE, { ...match, ethType }, { ...body, dscp }),
        );
  return [...marked, rule(Table.VERDICT, level, match, body)];
}

/** What is dropped, or asked about, is left as it is. */
function withMark(outcome: Outcome, verdict: Verdict): Outcome {
  const dscp = verdict.action === 'forward' ? verdict.mark?.value : undefined;
  if (dscp === undefined || outcome.body === drop || outcome.body === toController) return outcome;
  return { ...outcome, key: `${outcome.key} dscp ${dscp}`, dscp };
}

/** All of a switch that `outcomeOf` looks at: where this is the same, so are the rules. */
export function outcomeKey({ view, hasRegisters }: MultiTableContext): string {
  const { wan, alternates, config } = view.state;
  const ways = [...alternates].map(([name, { portNo, gateway }]) => [name, portNo, gateway]);
  const can = [hasRegisters, tracksConnections(view)];
  return JSON.stringify([can, [...(wan?.queues.keys() ?? [])], [...(config?.wan?.alternates.keys() ?? [])], ways]);
}

/** `back`: the verdict the other way, where connections are tracked. */
function outcomeOf(
  context: MultiTableContext,
  verdict: Verdict,
  back: Verdict | undefined,
  destination: EndpointClass,
): Outcome {
  if (verdict.action === 'drop') return { key: 'drop', body: drop };
  // Which tag a packet must have and gets depends on its ports: the first packet of each pair is asked about.
  if (verdict.vlan !== undefined) return { key: 'ask', body: toController };
  const { state } = context.view;
  const via = destination.isWan ? verdict.via?.name : undefined;
  const isReply = verdict.connections !== undefined;
  const isTracking = back !== undefined;
  const isOpening = back !== undefined && !isReply && back.action === 'forward' && back.connections !== undefined;
  const loads = isOpening ? [OPENING] : [];
  const goto = isReply || isOpening ? Table.REPLIES : Table.SWITCHING;
  if (via !== undefined && state.config?.wan?.alternates.has(via) === true) {
    const alternate = state.alternates.get(via);
    if (alternate === undefined) return { key: 'drop', body: drop };
    if (goto === Table.SWITCHING) {
      return { key: `via ${via}`, body: { outputs: [{ port: alternate.portNo, ethDst: alternate.gateway }] } };
    }
    // Where only replies may pass, and nothing tells them, they are asked about packet by packet.
    if (!isTracking) return { key: 'ask', body: toController };
    const body = { loads: [...loads, alternateLoad(context, via)], writeMetadata: HAS_OUT_PORT, goto };
    return { key: `via ${via} ${isOpening}`, body };
  }
  // A redirection by an alternate that is named for another switch.
  if (via !== undefined && isReply && !isTracking) return { key: 'ask', body: toController };
  const index = verdict.queue === undefined ? undefined : context.queueIndex(verdict.queue.name);
  const body = { ...(isOpening && { loads }), ...(index !== undefined && { writeMetadata: queue(index) }), goto };
  return { key: `queue ${index} goto ${goto} ${isOpening}`, body };
}

/** What leaves by an alternate only once its connection was looked at is told by a register; 0 for all else. */
function alternateLoad({ view }: MultiTableContext, name: string) {
  return { value: [...view.state.alternates.keys()].indexOf(name) + 1, to: ALTERNATE } as const;
}

function alternateRules(context: MultiTableContext): FlowRule[] {
  if (!tracksConnections(context.view)) return [];
  return [...context.view.state.alternates].map(([name, { portNo, gateway }]) =>
    rule(
      Table.OUTPUT,
      Delivery.ALTERNATE,
      { [ALTERNATE]: alternateLoad(context, name).value },
      { outputs: [{ port: portNo, ethDst: gateway }] },
    ),
  );
}
