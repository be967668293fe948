import { lanes } from '@parse3d/contract';
import type { Control } from '@parse3d/control';
import { Gauge, type Registry } from 'prom-client';

/**
 * Gauges that are read from Redis at every scrape. Every api process shows the same values, so queries take the maximum
 * over processes and never the sum. While Redis is away they show nothing rather than what was true before.
 */
export function watchQueue(
  registry: Registry,
  { backlog, batches, workers, usage, unreadable }: Control,
  leading: () => boolean,
): void {
  const gauge = (name: string, help: string, labelNames: string[], read: (gauge: Gauge) => Promise<void>): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        // Without labels a reset gauge shows 0, which would be a claim.
        await read(this).catch(() => (labelNames.length === 0 ? this.remove() : this.reset()));
      },
    });
  };

  gauge('parse3d_queue_jobs', 'Jobs that were handed to the workers, by state', ['state'], async (it) => {
    const counts = await backlog.handedOver();
    for (const [state, count] of Object.entries(counts)) it.set({ state }, count);
  });
  gauge('parse3d_pending_jobs', 'Jobs that wait to be fed, by lane and tenant', ['lane', 'tenant'], async (it) => {
    for await (const { lane, tenant, count } of backlog.waiting()) it.set({ lane, tenant }, count);
  });
  gauge(
    'parse3d_oldest_waiting_age_seconds',
    'Time since the job that waits longest was accepted, by lane; 0 when none waits',
    ['lane'],
    async (it) => {
      const oldest = await backlog.oldest();
      for (const lane of lanes) {
        const since = oldest.get(lane);
        it.set({ lane }, since === undefined ? 0 : Math.max(0, Date.now() - since) / 1_000);
      }
    },
  );
  gauge('parse3d_open_batches', 'Batches with work left', [], async (it) => {
    it.set(await batches.countOpen());
  });
  gauge(
    'parse3d_stored_bytes',
    'Bytes that a tenant has stored, by kind: uploads or results',
    ['tenant', 'kind'],
    async (it) => {
      for (const tenant of await usage.tenants()) {
        const { uploads, results } = await usage.get(tenant);
        it.set({ tenant, kind: 'uploads' }, uploads);
        it.set({ tenant, kind: 'results' }, results);
      }
    },
  );
  gauge(
    'parse3d_unreadable_records',
    'Records of the service in storage that cannot be read and are passed over; parse3d doctor names them',
    [],
    async (it) => {
      it.set((await unreadable.list()).length);
    },
  );
  gauge('parse3d_worker_slots', 'Slots of the workers heard of lately that take jobs', [], async (it) => {
    it.set(await workers.slots());
  });
  gauge(
    'parse3d_redis_memory_ratio',
    'Share of its memory limit that Redis uses, 0 without a limit',
    [],
    async (it) => {
      it.set(await backlog.memoryShare());
    },
  );
  gauge('parse3d_feeder_leading', '1 in the api process that feeds the queue, else 0', [], (it) => {
    it.set(leading() ? 1 : 0);
    return Promise.resolve();
  });
}
