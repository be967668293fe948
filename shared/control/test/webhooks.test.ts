import { randomUUID } from 'node:crypto';
import { blobKeys, WebhookRecord, type Delivery } from '@parse3d/contract';
import { WebhookLedger } from '../src/ledger/webhooks.js';
import { connectRedis, whenReady } from '../src/live/connection.js';
import { redisKeys } from '../src/live/keys.js';
import type { DueDelivery } from '../src/live/outbox-hints.js';
import { enqueueDeliveries, openWebhookQueue, startDeliveries } from '../src/live/webhook-queue.js';
import { createBucketIfMissing, openStores } from '@parse3d/storage';
import { assertNothingLeaks, eventually, scratchFolder, startRedis } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';

afterAll(assertNothingLeaks);

test('what is still to be delivered stays in the log, however much came after it', async () => {
  const folder = await scratchFolder('webhook-log');
  const config = { kind: 'file' as const, root: folder.path, bucket: 'parse3d' };
  await createBucketIfMissing(config);
  const stores = openStores(config);
  try {
    const webhooks = new WebhookLedger(stores.primary);
    const endpoint = randomUUID();
    const entry = (index: number, status: Delivery['status']): Delivery => ({
      // Ids begin with a time that is counted down: the larger, the older.
      id: `${1_000_000_000_000 + index}-${randomUUID()}`,
      event: {
        type: 'batch.finished',
        timestamp: '2026-03-01T10:00:00.000Z',
        data: { batchId: randomUUID(), status: 'completed', completed: 1, failed: 0, canceled: 0, metadata: {} },
      },
      status,
      dueSince: '2026-03-01T10:00:00.000Z',
      attempts: [],
    });
    const statuses = ['delivered', 'delivered', 'failed', 'due', 'delivered', 'due'] as const;
    const entries = statuses.map((status, index) => entry(index, status));
    for (const delivery of entries) await webhooks.writeDelivery(endpoint, delivery);
    await webhooks.prune(endpoint, 2);
    const left = (await webhooks.deliveries(endpoint, 100)).map(({ id }) => id);
    expect(left).toEqual([0, 1, 3, 5].map((index) => entries[index]?.id));
  } finally {
    await stores.close();
    await folder.remove();
  }
});

test('an endpoint whose record is damaged is passed over and named; the others of its tenant are there', async () => {
  const folder = await scratchFolder('webhook-damaged');
  const config = { kind: 'file' as const, root: folder.path, bucket: 'parse3d' };
  await createBucketIfMissing(config);
  const stores = openStores(config);
  try {
    const damaged: string[] = [];
    const webhooks = new WebhookLedger(stores.primary, (key) => damaged.push(key));
    const id = randomUUID();
    const record = {
      id,
      tenant: 'default',
      url: 'https://example.org/hook',
      events: ['job.completed' as const],
      createdAt: '2026-03-01T10:00:00.000Z',
      secret: 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0',
    };
    await webhooks.write(WebhookRecord.parse(record));
    const broken = blobKeys.webhook('default', randomUUID());
    for (const text of ['{"id":', '[]', '']) {
      await stores.primary.write(broken, Buffer.from(text));
      expect((await webhooks.list('default')).map((each) => each.id)).toEqual([id]);
    }
    expect(new Set(damaged)).toEqual(new Set([broken]));
  } finally {
    await stores.close();
    await folder.remove();
  }
});

test.each([
  {
    what: 'an endpoint that does not answer holds up no other one of its tenant',
    silentOnes: 1,
    most: 2,
    tenant: 'busy',
  },
  { what: 'a tenant whose endpoints do not answer holds up no other tenant', silentOnes: 10, most: 8, tenant: 'other' },
])('$what', async ({ silentOnes, most, tenant }) => {
  const server = await startRedis();
  const redis = connectRedis(server.url, 'request', () => undefined);
  const blocking = connectRedis(server.url, 'blocking', () => undefined);
  await whenReady(redis, 10_000);
  const keys = redisKeys('test');
  const queue = openWebhookQueue(redis, keys);
  const silent = Array.from({ length: silentOnes }, () => randomUUID());
  const other = randomUUID();
  const due = (endpointId: string, index: number): DueDelivery => ({
    tenant: endpointId === other ? tenant : 'busy',
    endpointId,
    deliveryId: `${1_000_000_000_000 + index}-${randomUUID()}`,
  });
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const taken = { silent: new Set<string>(), other: new Set<string>() };
  let atOnce = 0;
  const deliveries = startDeliveries(
    blocking,
    keys,
    async ({ endpointId, deliveryId }) => {
      if (endpointId === other) {
        taken.other.add(deliveryId);
        return 'done';
      }
      atOnce++;
      await gate;
      taken.silent.add(deliveryId);
      return 'done';
    },
    () => undefined,
  );
  try {
    await enqueueDeliveries(
      queue,
      Array.from({ length: 40 }, (_, index) => due(silent[index % silentOnes] ?? '', index)),
    );
    await enqueueDeliveries(queue, [due(other, 0), due(other, 1)]);
    await eventually(() => taken.other.size === 2, { what: 'the deliveries of the other endpoint' });
    expect({ atOnce, silent: taken.silent.size }).toEqual({ atOnce: most, silent: 0 });
    letGo();
    await eventually(() => taken.silent.size === 40, { what: 'what was put off', timeoutMs: 30_000 });
  } finally {
    letGo();
    await deliveries.stop();
    await queue.close();
    redis.disconnect();
    blocking.disconnect();
    await server.stop();
  }
});
