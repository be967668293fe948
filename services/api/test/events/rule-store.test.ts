import { blobKeys, JobTemplate, type RuleRecord } from '@parse3d/contract';
import { createBucketIfMissing, openStores, writeJson, type BlobStore, type Stores } from '@parse3d/storage';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { RuleStore } from '../../src/events/rule-store.js';

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let stores: Stores;
beforeEach(async () => {
  folder = await scratchFolder('rules');
  const config = { kind: 'file' as const, root: folder.path, bucket: 'parse3d' };
  await createBucketIfMissing(config);
  stores = openStores(config);
});
afterEach(async () => {
  await stores.close();
  await folder.remove();
});
afterAll(assertNothingLeaks);

const rule: RuleRecord = {
  id: '018f3c4a-0000-7000-8000-000000000001',
  tenant: 'default',
  inputs: [],
  bucket: 'local://inbox/',
  prefix: '',
  job: JobTemplate.parse({ prompts: ['bone'] }),
  enabled: true,
  createdAt: '2026-03-01T10:00:00.000Z',
  since: '2026-03-01T10:00:00.000Z',
};

function rethrow(_key: string, error: unknown): never {
  throw error;
}

/** The real store, whose next listing waits after it was made until it is let go. */
function heldListing(store: BlobStore): { store: BlobStore; listed: Promise<void>; letGo: () => void } {
  let letGo = (): void => undefined;
  let tell = (): void => undefined;
  const listed = new Promise<void>((resolve) => (tell = resolve));
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  let held = false;
  const list: BlobStore['list'] = async (options) => {
    const page = await store.list(options);
    if (!held) {
      held = true;
      tell();
      await gate;
    }
    return page;
  };
  const wrapped = new Proxy(store, {
    get: (target, name) => {
      if (name === 'list') return list;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { store: wrapped, listed, letGo };
}

test('a rule that is made while the rules are being read holds as soon as it is made', async () => {
  const held = heldListing(stores.primary);
  const rules = new RuleStore(held.store, rethrow);
  const during = rules.all();
  await held.listed;
  await rules.write(rule);
  held.letGo();
  await during;
  expect((await rules.all()).map(({ id }) => id)).toEqual([rule.id]);
});

test('a rule that cannot be read switches no other one off, and is told once', async () => {
  const faults: string[] = [];
  const rules = new RuleStore(stores.primary, (key) => faults.push(key));
  const later = blobKeys.rule('other', '018f3c4a-0000-7000-8000-000000000002');
  await writeJson(stores.primary, later, {
    ...rule,
    tenant: 'other',
    prefix: { anyOf: ['a form', 'of a later version'] },
  });
  await rules.write(rule);
  const ids = async (): Promise<string[]> => (await rules.all()).map(({ id }) => id);
  expect(await ids()).toEqual([rule.id]);
  // A change makes it read all rules again.
  await rules.write({ ...rule, prefix: 'incoming/' });
  expect(await ids()).toEqual([rule.id]);
  expect(faults).toEqual([later]);
});
