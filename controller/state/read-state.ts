// From a file of a Lark's state back to what it stood for: jobs, switches and the policy view with its class numbers. A file
// of another format, or one that was changed by hand so that it does not fit together, is a StateError.

import { z } from 'zod';
import type { AttributeValue } from '../../policies/policy.ts';
import { type IpAddress, type MacAddress, parseIp, parseMac } from '../../protocols/packet/address.ts';
import type { Config } from '../config/config.ts';
import { ClassNumbers } from '../enforcement/class-numbers.ts';
import { PolicyView } from '../enforcement/policy-view.ts';
import { type Job, registrationKey } from '../jobs/job.ts';
import { JobTable } from '../network/job-table.ts';
import { SwitchState } from '../network/switch-state.ts';
import { StateError } from './state-error.ts';
import { type SavedJob, type SavedState, type SavedSwitch, type SavedValue, STATE_FORMAT } from './state-file.ts';

const number = z.number().int().nonnegative();
const dpid = z.string().regex(/^[0-9a-f]{16}$/);
const value = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.strictObject({ integer: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ real: z.string() }),
]);
const ip = z.string().refine((text) => parseIp(text) !== undefined, 'expected an IP address');
const mac = z.string().refine((text) => parseMac(text) !== undefined, 'expected a MAC address');
const pipeline = z.enum(['single-table', 'multi-table']);
const job = z.object({
  registration: z.object({ globalJobId: z.string(), start: z.string(), machine: z.string(), slot: z.string() }),
  user: z.string(),
  accountingGroup: z.string().nullable(),
  addresses: z.array(ip),
  mac: mac.nullable(),
  usedMac: mac.nullable(),
  externalInterface: z.string().nullable(),
  location: z.object({ dpid, portNo: number, portName: z.string().nullable() }).nullable(),
  attributes: z.record(z.string(), value),
  classes: z.array(number),
});
const switchEntry = z.object({
  dpid,
  version: z.union([z.literal(1), z.literal(4)]),
  canMatchArp: z.boolean(),
  pipeline,
  pipelines: z.object({ unless: pipeline, single: pipeline, multi: pipeline }),
  memory: z.object({
    asksAboutUnknown: z.boolean(),
    hasRegisters: z.boolean(),
    portIndexes: z.array(z.tuple([number, number])),
  }),
  canTrackConnections: z.boolean(),
  takesBundles: z.boolean(),
  ports: z.array(z.object({ portNo: number, name: z.string(), mac: number, isUp: z.boolean() })),
  jobPorts: z.array(number),
  hosts: z.array(z.tuple([mac, number])),
});
const document = z.object({
  format: z.literal(STATE_FORMAT),
  policy: z.object({ file: z.string(), text: z.string() }),
  classNumbers: z.object({
    next: number,
    free: z.array(number),
    held: z.array(z.tuple([number, z.array(dpid)])),
    local: number,
    blocks: z.array(z.tuple([z.string(), number])),
  }),
  switches: z.array(switchEntry),
  away: z.array(z.string()),
  jobs: z.array(job),
});

/** Throws a StateError that says where it is wrong. */
export function readState(text: string): SavedState {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new StateError(`it is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const result = document.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new StateError(
    `${issue?.path.join('.') || 'the document'}: ${issue?.message}; make it anew with \`lark state\``,
  );
}

export function jobsOf(state: SavedState): { readonly jobs: JobTable; readonly all: readonly Job[] } {
  const jobs = new JobTable();
  const all = state.jobs.map((saved) => {
    const made = jobOf(saved);
    const { location } = saved;
    const placed = jobs.add(
      made,
      location === null
        ? undefined
        : { dpid: BigInt(`0x${location.dpid}`), portNo: location.portNo, portName: location.portName ?? undefined },
    );
    if (saved.usedMac !== null) jobs.learnMac(placed, parseMac(saved.usedMac) as MacAddress);
    return made;
  });
  return { jobs, all };
}

/** @param config of the state's own policy file. @param all of its jobs, in its order. */
export function policyViewOf({ classNumbers, jobs }: SavedState, config: Config, all: readonly Job[]): PolicyView {
  const { next, free, held, local, blocks } = classNumbers;
  const numbers = ClassNumbers.from({
    next,
    free,
    held: held.map(([each, dpids]) => [each, dpids.map((id) => BigInt(`0x${id}`))]),
  });
  const ofJobs = all.map((each, i) => [each, jobs[i]?.classes ?? []] as const);
  return PolicyView.from(config, { local, blocks, jobs: ofJobs }, numbers);
}

/** As the state's own policy file has it. */
export function switchStateOf(saved: SavedSwitch): SwitchState {
  const identity = {
    dpid: BigInt(`0x${saved.dpid}`),
    version: saved.version,
    config: undefined,
    canMatchArp: saved.canMatchArp,
    agesHosts: false,
  };
  const state = new SwitchState(identity, { now: () => 0 });
  state.canTrackConnections = saved.canTrackConnections;
  state.setPorts(saved.ports);
  for (const portNo of saved.jobPorts) state.markJobPort(portNo);
  for (const [text, portNo] of saved.hosts) state.hosts.learn(parseMac(text) as MacAddress, portNo);
  return state;
}

function jobOf({
  registration,
  user,
  accountingGroup,
  addresses,
  mac: macText,
  externalInterface,
  attributes,
}: SavedJob): Job {
  return {
    key: registrationKey(registration),
    registration,
    user,
    accountingGroup: accountingGroup ?? undefined,
    addresses: addresses.map((text) => parseIp(text) as IpAddress),
    mac: macText === null ? undefined : parseMac(macText),
    externalInterface: externalInterface ?? undefined,
    attributes: new Map(Object.entries(attributes).map(([name, saved]) => [name, savedValue(saved)])),
    ads: { job: '', machine: '' },
  };
}

function savedValue(saved: SavedValue): AttributeValue {
  if (typeof saved !== 'object') return saved;
  return 'integer' in saved ? BigInt(saved.integer) : Number(saved.real);
}
