import { createServer, type Server } from 'node:http';
import { lanes, liveWorkers, type Redis, type RedisKeys, type SegmentQueue } from '@parse3d/shared/queue';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface ApiMetrics {
  readonly registry: Registry;
  readonly jobsAccepted: Counter<'lane' | 'repeated'>;
  readonly httpSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly leading: Gauge;
}

export function createMetrics(): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    jobsAccepted: new Counter({
      name: 'parse3d_jobs_accepted_total',
      help: 'Jobs accepted by this api process; repeated ones carried a known idempotency key',
      labelNames: ['lane', 'repeated'],
      registers: [registry],
    }),
    httpSeconds: new Histogram({
      name: 'parse3d_http_request_seconds',
      help: 'Time to answer a request, by route template',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers: [registry],
    }),
    leading: new Gauge({
      name: 'parse3d_feeder_leading',
      help: '1 in the api process that feeds the queue, else 0',
      registers: [registry],
    }),
  };
}

/** Gauges that are read from Redis at every scrape. */
export function watchQueue(metrics: ApiMetrics, redis: Redis, keys: RedisKeys, queue: SegmentQueue): void {
  new Gauge({
    name: 'parse3d_queue_jobs',
    help: 'Jobs that were handed to the workers, by state',
    labelNames: ['state'],
    registers: [metrics.registry],
    async collect() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed').catch(() => ({}));
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'parse3d_pending_jobs',
    help: 'Jobs that wait to be fed, by lane and tenant',
    labelNames: ['lane', 'tenant'],
    registers: [metrics.registry],
    async collect() {
      this.reset();
      for (const lane of lanes) {
        const tenants = await redis.smembers(keys.tenants(lane)).catch(() => []);
        for (const tenant of tenants)
          this.set({ lane, tenant }, await redis.llen(keys.pending(lane, tenant)).catch(() => 0));
      }
    },
  });
  new Gauge({
    name: 'parse3d_worker_slots',
    help: 'Slots of the workers heard of lately',
    registers: [metrics.registry],
    async collect() {
      const workers = await liveWorkers(redis, keys).catch(() => []);
      this.set(workers.reduce((sum, worker) => sum + worker.slots, 0));
    },
  });
}

/** Serves `/metrics` on its own port. */
export function serveMetrics(registry: Registry): Server {
  return createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry
      .metrics()
      .then((text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text))
      .catch(() => response.writeHead(500).end());
  });
}
