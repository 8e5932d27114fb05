// What ships for Prometheus and Grafana asks only for what Lark tells, and says where to read on. That Prometheus itself takes
// the files, and finds data, is shown with a running one (test/integration/prometheus.test.ts).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fakeMetrics } from '../../controller/northbound/testing/fake-lark.ts';
import { alertRules, dashboard, panelQueries, queries } from '../support/prometheus-files.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the queries', () => {
  it('name only metrics that Lark has', async () => {
    const known = (await fakeMetrics().registry.getMetricsAsJSON()).flatMap(({ name, type }) =>
      String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => `${name}${part}`) : [name],
    );
    const asked = queries().flatMap(({ query }) => query.match(/\b(lark|process|nodejs)_\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(50);
    expect([...new Set(asked)].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('select by values that exist', () => {
    const documented = read('docs/metrics.md') + read('docs/errors.md');
    const values = queries()
      .flatMap(({ query }) => [...query.matchAll(/\b(?:state|outcome)[!=]~?"([^"$]+)"/g)])
      .flatMap(([, value = '']) => value.split('|'));
    expect(values.length).toBeGreaterThan(3);
    for (const value of values) expect(documented).toContain(`\`${value}\``);
  });
});

describe('every alert', () => {
  it('says how bad it is, what is amiss, and where to read on', () => {
    expect(alertRules().length).toBeGreaterThan(8);
    for (const { alert, labels, annotations } of alertRules()) {
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(critical|warning)$/)]);
      expect([alert, annotations.summary, annotations.description]).toEqual([
        alert,
        expect.stringMatching(/\S/),
        expect.stringMatching(/\.$/),
      ]);
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    }
  });

  it('has its place in the runbook, and nothing else has', () => {
    const [, text = ''] = /^# Alerts$([\s\S]*?)^# /m.exec(read('docs/runbook.md')) ?? [];
    const headings = [...text.matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(alertRules().map(({ alert }) => alert));
  });

  it('has there what it means, and then what to do', () => {
    const [, text = ''] = /^# Alerts$([\s\S]*?)^# /m.exec(read('docs/runbook.md')) ?? [];
    const sections = text.split(/^## /m).slice(1);
    expect(sections).toHaveLength(alertRules().length);
    for (const section of sections) expect(section).toMatch(/^\w+\n\n.+\*Means\*: \S[\s\S]*?\n\n\S/);
  });

  it('is in docs/metrics.md, and nothing else is', () => {
    const section =
      read('docs/metrics.md')
        .split(/^## /m)
        .find((text) => text.startsWith('Alerts')) ?? '';
    const listed = [...section.matchAll(/^\| `(Lark\w+)` \|/gm)].map(([, name]) => name);
    expect(listed).toEqual(alertRules().map(({ alert }) => alert));
  });

  it('has a case in which it fires and one in which it does not', () => {
    const { tests } = parse(read('test/integration/prometheus/alerts.test.yaml')) as {
      tests: { alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[]; promql_expr_test?: object[] }[];
    };
    const cases = tests.flatMap((each) => each.alert_rule_test ?? []);
    const silent = new Set(cases.filter((each) => each.exp_alerts === undefined).map(({ alertname }) => alertname));
    const firing = new Set([
      ...cases.filter((each) => each.exp_alerts !== undefined).map(({ alertname }) => alertname),
      ...[...JSON.stringify(tests).matchAll(/alertname=\\"(\w+)\\", alertstate=\\"firing/g)].map(([, name]) => name),
    ]);
    for (const { alert } of alertRules())
      expect([alert, silent.has(alert), firing.has(alert)]).toEqual([alert, true, true]);
  });
});

describe('the Grafana dashboard', () => {
  it('has panels that do not overlap, each with a name, queries and a source that can be chosen', () => {
    const taken = new Map<string, string>();
    const { panels, templating } = dashboard();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, type, gridPos, targets = [], datasource } of panels) {
      expect(title).toMatch(/\S/);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, taken.get(`${x},${y}`)]).toEqual([title, undefined]);
          taken.set(`${x},${y}`, title);
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      if (type === 'row') continue;
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own variable.
      expect(datasource?.uid).toBe('${datasource}');
      expect(targets.map(({ refId }) => refId)).toEqual(['A', 'B', 'C'].slice(0, targets.length));
    }
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
    for (const { query } of panelQueries()) expect(query).toContain('{job=~"$job", instance=~"$instance"');
  });
});
