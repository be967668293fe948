import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { pause } from '@parse3d/async';

export interface RedisAccess {
  readonly port: number;
  readonly password: string;
  /** Holds the password: only for the environment of our own processes. */
  readonly url: string;
  readonly configFile: string;
}

/** Full path of redis-server, or undefined when none is on the path. */
export function findRedisServer(env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'redis-server')).find(isExecutable);
}

/**
 * Writes the configuration of a Redis that only this service uses: on this machine alone, with a new password at
 * every start, everything appended to a file, nothing ever evicted.
 */
export async function writeRedisConfig(folder: string, port: number): Promise<RedisAccess> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const password = randomBytes(32).toString('hex');
  const configFile = join(folder, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    `dir ${quoted(folder)}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
  ];
  // A command line would show the password to every user of the machine.
  await writeFile(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  await chmod(configFile, 0o600);
  return { port, password, url: `redis://:${password}@127.0.0.1:${port}`, configFile };
}

/** Resolves when Redis has read its file and answers. @throws the signal's reason when it aborts before */
export async function redisAnswers({ port, password }: RedisAccess, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await ping(port, password)) return;
    await pause(30);
  }
  signal.throwIfAborted();
}

function ping(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    let answer = '';
    socket.setTimeout(1_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('+PONG')) end(true);
      else if (answer.includes('-')) end(false);
    });
    socket.write(`AUTH ${password}\r\nPING\r\n`);
  });
}

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&')}"`;
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
