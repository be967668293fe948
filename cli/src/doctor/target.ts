import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { storageFromEnv } from '@parse3d/platform/config';
import { Problem } from '@parse3d/contract/problems';
import type { StorageConfig } from '@parse3d/storage';
import { readWorkerConfig, type WorkerConfig } from '@parse3d/worker';
import { packFolders } from '../stack/pack-folders.js';
import { DEFAULT_DIR, EMBEDDED_BUCKET, stackPaths } from '../stack/paths.js';

/** The service that is looked at. */
export interface Target {
  /** Where its settings come from, for people. */
  readonly from: string;
  readonly redisUrl: string;
  readonly storage: StorageConfig;
  readonly packFolders: readonly string[];
  readonly config: WorkerConfig;
  /** Folders that must have room, by what lies in them. */
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * The service of `--dir`, else the one that PARSE3D_* describes, else the `parse3d up` of this folder where there is one.
 * @throws Problem `config-invalid`, `not-found` without an `up` in `--dir`
 */
export async function doctorTarget(dir: string | undefined, env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const config = readWorkerConfig(env);
  const described = env['PARSE3D_REDIS_URL'] !== undefined || env['PARSE3D_STORAGE'] !== undefined;
  if (dir === undefined && (described || !existsSync(stackPaths(DEFAULT_DIR).dir))) {
    const storage = storageFromEnv(config);
    return {
      from: 'the environment',
      redisUrl: config.PARSE3D_REDIS_URL,
      storage,
      packFolders: config.PARSE3D_PACKS.map((folder) => resolve(folder)),
      config,
      folders: {
        scratch: config.PARSE3D_SCRATCH,
        ...(storage.kind === 'file' ? { storage: storage.root } : {}),
      },
    };
  }
  return embedded(dir ?? DEFAULT_DIR, config, env);
}

async function embedded(dir: string, config: WorkerConfig, env: NodeJS.ProcessEnv): Promise<Target> {
  const paths = stackPaths(dir);
  if (!existsSync(paths.dir)) {
    throw new Problem('not-found', `there is no ${paths.dir}; "parse3d up" makes it`, { dir: paths.dir });
  }
  return {
    from: `the "parse3d up" of ${paths.dir}`,
    redisUrl: await embeddedRedisUrl(join(paths.redis, 'redis.conf')),
    storage: { kind: 'file', root: paths.storage, bucket: EMBEDDED_BUCKET },
    packFolders: packFolders(undefined, env),
    config,
    folders: { scratch: paths.scratch, storage: paths.storage, redis: paths.redis },
  };
}

/** Port and password as the last start wrote them; a port that nothing listens on when there was none. */
async function embeddedRedisUrl(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const setting = (name: string): string => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? '';
  return `redis://:${setting('requirepass')}@127.0.0.1:${setting('port') || '6379'}`;
}
