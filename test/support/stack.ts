import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { ApiKeys, scopes, type Scope } from '@parse3d/platform/access';
import { commonEnv, parseEnv, storageFromEnv } from '@parse3d/platform/config';
import { createBucketIfMissing, openStores, type Stores } from '@parse3d/storage';
import { scratchFolder, startRedis, track, type TestRedis } from '@parse3d/testing';
import { z } from 'zod';
import { Api } from './api.js';

const repository = resolve(import.meta.dirname, '../..');

export interface StackOptions {
  /** Environment of both services, on top of what a test needs. */
  readonly env?: Record<string, string>;
  /** Workers to start. @default 1 */
  readonly workers?: number;
  /** Further folders with packs, besides the repository's own. */
  readonly packs?: readonly string[];
  /** Keep Redis' data over restarts. @default false */
  readonly appendOnly?: boolean;
}

/** A service of ours as a process of its own. */
export interface Service {
  readonly pid: number;
  readonly process: ChildProcess;
  /** What it said when it was ready. */
  readonly hello: Record<string, unknown>;
  /** SIGTERM, and waits for the end. Returns the exit code. */
  stop(): Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** Real Redis, a real store, the api and workers as processes, on free ports. */
export interface Stack {
  readonly redis: TestRedis;
  readonly stores: Stores;
  readonly api: Api;
  readonly apiService: Service;
  readonly workers: readonly Service[];
  readonly env: Record<string, string>;
  /** The scratch folder of the workers. */
  readonly scratch: string;
  readonly startWorker: (env?: Record<string, string>) => Promise<Service>;
  /** A further api process, on a port of its own. */
  startApi(env?: Record<string, string>): Promise<{ readonly service: Service; readonly url: string }>;
  /** An API client with a key of its own. */
  readonly client: (grant?: { tenant?: string; scopes?: Scope[]; inputs?: string[] }) => Promise<Api>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const folder = await scratchFolder('stack');
  const redis = await startRedis({ appendOnly: options.appendOnly });
  const scratch = join(folder.path, 'scratch');
  const env: Record<string, string> = {
    PARSE3D_REDIS_URL: redis.url,
    PARSE3D_STORAGE_ROOT: join(folder.path, 'storage'),
    PARSE3D_PACKS: [join(repository, 'packs'), ...(options.packs ?? [])].join(','),
    PARSE3D_API_PORT: '0',
    PARSE3D_METRICS_PORT: '0',
    PARSE3D_WORKER_METRICS_PORT: '0',
    PARSE3D_SCRATCH: scratch,
    // Its answer for every voxel of the phantom is known.
    PARSE3D_DEFAULT_PACK: 'ct-tissue',
    PARSE3D_THREADS: '1',
    PARSE3D_LOG_LEVEL: 'info',
    ...options.env,
  };
  const storage = storageFromEnv(parseEnv(commonEnv, env));
  await createBucketIfMissing(storage);
  const stores = openStores(storage);
  const running = new Set<Service>();
  const launch = async (path: string, extra: Record<string, string> = {}): Promise<Service> => {
    const service = await startService(path, { ...env, ...extra }, join(folder.path, 'services.log'));
    running.add(service);
    return service;
  };
  const apiService = await launch('services/api/dist/main.js');
  const url = String(apiService.hello['url']);
  const keys = new ApiKeys(stores.primary);
  const client: Stack['client'] = async (grant = {}) => {
    const { key } = await keys.create({
      name: 'test',
      tenant: grant.tenant ?? 'default',
      scopes: grant.scopes ?? [...scopes],
      inputs: grant.inputs ?? [],
    });
    return new Api(url, key);
  };
  const startApi: Stack['startApi'] = async (extra) => {
    const service = await launch('services/api/dist/main.js', extra);
    return { service, url: String(service.hello['url']) };
  };
  const workers: Service[] = [];
  const startWorker: Stack['startWorker'] = async (extra) => {
    const worker = await launch('services/worker/dist/main.js', extra);
    workers.push(worker);
    return worker;
  };
  for (let index = 0; index < (options.workers ?? 1); index++) await startWorker();
  return {
    redis,
    stores,
    api: await client(),
    apiService,
    workers,
    env,
    scratch,
    startWorker,
    startApi,
    client,
    async stop() {
      // Whatever a test left stopped must hear the signal.
      for (const service of running) service.kill('SIGCONT');
      await Promise.all([...running].map((service) => service.stop()));
      await stores.close();
      await redis.stop();
      await folder.remove();
    },
  };
}

async function startService(path: string, env: Record<string, string>, log: string): Promise<Service> {
  const child = fork(join(repository, path), [], {
    cwd: repository,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = createWriteStream(log, { flags: 'a' });
  child.stdout?.pipe(output);
  child.stderr?.pipe(output);
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-4_000);
      if (process.env['PARSE3D_TEST_LOG'] === '1') process.stderr.write(chunk);
    });
  }
  const untrack = track(path, () => void child.kill('SIGKILL'));
  child.once('exit', untrack);
  const hello = await new Promise<Record<string, unknown>>((resolve, reject) => {
    child.once('message', (message) => resolve(z.record(z.string(), z.unknown()).parse(message)));
    child.once('exit', (code, signal) => reject(new Error(`${path} ended (${signal ?? code}):\n${tail}`)));
  });
  return {
    pid: child.pid ?? 0,
    process: child,
    hello,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
      return child.exitCode;
    },
    kill: (signal) => void child.kill(signal),
  };
}
