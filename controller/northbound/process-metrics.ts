// What Prometheus users expect of any process, under the names that every exporter has for them. prom-client's own
// default metrics are not used: some of them fail promtool's naming lint, and they start observers that outlive a test.

import { readdir } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

export function registerProcessMetrics(registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process, user and system together, in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'When the process started, in seconds since the epoch.',
    registers,
    collect() {
      this.set(performance.timeOrigin / 1000);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of the process that is in RAM.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_open_fds',
    help: 'Open file descriptors: sockets, files and pipes. Only on Linux.',
    registers,
    async collect() {
      // Elsewhere there is no such directory, and then no value: a wrong zero would look like a measurement.
      const descriptors = await readdir('/proc/self/fd').catch(() => undefined);
      if (descriptors === undefined) this.reset();
      else this.set(descriptors.length - 1); // without the one that reads the directory
    },
  });
  new Gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use.',
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
  new Counter({
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time in which the event loop was busy: its rate is the loop utilization, and near 1 everything waits.',
    registers,
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / 1000);
    },
  });
}
