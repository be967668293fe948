import { Registry } from 'prom-client';
// Not part of the services' doors: only their processes and this page know them.
import { createMetrics as apiMetrics } from '../../services/api/dist/metrics.js';
import { watchQueue } from '../../services/api/dist/queue-metrics.js';
import { createMetrics as workerMetrics } from '../../services/worker/dist/metrics.js';
import { code, page, prose, table } from './markdown.mjs';

const rows = (registry) =>
  registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith('parse3d_'))
    .map((metric) => [
      code(metric.name),
      metric.constructor.name.toLowerCase(),
      metric.labelNames.map(code).join(' '),
      prose(metric.help),
    ]);

export function metricsPages() {
  const queue = new Registry();
  // Nothing is read: only names and descriptions are asked for.
  watchQueue(queue, {});
  const worker = workerMetrics({ activeJobs: () => 0, childMemoryBytes: () => 0, childMemoryLimitBytes: 0 });
  const head = ['name', 'type', 'labels', 'meaning'];
  return {
    'metrics.md': page(
      'Metrics',
      'Served for Prometheus at `/metrics`, by the api on `PARSE3D_METRICS_PORT`, by a worker on ' +
        '`PARSE3D_WORKER_METRICS_PORT`. Times are in seconds, memory in bytes. [Operations](../operations.md#metrics) says ' +
        'what to make of them. Those of Node.js (`process_…`, `nodejs_…`) come besides.',
      '## Api, counted by each process',
      'Take the sum over processes.',
      table(head, rows(apiMetrics().registry)),
      '## Api, read from Redis',
      'Every api process shows the same: take the maximum. While Redis is away they show nothing.',
      table(head, rows(queue)),
      '## Worker',
      table(head, rows(worker.registry)),
    ),
  };
}
