// A policy that Lark did not write, made safe to ask: it is shown what it declared and nothing else, and what it answers
// is looked at. Where it throws, reads what it did not declare, or answers with no opinion that there is, it fails closed:
// the traffic is dropped with a reason that says so, the failure is counted, and the first one is published for the log.

import { channel } from 'node:diagnostics_channel';
import type { EndpointView, Opinion, Policy, SpecialField } from './policy.ts';

/** On `policyFailures`: the first failure of a policy. */
export interface PolicyFailure {
  /** The policy's name. */
  readonly policy: string;
  /** What it did, as a sentence without a subject: `threw: …`. */
  readonly failure: string;
}

/** A diagnostics channel; each message is a `PolicyFailure`. Publishing costs nothing where nobody listens. */
export const policyFailures = channel('lark.policy.failed');

export function guarded(policy: Policy): Policy {
  const tally = { undecided: 0, failed: 0 };
  const shown = viewMaker(new Set(policy.significantAttributes));
  const needs = policy.needs ?? [];

  function failed(failure: string): Opinion {
    tally.failed++;
    if (tally.failed === 1) policyFailures.publish({ policy: policy.name, failure } satisfies PolicyFailure);
    return { action: 'drop', reason: `the policy ${policy.name} ${failure}; until it is mended this is dropped` };
  }

  return {
    name: policy.name,
    significantAttributes: [...policy.significantAttributes],
    ...(policy.addressSets && { addressSets: policy.addressSets }),
    needs,
    tally,
    judge(source, destination) {
      let answer: unknown;
      try {
        answer = policy.judge(shown(source), shown(destination));
        const checked = readOpinion(answer, needs);
        return 'opinion' in checked ? checked.opinion : failed(checked.problem);
      } catch (error) {
        return failed(`threw: ${shortened(error instanceof Error ? error.message : String(error))}`);
      }
    },
  };
}

/** Views that throw where an attribute is read that the policy did not declare: in JavaScript it would be undefined. */
function viewMaker(declared: ReadonlySet<string>) {
  const made = new WeakMap<EndpointView<string>, EndpointView<string>>();
  return (view: EndpointView<string>): EndpointView<string> => {
    let proxy = made.get(view);
    if (proxy === undefined) {
      proxy = new Proxy(view, {
        get(target, key) {
          if (typeof key === 'string' && !declared.has(key)) {
            throw new Error(`it reads ${key}, which is not among its significantAttributes`);
          }
          return Reflect.get(target, key);
        },
      });
      made.set(view, proxy);
    }
    return proxy;
  };
}

type CheckedOpinion = { readonly opinion: Opinion | undefined } | { readonly problem: string };

const FORWARD_KEYS: ReadonlySet<string> = new Set(['action', 'via', 'queue', 'connections', 'mark', 'vlan']);

/** A copy of an opinion, or what is wrong with it. */
function readOpinion(answer: unknown, needs: readonly SpecialField[]): CheckedOpinion {
  if (answer === undefined) return { opinion: undefined };
  if (typeof answer !== 'object' || answer === null)
    return { problem: `answered with ${typeof answer}, which is no opinion` };
  if (typeof (answer as { then?: unknown }).then === 'function') {
    return { problem: 'answered with a promise: judge must answer at once' };
  }
  const { action, reason, ...rest } = answer as Record<string, unknown>;
  if (action === 'allow') return { opinion: { action } };
  if (action === 'drop') {
    const isGood = typeof reason === 'string' && reason !== '';
    return isGood
      ? { opinion: { action, reason: shortened(reason) } }
      : { problem: 'dropped without giving a reason in words' };
  }
  if (action !== 'forward')
    return { problem: `answered with the action ${shortened(String(action))}: expected drop, allow or forward` };
  return readForward(rest, needs);
}

function readForward(fields: Record<string, unknown>, needs: readonly SpecialField[]): CheckedOpinion {
  const { via, queue, connections, mark, vlan } = fields;
  const unknown = Object.keys(fields).find((key) => !FORWARD_KEYS.has(key));
  if (unknown !== undefined) return { problem: `set ${shortened(unknown)}, which this version does not carry out` };
  for (const [field, value] of [
    ['via', via],
    ['queue', queue],
  ] as const) {
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      return { problem: `set ${field} to no name` };
  }
  if (connections !== undefined && connections !== 'replies')
    return { problem: 'set connections to something else than replies' };
  const isDscp = Number.isInteger(mark) && Number(mark) >= 0 && Number(mark) <= 63;
  if (mark !== undefined && !isDscp) return { problem: 'set mark to something else than a DSCP from 0 to 63' };
  const isVlan = Number.isInteger(vlan) && Number(vlan) >= 1 && Number(vlan) <= 4094;
  if (vlan !== undefined && !isVlan) return { problem: 'set vlan to something else than an id from 1 to 4094' };
  for (const field of ['connections', 'vlan'] as const) {
    if (fields[field] !== undefined && !needs.includes(field))
      return { problem: `set ${field}, which it does not list in needs` };
  }
  const opinion = { action: 'forward', via, queue, connections, mark, vlan } as const;
  return { opinion: Object.fromEntries(Object.entries(opinion).filter(([, value]) => value !== undefined)) as Opinion };
}

const LONGEST = 200;

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
