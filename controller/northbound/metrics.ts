// The metrics page: a registry of its own (never prom-client's global one), filled from the table at each scrape. The
// two histograms are the exception: they are observed where things happen, since a distribution cannot be read later.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDeclaration, type MetricSources } from './metrics-table.ts';
import { registerProcessMetrics } from './process-metrics.ts';

export interface Metrics {
  readonly registry: Registry;
  /** Of the page: Prometheus's text format 0.0.4. */
  readonly contentType: string;
  page(): Promise<string>;
  /** `route` is the route's pattern (or `unmatched`), never the path that was asked for. */
  observeHttp(route: string, status: number, seconds: number): void;
}

/** PacketIns take from tens of microseconds to, when the loop is busy, whole seconds. */
const PACKET_IN_BUCKETS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];
const HTTP_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10];

/** Builds the page, and sets `counters.observePacketIn` to feed its histogram. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  for (const declaration of METRICS) register(registry, declaration, sources);
  const packetIns = new Histogram({
    name: 'lark_packet_in_handling_seconds',
    help: 'From the arrival of a PacketIn to the last byte of its answer.',
    buckets: PACKET_IN_BUCKETS,
    registers: [registry],
  });
  const http = new Histogram({
    name: 'lark_http_request_duration_seconds',
    help: 'HTTP requests by route and status code.',
    labelNames: ['route', 'code'],
    buckets: HTTP_BUCKETS,
    registers: [registry],
  });
  registerProcessMetrics(registry);
  sources.counters.observePacketIn = (seconds) => packetIns.observe(seconds);
  return {
    registry,
    contentType: registry.contentType,
    page: () => registry.metrics(),
    observeHttp: (route, status, seconds) => http.observe({ route, code: String(status) }, seconds),
  };
}

function register(registry: Registry, declaration: MetricDeclaration, sources: MetricSources): void {
  const { name, help, labels: labelNames, read } = declaration;
  // Set afresh at each scrape: a switch that has gone leaves no series behind.
  const collect = (metric: Counter | Gauge): void => {
    metric.reset();
    for (const { labels, value } of read(sources)) {
      metric.inc(Object.fromEntries(labelNames.map((label, i) => [label, labels[i] ?? ''])), value);
    }
  };
  const options = { name, help, labelNames: [...labelNames], registers: [registry] };
  if (declaration.type === 'counter') {
    new Counter({
      ...options,
      collect() {
        collect(this);
      },
    });
  } else {
    new Gauge({
      ...options,
      collect() {
        collect(this);
      },
    });
  }
}
