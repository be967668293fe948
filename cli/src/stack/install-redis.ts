import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Problem } from '@parse3d/contract/problems';
import { findRedisServer } from './redis.js';

const INSTALL = ['install', '-y', '--no-install-recommends', 'redis-server'];

/**
 * The redis-server of this machine. Where there is none, and we are root on Debian or Ubuntu, it is installed by apt
 * after saying so.
 * @throws Problem `dependency-missing` saying how to get it
 */
export async function requireRedisServer(say: (text: string) => void): Promise<string> {
  const found = findRedisServer(process.env);
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || !(await isDebianLike())) throw missing();

  say(`redis-server is not installed; running: apt-get ${INSTALL.join(' ')}`);
  // A machine that was just made has no package lists yet.
  const installed = (await aptGet(INSTALL)) || ((await aptGet(['update'])) && (await aptGet(INSTALL)));
  const path = findRedisServer(process.env);
  if (installed && path !== undefined) return path;
  throw new Problem(
    'dependency-missing',
    'redis-server is not installed, and apt-get could not install it; is this machine online? Its own words are above',
    { program: 'redis-server' },
  );
}

function missing(): Problem {
  const how: Partial<Record<NodeJS.Platform, string>> = {
    linux: 'sudo apt-get install redis-server (Debian, Ubuntu), or sudo dnf install redis (Fedora, RHEL)',
    darwin: 'brew install redis',
    win32: 'use WSL, and in it: sudo apt-get install redis-server',
  };
  return new Problem(
    'dependency-missing',
    `parse3d up needs redis-server (6.2 or newer) on the PATH; get it with: ${how[process.platform] ?? 'see https://redis.io'}`,
    { program: 'redis-server' },
  );
}

async function isDebianLike(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

/** True when it succeeded. Its output goes to stderr, so that stdout stays ours. */
function aptGet(args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('apt-get', args, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
