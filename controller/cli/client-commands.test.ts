import { describe, expect, it } from 'vitest';
import { alice, core, dropped, jobView } from '../northbound/testing/fake-lark.ts';
import { runForTest } from './testing/run-for-test.ts';

describe('lark jobs', () => {
  it('prints a table with a heading and a line a job', async () => {
    const { code, out } = await runForTest(['jobs']);
    const lines = out.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^USER {3}GROUP +ADDRESSES +MACHINE +SWITCH +PORT +ENFORCED +LEASE ENDS +KEY$/);
    expect(lines.slice(1).map((line) => line.split(/ +/)[0])).toEqual(['alice', 'bob', 'carol']);
    expect(lines[3]).toMatch(/2001:db8::3 +wn1\.example\.edu +- +- +by-address +- +schedd/);
  });

  it('passes its filters on', async () => {
    const { jobs } = JSON.parse((await runForTest(['jobs', '--group', 'group_physics', '--json'])).out);
    expect(jobs).toEqual([alice]);
  });

  it('follows the pages to the last', async () => {
    const many = Array.from({ length: 2345 }, (_, i) => jobView(`user${String(i).padStart(5, '0')}`, '10.1.0.1'));
    const { out } = await runForTest(['jobs', '--json'], { api: { jobs: () => many } });
    expect(JSON.parse(out)).toEqual({ jobs: many, total: 2345 });
  });

  it('shows one job by its key', async () => {
    const { code, out } = await runForTest(['jobs', alice.key]);
    expect(code).toBe(0);
    expect(out).toMatch(/^user +alice$/m);
    expect(out).toMatch(/^port +veth1 \(1\)$/m);
    expect(out).toContain(alice.key);
  });

  it('exits with 1 for a key that is not registered, and with 2 for an address that is none', async () => {
    const unknown = await runForTest(['jobs', 'nobody']);
    expect([unknown.code, unknown.err]).toEqual([1, "lark: No job is registered under the key 'nobody'.\n"]);
    const malformed = await runForTest(['jobs', '--address', '10.1']);
    expect([malformed.code, malformed.out]).toEqual([2, '']);
    expect(malformed.err).toContain("'10.1'");
  });

  it('does not let a job’s name move the cursor or forge a line', async () => {
    const evil = jobView('eve\u001b[2J\nroot', '10.1.0.6');
    const { out } = await runForTest(['jobs'], { api: { jobs: () => [evil] } });
    expect(out).toContain('eve\\x1b[2J\\x0aroot');
    expect(out.trimEnd().split('\n')).toHaveLength(2);
  });

  it('says so when there are none', async () => {
    expect((await runForTest(['jobs'], { api: { jobs: () => [] } })).out).toBe('No job matches.\n');
  });
});

describe('lark switches', () => {
  it('prints a line a switch', async () => {
    const { out } = await runForTest(['switches']);
    expect(out).toMatch(/^rack2 +0000000000000002 +1\.0 +ready +single-table +0\/0 +0 +0 +127\.0\.0\.1:50001/m);
    expect(out).toMatch(/^core +0000001aa009fbc9 +1\.3 +ready +single-table +2\/3 +7 /m);
  });

  it.each(['core', '00:00:00:1A:a0:09:fb:c9', '0000001aa009fbc9'])('shows the ports of %s', async (wanted) => {
    const { code, out } = await runForTest(['switches', wanted]);
    expect(code).toBe(0);
    expect(out).toMatch(/^ +3 +eth1 +alternate +down +02:00:00:00:00:03$/m);
  });

  it('exits with 1 for a switch that is not connected, and with 2 for a name that two have', async () => {
    expect((await runForTest(['switches', 'attic'])).code).toBe(1);
    const twins = [core, { ...core, dpid: '0000000000000003' }];
    const { code, err } = await runForTest(['switches', 'core'], { api: { switches: () => twins } });
    expect(code).toBe(2);
    expect(err).toContain('0000000000000003, 0000001aa009fbc9');
  });

  it('prints the view as JSON', async () => {
    expect(JSON.parse((await runForTest(['switches', 'core', '--json'])).out)).toEqual(core);
  });
});

describe('lark explain', () => {
  it('tells the verdict, who made it and the rules, and exits with 1 for a drop', async () => {
    const { code, out } = await runForTest(['explain', '10.1.0.1', '10.1.0.2']);
    expect(code).toBe(1);
    expect(out).toContain('DROP  jobs of different users may not talk to each other');
    expect(out).toContain('decided by policy isolate-users (policy.yaml:12:5)');
    expect(out).toMatch(
      /^core +0 +300 +4 +392 +0x4c61726b12000000 \(drop\) +ip,nw_src=10\.1\.0\.1,nw_dst=10\.1\.0\.2 +drop /m,
    );
    expect(out).toContain('Owner = "alice"');
  });

  it('exits with 0 where packets are forwarded, and tells queue and alternate', async () => {
    const explain = async () => ({
      ...dropped,
      verdict: {
        action: 'forward' as const,
        reason: 'no policy objects',
        policy: null,
        place: null,
        queue: { name: 'cms', policy: 'queues', place: 'policy.yaml:20:5' },
        via: { name: 'i2', policy: 'wan-access', place: 'policy.yaml:14:5' },
      },
      rules: [],
      silentSwitches: ['rack2'],
    });
    const { code, out } = await runForTest(['explain', '10.1.0.1', '192.0.2.1'], { api: { explain } });
    expect(code).toBe(0);
    expect(out).toContain('decided by no policy: the default\n');
    expect(out).toContain('queue cms, set by policy queues (policy.yaml:20:5)');
    expect(out).toContain('via i2, set by policy wan-access (policy.yaml:14:5)');
    expect(out).toContain('No switch has a rule for these addresses now.');
    expect(out).toContain('rules are missing here: rack2');
  });

  it('does not blame the default for what was dropped before any policy was asked', async () => {
    const source = { address: '10.1.0.9', type: 'unregistered' as const, name: null, user: null, attributes: {} };
    const verdict = { ...dropped.verdict, reason: 'unregistered', policy: null, place: null };
    const explain = async () => ({ ...dropped, source, verdict });
    const { out } = await runForTest(['explain', '10.1.0.9', '10.1.0.2'], { api: { explain } });
    expect(out).toContain('from  10.1.0.9  job address that no registered job has\n');
    expect(out).toContain('decided before any policy is asked\n');
  });

  it('prints the explanation as JSON', async () => {
    expect(JSON.parse((await runForTest(['explain', '10.1.0.1', '10.1.0.2', '--json'])).out)).toEqual(dropped);
  });

  it('refuses an address that is none as wrong usage', async () => {
    const { code, err } = await runForTest(['explain', 'alice', '10.1.0.2']);
    expect(code).toBe(2);
    expect(err).toContain('HTTP_ADDRESS_INVALID');
  });
});

describe('asking a Lark that is not there', () => {
  const failing =
    (cause: Error): typeof fetch =>
    async () => {
      throw new TypeError('fetch failed', { cause });
    };

  it('says what was tried and what to do, and exits with 3', async () => {
    const refused = failing(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    const { code, err } = await runForTest(['jobs'], { parts: { fetch: refused } });
    expect(code).toBe(3);
    expect(err).toContain('No Lark answers at http://127.0.0.1:8080: the connection was refused.');
    expect(err).toContain('lark run FILE');
  });

  it('takes the URL from --url before or after the command, else from LARK_URL', async () => {
    const urls: string[] = [];
    const noting: typeof fetch = async (input) => {
      urls.push(String(input));
      return Response.json({ switches: [] });
    };
    const given = { parts: { fetch: noting }, env: { LARK_URL: 'http://from-env:1/lark/' } };
    await runForTest(['--url', 'http://before:1', 'switches'], given);
    await runForTest(['switches', '--url', 'http://after:1'], given);
    await runForTest(['switches'], given);
    expect(urls).toEqual(
      ['http://before:1', 'http://after:1', 'http://from-env:1/lark'].map((url) => `${url}/v1/switches`),
    );
  });

  it('refuses a URL that is none as wrong usage', async () => {
    const { code, err } = await runForTest(['jobs'], { env: { LARK_URL: 'localhost:8080' } });
    expect(code).toBe(2);
    expect(err).toContain("LARK_URL is 'localhost:8080'");
  });

  it.each([
    ['text', new Response('<h1>It works</h1>')],
    ['another JSON API', Response.json({ error: 'no' }, { status: 404 })],
  ])('tells Lark from %s', async (_what, response) => {
    const { code, err } = await runForTest(['jobs'], { parts: { fetch: async () => response } });
    expect(code).toBe(3);
    expect(err).toContain('it is not Lark');
  });

  it('exits with 3 when Lark itself failed', async () => {
    const api = {
      switches: () => {
        throw new Error('bug');
      },
    };
    const { code, err } = await runForTest(['switches'], { api });
    expect(code).toBe(3);
    expect(err).toContain('HTTP_INTERNAL');
  });
});
