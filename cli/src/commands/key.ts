import { join, resolve } from 'node:path';
import { ApiKeys, Scope, scopes } from '@parse3d/shared/access';
import { commonEnv, parseEnv, storageFromEnv } from '@parse3d/shared/config';
import { createBucketIfMissing, openStores, type StorageConfig } from '@parse3d/shared/storage';
import { isProblem, Problem } from '@parse3d/shared/problems';
import { Command } from 'commander';
import { z } from 'zod';
import { EMBEDDED_BUCKET } from '../stack/paths.js';
import { formatAge } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { action, collect, examples, wholeNumber } from './define.js';

const StorageOptions = z.object({ dir: z.string().optional() });

const CreateOptions = StorageOptions.extend({
  name: z.string().min(1).max(100),
  tenant: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens'),
  scope: z.array(Scope).default([...scopes]),
  input: z
    .array(
      z
        .string()
        .regex(
          /^(s3|local):\/\/([a-z0-9][a-z0-9._-]{1,62}(\/.*)?)?$/,
          'expected s3://bucket/prefix or local://bucket/prefix',
        ),
    )
    .default([]),
  expiresInDays: wholeNumber(1, 36_500).optional(),
});

export function keyCommand(): Command {
  const command = new Command('key').description(
    'API keys, in the storage that PARSE3D_* describes, or of a "parse3d up" by --dir. Only hashes are kept.',
  );
  command.addCommand(createCommand());
  command.addCommand(listCommand());
  command.addCommand(revokeCommand());
  return examples(
    command,
    [
      'A key for one laboratory that may read one prefix',
      'parse3d key create --name lab-a --tenant lab-a --input s3://scans/lab-a/',
    ],
    ['Which there are', 'parse3d key list'],
  );
}

const withStorage = (command: Command): Command =>
  command.option('--dir <folder>', 'folder of a "parse3d up" (else the storage that PARSE3D_* describes)');

function createCommand(): Command {
  const command = new Command('create')
    .description('Makes a key and shows it, this once.')
    .requiredOption('--name <name>', 'whose it is')
    .option('--tenant <tenant>', 'owner of its jobs, results and share of the workers', 'default')
    .option('--scope <scope>', `several times for several: ${scopes.join(', ')} (else all)`, collect)
    .option('--input <prefix>', 'volumes that its jobs may read, besides its tenant’s uploads; several times', collect)
    .option('--expires-in-days <days>', 'after which it is refused (else never)')
    .action(
      action(CreateOptions, ({ options, output }) =>
        withKeys(options, async (keys) => {
          const { name, tenant, scope, input, expiresInDays } = options;
          const expiresAt =
            expiresInDays === undefined
              ? {}
              : { expiresAt: new Date(Date.now() + expiresInDays * 86_400_000).toISOString() };
          const { key, record } = await keys.create({
            name,
            tenant,
            scopes: [...new Set(scope)],
            inputs: input,
            ...expiresAt,
          });
          const { sha256: _hash, ...shown } = record;
          output.document({ key, ...shown });
          output.say(key);
          output.hint(`id ${record.id}; this is the only time that it is shown`);
        }),
      ),
    );
  withStorage(command);
  return examples(
    command,
    ['For one bucket, for a year', 'parse3d key create --name ward-3 --input s3://scans/ --expires-in-days 365'],
    ['That may only look', 'parse3d key create --name viewer --scope jobs:read --scope packs:read'],
    ['Into a variable', 'export PARSE3D_API_KEY=$(parse3d key create --name script)'],
  );
}

function listCommand(): Command {
  const command = new Command('list').description('Lists the keys, without their secrets.').action(
    action(StorageOptions, ({ options, output }) =>
      withKeys(options, async (keys) => {
        const records = (await keys.list()).map(({ sha256: _hash, ...record }) => record);
        output.document({ keys: records });
        const columns = [
          { title: 'id' },
          { title: 'name' },
          { title: 'tenant' },
          { title: 'created' },
          { title: 'expires' },
          { title: 'scopes' },
          { title: 'may read' },
        ];
        const rows = records.map((record) => [
          record.id,
          record.name,
          record.tenant,
          formatAge(record.createdAt),
          record.expiresAt?.slice(0, 10) ?? 'never',
          record.scopes.length === scopes.length ? 'all' : record.scopes.join(' '),
          record.inputs.join(' ') || 'uploads',
        ]);
        output.say(records.length === 0 ? 'no keys' : table(columns, rows, output.colours));
      }),
    ),
  );
  return withStorage(command);
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('Takes a key away; servers refuse it within half a minute.')
    .argument('<id>', 'of the key, as "key list" shows it')
    .action(
      action(StorageOptions, ({ args, options, output }) =>
        withKeys(options, async (keys) => {
          // People paste whole keys too.
          const id = /^p3d_([A-Za-z0-9]{12})_/.exec(args[0] ?? '')?.[1] ?? args[0] ?? '';
          const known = (await keys.list()).find((record) => record.id === id);
          if (known === undefined)
            throw new Problem('not-found', `there is no key ${id}; see: parse3d key list`, { id });
          await keys.revoke(id);
          output.document({ id, revoked: true });
          output.say(`${id} (${known.name}) is revoked`);
        }),
      ),
    );
  return withStorage(command);
}

async function withKeys(options: { dir?: string | undefined }, run: (keys: ApiKeys) => Promise<void>): Promise<void> {
  const storage = storageOf(options.dir);
  // A folder is ours to make; a bucket elsewhere is its owner's.
  if (storage.kind === 'file') await createBucketIfMissing(storage);
  const stores = openStores(storage);
  try {
    await run(new ApiKeys(stores.primary));
  } catch (error) {
    if (!isProblem(error, 'blob-missing')) throw error;
    throw new Problem('config-invalid', `the bucket ${storage.bucket} does not exist; make it, or set PARSE3D_BUCKET`, {
      bucket: storage.bucket,
    });
  } finally {
    await stores.close();
  }
}

function storageOf(dir: string | undefined): StorageConfig {
  if (dir !== undefined) return { kind: 'file', root: resolve(join(dir, 'storage')), bucket: EMBEDDED_BUCKET };
  return storageFromEnv(parseEnv(commonEnv, process.env));
}
