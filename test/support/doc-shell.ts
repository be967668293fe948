import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNifti, writeNifti } from '@parse3d/volume/formats';
import { makeGeometry } from '@parse3d/volume/geometry';
import { eventually, scratchFolder, track } from '@parse3d/testing';
import { z } from 'zod';
import { repository, type DocBlock } from './doc-blocks.js';

const Up = z.object({ event: z.literal('up'), url: z.url(), key: z.string() });

/** Addresses that the pages name; a test's service has another port. */
const PAGES_URLS = ['http://127.0.0.1:8080', 'https://parse3d.example.org'];
/** The head that the pages copy takes long: its way through the model is shortened, not the commands. */
const PAGES_HEAD = 'node_modules/nifti-reader-js-samples/tests/data/avg152T1_LR_nifti.nii.gz';
const SLICES = 4;

/** A shell in a folder that looks like a clone. */
export interface DocShell {
  readonly folder: string;
  /**
   * Runs a block as somebody would type it; variables stay for the next one. Only addresses of the service and the head
   * that is segmented are others. @throws Error with what it printed, when it fails
   */
  run(block: DocBlock): Promise<string>;
  write(block: DocBlock): Promise<void>;
  stop(): Promise<void>;
}

interface Service {
  readonly url: string;
  readonly key: string;
  /** Settings of the shell that speaks with it. */
  readonly env?: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** With the service of `parse3d up` running in the folder. */
export function openDocShell(): Promise<DocShell> {
  return openShell(startUp);
}

/** @param start starts the service that the shell speaks with, or tells of one that runs */
export async function openShell(start: (folder: string) => Promise<Service>): Promise<DocShell> {
  const scratch = await scratchFolder('docs');
  const folder = scratch.path;
  for (const name of await readdir(repository)) {
    if (name !== '.parse3d' && name !== '.git') await symlink(join(repository, name), join(folder, name));
  }
  await writeSmallHead(join(folder, 'small-head.nii.gz'));
  const service = await start(folder);
  const state = join(folder, 'shell-state');
  await writeFile(state, '');
  // A refusal is a failure: curl says so only when asked.
  await writeFile(join(folder, '.curlrc'), 'fail\n');

  return {
    folder,
    async run({ text }) {
      const addressed = PAGES_URLS.reduce((script, url) => script.replaceAll(url, service.url), text);
      const script = addressed.replaceAll(PAGES_HEAD, 'small-head.nii.gz');
      // Variables of a block are those of the next, as in one terminal.
      const whole = `set -eao pipefail; . "$STATE"; ${script}\nexport -p > "$STATE"`;
      const shell = spawn('bash', ['-c', whole], {
        cwd: folder,
        env: { ...cleanEnv(), ...service.env, CURL_HOME: folder, STATE: state, KEY: service.key },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [shell.stdout, shell.stderr]) {
        stream.setEncoding('utf8').on('data', (part: string) => (output += part));
      }
      const [code] = await once(shell, 'close');
      if (code !== 0) throw new Error(`exit code ${code} of\n${script}\n${output}`);
      return output;
    },
    write: ({ file, text }) => writeFile(join(folder, file ?? ''), text),
    async stop() {
      await service.stop();
      await scratch.remove();
    },
  };
}

async function startUp(folder: string): Promise<Service> {
  const up = spawn('parse3d', ['up', '--port', '0', '--json'], { cwd: folder, env: cleanEnv(), stdio: 'pipe' });
  const untrack = track('parse3d up of the documents', () => void up.kill('SIGTERM'));
  let stdout = '';
  let stderr = '';
  up.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  up.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(up, 'close');
  const line = await eventually(() => stdout.includes('\n') && stdout.split('\n')[0], {
    timeoutMs: 60_000,
    what: `parse3d up to be up, which says: ${stderr}`,
  });
  const { url, key } = Up.parse(JSON.parse(line));
  return {
    url,
    key,
    async stop() {
      up.kill('SIGTERM');
      await ended;
      untrack();
    },
  };
}

/** No setting of this machine; programs of the clone on the path. */
function cleanEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(PARSE3D_|NO_COLOR|FORCE_COLOR|VITEST|NODE_)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: `${join(repository, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    PARSE3D_WORKER_DRAIN: '1s',
  };
}

/** A slab of the head that comes with the starter pack. */
async function writeSmallHead(path: string): Promise<void> {
  const { data, geometry } = await readNifti(join(repository, 'packs/starter-brain-mr/golden.nii.gz'));
  const [ni, nj, nk] = geometry.shape;
  const first = Math.floor((nk - SLICES) / 2);
  const slab = Float32Array.from(data.subarray(ni * nj * first, ni * nj * (first + SLICES)));
  await writeNifti(
    path,
    { geometry: makeGeometry([ni, nj, SLICES], geometry.affine), datatype: 'float32', gzipLevel: 1 },
    slab,
  );
}
