// docs/quick-start.md, done in a copy of this machine: every block of commands, from making the package to purging it, with
// what the document says that they print. The copy has what the document asks for: an Open vSwitch with a bridge br0.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../../mininet/lab/enter.ts';
import { blocksOf, faultsOf, type RunBlock, runBlocks } from '../support/document-blocks.ts';
import { ScratchRoot } from '../support/scratch-root.ts';

const blocks = blocksOf(`${projectRoot()}/docs/quick-start.md`);
const OVS = `LAB=/run/ovs-lab && export LAB && . '${projectRoot()}/mininet/lab/ovs-private.sh'`;
let root: ScratchRoot;
let ran: readonly RunBlock[];

beforeAll(async () => {
  root = await ScratchRoot.make();
  // Where the tools look for it by themselves.
  await root.run(`${OVS} && ovs_up && ln -s /run/ovs-lab/ovs /run/openvswitch`);
  await root.run('ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev');
  const options = { cwd: '/', env: process.env, deadlineMs: 240_000 };
  ran = await runBlocks(blocks, root.shell(projectRoot(), 'exec bash'), options);
}, 310_000);

afterAll(async () => {
  // A purge has stopped it, unless something went wrong before.
  await root.run('systemctl stop lark').catch(() => {});
  await root.run(`${OVS} && ovs_down`);
  await root.remove();
});

it('is all there', () => {
  expect(blocks.length).toBeGreaterThan(6);
});

it.each(blocks.map((block, index) => ({ block, index, line: block.line })))(
  'does what it says in line $line',
  ({ block, index }) => {
    expect(faultsOf(block, ran[index])).toEqual([]);
  },
);

it('leaves nothing of Lark behind', async () => {
  expect(await root.run('ls /etc/lark /var/lib/lark 2>&1 || true')).not.toMatch(/^\w+\.(yaml|mdb)/m);
  expect(await root.run('ip netns list; ovs-vsctl list-ports br0')).toBe('');
});
