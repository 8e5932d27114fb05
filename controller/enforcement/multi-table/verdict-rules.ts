// The verdict table: what the policies say of every pair of classes that a packet can have on this switch, written as
// defaults and exceptions. A class is given to packets only by rules that come after its verdicts, so no default ever
// speaks for a class that it was not chosen for.

import type { FlowRule, MaskedMetadata } from '../../southbound/flow-rule.ts';
import { RuleKind } from '../cookie.ts';
import type { EndpointClass } from '../endpoint-classes.ts';
import type { Verdict } from '../verdict.ts';
import { compressTable } from './compress.ts';
import { drop, type MultiTableContext, type RuleBody, ruleMaker, toController } from './context.ts';
import { both, destinationClass, queue, sourceClass, Table } from './layout.ts';

const Priority = { GUARD: 100, CELL: 40, ROW: 30, COLUMN: 20, ALL: 10 } as const;
const rule = ruleMaker(RuleKind.VERDICT);

/** Asks about every packet, whatever the table says. */
export function verdictGuard(): FlowRule {
  return rule(Table.VERDICT, Priority.GUARD, {}, toController);
}

/** What a verdict comes to on this switch, as one value for each different outcome. */
type Outcome = { readonly key: string; readonly body: RuleBody };

export function verdictRules(context: MultiTableContext, classes: readonly EndpointClass[]): FlowRule[] {
  const outcomes = new Map<string, Outcome>();
  const at = (row: number, column: number): Outcome => {
    const verdict = context.view.policy.engine.verdictOfClasses(classes[row]!, classes[column]!);
    const outcome = outcomeOf(context, verdict, classes[column]!);
    const same = outcomes.get(outcome.key);
    if (same !== undefined) return same;
    outcomes.set(outcome.key, outcome);
    return outcome;
  };
  const table = compressTable(classes.length, at);
  if (table === undefined) return [];
  const source = (row: number) => sourceClass(classes[row]!.id);
  const destination = (column: number) => destinationClass(classes[column]!.id);
  const make = (priority: number, metadata: MaskedMetadata | undefined, { body }: Outcome) =>
    rule(Table.VERDICT, priority, metadata === undefined ? {} : { metadata }, body);
  return [
    make(Priority.ALL, undefined, table.all),
    ...[...table.columns].map(([column, outcome]) => make(Priority.COLUMN, destination(column), outcome)),
    ...[...table.rows].map(([row, outcome]) => make(Priority.ROW, source(row), outcome)),
    ...[...table.cells].flatMap(([row, cells]) =>
      [...cells].map(([column, outcome]) => make(Priority.CELL, both(source(row), destination(column)), outcome)),
    ),
  ];
}

/** All of a switch that `outcomeOf` looks at: where this is the same, so are the rules. */
export function outcomeKey({ view }: MultiTableContext): string {
  const { wan, alternates, config } = view.state;
  const ways = [...alternates].map(([name, { portNo, gateway }]) => [name, portNo, gateway]);
  return JSON.stringify([[...(wan?.queues.keys() ?? [])], [...(config?.wan?.alternates.keys() ?? [])], ways]);
}

function outcomeOf(context: MultiTableContext, verdict: Verdict, destination: EndpointClass): Outcome {
  if (verdict.action === 'drop') return { key: 'drop', body: drop };
  const { state } = context.view;
  const via = destination.isWan ? verdict.via?.name : undefined;
  // A redirection of replies alone is rare enough to be asked about packet by packet.
  if (via !== undefined && verdict.connections !== undefined) return { key: 'ask', body: toController };
  if (via !== undefined && state.config?.wan?.alternates.has(via) === true) {
    const alternate = state.alternates.get(via);
    if (alternate === undefined) return { key: 'drop', body: drop };
    return { key: `via ${via}`, body: { outputs: [{ port: alternate.portNo, ethDst: alternate.gateway }] } };
  }
  const goto = verdict.connections === undefined ? Table.SWITCHING : Table.REPLIES;
  const index = verdict.queue === undefined ? undefined : context.queueIndex(verdict.queue.name);
  if (index === undefined) return { key: `goto ${goto}`, body: { goto } };
  return { key: `queue ${index} goto ${goto}`, body: { goto, writeMetadata: queue(index) } };
}
