// `vlan: { attribute: RequestedVLAN, names: { physics: 120 } }`: a job that names a VLAN in its ad has its traffic in that
// VLAN, both what it sends and what comes to it. The file says which VLANs there are to be asked for: a job that asks
// for another has no network, rather than a network it did not ask for. A VLAN is a network of its own, so jobs of
// different VLANs, and jobs in a VLAN and those in none, do not meet.

import { z } from 'zod';
import { describeValue, mapping, type Reading, readBy, wholeNumber } from './options/schema.ts';
import { type AttributeValue, definePolicy, type EndpointView, type Opinion } from './policy.ts';
import type { PolicyContext, PolicyKind } from './policy-kind.ts';

export interface Vlan {
  /** The job ad's attribute: a name of `ids`, or an id among them. */
  readonly attribute: string;
  readonly ids: ReadonlyMap<string, number>;
}

/** Undefined: in no VLAN. */
type Wanted = { readonly id: number | undefined } | { readonly unknown: AttributeValue };

export function vlan({ attribute, ids }: Vlan) {
  const known = new Set(ids.values());

  function wantedBy(end: EndpointView<string>): Wanted {
    const value = end.EndpointType === 'job' ? end[attribute] : undefined;
    if (value === undefined) return { id: undefined };
    const id = typeof value === 'string' ? ids.get(value) : typeof value === 'number' ? value : undefined;
    return id !== undefined && known.has(id) ? { id } : { unknown: value };
  }

  return definePolicy<string>({
    name: 'vlan',
    significantAttributes: ['EndpointType', attribute],
    needs: ['vlan'],
    probes: { [attribute]: [...ids.keys(), ...known] },
    judge(source, destination): Opinion | undefined {
      const [from, to] = [wantedBy(source), wantedBy(destination)];
      for (const wanted of [from, to]) {
        if ('unknown' in wanted) {
          return {
            action: 'drop',
            reason: `${attribute} is ${shown(wanted.unknown)}, a VLAN that the file does not name`,
          };
        }
      }
      if ('unknown' in from || 'unknown' in to) return undefined;
      const areJobs = source.EndpointType === 'job' && destination.EndpointType === 'job';
      if (areJobs && from.id !== to.id) {
        return { action: 'drop', reason: `jobs in different VLANs: ${from.id ?? 'none'} and ${to.id ?? 'none'}` };
      }
      const id = from.id ?? to.id;
      return id === undefined ? undefined : { action: 'forward', vlan: id };
    },
  });
}

/** A value from a job's ad, fit for a reason. */
function shown(value: AttributeValue): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}

const ATTRIBUTE = /^([Mm][Aa][Cc][Hh][Ii][Nn][Ee]\.)?[A-Za-z_]\w*$/;
const attributeName = readBy(
  (input): Reading<string> => {
    if (typeof input === 'string' && ATTRIBUTE.test(input)) return { value: input };
    return { problem: `expected the name of a job attribute such as RequestedVLAN; found ${describeValue(input)}` };
  },
  { title: 'the name of an attribute', type: 'string', pattern: ATTRIBUTE.source },
);

const schema = mapping({
  attribute: attributeName.prefault('RequestedVLAN').describe("The attribute of a job's ad that names its VLAN."),
  // 0 and 4095 are reserved (IEEE 802.1Q §9.6).
  names: z
    .record(z.string().min(1), wholeNumber('a VLAN id', 1, 4094))
    .check((context) => {
      if (Object.keys(context.value).length > 0) return;
      const message = 'expected at least one name and its VLAN id, such as physics: 120';
      context.issues.push({ code: 'custom', input: context.value, message });
    })
    .meta({ description: 'The VLANs that a job may ask for, by name.', minProperties: 1 }),
}).meta({ examples: [{ names: { physics: 120, biology: 130 } }] });
type Options = z.output<typeof schema>;

export const vlanKind: PolicyKind<Options> = {
  summary: 'puts the traffic of a job into the VLAN that its ad asks for by name',
  schema,
  create({ attribute, names }: Options, context: PolicyContext) {
    const nameOf = new Map<number, string>();
    for (const [name, id] of Object.entries(names)) {
      const former = nameOf.get(id);
      if (former !== undefined) context.warn(['names', name], `${former} and ${name} are one VLAN, ${id}`);
      nameOf.set(id, former ?? name);
    }
    return vlan({ attribute, ids: new Map(Object.entries(names)) });
  },
};
