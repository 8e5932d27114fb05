// prometheus/ with Debian's Prometheus: promtool takes the files and finds the alerts as they should be; a Prometheus that scrapes a
// Lark with a real switch and real traffic evaluates every query, and those that must find something do.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { command } from '../../mininet/lab/command.ts';
import { projectRoot } from '../../mininet/lab/enter.ts';
import { eventually } from '../support/eventually.ts';
import {
  alertRules,
  type NamedQuery,
  PROMETHEUS_FILES,
  panelQueries,
  queries,
  recordingRules,
} from '../support/prometheus-files.ts';
import { HOSTS, MODES, Site } from '../support/site.ts';

describe('promtool', () => {
  const file = (name: string) => join(PROMETHEUS_FILES, name);

  it('takes the files', async () => {
    const rules = await command('promtool', [
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      file('alerts.yaml'),
      file('rules.yaml'),
    ]);
    expect(rules).toContain(`${alertRules().length} rules found`);
    expect(await command('promtool', ['check', 'config', file('prometheus.yaml')])).toContain('2 rule files found');
  });

  it('finds that each alert fires when it should, and only then', async () => {
    const cases = join(projectRoot(), 'test', 'integration', 'prometheus', 'alerts.test.yaml');
    expect(await command('promtool', ['test', 'rules', cases])).toContain('SUCCESS');
  });
});

/** What a machine that is busy with other things makes so. */
const OF_THE_MACHINE = ['LarkEventLoopSlow', 'LarkPacketInsSlow'];

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

describe('a Prometheus that scrapes Lark', () => {
  let site: Site;
  let directory: string;
  let prometheus: ChildProcess;
  let url: string;
  let said = '';

  beforeAll(async () => {
    site = await Site.start(MODES[3]!, ['alice1', 'alice2', 'bob', 'gateway']);
    expect(await site.register('alice1', 'alice2', 'bob')).toEqual(['OK', 'OK', 'OK']);
    directory = await mkdtemp('/run/lark-prometheus-');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    // As it ships, but for where Lark is and how long a test has.
    const config = parse(await readFile(join(PROMETHEUS_FILES, 'prometheus.yaml'), 'utf8'));
    const { host, port: larkPort } = site.lark.addresses.http;
    config.scrape_configs[0].static_configs = [{ targets: [`${host}:${larkPort}`] }];
    config.global = { scrape_interval: '500ms', evaluation_interval: '500ms' };
    config.rule_files = config.rule_files.map((name: string) => join(PROMETHEUS_FILES, name));
    await writeFile(join(directory, 'prometheus.yaml'), stringify(config));
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    prometheus.stderr!.on('data', (text: Buffer) => {
      said += text;
    });
    prometheus.once('exit', (code) => {
      said += `ended with ${code}`;
    });
    // Before the traffic, so that there are counters that rise while it looks.
    await eventually('a first scrape', async () => (await numberOf('count_over_time(up[1m])')) >= 1, 20_000);
    expect(await site.reaches('alice2', HOSTS.alice1.ipv4)).toBe(true);
    expect(await site.reaches('bob', '203.0.113.10')).toBe(true);
    expect(await site.clean('bob')).toBe('OK');
    await eventually('some more scrapes', async () => (await numberOf('count_over_time(up[1m])')) >= 8, 20_000);
  });

  afterAll(async () => {
    if (prometheus !== undefined && prometheus.exitCode === null) {
      prometheus.kill('SIGKILL');
      await once(prometheus, 'close');
    }
    await site?.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  async function get<T>(path: string): Promise<T> {
    const response = await fetch(`${url}${path}`).catch((error: unknown) => {
      throw new Error(`Prometheus does not answer (${error}); it said: ${said}`);
    });
    return (await response.json()) as T;
  }

  async function ask(query: string): Promise<Answer> {
    return get<Answer>(`/api/v1/query?${new URLSearchParams({ query })}`);
  }

  /** NaN where there is no result, or Prometheus has not begun to answer. */
  async function numberOf(query: string): Promise<number> {
    const answer = await ask(query).catch(() => undefined);
    return Number(answer?.data.result[0]?.value[1] ?? Number.NaN);
  }

  /** As Grafana fills them in. */
  const filledIn = ({ name, query }: NamedQuery): NamedQuery => ({
    name,
    query: query.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*').replaceAll('$instance', '.*'),
  });

  it('reads every page', async () => {
    const { data } = await get<{ data: { activeTargets: { health: string; lastError: string }[] } }>('/api/v1/targets');
    expect(data.activeTargets.map(({ health, lastError }) => [health, lastError])).toEqual([['up', '']]);
  });

  it('evaluates every query of all files without an error or a warning', async () => {
    const all = queries().map(filledIn);
    expect(all.length).toBeGreaterThan(40);
    for (const { name, query } of all) {
      const { status, error, warnings } = await ask(query);
      expect([name, status, error, warnings]).toEqual([name, 'success', undefined, undefined]);
    }
  });

  it('finds data for every panel and recording rule, but for what did not happen', async () => {
    // The switch made no error, and the policy file was not changed.
    const without = ['Errors of switches, connections A', 'Another policy file in force'];
    const wanted = [
      ...recordingRules().map(({ record }) => ({ name: record, query: record })),
      ...panelQueries().map(filledIn),
    ];
    const empty: string[] = [];
    for (const { name, query } of wanted) {
      const { result } = (await ask(query)).data;
      // NaN is the quantile of a route that nobody asked for meanwhile.
      if (!result.some(({ value }) => Number.isFinite(Number(value[1])))) empty.push(name);
    }
    expect(empty).toEqual(without);
  });

  it('has every alert and recording rule at work', async () => {
    interface Group {
      readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
    }
    const { data } = await get<{ data: { groups: Group[] } }>('/api/v1/rules');
    const rules = data.groups.flatMap((group) => group.rules);
    const names = [...alertRules().map(({ alert }) => alert), ...recordingRules().map(({ record }) => record)];
    expect(rules.map(({ name, health, lastError = '' }) => [name, health, lastError]).sort()).toEqual(
      names.map((name) => [name, 'ok', '']).sort(),
    );
  });

  it('tells of nothing while all is well, and of the switch when it is lost', async () => {
    const pending = async () => {
      const { data } = await get<{ data: { alerts: { labels: Record<string, string> }[] } }>('/api/v1/alerts');
      return data.alerts
        .map(({ labels }) => [labels.alertname, labels.dp_name])
        .filter(([name = '']) => !OF_THE_MACHINE.includes(name));
    };
    expect(await pending()).toEqual([]);
    await site.ovs.vsctl(['del-controller', 'site0']);
    await eventually('the alert', async () => (await pending()).some(([name]) => name === 'LarkSwitchLost'), 10_000);
    expect(await pending()).toContainEqual(['LarkSwitchLost', 'site0']);
  });
});

/** Of loopback: taken by nobody a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
