// `connectivity: true`: honours what a job's ad asks of the network. `OutboundConnectivity` is whether the job may open
// connections, `InboundConnectivity` whether others may open connections to it; true where the ad does not say. Where
// only one end may open connections, the other sends replies alone; where neither may, nothing passes. So a job with
// both false has no network at all.

import { z } from 'zod';
import { type AttributeValue, definePolicy, type EndpointView, type Opinion } from './policy.ts';
import type { PolicyKind } from './policy-kind.ts';

type Attributes = 'EndpointType' | 'InboundConnectivity' | 'OutboundConnectivity';
type End = EndpointView<Attributes>;

export function connectivity() {
  return definePolicy<Attributes>({
    name: 'connectivity',
    significantAttributes: ['EndpointType', 'InboundConnectivity', 'OutboundConnectivity'],
    needs: ['connections'],
    probes: { InboundConnectivity: [true, 0], OutboundConnectivity: [true, 0] },
    judge(source, destination): Opinion | undefined {
      if (mayOpen(source, destination)) return undefined;
      if (mayOpen(destination, source)) return { action: 'forward', connections: 'replies' };
      return { action: 'drop', reason: reasonFor(source, destination) };
    },
  });
}

function mayOpen(from: End, to: End): boolean {
  return has(from, 'OutboundConnectivity') && has(to, 'InboundConnectivity');
}

function has(end: End, attribute: 'InboundConnectivity' | 'OutboundConnectivity'): boolean {
  return end.EndpointType !== 'job' || isWanted(end[attribute]);
}

/** As ClassAds take values for truth. What is neither, such as text, asks for nothing that could be told. */
function isWanted(value: AttributeValue): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? true;
  return typeof value !== 'string' && Number(value) !== 0;
}

function reasonFor(source: End, destination: End): string {
  for (const [end, name] of [
    [source, 'source'],
    [destination, 'destination'],
  ] as const) {
    const hasNone = !has(end, 'InboundConnectivity') && !has(end, 'OutboundConnectivity');
    if (hasNone)
      return `the ${name}'s job asked for no network: InboundConnectivity and OutboundConnectivity are false`;
  }
  return 'neither end may open a connection to the other: see InboundConnectivity and OutboundConnectivity of the jobs';
}

export const connectivityKind: PolicyKind<boolean> = {
  summary: "honours InboundConnectivity and OutboundConnectivity of the jobs' ads",
  schema: z.boolean().meta({ title: '`true`, or `false` for off', examples: [true] }),
  create: (isOn: boolean) => (isOn ? connectivity() : undefined),
};
