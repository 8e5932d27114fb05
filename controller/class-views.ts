// The endpoint classes that there are, as the API shows them: what the policies see of each, and who is in it.

import type { AttributeValue } from '../policies/policy.ts';
import { formatPrefix } from '../protocols/packet/address.ts';
import type { EndpointClass } from './enforcement/endpoint-classes.ts';
import type { PolicyView } from './enforcement/policy-view.ts';
import type { ClassView } from './northbound/lark-api.ts';

/** In the order of their numbers. */
export function classViews(policy: PolicyView): readonly ClassView[] {
  const jobs = new Map<EndpointClass, number>();
  for (const { classes, keys } of policy.cohorts()) {
    for (const each of new Set(classes)) jobs.set(each, (jobs.get(each) ?? 0) + keys.size);
  }
  const blocks = new Map<EndpointClass, string[]>();
  for (const { prefix, endpointClass } of policy.blocks()) {
    const known = blocks.get(endpointClass);
    if (known === undefined) blocks.set(endpointClass, [formatPrefix(prefix)]);
    else known.push(formatPrefix(prefix));
  }
  return [...policy.engine.live()]
    .sort((a, b) => a.id - b.id)
    .map((each) => ({
      number: each.id,
      attributes: plainAttributes(each.attributes),
      jobs: jobs.get(each) ?? 0,
      addresses: blocks.get(each) ?? [],
    }));
}

export function plainAttributes(attributes: ReadonlyMap<string, AttributeValue>): ClassView['attributes'] {
  return Object.fromEntries([...attributes].map(([name, value]) => [name, plain(value)]));
}

function plain(value: AttributeValue): string | number | boolean | null {
  return typeof value === 'bigint' ? value.toString() : (value ?? null);
}
