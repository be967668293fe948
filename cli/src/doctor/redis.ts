import { EventEmitter } from 'node:events';
import { connectRedis, redisKeys, Workers, type Redis } from '@parse3d/control';
import { fail, ok, skip, warn, type Check } from './check.js';
import type { Target } from './target.js';

const PART = 'redis';
const ANSWER_WITHIN_MS = 5_000;
/** What BullMQ's scripts need. */
const OLDEST = [6, 2] as const;
/** Above this share of its memory the api accepts nothing. */
const FULL_SHARE = 0.7;

/** Redis answers, is new enough, keeps what it is given, and may be written to. */
export async function checkRedis({ redisUrl, config }: Target): Promise<Check[]> {
  const heard = new EventEmitter();
  const redis = connectRedis(redisUrl, 'request', (error) => heard.emit('refused', error));
  redis.once('ready', () => heard.emit('ready'));
  try {
    await firstOf(heard);
    return [...(await inspect(redis)), ...(await checkWorkers(redis, config.PARSE3D_REDIS_PREFIX))];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [fail(PART, `${withoutPassword(redisUrl)}: ${message}`, mendFor(message))];
  } finally {
    redis.disconnect();
  }
}

/** One that refuses is not waited for: asking it again would tell no more. */
function firstOf(heard: EventEmitter): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS);
    heard.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
    heard.once('refused', (error: unknown) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** What running workers say of their own surroundings. */
async function checkWorkers(redis: Redis, prefix: string): Promise<Check[]> {
  const workers = await new Workers(redis, redisKeys(prefix)).live();
  return workers.flatMap(({ id, troubles }) =>
    troubles.map(({ part, code, detail, since }) => ({
      ...fail('workers', `${id}: ${part} since ${since}: ${detail}`, MENDS[part.split(':')[0] ?? ''] ?? 'see its log'),
      code,
    })),
  );
}

const MENDS: Readonly<Record<string, string>> = {
  disk: 'make room on the disk of PARSE3D_SCRATCH; the worker goes on by itself',
  machine: 'give the machine more memory, processes or open files; the worker goes on by itself',
  storage: 'bring the store back, or make room in it; the worker goes on by itself',
  pack: 'bring the files of the pack back; the worker goes on by itself',
};

async function inspect(redis: Redis): Promise<Check[]> {
  const info = await redis.info().catch(() => undefined);
  // Some hosted servers refuse INFO.
  if (info === undefined) return [ok(PART, 'answers'), skip(PART, 'it does not tell its settings (INFO is refused)')];
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  return [
    checkVersion(field('redis_version')),
    checkPolicy(field('maxmemory_policy')),
    checkPersistence(field),
    checkRoom(Number(field('used_memory')), Number(field('maxmemory'))),
    ...(field('role') === 'slave'
      ? [fail(PART, 'this is a read-only replica', 'point PARSE3D_REDIS_URL at the primary')]
      : []),
  ];
}

function checkVersion(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const newEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  const oldest = OLDEST.join('.');
  return newEnough
    ? ok(PART, `answers, version ${version}`)
    : fail(PART, `version ${version}, ${oldest} or newer is needed`, `update Redis to ${oldest} or newer`);
}

function checkPolicy(policy: string): Check {
  return policy === 'noeviction' || policy === ''
    ? ok(PART, 'evicts nothing (maxmemory-policy noeviction)')
    : fail(
        PART,
        `evicts keys when memory is short (maxmemory-policy ${policy}): live jobs would be lost`,
        'set "maxmemory-policy noeviction" in redis.conf, or: redis-cli config set maxmemory-policy noeviction',
      );
}

function checkPersistence(field: (name: string) => string): Check {
  if (field('aof_enabled') !== '1') {
    return warn(
      PART,
      'keeps no append-only file: after a restart everything is rebuilt from storage, which takes longer',
      'set "appendonly yes" in redis.conf, or: redis-cli config set appendonly yes',
    );
  }
  if (field('aof_last_write_status') === 'err' || field('rdb_last_bgsave_status') === 'err') {
    return fail(
      PART,
      'cannot write its data to disk',
      'look at its log: mostly its disk is full or its folder is not its own',
    );
  }
  return ok(PART, 'keeps its data on disk (appendonly yes)');
}

function checkRoom(used: number, most: number): Check {
  if (most === 0) return ok(PART, `uses ${mib(used)}, without a limit`);
  const share = used / most;
  const detail = `uses ${mib(used)} of ${mib(most)}`;
  return share < FULL_SHARE
    ? ok(PART, detail)
    : fail(PART, `${detail}: above ${FULL_SHARE * 100} % the api accepts nothing`, 'raise maxmemory in redis.conf');
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function mendFor(message: string): string {
  if (/WRONGPASS|NOAUTH|invalid password/i.test(message)) return 'put its password into PARSE3D_REDIS_URL';
  return 'start it ("parse3d up" brings its own; else: redis-server), or let PARSE3D_REDIS_URL name the one that runs';
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.toString();
}
