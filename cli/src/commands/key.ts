import { scopes, type ApiKeyRecord } from '@parse3d/platform/access';
import { Command } from 'commander';
import { z } from 'zod';
import { createKey, revokeKey, withAccess, withoutHash } from '../access/keys.js';
import { GrantOptions, StorageOptions, TenantName, withGrant, withStorage } from '../options/storage.js';
import { formatAge } from '../terminal/format.js';
import type { Colours } from '../terminal/output.js';
import { table } from '../terminal/table.js';
import { action, examples } from './define.js';

const CreateOptions = GrantOptions.extend({ name: z.string().min(1).max(100), tenant: TenantName });

const RevokeOptions = StorageOptions.extend({ successor: z.string().optional() });

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

function createCommand(): Command {
  const command = withGrant(
    new Command('create')
      .description('Makes a key and shows it, this once.')
      .requiredOption('--name <name>', 'whose it is')
      .option('--tenant <tenant>', 'owner of its jobs, results and share of the workers', 'default'),
  ).action(
    action(CreateOptions, ({ options, output }) =>
      withAccess(options, ({ keys }) => createKey(keys, options, options, output)),
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
      withAccess(options, async ({ keys }) => {
        const records = (await keys.list()).map(withoutHash);
        output.document({ keys: records });
        output.say(records.length === 0 ? 'no keys' : keyTable(records, output.colours));
      }),
    ),
  );
  withStorage(command);
  return examples(
    command,
    ['All of them', 'parse3d key list'],
    ['Those that never expire', "parse3d key list --json | jq '.keys[] | select(.expiresAt == null) | .id'"],
  );
}

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description(
      'Takes a key away, and all that was begun with it: rules, webhooks, waiting and running work. In seconds.',
    )
    .argument('<id>', 'of the key, as "key list" shows it')
    .option('--successor <id>', 'key of the same tenant in whose name everything goes on')
    .action(
      action(RevokeOptions, ({ args, options, output }) =>
        withAccess(options, (access) => revokeKey(access, args[0] ?? '', options.successor, output)),
      ),
    );
  withStorage(command);
  return examples(
    command,
    ['By its id, or the whole key', 'parse3d key revoke Ab3dEf6hIj9k'],
    ['For a new one, so that nothing stops', 'parse3d key revoke Ab3dEf6hIj9k --successor Xy7zUv5wQr1s'],
  );
}

/** Keys as a table, without their hashes. */
export function keyTable(records: readonly Omit<ApiKeyRecord, 'sha256'>[], colours: Colours): string {
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
  return table(columns, rows, colours);
}
