// What happens to rules and answers as jobs, ports, hosts and connections come and go (promises 2 and 4), on model
// switches over loopback.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelSwitch } from '../../mininet/model-switch/model-switch.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, ModelSite, macOf, policyFor, registerOf, udpFrame } from '../support/model-site.ts';

const HOST_MAC = '02:00:00:00:00:05';
const GATEWAY_MAC = '02:00:00:00:00:02';
const LEAF = '0000000000000001';
/** Of a rule that was decided for a packet and forwards. */
const DECIDED_COOKIE = 'cookie=0x4c61726b11';

describe.each([
  ['1.0', 1, 'single-table', false],
  ['1.3', 4, 'single-table', false],
  ['1.3', 4, 'multi-table', false],
  ['1.3 and registers', 4, 'multi-table', true],
] as const)('with OpenFlow %s', (_, version, pipeline, hasRegisters) => {
  let site: ModelSite;
  beforeEach(async () => {
    site = await ModelSite.start(version, policyFor(pipeline), { hasRegisters });
  });
  afterEach(() => site.stop());

  /** How a rule matches what a job sends, and whatever names its address. */
  const sentBy = (number: number) => (hasRegisters ? `reg0=${registerOf(number)}` : `nw_src=${addressOf(number)}`);
  const naming = (number: number) =>
    new RegExp(`${addressOf(number).replaceAll('.', '\\.')}\\b|${registerOf(number)}\\b`);
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'OK',
      (error: { code?: string }) => error.code,
    );
  /** What the leaf would show once it has carried out all that was sent so far. */
  const flowsAfterAnswer = () => site.leaf.dumpFlows();

  it('answers a registration only when the edge switch has confirmed it', async () => {
    site.leaf.faults = { barrierReply: 'hold' };
    let isAnswered = false;
    const answer = site.register({ number: 1, user: 'alice', port: 'j1' }).finally(() => {
      isAnswered = true;
    });
    await eventually("the gate of the job's port", () => flowsAfterAnswer().includes(sentBy(1)));
    expect(isAnswered).toBe(false);
    await eventually('the answer', () => {
      site.leaf.releaseBarriers();
      return isAnswered;
    });
    await answer;
  });

  it('refuses a job whose edge switch does not confirm in time, and forgets it', async () => {
    await site.stop();
    const policy = policyFor(pipeline).replace('confirmTimeout: 5s', 'confirmTimeout: 100ms');
    site = await ModelSite.start(version, policy, { hasRegisters });
    site.leaf.faults = { barrierReply: 'drop' };
    expect(await codeOf(site.register({ number: 1, user: 'alice', port: 'j1' }))).toBe('JOB_NOT_CONFIRMED');
    site.leaf.faults = {};
    expect(await site.get('/v1/jobs')).toMatchObject({ jobs: [] });
    await eventually(
      'the address to be free again',
      async () => (await codeOf(site.register({ number: 1, user: 'alice', port: 'j1' }))) === 'OK',
    );
  });

  it("forwards between the jobs of one user, across switches, and not to another's", async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'k1' });
    await site.register({ number: 3, user: 'bob', port: 'k2' });
    site.inject('leaf', 1, 1, 2, 'to-alice');
    await site.arrives('to-alice', 'core:1');
    site.inject('leaf', 1, 1, 3, 'to-bob');
    site.inject('leaf', 1, 1, 2, 'again');
    await site.arrives('again', 'core:1');
    expect(site.seen('to-bob')).toEqual([]);
    expect(site.seen('to-alice')).toEqual(['core:1', 'leaf:9']);
  });

  it('lets the switch carry what was decided once', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    site.inject('leaf', 1, 1, 2, 'first');
    await site.arrives('first', 'leaf:2');
    let packetIns = 0;
    site.leaf.on('sent', ({ type }) => {
      if (type === 'packetIn') packetIns++;
    });
    site.inject('leaf', 1, 1, 2, 'second');
    expect(site.seen('second')).toEqual(['leaf:2']);
    expect(packetIns).toBe(0);
  });

  it('deletes what was decided on a job before its removal is answered, and drops its address after', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    site.inject('leaf', 1, 1, 2, 'before');
    await site.arrives('before', 'leaf:2');
    await site.remove({ number: 2 });
    expect(flowsAfterAnswer()).not.toMatch(naming(2));
    expect(flowsAfterAnswer()).not.toContain(macOf(2));
    site.inject('leaf', 1, 1, 2, 'after');
    site.leaf.inject(2, udpFrame(macOf(2), HOST_MAC, addressOf(2), '10.0.0.5', 'from-ended'));
    // A packet that must pass, behind those that must not.
    await site.register({ number: 3, user: 'alice', port: 'j3' });
    site.inject('leaf', 1, 1, 3, 'honest');
    await site.arrives('honest', 'leaf:3');
    expect(site.seen('after')).toEqual([]);
    expect(site.seen('from-ended')).toEqual([]);
  });

  it('gives an address to the next job of its machine without anything of the former', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    site.inject('leaf', 1, 1, 2, 'one-user');
    await site.arrives('one-user', 'leaf:2');
    const jobAd = '[ GlobalJobId = "s#99.0#1"; Owner = "bob"; NumJobStarts = 1 ]';
    const machineAd = `[ Machine = "wn1"; Name = "slot99@wn1"; LarkInnerMacAddress = "${macOf(2)}"; LarkInnerAddressIPv4 = "${addressOf(2)}"; LarkExternalInterface = "j2" ]`;
    await site.feed.register(jobAd, machineAd);
    site.inject('leaf', 1, 1, 2, 'now-bobs');
    await site.register({ number: 3, user: 'alice', port: 'j3' });
    site.inject('leaf', 1, 1, 3, 'honest');
    await site.arrives('honest', 'leaf:3');
    expect(site.seen('now-bobs')).toEqual([]);
  });

  it('holds an address back for a switch that is away, until it is back and mended', async () => {
    await site.register({ number: 1, user: 'alice', port: 'k1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    site.inject('core', 1, 1, 2, 'known');
    await site.arrives('known', 'leaf:2');
    site.leaf.faults = { ignore: () => true };
    site.leaf.disconnect();
    await site.whenUp(1);
    expect(await site.remove({ number: 1 })).toMatchObject({ pendingSwitches: [LEAF] });
    expect(await codeOf(site.register({ number: 1, user: 'bob', port: 'k1' }))).toBe('JOB_ADDRESS_HELD_BACK');
    expect(site.leaf.dumpFlows()).toMatch(naming(1));
    site.leaf.faults = {};
    site.leaf.disconnect();
    await site.whenUp(2);
    await eventually(
      'the address to be free again',
      async () => (await codeOf(site.register({ number: 1, user: 'bob', port: 'k1' }))) === 'OK',
    );
  });

  it('mends a switch that comes back: its own old rules go, those of others stay', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    site.inject('leaf', 1, 1, 2, 'old');
    await site.arrives('old', 'leaf:2');
    const foreign = {
      xid: 1,
      type: 'flowMod',
      cookie: 0x77n,
      command: 0,
      idleTimeout: 0,
      hardTimeout: 0,
      priority: 7,
      bufferId: 0xffffffff,
      flags: 0,
    } as const;
    const rest = { ...foreign, version, outPort: version === 1 ? 0xffff : 0xffffffff };
    site.leaf.datapath.handleMessage(
      (version === 1
        ? { ...rest, match: { inPort: 4 }, actions: [] }
        : {
            ...rest,
            cookieMask: 0n,
            tableId: 0,
            outGroup: 0xffffffff,
            match: [{ field: 'inPort', value: 4 }],
            instructions: [],
          }) as never,
      0,
    );
    await site.reconnectLeaf();
    const flows = site.leaf.dumpFlows();
    expect(flows).toContain('cookie=0x77');
    expect(flows).not.toContain(DECIDED_COOKIE);
    expect(flows).toContain(sentBy(2));
    site.inject('leaf', 1, 1, 2, 'new');
    await site.arrives('new', 'leaf:2');
  });

  it('ends the jobs of a port that is deleted', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    site.leaf.removePort(1);
    await eventually('no job', async () => (await site.get<{ jobs: unknown[] }>('/v1/jobs')).jobs.length === 0);
    await eventually('no rule of it', () => !flowsAfterAnswer().includes('in_port=1,'));
  });

  it('follows a host that moves to another port', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    const fromHost = (marker: string) => udpFrame(HOST_MAC, macOf(1), '10.0.0.5', addressOf(1), marker);
    const toHost = (marker: string) => udpFrame(macOf(1), HOST_MAC, addressOf(1), '10.0.0.5', marker);
    site.leaf.inject(5, fromHost('here'));
    await site.arrives('here', 'leaf:1');
    site.leaf.inject(1, toHost('to-5'));
    await site.arrives('to-5', 'leaf:5');
    site.leaf.inject(4, fromHost('moved'));
    await site.arrives('moved', 'leaf:1');
    await eventually('the new way', () => {
      site.leaf.inject(1, toHost('to-4'));
      return site.seen('to-4').includes('leaf:4');
    });
    site.leaf.inject(1, toHost('settled'));
    expect(site.seen('settled')).toEqual(['leaf:4']);
  });

  it('sends nothing more to a port that is down', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    site.leaf.inject(5, udpFrame(HOST_MAC, macOf(1), '10.0.0.5', addressOf(1), 'learn'));
    await site.arrives('learn', 'leaf:1');
    site.leaf.inject(1, udpFrame(macOf(1), HOST_MAC, addressOf(1), '10.0.0.5', 'up'));
    await site.arrives('up', 'leaf:5');
    site.leaf.setPortUp(5, false);
    await eventually('no rule to or from there', () => !flowsAfterAnswer().includes(HOST_MAC));
  });

  it('puts WAN traffic into its queue at the switch that has the WAN port', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    site.core.inject(8, udpFrame(GATEWAY_MAC, macOf(1), '203.0.113.10', addressOf(1), 'from-wan'));
    await site.arrives('from-wan', 'leaf:1');
    site.leaf.inject(1, udpFrame(macOf(1), GATEWAY_MAC, addressOf(1), '203.0.113.10', 'to-wan'));
    await site.arrives('to-wan', 'core:8');
    expect(
      site.sent.find(({ by, portNo, frame }) => by === 'core' && portNo === 8 && Buffer.from(frame).includes('to-wan')),
    ).toMatchObject({ queueId: 3 });
  });

  it('goes on packet by packet where a switch has no room for another rule', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1' });
    site.leaf.datapath.maxFlows = 0;
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    await site.register({ number: 3, user: 'bob', port: 'j3' });
    for (const marker of ['one', 'two']) {
      site.inject('leaf', 1, 1, 3, `forbidden-${marker}`);
      await eventually(marker, () => {
        site.inject('leaf', 1, 1, 2, marker);
        return site.seen(marker).includes('leaf:2');
      });
    }
    expect(site.seen('forbidden')).toEqual([]);
    const metrics = await (await fetch(`http://127.0.0.1:${site.lark.addresses.http.port}/metrics`)).text();
    expect(metrics).toMatch(/lark_of_errors_total\{dp_name="leaf",type="OFPET_FLOW_MOD_FAILED"\} \d{1,3}\b/);
  });

  it('binds a job without a registered MAC to the first that it uses', async () => {
    await site.register({ number: 1, user: 'alice', port: 'j1', withoutMac: true });
    await site.register({ number: 2, user: 'alice', port: 'j2' });
    site.inject('leaf', 1, 1, 2, 'own');
    await site.arrives('own', 'leaf:2');
    await eventually('the gate to name it', () => flowsAfterAnswer().includes(`dl_src=${macOf(1)}`));
    site.leaf.inject(1, udpFrame(macOf(7), macOf(2), addressOf(1), addressOf(2), 'other-mac'));
    site.inject('leaf', 2, 2, 1, 'back');
    await site.arrives('back', 'leaf:1');
    expect(site.seen('other-mac')).toEqual([]);
  });

  it('counts the newer of two connections with one datapath id', async () => {
    const closed = new Promise((resolve) => site.leaf.once('disconnected', resolve));
    const newer = new ModelSwitch({
      dpid: 1n,
      version,
      ports: [{ portNo: 1, name: 'j1', mac: 1 as never }],
      controller: site.lark.addresses.openflow,
      reconnect: false,
    });
    site.leaf.faults = { ignore: () => true };
    await newer.connect();
    await closed;
    await eventually('the newer one', async () => {
      const { switches } = await site.get<{ switches: { dpid: string; ports: unknown[]; state: string }[] }>(
        '/v1/switches',
      );
      return switches.some(({ dpid, ports, state }) => dpid === LEAF && ports.length === 1 && state === 'up');
    });
    await newer.close();
  });
});
