import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { each } from '@parse3d/async';
import { parseStored } from '@parse3d/contract';
import {
  BatchItem,
  blobKeys,
  ItemMark,
  JobRequest,
  RuleRecord,
  StoredBatch,
  StoredEnd,
  WebhookRecord,
  type StoredSchema,
} from '@parse3d/contract';
import { isProblem, type Problem } from '@parse3d/contract/problems';
import { ApiKeyRecord, LinkRecord, TenantSettings } from '@parse3d/platform/access';
import { listAll, openStores, readAll, type BlobStore } from '@parse3d/storage';
import { fail, ok, skip, warn, type Check } from './check.js';
import type { Target } from './target.js';

const PART = 'records';

/** Records of each kind that are read: a bucket may hold millions of manifests. */
const MOST_READ = 20_000;
const AT_ONCE = 16;

interface Kind {
  readonly name: string;
  readonly prefix: string;
  readonly match: RegExp;
  readonly schema: StoredSchema<unknown>;
  /** What to do about one of them. */
  readonly mend: string;
  /** One record a line. */
  readonly lines?: true;
}

const kinds: readonly Kind[] = [
  {
    name: 'tenant',
    prefix: blobKeys.tenantPrefix,
    match: /\.json$/,
    schema: TenantSettings,
    mend: 'remove it and set the quotas again (parse3d tenant set); until then the last known ones hold, or the defaults',
  },
  {
    name: 'key',
    prefix: blobKeys.apiKeyPrefix,
    match: /\.json$/,
    schema: ApiKeyRecord,
    mend: 'bring it back from a backup, or remove it and make another key: it opens nothing, and what was begun with it rests',
  },
  {
    name: 'rule',
    prefix: blobKeys.rulesPrefix,
    match: /\.json$/,
    schema: RuleRecord,
    mend: 'remove it and make the rule again: it starts nothing',
  },
  {
    name: 'webhook',
    prefix: 'webhooks/',
    match: /\.json$/,
    schema: WebhookRecord,
    mend: 'remove it and make the webhook again: nothing is sent to it',
  },
  {
    name: 'pending marker',
    prefix: blobKeys.pendingPrefix,
    match: /\.json$/,
    schema: JobRequest,
    mend: 'remove it and submit the job again; as long as Redis knows the job it runs all the same',
  },
  {
    name: 'batch',
    prefix: 'batches/',
    match: /\/batch\.json$/,
    schema: StoredBatch,
    mend: 'remove it with its marker in open-batches/, and submit the batch again',
  },
  {
    name: 'part of a batch',
    prefix: 'batches/',
    match: /\/items\/\d+\.jsonl$/,
    schema: BatchItem,
    lines: true,
    mend: 'its items fail with record-invalid and are in failures.jsonl; submit these volumes again',
  },
  {
    name: 'mark',
    prefix: 'batches/',
    match: /\/marks\/\d+\.json$/,
    schema: ItemMark,
    mend: 'mark this result again: until then lists and tables of marks leave it out',
  },
  {
    name: 'link',
    prefix: blobKeys.linksPrefix(''),
    match: /\.json$/,
    schema: LinkRecord,
    mend: 'remove it and make another link: it opens nothing',
  },
  {
    name: 'manifest',
    prefix: 'results/',
    match: /\/manifest\.json$/,
    schema: StoredEnd,
    mend: 'bring it back from a backup; removed, a job with a pending marker is run again, and of a batch it counts as failed',
  },
];

/** Reads the service's own records, and names those that it passes over. */
export async function checkRecords({ storage }: Target): Promise<Check[]> {
  if (storage.kind === 'file' && !existsSync(join(storage.root, storage.bucket))) {
    return [skip(PART, 'there is no bucket yet')];
  }
  const stores = openStores(storage);
  try {
    const checks: Check[] = [];
    let read = 0;
    for (const kind of kinds) {
      const looked = await look(stores.primary, kind);
      read += looked.read;
      checks.push(...looked.checks);
    }
    return checks.length === 0 ? [ok(PART, `${read} records of the service can be read`)] : checks;
  } catch (error) {
    // What is wrong with the store itself is said under its own name.
    if (isProblem(error)) return [skip(PART, `not looked at: ${error.message}`)];
    throw error;
  } finally {
    await stores.close();
  }
}

async function look(store: BlobStore, kind: Kind): Promise<{ read: number; checks: Check[] }> {
  const checks: Check[] = [];
  let read = 0;
  let left = 0;
  const keys = async function* (): AsyncGenerator<string> {
    for await (const { key } of listAll(store, kind.prefix)) {
      if (!kind.match.test(key)) continue;
      if (read >= MOST_READ) left++;
      else {
        read++;
        yield key;
      }
    }
  };
  await each(keys(), AT_ONCE, async (key) => {
    const why = await whyUnreadable(store, key, kind);
    if (why !== undefined) checks.push(fail(PART, `${kind.name} ${key}: ${why}`, kind.mend));
  });
  if (left > 0) {
    checks.push(
      warn(PART, `${left} more records under ${kind.prefix} were not read`, 'the service names what it meets'),
    );
  }
  return { read, checks };
}

/** Undefined for one that can be read, or is gone meanwhile. */
async function whyUnreadable(store: BlobStore, key: string, { schema, lines }: Kind): Promise<string | undefined> {
  try {
    const text = (await readAll(store, key)).toString('utf8');
    const records = lines === true ? text.replace(/\n$/, '').split('\n') : [text];
    for (const record of records) parseStored(schema, JSON.parse(record));
    return undefined;
  } catch (error) {
    if (isProblem(error, 'blob-missing')) return undefined;
    if (isProblem(error)) throw error satisfies Problem;
    return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 120);
  }
}
