import { revocation, revokeTenant, TenantSettings } from '@parse3d/platform/access';
import { Problem } from '@parse3d/contract/problems';
import { Command } from 'commander';
import { byteSize } from '@parse3d/platform/config';
import { z } from 'zod';
import { createKey, revokeKey, sayStopped, withAccess, withoutHash, type Access } from '../access/keys.js';
import { GrantOptions, StorageOptions, TenantName, withGrant, withStorage } from '../options/storage.js';
import { UsageError } from '../errors/kinds.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import type { Output } from '../terminal/output.js';
import { table } from '../terminal/table.js';
import { limitOr, SERVER_DEFAULT, wholeNumber } from '../options/values.js';
import { action, examples } from './define.js';
import { keyTable } from './key.js';

export function tenantCommand(): Command {
  const command = new Command('tenant').description(
    'Tenants: who owns jobs and keys, with quotas and a share of the workers. Kept in storage, like keys.',
  );
  for (const sub of [createCommand(), listCommand(), showCommand(), setCommand(), addKeyCommand(), revokeCommand()]) {
    command.addCommand(sub);
  }
  return examples(
    command,
    [
      'A laboratory with twice the share of others, and its first key',
      'parse3d tenant create lab-a --weight 2 --key script',
    ],
    ['Which there are', 'parse3d tenant list'],
    ['Nobody of it may do anything any more', 'parse3d tenant revoke lab-a --all'],
  );
}

const QuotaOptions = StorageOptions.extend({
  weight: z
    .string()
    .transform(Number)
    .pipe(z.number('expected a number').min(0.01, 'at least 0.01').max(100, 'at most 100'))
    .optional(),
  maxWaitingJobs: wholeNumber(0, 1_000_000_000).optional(),
  maxOpenBatches: wholeNumber(0, 1_000_000).optional(),
  maxStored: limitOr(byteSize('0')).optional(),
  retentionDays: limitOr(wholeNumber(1, 36_500)).optional(),
});

const defaults = TenantSettings.parse({});

const withQuotas = (command: Command): Command =>
  command
    .option('--weight <number>', `share of the workers beside others, 0.01 to 100 (default: ${defaults.weight})`)
    .option(
      '--max-waiting-jobs <count>',
      `jobs that may wait, besides those of batches (default: ${defaults.maxWaitingJobs})`,
    )
    .option('--max-open-batches <count>', `batches that may have work left (default: ${defaults.maxOpenBatches})`)
    .option('--max-stored <size>', 'bytes of uploads and results, such as 500GiB; "none"; "default" for the server’s')
    .option('--retention-days <days>', 'age at which ended jobs and batches are removed; "none"; "default"');

function quotasOf(options: z.infer<typeof QuotaOptions>): Partial<TenantSettings> {
  const { weight, maxWaitingJobs, maxOpenBatches, maxStored, retentionDays } = options;
  return {
    ...(weight === undefined ? {} : { weight }),
    ...(maxWaitingJobs === undefined ? {} : { maxWaitingJobs }),
    ...(maxOpenBatches === undefined ? {} : { maxOpenBatches }),
    ...(maxStored === undefined ? {} : { maxStoredBytes: maxStored === SERVER_DEFAULT ? undefined : maxStored }),
    ...(retentionDays === undefined
      ? {}
      : { retentionDays: retentionDays === SERVER_DEFAULT ? undefined : retentionDays }),
  };
}

const CreateOptions = QuotaOptions.extend({ ...GrantOptions.shape, key: z.string().min(1).max(100).optional() });

function createCommand(): Command {
  const command = withGrant(
    withQuotas(
      new Command('create').description('Makes a tenant, and on request its first key.').argument('<tenant>'),
    ).option('--key <name>', 'also make a key of this name, and show it, this once'),
  ).action(
    action(CreateOptions, ({ args, options, output }) =>
      withAccess(options, async ({ keys, tenants }) => {
        const tenant = nameOf(args);
        if (await tenants.exists(tenant)) {
          throw new Problem('state-conflict', `there is a tenant ${tenant} already; change it by: parse3d tenant set`);
        }
        const settings = TenantSettings.parse(quotasOf(options));
        await tenants.set(tenant, settings);
        if (options.key !== undefined) return createKey(keys, { name: options.key, tenant }, options, output);
        output.document({ tenant, ...settings });
        output.say(`${tenant} is made`);
        output.hint(`give it a key: parse3d tenant add-key ${tenant} --name <name>`);
      }),
    ),
  );
  withStorage(command);
  return examples(
    command,
    ['With the usual quotas', 'parse3d tenant create lab-a'],
    ['With a key that reads one prefix', 'parse3d tenant create lab-b --key script --input s3://scans/lab-b/'],
  );
}

function listCommand(): Command {
  const command = new Command('list')
    .description('Lists the tenants: those with settings, and those with keys.')
    .action(
      action(StorageOptions, ({ options, output }) =>
        withAccess(options, async (access) => {
          const tenants = await known(access);
          output.document({ tenants });
          const columns = [
            { title: 'tenant' },
            { title: 'keys', align: 'right' as const },
            { title: 'weight', align: 'right' as const },
            { title: 'waiting jobs', align: 'right' as const },
            { title: 'open batches', align: 'right' as const },
          ];
          const rows = tenants.map(({ tenant, keys, weight, maxWaitingJobs, maxOpenBatches }) => [
            tenant,
            String(keys),
            String(weight),
            formatCount(maxWaitingJobs),
            formatCount(maxOpenBatches),
          ]);
          output.say(tenants.length === 0 ? 'no tenants' : table(columns, rows, output.colours));
        }),
      ),
    );
  withStorage(command);
  return examples(
    command,
    ['All of them', 'parse3d tenant list'],
    ['Names alone', "parse3d tenant list --json | jq -r '.tenants[].tenant'"],
  );
}

function showCommand(): Command {
  const command = new Command('show')
    .description('Shows a tenant: quotas and keys.')
    .argument('<tenant>')
    .action(
      action(StorageOptions, ({ args, options, output }) =>
        withAccess(options, async (access) => {
          const tenant = await requireTenant(access, nameOf(args));
          const keys = (await access.keys.list()).filter((record) => record.tenant === tenant).map(withoutHash);
          const settings = await access.tenants.get(tenant);
          output.document({ tenant, ...settings, keys });
          tell(tenant, settings, output);
          output.say(keys.length === 0 ? 'no keys' : keyTable(keys, output.colours));
        }),
      ),
    );
  withStorage(command);
  return examples(command, ['One of them', 'parse3d tenant show lab-a']);
}

function setCommand(): Command {
  const command = withQuotas(
    new Command('set').description('Changes quotas; servers follow within seconds.').argument('<tenant>'),
  ).action(
    action(QuotaOptions, ({ args, options, output }) =>
      withAccess(options, async (access) => {
        const changes = quotasOf(options);
        if (Object.keys(changes).length === 0) {
          throw new UsageError(
            'say what to change: --weight, --max-waiting-jobs, --max-open-batches, --max-stored, --retention-days',
          );
        }
        const tenant = await requireTenant(access, nameOf(args));
        const settings = { ...(await access.tenants.get(tenant)), ...changes };
        await access.tenants.set(tenant, settings);
        output.document({ tenant, ...settings });
        tell(tenant, settings, output);
      }),
    ),
  );
  withStorage(command);
  return examples(
    command,
    ['Twice the share of the workers', 'parse3d tenant set lab-a --weight 2'],
    [
      'A hundred gibibytes, and results for a month',
      'parse3d tenant set lab-a --max-stored 100GiB --retention-days 30',
    ],
    ['Nothing new for now', 'parse3d tenant set lab-a --max-waiting-jobs 0 --max-open-batches 0'],
  );
}

const AddKeyOptions = GrantOptions.extend({ name: z.string().min(1).max(100) });

function addKeyCommand(): Command {
  const command = withGrant(
    new Command('add-key')
      .description('Makes a key of a tenant and shows it, this once.')
      .argument('<tenant>')
      .requiredOption('--name <name>', 'whose it is'),
  ).action(
    action(AddKeyOptions, ({ args, options, output }) =>
      withAccess(options, async (access) => {
        const tenant = await requireTenant(access, nameOf(args));
        await createKey(access.keys, { name: options.name, tenant }, options, output);
      }),
    ),
  );
  withStorage(command);
  return examples(command, ['For a script', 'parse3d tenant add-key lab-a --name nightly --input s3://scans/lab-a/']);
}

const RevokeOptions = StorageOptions.extend({ all: z.boolean().default(false) });

function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('Takes one key of a tenant away, or all, and what was begun with them; its results stay.')
    .argument('<tenant>')
    .argument('[key]', 'id of the key')
    .option('--all', 'every key of the tenant')
    .action(
      action(RevokeOptions, ({ args, options, output }) =>
        withAccess(options, async (access) => {
          const [, id] = args;
          if ((id === undefined) !== options.all) throw new UsageError('name one key, or say --all');
          const tenant = await requireTenant(access, nameOf(args));
          const own = (await access.keys.list()).filter((record) => record.tenant === tenant);
          if (id !== undefined) {
            if (!own.some((record) => record.id === id)) {
              throw new Problem('not-found', `${tenant} has no key ${id}; see: parse3d tenant show ${tenant}`, { id });
            }
            return revokeKey(access, id, undefined, output);
          }
          const stopped = await revocation(access.store, { tenant });
          const revoked = await revokeTenant(access.store, tenant, access);
          output.document({ tenant, revoked: revoked.map((record) => record.id), stopped });
          output.say(`every key of ${tenant} is revoked (${revoked.length})`);
          sayStopped(stopped, output);
        }),
      ),
    );
  withStorage(command);
  return examples(
    command,
    ['One key', 'parse3d tenant revoke lab-a Ab3dEf6hIj9k'],
    ['All of them', 'parse3d tenant revoke lab-a --all'],
  );
}

/** @throws UsageError for what can be no name */
function nameOf(args: readonly string[]): string {
  const parsed = TenantName.safeParse(args[0]);
  if (parsed.success) return parsed.data;
  throw new UsageError(`tenant: ${parsed.error.issues[0]?.message ?? 'not understood'}, got ${args[0] ?? ''}`);
}

type Known = TenantSettings & { tenant: string; keys: number };

async function known({ keys, tenants }: Access): Promise<Known[]> {
  const owners = (await keys.list()).map(({ tenant }) => tenant);
  const names = [...new Set([...(await tenants.list()), ...owners])].sort();
  return Promise.all(
    names.map(async (tenant) => ({
      tenant,
      keys: owners.filter((owner) => owner === tenant).length,
      ...(await tenants.get(tenant)),
    })),
  );
}

/** A misspelt name must not make a second tenant. @throws Problem `not-found` */
async function requireTenant(access: Access, tenant: string): Promise<string> {
  const names = (await known(access)).map((one) => one.tenant);
  if (names.includes(tenant)) return tenant;
  throw new Problem('not-found', `there is no tenant ${tenant}; make it by: parse3d tenant create ${tenant}`, {
    tenant,
  });
}

function tell(tenant: string, settings: TenantSettings, output: Output): void {
  const { weight, maxWaitingJobs, maxOpenBatches, maxStoredBytes, retentionDays } = settings;
  const { bold } = output.colours;
  const quotas = `${formatCount(maxWaitingJobs)} waiting jobs, ${formatCount(maxOpenBatches)} open batches`;
  output.say(`${bold(tenant)}  weight ${weight}, at most ${quotas}`);
  const ofServer = 'as the server is set';
  const stored =
    maxStoredBytes === undefined ? ofServer : maxStoredBytes === null ? 'no limit' : formatBytes(maxStoredBytes);
  const kept = retentionDays === undefined ? ofServer : retentionDays === null ? 'always' : `${retentionDays} days`;
  output.say(`stored bytes: ${stored}; ended jobs and batches stay: ${kept}`);
}
