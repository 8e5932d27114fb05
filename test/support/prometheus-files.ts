// What stands in prometheus/: the queries of its alerts, recording rules and Grafana dashboard.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../mininet/lab/enter.ts';

export const PROMETHEUS_FILES = join(projectRoot(), 'prometheus');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly datasource?: { readonly uid: string };
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}

/** A query as it stands in the file, and whose it is. */
export interface NamedQuery {
  readonly name: string;
  readonly query: string;
}

const read = (name: string) => readFileSync(join(PROMETHEUS_FILES, name), 'utf8');

function rulesIn<Rule>(file: string): readonly Rule[] {
  const { groups } = parse(read(file)) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export const alertRules = () => rulesIn<AlertRule>('alerts.yaml');
export const recordingRules = () => rulesIn<RecordingRule>('rules.yaml');
export const dashboard = () => JSON.parse(read('grafana-dashboard.json')) as Dashboard;

/** Of the panels of the dashboard and its annotations. */
export function panelQueries(): readonly NamedQuery[] {
  const { panels, annotations } = dashboard();
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr }) => ({ name: `${title} ${refId}`, query: expr })),
    ),
    ...annotations.list.map(({ name, expr }) => ({ name, query: expr })),
  ];
}

/** All of them. */
export function queries(): readonly NamedQuery[] {
  return [
    ...alertRules().map(({ alert, expr }) => ({ name: alert, query: expr })),
    ...recordingRules().map(({ record, expr }) => ({ name: record, query: expr })),
    ...panelQueries(),
  ];
}
