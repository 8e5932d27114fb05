// `rule: { when: EXPR, then: …, reason: … }`: for all that the other policies do not say. `when` is a ClassAd expression
// in which MY is the source and TARGET the destination. Where it is undefined or an error it counts as true for a drop
// and as false for all else, so that what cannot be decided is not let through, and is counted.

import { z } from 'zod';
import { type Condition, condition } from './expression/condition.ts';
import { warnOfCondition } from './expression/warnings.ts';
import { dscp } from './options/dscp.ts';
import { describeValue, formOf, mapping, nameOf, oneOf } from './options/schema.ts';
import { definePolicy, type ForwardFields, type Opinion, type SpecialField } from './policy.ts';
import type { PolicyContext, PolicyKind } from './policy-kind.ts';

/** What a rule does: a drop, an end to the search, or fields of the verdict. */
export type Consequence = 'drop' | 'allow' | ForwardFields;

export interface Rule {
  readonly when: Condition;
  readonly consequence: Consequence;
  /** Of a drop, for people. */
  readonly reason?: string | undefined;
}

export function rule({ when, consequence, reason }: Rule) {
  const opinion = opinionOf(consequence, reason ?? `rule: ${shortened(when.text)}`);
  const isDrop = opinion.action === 'drop';
  const tally = { undecided: 0, failed: 0 };
  return definePolicy<string>({
    name: 'rule',
    significantAttributes: when.significantAttributes,
    needs: neededBy(consequence),
    ...(when.comparisons.isComplete && { probes: Object.fromEntries(probesOf(when)) }),
    doubts(source, destination) {
      return isDrop && when.evaluate(source, destination) === 'undefined' ? when.missing(source, destination) : [];
    },
    tally,
    judge(source, destination) {
      const answer = when.evaluate(source, destination);
      const isDecided = typeof answer === 'boolean';
      if (!isDecided) tally.undecided++;
      const holds = isDecided ? answer : isDrop;
      return holds ? opinion : undefined;
    },
  });
}

function opinionOf(consequence: Consequence, reason: string): Opinion {
  if (consequence === 'drop') return { action: 'drop', reason };
  return consequence === 'allow' ? { action: 'allow' } : { action: 'forward', ...consequence };
}

function neededBy(consequence: Consequence): readonly SpecialField[] {
  return typeof consequence === 'object' && consequence.connections !== undefined ? ['connections'] : [];
}

function probesOf({ significantAttributes, comparisons }: Condition) {
  return significantAttributes.map((name) => [name, comparisons.constants.get(name.toLowerCase()) ?? []] as const);
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

const fields = mapping(
  {
    queue: nameOf("one of a WAN port's queues").optional().describe('The queue of the WAN port to leave by.'),
    via: nameOf("one of a switch's alternates")
      .optional()
      .describe('The alternate port to leave by. Acts for traffic to `wan` only.'),
    connections: oneOf('replies')
      .optional()
      .describe('`replies`: only packets of connections that the destination opened.'),
    mark: dscp
      .optional()
      .describe('The DSCP to write: a number from 0 to 63, or a name such as `ef`, `af11` or `cs1`.'),
  },
  {
    meter: 'this version makes no meters',
    vlan: 'a VLAN belongs to a job, not to a pair: use the policy "vlan"',
  },
).check((context) => {
  // A key that does not exist has been told already.
  if (Object.keys(context.value).length > 0 || context.issues.length > 0) return;
  context.issues.push({ code: 'custom', input: context.value, message: 'expected queue, via, mark or connections' });
});
const ANY_FIELD = { ...formOf(fields), minProperties: 1 };

const consequenceReader = z.unknown().transform((input, context): z.output<typeof fields> | 'drop' | 'allow' => {
  if (input === 'drop' || input === 'allow') return input;
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
    const result = fields.safeParse(input);
    if (result.success) return result.data;
    context.issues.push(...(result.error.issues as unknown as typeof context.issues));
    return z.NEVER;
  }
  const message = `expected drop, allow, or fields such as { queue: NAME }, { via: NAME }, { mark: DSCP } or { connections: replies }; found ${describeValue(input)}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
const consequenceInFile = consequenceReader.meta({ anyOf: [{ enum: ['drop', 'allow'] }, ANY_FIELD] });

const schema = mapping({
  when: condition.describe('A ClassAd expression in which `MY` is the source and `TARGET` the destination.'),
  // biome-ignore lint/suspicious/noThenProperty: the file's word; a shape of keys is never awaited.
  then: consequenceInFile.describe(
    '`drop`; `allow`, which ends the search; or a mapping of what to say of the traffic, and the search goes on.',
  ),
  reason: nameOf('a reason in words').optional().meta({ title: 'text', description: 'For a drop: why, for people.' }),
}).meta({
  examples: [
    // biome-ignore lint/suspicious/noThenProperty: as above.
    { when: 'MY.Owner =!= "carol" && TARGET.Zone == "license-server"', then: 'drop', reason: "the licence is carol's" },
  ],
});
type Options = z.output<typeof schema>;

export const ruleKind: PolicyKind<Options> = {
  summary: 'drops, allows or directs what a ClassAd expression over the two ends says',
  schema,
  create({ when, then, reason }: Options, context: PolicyContext) {
    warnOfCondition(when, ['when'], context);
    if (reason !== undefined && then !== 'drop') context.warn(['reason'], 'is shown for drops alone: remove it');
    if (then === 'drop' || then === 'allow') return rule({ when, consequence: then, reason });
    if (then.queue !== undefined) context.usesQueue(['then', 'queue'], then.queue);
    if (then.via !== undefined) context.usesAlternate(['then', 'via'], then.via);
    if (then.mark !== undefined) context.usesMark(['then', 'mark']);
    return rule({ when, consequence: definedOnly(then), reason });
  },
};

function definedOnly({ queue, via, connections, mark }: Exclude<Options['then'], string>): ForwardFields {
  return {
    ...(queue !== undefined && { queue }),
    ...(via !== undefined && { via }),
    ...(connections && { connections }),
    ...(mark !== undefined && { mark }),
  };
}
