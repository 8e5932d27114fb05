// Which queues Open vSwitch says that a port has, in both OpenFlow versions, as `lark check --live` asks. The witness is what
// ovs-ofctl is told: in the laboratory the system may have no HTB, and then Open vSwitch says none for all that its database
// has.

import { afterEach, expect, it } from 'vitest';
import type { PortQueuesView } from '../../controller/northbound/lark-api.ts';
import { BRIDGE, MODES, Site } from '../support/site.ts';

let site: Site | undefined;
afterEach(() => site?.stop());

it.each(MODES.filter(({ pipeline }) => pipeline === 'single-table'))(
  'are those that it tells ovs-ofctl, with OpenFlow $version',
  async (mode) => {
    site = await Site.start(mode, ['alice1', 'gateway']);
    const { ovs } = site;
    const port = (await ovs.vsctl(['list-ports', BRIDGE])).trim().split('\n')[0]!;
    await ovs.addQueues(
      port,
      new Map([
        [1, 10_000_000],
        [7, 20_000_000],
      ]),
    );
    const told = await ovs.ofctl(BRIDGE, ['queue-get-config', port], { version: mode.version });
    const ids = [...told.matchAll(/queue (\d+)/g)].map(([, id]) => Number(id));
    const { queues } = await site.get<PortQueuesView>(`/v1/switches/0x1/ports/${port}/queues`);
    expect(queues).not.toBeNull();
    expect(queues?.toSorted()).toEqual(ids.sort());
  },
);
