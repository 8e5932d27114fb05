// What the forwarding decision asks of the policy file: verdicts, zones, and which addresses only jobs may have.

import type { IpAddress, Prefix } from '../../protocols/packet/address.ts';
import type { Config } from '../config/config.ts';
import { inAnyPrefix, WAN_ZONE, zoneLookup } from '../config/zones.ts';
import type { Job } from '../jobs/job.ts';
import type { PlacedJob } from '../network/job-table.ts';
import { type EndpointClass, type JudgedEndpoint, VerdictEngine } from './endpoint-classes.ts';
import type { Verdict } from './verdict.ts';

export class PolicyView {
  readonly config: Config;
  readonly engine: VerdictEngine;
  /** The zone of an address that is no job's: of the file's zones the longest match, else `wan`. */
  readonly zoneOf: (address: IpAddress, longest?: number) => string;
  /** True for the addresses that only jobs have. */
  readonly isInRanges: (address: IpAddress) => boolean;

  constructor(config: Config) {
    this.config = config;
    this.engine = new VerdictEngine(config);
    this.zoneOf = zoneLookup(config.zones);
    this.isInRanges = inAnyPrefix(config.jobs.ranges);
    // Met before any packet, so that `allowsAll` asks about them.
    this.engine.classOf({ kind: 'local', address: undefined });
    this.engine.classOf({ kind: 'zone', zone: WAN_ZONE, address: undefined });
    for (const { name } of config.zones) this.engine.classOf({ kind: 'zone', zone: name, address: undefined });
  }

  verdict(source: JudgedEndpoint, destination: JudgedEndpoint): Verdict {
    return this.engine.verdict(source, destination);
  }

  /**
   * Every block of addresses that verdicts may tell apart: the prefixes of the zones and of the policies' address sets,
   * with the class of what no longer one of them covers, and the two that hold all the rest.
   */
  blocks(): readonly { readonly prefix: Prefix; readonly endpointClass: EndpointClass }[] {
    const { zones, policies } = this.config;
    const listed = [
      ...zones.flatMap(({ prefixes }) => prefixes),
      ...policies.flatMap(({ policy }) => Object.values(policy.addressSets ?? {}).flatMap((set) => set ?? [])),
      { network: 0 as IpAddress, length: 0 },
      { network: 0n as IpAddress, length: 0 },
    ];
    const byKey = new Map(
      listed.map((prefix) => [`${typeof prefix.network}${prefix.network}/${prefix.length}`, prefix]),
    );
    return [...byKey.values()].map((prefix) => ({
      prefix,
      endpointClass: this.engine.classOfBlock(this.zoneOf(prefix.network, prefix.length), prefix),
    }));
  }

  /** To be called for each job that is registered, so that `allowsAll` asks about its class. */
  meet(job: Job): void {
    for (const address of job.addresses) this.engine.classOf({ kind: 'job', job, address });
  }

  /** True where nothing that has been met so far is denied to or from this job, in either direction. */
  allowsAll({ job }: PlacedJob): boolean {
    const own = this.engine.classOf({ kind: 'job', job, address: job.addresses[0] });
    for (const other of this.engine.classes()) {
      if (this.engine.verdictOfClasses(own, other).action === 'drop') return false;
      if (this.engine.verdictOfClasses(other, own).action === 'drop') return false;
    }
    return true;
  }
}
