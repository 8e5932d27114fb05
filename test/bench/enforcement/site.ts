// What the benchmarks of enforcement run on: switches with job ports, users, and jobs with whole ads as HTCondor has them.

import { readFileSync } from 'node:fs';
import { parseAd, unparseAd } from 'node-classad';
import { LightSwitch, type LightSwitchEvents } from '../../support/light-switch.ts';

export interface BenchJob {
  readonly jobAd: string;
  readonly machineAd: string;
}

export interface Placement {
  /** Counts from 0, and gives the job its name and addresses. */
  readonly number: number;
  readonly user: number;
  readonly dpid: number;
  /** From 1. */
  readonly portNo: number;
}

export const portName = (dpid: number, portNo: number) => `s${dpid}p${portNo}`;
export const userName = (user: number) => `user${user}`;
export const dpidText = (dpid: number) => dpid.toString(16).padStart(16, '0');
/** 10.0.0.1 and on: sixteen million jobs have room. */
export const addressText = (number: number) => {
  const host = number + 1;
  return `10.${(host >> 16) & 255}.${(host >> 8) & 255}.${host & 255}`;
};

export function switches(count: number, ports: number, events?: LightSwitchEvents): LightSwitch[] {
  return Array.from({ length: count }, (_, i) => {
    const names = Array.from({ length: ports }, (_, port) => portName(i + 1, port + 1));
    return new LightSwitch(BigInt(i + 1), names, events);
  });
}

/** Users are kept apart, as in the policy of the paper; every job's place is told by its port's name. */
export function policyText(options: { readonly store?: string; readonly blocked?: readonly string[] } = {}): string {
  return `
openflow: { listen: 127.0.0.1:0, echoInterval: 60s, packetInLimit: { rate: off } }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.0.0.0/8], settle: 0ms, confirmTimeout: 60s }
${options.store === undefined ? '' : `store: { path: ${options.store} }`}
zones: { services: [192.0.2.0/24] }
policies:
${options.blocked === undefined ? '' : `  - block-users: [${options.blocked.join(', ')}]\n`}  - isolate-users: true
`;
}

/** Writes ads by filling in the sample ads of the ClassAd cases. */
export class AdMaker {
  readonly #job: readonly string[];
  readonly #machine: readonly string[];

  /** @param cases the directory of job.ad and machine.ad. */
  constructor(cases: URL) {
    const read = (name: string) => readFileSync(new URL(name, cases), 'utf8').trim();
    this.#job = template(read('job.ad'), { GlobalJobId: 'job', Owner: 'user', AcctGroup: 'group' });
    this.#machine = template(read('machine.ad'), {
      Machine: 'machine',
      Name: 'slot',
      LarkInnerAddressIPv4: 'address',
      LarkInnerMacAddress: 'mac',
      LarkExternalInterface: 'port',
    });
  }

  make({ number, user, dpid, portNo }: Placement): BenchJob {
    const machine = `wn${dpid}.example.org`;
    const values: Readonly<Record<string, string>> = {
      job: `submit.example.org#${number}.0#1754300000`,
      user: userName(user),
      group: `group_${user % 10}.${userName(user)}`,
      machine,
      slot: `slot1_${portNo}@${machine}`,
      address: addressText(number),
      mac: (0x02_00_00_00_00_00 + number + 1)
        .toString(16)
        .padStart(12, '0')
        .replace(/..(?!$)/g, '$&:'),
      port: portName(dpid, portNo),
    };
    return { jobAd: fill(this.#job, values), machineAd: fill(this.#machine, values) };
  }
}

/** Pieces of text in turn with names of what goes between them. */
function template(long: string, names: Readonly<Record<string, string>>): readonly string[] {
  const lines = Object.entries(names).map(([attribute, name]) => `${attribute} = "@${name}@"`);
  return unparseAd(parseAd([long, ...lines].join('\n'), { syntax: 'long' }), 'new-line').split(/"@(\w+)@"/);
}

function fill(pieces: readonly string[], values: Readonly<Record<string, string>>): string {
  return pieces.map((piece, i) => (i % 2 === 0 ? piece : JSON.stringify(values[piece]))).join('');
}
