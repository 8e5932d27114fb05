// The starter hooks of htcondor/, run as HTCondor's starter runs them against a whole Lark with model switches. What
// HTCondor makes of their output and exit status is not seen here: docs/htcondor.md says where that comes from.

import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AddressLeasesView } from '../../controller/northbound/lark-api.ts';
import { eventually } from '../support/eventually.ts';
import { HtcondorSite, JOB_AD, KEY, LARK_JOB, refusal } from '../support/htcondor-site.ts';
import { addressOf, policyFor } from '../support/model-site.ts';

let at: HtcondorSite;
beforeEach(async () => {
  at = await HtcondorSite.start();
});
afterEach(() => at.stop());

describe('a job', () => {
  it('is registered before its start, renewed while it runs, and gone after its end', async () => {
    expect(await at.prepare()).toEqual({ status: 0, out: LARK_JOB, err: '' });
    const [job, ...others] = await at.jobs();
    expect(others).toEqual([]);
    expect(job).toMatchObject({ key: KEY, user: 'alice', addresses: ['10.1.0.1'], enforcement: 'port' });
    expect(job?.location).toMatchObject({ switch: 'leaf', port: 'j1' });
    expect(Date.parse(job?.leaseEndsAt ?? '') - Date.now()).toBeGreaterThan(850_000);
    at.kit.set({ lease: '3600' });
    expect(await at.update()).toEqual({ status: 0, out: '', err: '' });
    expect(Date.parse((await at.jobs())[0]?.leaseEndsAt ?? '') - Date.now()).toBeGreaterThan(3_500_000);
    expect(await at.exit()).toEqual({ status: 0, out: '', err: '' });
    expect(await at.jobs()).toEqual([]);
    expect(at.model.leaf.dumpFlows()).not.toContain(addressOf(1));
  });

  it('has the attributes of both ads', async () => {
    await at.prepare(`${JOB_AD}AcctGroup = "group_cms"\n`);
    const { jobAd, machineAd } = await at.model.feed.get({ address: addressOf(1) });
    expect(jobAd).toContain('AcctGroup = "group_cms"');
    expect(machineAd).toContain('Cpus = 1');
    expect(machineAd).toContain('LarkExternalInterface = "j1"');
  });

  it('does not start before its switch has confirmed', async () => {
    at.model.leaf.faults = { barrierReply: 'hold' };
    let isOver = false;
    const preparing = at.prepare().finally(() => {
      isOver = true;
    });
    await eventually('the rules at the switch', () => at.model.leaf.dumpFlows().includes(addressOf(1)));
    await at.model.get('/v1/jobs');
    expect(isOver).toBe(false);
    at.model.leaf.faults = {};
    at.model.leaf.releaseBarriers();
    expect((await preparing).out).toBe(LARK_JOB);
  });

  it('has an address that Lark leases, which a program of the site sets up, until it ends', async () => {
    await at.restart(`${policyFor('multi-table')}addresses: { nodes: { range: 10.1.0.32/28, gateway: 10.1.0.33 } }\n`);
    const program = at.kit.write('place', `#!/bin/sh\necho interface=j2; echo "$@" >>${at.kit.scratch}/asked\n`, 0o755);
    at.kit.set({ place: program, lease_addresses: 'yes' });
    expect(await at.prepare()).toEqual({ status: 0, out: LARK_JOB, err: '' });
    expect((await at.jobs())[0]).toMatchObject({ addresses: ['10.1.0.34'], location: { port: 'j2' } });
    const leases = async () => (await at.model.get<AddressLeasesView>('/v1/addresses')).leases;
    expect(await leases()).toMatchObject([{ key: KEY, isInUse: true, leaseEndsAt: null }]);
    expect((await at.update()).status).toBe(0);
    expect((await at.exit()).status).toBe(0);
    expect([await at.jobs(), await leases()]).toEqual([[], []]);
    expect(readFileSync(`${at.kit.scratch}/asked`, 'utf8')).toMatch(/^(slot1_1 10\.1\.0\.34\/28,10\.1\.0\.33\n)+$/);
  });

  describe('that is not let start, but has leased an address', () => {
    const leases = async () => (await at.model.get<AddressLeasesView>('/v1/addresses')).leases;
    const ended = async () => {
      const text = await (await fetch(`${at.url}/v1/events?last=100&follow=false`)).text();
      return [...text.matchAll(/^event: address\.released\n.*\ndata: (.*)$/gm)].map(
        ([, data]) => (JSON.parse(data!) as { reason: string }).reason,
      );
    };
    beforeEach(async () => {
      await at.restart(
        `${policyFor('multi-table')}addresses: { nodes: { range: 10.1.0.32/28, gateway: 10.1.0.33 } }\n`,
      );
      at.kit.set({ place: at.kit.write('place', '#!/bin/sh\necho interface=j2\n', 0o755), lease_addresses: 'yes' });
    });

    it('gives it back when it is refused, or the site cannot say where it is', async () => {
      at.kit.write('place', '#!/bin/sh\necho interface=nowhere\n', 0o755);
      const refused = await at.prepare();
      expect([refused.out, refused.err]).toEqual([
        expect.stringContaining('HookStatusCode = 300\n'),
        expect.stringMatching(/^lark-prepare-job: ERROR JOB_UNLOCATED .*\n$/),
      ]);
      expect([await leases(), await ended()]).toEqual([[], ['asked']]);
      at.kit.write('place', '#!/bin/sh\necho no such slot >&2; exit 1\n', 0o755);
      expect((await at.prepare()).err).toMatch(/^lark-prepare-job: \S+ does not say where .*no such slot\n$/);
      expect([await leases(), await ended()]).toEqual([[], ['asked', 'asked']]);
      expect(await at.jobs()).toEqual([]);
    });

    it('does not give back that of a slot which is another user’s', async () => {
      at.kit.write('place', '#!/bin/sh\necho interface=j2; echo uid=4711\n', 0o755);
      expect((await at.prepare()).err).toContain('the slot slot1_1 is not user');
      expect([await leases(), await ended()]).toEqual([[expect.objectContaining({ key: KEY })], []]);
    });

    it('keeps it where a registration holds it', async () => {
      expect((await at.prepare()).status).toBe(0);
      // The same job once more, which comes to nothing this time: its registration stays, and the lease with it.
      at.kit.write('place', '#!/bin/sh\nexit 1\n', 0o755);
      expect((await at.prepare()).status).toBe(1);
      expect(await leases()).toMatchObject([{ key: KEY, isInUse: true }]);
      expect(await at.jobs()).toMatchObject([{ key: KEY, addresses: ['10.1.0.34'] }]);
    });
  });

  it('goes back to the queue where Lark has none to lease, and says so', async () => {
    at.kit.set({ lease_addresses: 'yes', patience: '1' });
    const said = await at.prepare();
    expect([said.status, said.out]).toEqual([1, expect.stringContaining('HookStatusCode = 300\n')]);
    expect(said.err).toContain('ERROR JOB_ADDRESS_NO_POOL The policy file has no `addresses`');
  });

  it('has its place from a program of the site, too', async () => {
    const program = at.kit.write('place', `#!/bin/sh\necho "ipv4=10.1.0.2"; echo interface=j2; echo "# $1"\n`, 0o755);
    at.kit.set({ place: program });
    expect((await at.prepare()).status).toBe(0);
    expect((await at.jobs())[0]).toMatchObject({ addresses: ['10.1.0.2'], location: { port: 'j2' } });
  });

  it('that was not started is not looked for at its end', async () => {
    expect(await at.exit(`${JOB_AD}LarkJob = ""\n`)).toEqual({ status: 0, out: '', err: '' });
    expect(await at.exit(JOB_AD)).toEqual({ status: 0, out: '', err: '' });
  });

  it('that has ended already ends well', async () => {
    await at.prepare();
    expect((await at.exit()).status).toBe(0);
    expect(await at.exit()).toEqual({ status: 0, out: '', err: '' });
  });

  it('is registered again by its update when Lark has begun anew without a store', async () => {
    await at.prepare();
    await at.restart();
    expect(await at.jobs()).toEqual([]);
    const { status, err } = await at.update();
    expect([status, err]).toEqual([0, 'lark-update-job: Lark does not know this job any more: registering it again\n']);
    expect(await at.jobs()).toMatchObject([{ key: KEY, user: 'alice', addresses: ['10.1.0.1'] }]);
    expect((await at.exit()).status).toBe(0);
    expect(await at.jobs()).toEqual([]);
  });
});

describe('a refusal', () => {
  it('that another node would not mend holds the job, with the sentence of Lark', async () => {
    const ad = JOB_AD.replace(/Owner.*\n/, '');
    expect(await at.prepare(ad)).toEqual(
      refusal(1, 'ERROR JOB_AD_INCOMPLETE The job ad has no Owner: expected a string that is not empty.'),
    );
    expect(await at.jobs()).toEqual([]);
  });

  it('that is about this node sends it back to the queue, or holds it where the settings say so', async () => {
    await at.model.register({ number: 1, user: 'bob', port: 'j2', machine: 'wn2' });
    const said = await at.prepare();
    expect(said.out).toContain('HookStatusCode = 300\n');
    expect(said.err).toMatch(/^lark-prepare-job: ERROR JOB_ADDRESS_HELD .*machine wn2/);
    at.kit.set({ otherwise: 'hold' });
    expect((await at.prepare()).out).toContain('HookStatusCode = 1\n');
    expect(await at.jobs()).toMatchObject([{ user: 'bob' }]);
  });

  it('of a port that there is not is about this node', async () => {
    at.place('ipv4=10.1.0.1', 'interface=nowhere');
    const { out, err } = await at.prepare();
    expect(out).toContain('HookStatusCode = 300\n');
    expect(err).toMatch(/ERROR JOB_UNLOCATED .*nowhere/);
  });

  it('has no quote or backslash that would end its string', async () => {
    at.place('ipv4="; Owner = \\"');
    const { out } = await at.prepare();
    expect(out).toMatch(/^LarkJob = ""\nHookStatusCode = 300\nHookStatusMessage = "[^"\\\n]+"\n$/);
    expect(out).toContain('ERROR JOB_ADDRESS_INVALID');
  });

  it.each([
    ['without a place', () => at.kit.set({ place: '/nonexistent' }), 300, /^\/nonexistent does not say where/],
    [
      'with a place that is none',
      () => at.place('ip=10.1.0.1'),
      300,
      /says of slot1_1 'ip=10\.1\.0\.1': expected ipv4=/,
    ],
    [
      'of another user',
      () => at.place('ipv4=10.1.0.1', 'uid=4711'),
      300,
      /^the slot slot1_1 is not user \d+'s: .*4711/,
    ],
    ['without .machine.ad', () => at.machineAd(''), 300, /^'' is no slot's name/],
    ['with a slot that is a path', () => at.machineAd('Name = "../x@wn1"\n'), 300, /'\.\.\/x@wn1' is no slot's name/],
    [
      'with an unreadable token',
      () => at.kit.set({ token_file: '/nonexistent' }),
      300,
      /\/nonexistent cannot be read by/,
    ],
    [
      'with a token for everybody',
      () => at.kit.set({ token_file: at.kit.write('t', 'abc\n') }),
      300,
      /Everybody may read/,
    ],
    ['with no token', () => at.kit.set({ token_file: at.kit.write('t', 'a b\n') }), 300, /holds no token/],
    ['with a lease that is none', () => at.kit.set({ lease: '15m' }), 300, /whole seconds, not '15m'/],
  ])('%s names what is wrong here', async (_what, make, status, message) => {
    make();
    const { status: exitStatus, out, err } = await at.prepare();
    expect(exitStatus).toBe(1);
    expect(out).toContain(`HookStatusCode = ${status}\n`);
    expect(err.replace('lark-prepare-job: ', '')).toMatch(message);
    expect(await at.jobs()).toEqual([]);
  });

  it('without settings holds the job back as well', async () => {
    rmSync(at.kit.path('libexec', 'htcondor.conf'));
    expect((await at.prepare()).out).toMatch(/HookStatusCode = 300\n.*cannot be read: copy htcondor\.conf\.sample/);
  });
});
