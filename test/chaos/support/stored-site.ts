// A Lark in a process of its own, with its job store in a folder of the test's, and one switch with a port for jobs: for what may
// happen to the store and to the disk below it.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JobFeedClient } from '../../../controller/jobs/feed/client.ts';
import { ChildLark } from '../../support/child-lark.ts';
import { eventually } from '../../support/eventually.ts';
import { LightSwitch } from '../../support/light-switch.ts';

export class StoredSite {
  readonly policyFile: string;
  readonly #store: string;
  #lark: ChildLark | undefined;
  #light: LightSwitch | undefined;

  /** @param store the store's folder, from `directory` on. */
  constructor(directory: string, store = 'store') {
    this.policyFile = join(directory, 'policy.yaml');
    this.#store = store;
  }

  /** The one that was started last. */
  get lark(): ChildLark {
    if (this.#lark === undefined) throw new Error('Lark was not started');
    return this.#lark;
  }

  /** Starts it, after a kill anew, and resolves when the switch has its rules. */
  async start(): Promise<JobFeedClient> {
    await writeFile(
      this.policyFile,
      `
openflow: { listen: 127.0.0.1:0 }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/16], settle: 0ms }
store: { path: ${this.#store} }
switches: { leaf: { dpid: "0000000000000001", machines: { wn1: [j1] } } }
policies: [isolate-users: true]
`,
    );
    this.#light?.disconnect();
    this.#lark = await ChildLark.start(this.policyFile);
    const light = new LightSwitch(1n, ['j1']);
    this.#light = light;
    light.connect(this.lark.address('openflow'));
    await eventually('the switch', () => light.isMended, 10_000);
    return JobFeedClient.connect(this.lark.address('jobs'));
  }

  /** Starts it as it may be: it may not come up. */
  async tryStart(): Promise<ChildLark> {
    this.#lark = await ChildLark.start(this.policyFile);
    return this.#lark;
  }

  async stop(): Promise<void> {
    this.#light?.disconnect();
    await this.#lark?.kill();
  }
}

/** The job of this number, up to 65,535, with an address and a slot of its own. */
export function registerNumbered(feed: JobFeedClient, number: number, padding = '') {
  const address = `10.1.${number >> 8}.${number & 255}`;
  return feed.register(
    `[ GlobalJobId = "s#${number}.0#1"; Owner = "alice"; NumJobStarts = 1; Padding = "${padding}" ]`,
    `[ Machine = "wn1"; Name = "slot${number}@wn1"; LarkInnerAddressIPv4 = "${address}" ]`,
  );
}
