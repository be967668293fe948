import { relative } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { Interrupted, UsageError } from '../errors/kinds.js';
import { packFolders } from '../stack/pack-folders.js';
import { DEFAULT_DIR } from '../stack/paths.js';
import { startStack, type RunningStack } from '../stack/stack.js';
import { asCalled, calledByNpx } from '../terminal/as-called.js';
import type { Output } from '../terminal/output.js';
import { BucketName, InputPrefix } from '../options/storage.js';
import { collect, wholeNumber } from '../options/values.js';
import { action, examples } from './define.js';

const Options = z.object({
  dir: z.string(),
  port: wholeNumber(0, 65_535),
  slots: wholeNumber(1, 64),
  packs: z.string().optional(),
  s3: z.url('expected a URL such as http://127.0.0.1:9000').optional(),
  bucket: BucketName.optional(),
  allow: z.array(InputPrefix).default([]),
});
type Options = z.infer<typeof Options>;

export function upCommand(): Command {
  const command = new Command('up')
    .description('Runs the whole service on this machine: Redis, the api and a worker, with files in one folder.')
    .option('--dir <folder>', 'keeps everything: volumes, results, keys, Redis, logs', DEFAULT_DIR)
    .option('--port <port>', 'of the API, on 127.0.0.1; 0 is any free one', '8080')
    .option('--slots <count>', 'jobs computed at the same time', '1')
    .option('--packs <folders>', 'where packs lie, comma-separated (PARSE3D_PACKS, else those of parse3d)')
    .option(
      '--s3 <endpoint>',
      'keep volumes and results in an S3 store; credentials as AWS programs have them, or PARSE3D_S3_*',
    )
    .option('--bucket <bucket>', 'with --s3: for uploads, results and keys (PARSE3D_BUCKET); made where it is missing')
    .option('--allow <prefix>', 'volumes in storage that this machine’s key may read, such as s3://scans/', collect)
    .action(action(Options, ({ options, output }) => run(options, output)));
  return examples(
    command,
    ['Start it, and leave it running', 'parse3d up'],
    ['In another terminal, in the same folder', 'parse3d submit t1.nii.gz --prompt thalamus --watch'],
    ['Volumes and results in an S3 store', 'parse3d up --s3 http://127.0.0.1:9000 --bucket masks --allow s3://scans/'],
    ['Two of them side by side', 'parse3d up --dir /data/second --port 8081'],
    [
      'Volumes that lie there already: copy them to a bucket of the store',
      'cp *.nii.gz .parse3d/storage/scans/ && parse3d submit local://scans/t1.nii.gz --prompt thalamus',
    ],
  );
}

async function run(options: Options, output: Output): Promise<void> {
  if (options.bucket !== undefined && options.s3 === undefined) throw new UsageError('--bucket: only with --s3');
  await whileUp(
    {
      dir: options.dir,
      port: options.port,
      slots: options.slots,
      packFolders: packFolders(options.packs),
      allow: options.allow,
      ...(options.s3 === undefined ? {} : { s3: { endpoint: options.s3, bucket: options.bucket } }),
      say: (text) => output.hint(text),
      onChange: (text) => (output.json ? output.event({ event: 'changed', detail: text }) : output.note(text)),
    },
    output,
    async (stack, signal) => {
      announce(stack, output);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  );
  output.event({ event: 'stopped' });
}

const PARENT_EVERY_MS = 500;

/**
 * Starts the service, runs something with it, and stops it again whatever happens. A second request to end while it
 * stops ends everything at once.
 */
export async function whileUp(
  options: Omit<Parameters<typeof startStack>[0], 'signal'>,
  output: Output,
  run: (stack: RunningStack, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  let stack: RunningStack | undefined;
  const onSignal = (): void => {
    if (controller.signal.aborted) return stack?.kill();
    controller.abort(new Interrupted('stopped'));
  };
  const onParentGone = (): void => {
    clearInterval(watching);
    if (!controller.signal.aborted) onSignal();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  // npx runs a shell between itself and this process. Told to end, it ends the shell alone, which says nothing.
  const parent = process.ppid;
  const watching = calledByNpx()
    ? setInterval(() => process.ppid !== parent && onParentGone(), PARENT_EVERY_MS)
    : undefined;
  try {
    stack = await startStack({ ...options, signal: controller.signal });
    await run(stack, controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason;
    throw error;
  } finally {
    if (stack !== undefined) {
      output.hint(
        controller.signal.aborted ? 'stopping: running jobs may end first (once more stops at once)' : 'stopping',
      );
      await stack.stop();
    }
    clearInterval(watching);
    for (const signal of signals) process.removeListener(signal, onSignal);
  }
}

function announce(stack: RunningStack, output: Output): void {
  const { url, paths, credentials, keyIsNew, bucket } = stack;
  const docs = `${url}/docs`;
  output.event({
    event: 'up',
    url,
    docs,
    dir: paths.dir,
    credentials: paths.credentials,
    ...(keyIsNew ? { key: credentials.key } : {}),
    pids: stack.pids(),
  });
  const { bold, cyan, dim, green } = output.colours;
  const dir = relative(process.cwd(), paths.dir) || '.';
  const storage = bucket === undefined ? `${dir}/storage` : `s3://${bucket}/`;
  const key = keyIsNew
    ? `${bold(credentials.key)}\n          ${dim(`shown this once; kept for the commands of this machine in ${dir}/credentials.json`)}`
    : dim(`as before, in ${dir}/credentials.json`);
  // What follows # never leaves the browser; a log that gathers this output shall not have it either.
  const page = process.stdout.isTTY ? `${url}/#key=${credentials.key}` : url;
  output.say(`${green('●')} ${bold('parse3d is up')}  ${dim('(Ctrl-C stops it)')}

  Page    ${cyan(page)}${process.stdout.isTTY ? `\n          ${dim('this link signs in')}` : ''}
  API     ${cyan(url)}
  Docs    ${cyan(docs)}
  Key     ${key}
  Files   ${storage}  ${dim(`(logs in ${dir}/logs)`)}

Try it, in another terminal:
  ${cyan(asCalled('parse3d submit t1.nii.gz --prompt thalamus --watch'))}
  ${cyan(`curl -H "Authorization: Bearer $PARSE3D_API_KEY" ${url}/v1/packs`)}
`);
}
