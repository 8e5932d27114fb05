import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Counters } from '../telemetry/counters.ts';
import { core, fakeLark, fakeMetrics } from './testing/fake-lark.ts';

/** A row of docs/metrics.md: name, type and labels. */
interface Documented {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

function documented(): Documented[] {
  const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  return [...text.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]*)\|/gm)].map(
    ([, name = '', type = '', labels = '']) => ({
      name,
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map((label) => label[1] ?? ''),
    }),
  );
}

async function registered(): Promise<Documented[]> {
  const { registry } = fakeMetrics();
  return registry.getMetricsAsArray().map((metric) => {
    // prom-client keeps the label names on the metric, but its type does not say so.
    const labels = (metric as unknown as { readonly labelNames: readonly string[] }).labelNames;
    return { name: metric.name, type: String(metric.type), labels };
  });
}

const byName = (a: Documented, b: Documented): number => (a.name < b.name ? -1 : 1);

describe('the metrics page', () => {
  it('has exactly the metrics, types and labels of docs/metrics.md', async () => {
    expect(documented().sort(byName)).toEqual((await registered()).sort(byName));
  });

  it('keeps the naming rules that promtool checks', async () => {
    for (const { name, help, type } of await fakeMetrics().registry.getMetricsAsJSON()) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(name.endsWith('_total'), name).toBe(String(type) === 'counter');
      expect(name, name).not.toMatch(/_(count|sum|bucket|counter|gauge|histogram|milliseconds|ms|kib|percent)(_|$)/);
      expect(help.length, name).toBeGreaterThan(10);
    }
  });

  it('shows the counters as they are at the scrape', async () => {
    const counters = new Counters();
    const metrics = fakeMetrics(fakeLark(), counters);
    counters.packetIns.add(['core', 'flow'], 2);
    counters.packetIns.add(['core', 'dropped']);
    counters.leasesEnded.add([]);
    const first = await metrics.page();
    counters.packetIns.add(['core', 'flow']);
    const second = await metrics.page();
    expect(first).toContain('lark_of_packet_ins_total{dp_name="core",outcome="flow"} 2\n');
    expect(first).toContain('lark_of_packet_ins_total{dp_name="core",outcome="dropped"} 1\n');
    expect(first).toContain('lark_job_leases_ended_total 1\n');
    expect(second).toContain('lark_of_packet_ins_total{dp_name="core",outcome="flow"} 3\n');
  });

  it('shows a switch of the policy file that is away as 0, and forgets gauges of one that has left', async () => {
    let switches = [core];
    const metrics = fakeMetrics(fakeLark({ switches: () => switches }));
    const before = await metrics.page();
    switches = [];
    const after = await metrics.page();
    expect(before).toContain('lark_dp_status{dp_name="core"} 1\n');
    expect(before).toContain('lark_dp_status{dp_name="away"} 0\n');
    expect(before).toContain('lark_hosts_learned{dp_name="core"} 7\n');
    expect(before).toContain('lark_dp_ports{dp_name="core",role="wan"} 1\n');
    expect(before).toContain('lark_dp_ports{dp_name="core",role="alternate"} 0\n');
    expect(after).toContain('lark_dp_status{dp_name="core"} 0\n');
    expect(after).not.toContain('lark_hosts_learned{');
  });

  it('counts jobs by enforcement, the ones at zero too', async () => {
    const page = await fakeMetrics().page();
    expect(page).toContain('lark_jobs{state="port"} 2\n');
    expect(page).toContain('lark_jobs{state="by-address"} 1\n');
    expect(page).toContain('lark_jobs{state="unenforced"} 0\n');
  });

  it('has every outcome of connections from the start', async () => {
    const counters = new Counters();
    counters.connections.add(['accepted'], 3);
    const page = await fakeMetrics(fakeLark(), counters).page();
    expect(page).toContain('lark_of_dp_connections_total{outcome="accepted"} 3\n');
    expect(page).toContain('lark_of_dp_connections_total{outcome="refused"} 0\n');
  });

  it('observes the handling time of PacketIns through the counters', async () => {
    const counters = new Counters();
    const metrics = fakeMetrics(fakeLark(), counters);
    counters.observePacketIn(0.0002);
    counters.observePacketIn(0.003);
    const page = await metrics.page();
    expect(page).toContain('lark_packet_in_handling_seconds_bucket{le="0.00025"} 1\n');
    expect(page).toContain('lark_packet_in_handling_seconds_bucket{le="0.005"} 2\n');
    expect(page).toContain('lark_packet_in_handling_seconds_count 2\n');
  });

  it('keeps apart the registries of two Larks in one process', async () => {
    const [a, b] = [fakeMetrics(), fakeMetrics()];
    a.observeHttp('/healthz', 200, 0.001);
    expect(await a.page()).toContain('route="/healthz"');
    expect(await b.page()).not.toContain('route="/healthz"');
  });
});
