// The original callouts of htcondor/, run as the starter of Lark's plug-in ran its scripts, against a whole Lark with model
// switches: arguments that name the job's network, and both ads on standard input, each on a line.

import { readdirSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobView } from '../../controller/northbound/lark-api.ts';
import { eventually } from '../support/eventually.ts';
import { HtcondorKit } from '../support/htcondor-kit.ts';
import { addressOf, ModelSite, policyFor } from '../support/model-site.ts';

let site: ModelSite;
let kit: HtcondorKit;

beforeEach(async () => {
  site = await ModelSite.start(4, policyFor('multi-table'));
  kit = new HtcondorKit({ url: `http://127.0.0.1:${site.lark.addresses.http.port}`, machine: '' });
});

afterEach(async () => {
  await site.stop();
  kit.remove();
});

const jobAd = (number: number, more = '') =>
  `[ GlobalJobId = "s#${number}.0#1"; NumJobStarts = 1; Owner = "alice"; ${more} ]`;
const machineAd = (slot: number) => `[ Machine = "wn1"; Name = "slot${slot}@wn1"; LarkNetworkType = "ovs_bridge" ]`;

function create(number: number, stdin = `${jobAd(number)}\n------\n${machineAd(number)}\n`, ip = addressOf(number)) {
  const args = ['192.168.0.1', ip, `LARK-${number}`, `j${number}`];
  return kit.run('lark-network-create', { args, stdin, as: 'root' });
}

const remove = (number: number, ip = addressOf(number)) =>
  kit.run('lark-network-delete', { args: [`LARK-${number}`, `j${number}`, ip], as: 'root' });
const jobs = async () => (await site.get<{ jobs: JobView[] }>('/v1/jobs')).jobs;
const WELL = { status: 0, out: '', err: '' };

describe('the callouts', () => {
  it('register a job by the names of its network, and end it', async () => {
    expect(await create(1)).toEqual(WELL);
    expect(await create(2, undefined, `${addressOf(2)}/24`)).toEqual(WELL);
    expect(await jobs()).toMatchObject([
      { key: 's#1.0#1|1|wn1|slot1@wn1', addresses: ['10.1.0.1'], location: { port: 'j1' } },
      { key: 's#2.0#1|1|wn1|slot2@wn1', addresses: ['10.1.0.2'], location: { port: 'j2' } },
    ]);
    expect(await remove(1)).toEqual(WELL);
    expect(await remove(2, `${addressOf(2)}/24`)).toEqual(WELL);
    expect(await jobs()).toEqual([]);
    expect(readdirSync(kit.path('state'))).toEqual([]);
  });

  it('register IPv6', async () => {
    expect(await create(1, undefined, '2001:db8::7')).toEqual(WELL);
    expect(await jobs()).toMatchObject([{ addresses: ['2001:db8::7'] }]);
  });

  it('let the job start only after its switch has confirmed', async () => {
    site.leaf.faults = { barrierReply: 'hold' };
    let isOver = false;
    const creating = create(1).finally(() => {
      isOver = true;
    });
    await eventually('the rules at the switch', () => site.leaf.dumpFlows().includes(addressOf(1)));
    await site.get('/v1/jobs');
    expect(isOver).toBe(false);
    site.leaf.faults = {};
    site.leaf.releaseBarriers();
    expect(await creating).toEqual(WELL);
  });

  it('keep what they note to root', async () => {
    await create(1);
    expect(statSync(kit.path('state')).mode & 0o777).toBe(0o700);
  });

  it('end the registration that they made, and not the next one of its address', async () => {
    await create(1);
    const next = `[ Machine = "wn1"; Name = "slot9@wn1" ]`;
    const args = ['192.168.0.1', addressOf(1), 'LARK-9', 'j1'];
    const stdin = `${jobAd(9)}\n------\n${next}\n`;
    expect(await kit.run('lark-network-create', { args, stdin, as: 'root' })).toEqual(WELL);
    kit.set({ machine: 'wn1' });
    expect(await remove(1)).toEqual(WELL);
    expect(await jobs()).toMatchObject([{ key: 's#9.0#1|1|wn1|slot9@wn1' }]);
  });

  it('go by the address on their own machine where the note is lost', async () => {
    await create(1, `${jobAd(1)}\n------\n[ Machine = "wn1"; Name = "s\\"%l\\\\ot1@wn1" ]\n`);
    await create(2);
    rmSync(kit.path('state'), { recursive: true });
    kit.set({ machine: 'wn1' });
    expect(await remove(1)).toEqual(WELL);
    kit.set({ machine: 'wn2' });
    expect(await remove(2)).toEqual(WELL);
    expect(await jobs()).toMatchObject([{ addresses: ['10.1.0.2'] }]);
  });

  it('end well where there is nothing to end', async () => {
    kit.set({ machine: 'wn1' });
    expect(await remove(3)).toEqual(WELL);
  });
});

describe('an error of Lark', () => {
  it('is the sentence that the script ends with', async () => {
    const said = await create(1, `[ GlobalJobId = "s#1.0#1" ]\n------\n${machineAd(1)}\n`);
    const expected = 'ERROR JOB_AD_INCOMPLETE The job ad has no Owner: expected a string that is not empty.';
    expect(said).toEqual({ status: 1, out: '', err: `lark-network-create: ${expected}\n` });
    expect(await jobs()).toEqual([]);
  });

  it.each([
    ['nat', machineAd(1).replace('ovs_bridge', 'nat'), 'JOB_NAT_UNENFORCEABLE'],
    ['a port that there is not', machineAd(1), 'JOB_UNLOCATED'],
    ['an ad that is cut off', '[ Machine = "wn1"; Na', 'JOB_AD_MALFORMED'],
  ])('names its code: %s', async (what, ad, code) => {
    const args = ['192.168.0.1', addressOf(1), 'LARK-1', what.includes('port') ? 'j77' : 'j1'];
    const said = await kit.run('lark-network-create', { args, stdin: `${jobAd(1)}\n------\n${ad}\n`, as: 'root' });
    expect(said).toMatchObject({ status: 1, out: '' });
    expect(said.err).toMatch(new RegExp(`^lark-network-create: ERROR ${code} `));
  });

  it('of a removal leaves the note for the next attempt', async () => {
    await create(1);
    const url = `http://127.0.0.1:${site.lark.addresses.http.port}`;
    kit.set({ url: 'http://127.0.0.1:1', patience: '1' });
    expect((await remove(1)).err).toMatch(/^lark-network-delete: Lark at \S+ does not answer: .*connect/);
    kit.set({ url });
    expect(await remove(1)).toEqual(WELL);
    expect(await jobs()).toEqual([]);
  });
});

describe('what is handed over', () => {
  it.each([
    ['no ads', ''],
    ['one ad', `${jobAd(1)}\n`],
    ['no dashes', `${jobAd(1)}\n${machineAd(1)}\n`],
    ['long form', 'Owner = "alice"\n------\nMachine = "wn1"\n'],
  ])('is refused where it is %s', async (_what, stdin) => {
    const said = await create(1, stdin);
    expect(said).toMatchObject({ status: 1, out: '' });
    expect(said.err).toMatch(/^lark-network-create: (there is no|expected on standard input)/);
    expect(await jobs()).toEqual([]);
  });

  it('as names is no path', async () => {
    const args = ['192.168.0.1', '10.1.0.1', '../../tmp/x', 'j1'];
    const said = await kit.run('lark-network-create', { args, as: 'root' });
    expect(said.err).toBe('lark-network-create: these name no network: ../../tmp/x j1 10.1.0.1\n');
  });

  it('may have any characters, and is never run', async () => {
    const hostile = 'Args = "$(touch pwned)`touch pwned`; \\"\\n------\\n&ipv4=10.1.0.9&slot=x"';
    expect(await create(1, `${jobAd(1, hostile)}\n------\n${machineAd(1)}\n`)).toEqual(WELL);
    expect(readdirSync(kit.scratch)).toEqual([]);
    expect((await site.feed.get({ address: addressOf(1) })).jobAd).toContain(hostile);
    expect(await jobs()).toMatchObject([{ slot: 'slot1@wn1', addresses: ['10.1.0.1'] }]);
  });

  it('may be too long for the arguments of a program', async () => {
    const long = `Args = "${'x'.repeat(500_000)}"`;
    const machine = machineAd(1).replace(' ]', `; Note = "${'y'.repeat(500_000)}" ]`);
    expect(await create(1, `${jobAd(1, long)}\n------\n${machine}\n`)).toEqual(WELL);
  });
});
