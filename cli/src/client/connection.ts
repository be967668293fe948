import type { Command } from 'commander';
import { z } from 'zod';
import { Parse3d } from '@parse3d/client';
import { UsageError } from '../errors/kinds.js';
import { readCredentials } from '../stack/credentials.js';
import { DEFAULT_DIR, stackPaths } from '../stack/paths.js';

export const ConnectionOptions = z.object({
  url: z.string().optional(),
  key: z.string().optional(),
  dir: z.string().default(DEFAULT_DIR),
});
export type ConnectionOptions = z.infer<typeof ConnectionOptions>;

const DEFAULT_URL = 'http://127.0.0.1:8080';

/** Adds the options that say which server is meant. */
export function withConnection(command: Command): Command {
  return command
    .option('--url <url>', `server (PARSE3D_URL; else the one of --dir; else ${DEFAULT_URL})`)
    .option('--key <key>', 'API key (PARSE3D_API_KEY; else the one of --dir); other users see a command line')
    .option('--dir <folder>', 'folder of a "parse3d up" on this machine', DEFAULT_DIR);
}

/**
 * Server and key: what was typed, else the environment, else what `parse3d up` left in its folder. The key of a folder is
 * sent to that folder's server alone.
 */
async function resolveConnection(
  options: ConnectionOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ url: string; key: string | undefined }> {
  const local = await readCredentials(stackPaths(options.dir).credentials);
  const url = options.url ?? nonEmpty(env['PARSE3D_URL']) ?? local?.url ?? DEFAULT_URL;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError(`expected a URL such as ${DEFAULT_URL}, got ${url}`);
  }
  const sameServer = local !== undefined && new URL(local.url).origin === new URL(url).origin;
  return { url, key: options.key ?? nonEmpty(env['PARSE3D_API_KEY']) ?? (sameServer ? local.key : undefined) };
}

export async function withClient<T>(options: ConnectionOptions, run: (client: Parse3d) => Promise<T>): Promise<T> {
  return run(openClient(await resolveConnection(options)));
}

/** Somebody waits at the terminal: a server that is short of something is tried again for some seconds, not for minutes. */
export const openClient = (server: { url: string; key?: string | undefined }): Parse3d =>
  new Parse3d({ ...server, retries: 2, longestWaitMs: 5_000 });

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
