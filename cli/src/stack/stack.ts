import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from '@parse3d/contract/problems';
import { commonEnv, parseEnv, storageFromEnv } from '@parse3d/platform/config';
import { z } from 'zod';
import type { Credentials } from './credentials.js';
import { lockFolder } from './folder-lock.js';
import { requireRedisServer } from './install-redis.js';
import { ensureLocalKey } from './local-key.js';
import { EMBEDDED_BUCKET, stackPaths, type StackPaths } from './paths.js';
import { freePort, requireFreePort } from './ports.js';
import { signalProcess } from './processes.js';
import { redisAnswers, writeRedisConfig } from './redis.js';
import { saysOverIpc, SupervisedProgram, type ProgramOptions } from './supervised.js';

export interface StackOptions {
  readonly dir: string;
  /** Of the API; 0 is any free one. */
  readonly port: number;
  /** Jobs computed at the same time. */
  readonly slots: number;
  readonly packFolders: readonly string[];
  /** Prefixes of volumes in storage that this machine’s key may read, besides those of the embedded store. */
  readonly allow?: readonly string[];
  /** Store for volumes and results in place of the folder; the bucket is that of PARSE3D_BUCKET where none is named. */
  readonly s3?: { readonly endpoint: string; readonly bucket: string | undefined };
  /** Told how the start goes. */
  readonly say: (text: string) => void;
  /** Told what happens later: a part ended and was started again. */
  readonly onChange: (text: string) => void;
  /** Aborting ends the start; a stack that runs is ended by `stop`. */
  readonly signal: AbortSignal;
}

export interface RunningStack {
  readonly url: string;
  readonly paths: StackPaths;
  readonly credentials: Credentials;
  /** Bucket of volumes and results, where they lie in an S3 store. */
  readonly bucket: string | undefined;
  /** True when the key was made by this start: show it, nobody has seen it. */
  readonly keyIsNew: boolean;
  /** Process ids by name. */
  pids(): Record<string, number>;
  /** Lets running jobs end within the worker's drain time, then stops everything. */
  stop(): Promise<void>;
  /** Ends every process at once; `stop` still has to be awaited. */
  kill(): void;
}

// Longer than the drain times of the api and the worker themselves.
const WORKER_STOP_MS = 45_000;
const API_STOP_MS = 15_000;
const REDIS_STOP_MS = 15_000;

/**
 * Starts Redis, the api and a worker in one folder and keeps them running.
 * @throws Problem `state-conflict` when they run there already, `dependency-missing` without Redis,
 *   `config-invalid` when the port is taken, `service-unavailable` when a part does not start
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const { say, onChange } = options;
  const paths = stackPaths(options.dir);
  await mkdir(paths.dir, { recursive: true });
  const lock = await lockFolder(paths.state, say);
  const programs: SupervisedProgram[] = [];
  let url: string | undefined;
  const record = (): void => {
    const processes = programs.flatMap(({ identity }) => (identity === undefined ? [] : [identity]));
    lock
      .record(processes, url)
      .catch((error: unknown) => onChange(`${paths.state} cannot be written: ${String(error)}`));
  };
  // Should this process end by an error of its own, nothing stays behind either.
  const onExit = (): void => {
    for (const { identity } of programs) if (identity !== undefined) signalProcess(identity.pid, 'SIGTERM');
  };
  process.once('exit', onExit);
  const stop = async (): Promise<void> => {
    // The last started first: the worker hands back what it holds while Redis still runs.
    for (const program of [...programs].reverse()) await program.stop();
    process.removeListener('exit', onExit);
    await lock.release();
  };
  const abandon = (): void => programs.forEach((program) => program.kill());
  options.signal.addEventListener('abort', abandon, { once: true });
  const run = async (program: Omit<ProgramOptions, 'logFile' | 'onChange' | 'onProcess'>): Promise<void> => {
    options.signal.throwIfAborted();
    const logFile = join(paths.logs, `${program.name}.log`);
    await writeFile(logFile, '', { mode: 0o600 });
    const supervised = new SupervisedProgram({ ...program, logFile, onChange, onProcess: record });
    programs.push(supervised);
    await supervised.start();
  };

  try {
    const redisServer = await requireRedisServer(say);
    const apiPort = await requireFreePort(options.port);
    for (const folder of [paths.storage, paths.scratch, paths.logs]) await mkdir(folder, { recursive: true });
    // Volumes and results of people lie there.
    for (const folder of [paths.storage, paths.scratch, paths.logs]) await chmod(folder, 0o700);
    const storageEnv = storageEnvOf(options, paths);
    const storage = storageFromEnv(
      parseEnv(commonEnv, { ...process.env, ...storageEnv, PARSE3D_REDIS_URL: 'redis://none' }),
    );

    say('starting Redis');
    const redis = await writeRedisConfig(paths.redis, await freePort());
    const redisProgram = { name: 'redis', file: redisServer, args: [redis.configFile], env: process.env };
    await run({
      ...redisProgram,
      ready: (_child, signal) => redisAnswers(redis, signal),
      answers: (signal) => redisAnswers(redis, signal),
      stopGraceMs: REDIS_STOP_MS,
    });

    const env = { ...serviceEnv(options, paths, redis.url, apiPort), ...storageEnv };
    say('starting the api');
    await run({
      ...nodeProgram('api', '@parse3d/api/main', env),
      stopGraceMs: API_STOP_MS,
      ready: async (child) => {
        url = await saysOverIpc(child, (message) => ApiListens.safeParse(message).data?.url);
      },
      answers: (signal) => answersOk(`${url}/healthz`, signal),
    });
    say('starting the worker');
    let workerPort = 0;
    await run({
      ...nodeProgram('worker', '@parse3d/worker/main', env),
      stopGraceMs: WORKER_STOP_MS,
      ready: async (child) => {
        workerPort = await saysOverIpc(child, (message) => WorkerReady.safeParse(message).data?.metricsPort);
      },
      answers: (signal) => answersOk(`http://127.0.0.1:${workerPort}/healthz`, signal),
    });

    const at = url ?? `http://127.0.0.1:${apiPort}`;
    const { credentials, isNew } = await ensureLocalKey(paths, storage, at, [
      ...(options.s3 === undefined ? ['local://'] : []),
      ...(options.allow ?? []),
    ]);
    record();
    return {
      url: at,
      paths,
      credentials,
      bucket: storage.kind === 's3' ? storage.bucket : undefined,
      keyIsNew: isNew,
      pids: () =>
        Object.fromEntries(programs.flatMap(({ identity: of }) => (of === undefined ? [] : [[of.name, of.pid]]))),
      stop,
      kill: abandon,
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', abandon);
  }
}

const ApiListens = z.object({ type: z.literal('listening'), url: z.url() });
const WorkerReady = z.object({ type: z.literal('ready'), metricsPort: z.int() });

/** @throws when the address does not answer, or answers with an error */
async function answersOk(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}

/** The service's program, wherever its package is installed. */
function nodeProgram(
  name: string,
  specifier: string,
  env: NodeJS.ProcessEnv,
): Pick<ProgramOptions, 'name' | 'file' | 'args' | 'env'> {
  return { name, file: process.execPath, args: [fileURLToPath(import.meta.resolve(specifier))], env };
}

/** Where api and worker keep things. */
function storageEnvOf({ s3 }: StackOptions, paths: StackPaths): Record<string, string> {
  if (s3 === undefined) {
    return { PARSE3D_STORAGE: 'file', PARSE3D_STORAGE_ROOT: paths.storage, PARSE3D_BUCKET: EMBEDDED_BUCKET };
  }
  const { PARSE3D_BUCKET: named, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env;
  const bucket = s3.bucket ?? named;
  if (bucket === undefined) throw new Problem('config-invalid', '--s3: expected --bucket <bucket>, or PARSE3D_BUCKET');
  return {
    PARSE3D_STORAGE: 's3',
    PARSE3D_S3_ENDPOINT: s3.endpoint,
    PARSE3D_BUCKET: bucket,
    ...(id !== undefined && process.env['PARSE3D_S3_ACCESS_KEY_ID'] === undefined
      ? { PARSE3D_S3_ACCESS_KEY_ID: id, PARSE3D_S3_SECRET_ACCESS_KEY: secret ?? '' }
      : {}),
  };
}

/** The environment of api and worker: what this machine sets, and over it what makes them one embedded service. */
function serviceEnv(
  { slots, packFolders }: StackOptions,
  paths: StackPaths,
  redisUrl: string,
  apiPort: number,
): NodeJS.ProcessEnv {
  const threads = Math.max(1, Math.floor(availableParallelism() / slots));
  return {
    PARSE3D_THREADS: String(threads),
    ...process.env,
    PARSE3D_REDIS_URL: redisUrl,
    PARSE3D_REDIS_PREFIX: 'parse3d',
    PARSE3D_PACKS: packFolders.join(','),
    PARSE3D_API_HOST: '127.0.0.1',
    PARSE3D_API_PORT: String(apiPort),
    PARSE3D_PUBLIC_URL: '',
    PARSE3D_METRICS_PORT: '0',
    PARSE3D_WORKER_SLOTS: String(slots),
    PARSE3D_WORKER_HOST: '127.0.0.1',
    PARSE3D_WORKER_METRICS_PORT: '0',
    PARSE3D_SCRATCH: paths.scratch,
  };
}
