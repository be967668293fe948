import { join, relative } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { Problem } from '@parse3d/contract/problems';
import { Command } from 'commander';
import { z } from 'zod';
import { openClient } from '../client/connection.js';
import { chooseSample } from '../demo/sample.js';
import { followJob } from '../jobs/follow.js';
import { uploadVolume } from '../jobs/upload.js';
import { packFolders } from '../stack/pack-folders.js';
import { DEFAULT_DIR } from '../stack/paths.js';
import type { RunningStack } from '../stack/stack.js';
import { findingsTable, notice } from '../terminal/findings.js';
import { formatSeconds } from '../terminal/format.js';
import { progressBoard } from '../terminal/progress.js';
import { asCalled } from '../terminal/as-called.js';
import type { Output } from '../terminal/output.js';
import { action, examples } from './define.js';
import { fetchResults, type FetchedResults } from './results.js';
import { whileUp } from './up.js';

const Options = z.object({ dir: z.string(), packs: z.string().optional() });
type Options = z.infer<typeof Options>;

export function demoCommand(): Command {
  const command = new Command('demo')
    .description('Shows the whole way: starts the service, segments a volume through it, and stops it again.')
    .option('--dir <folder>', 'keeps the service’s files and the results', join(DEFAULT_DIR, 'demo'))
    .option('--packs <folders>', 'where packs lie, comma-separated (PARSE3D_PACKS, else those of parse3d)')
    .action(action(Options, ({ options, output }) => run(options, output)));
  return examples(command, ['About a quarter of a minute', 'parse3d demo']);
}

async function run(options: Options, output: Output): Promise<void> {
  const startedAt = Date.now();
  const say = (text: string): void => output.hint(text);
  let results: FetchedResults | undefined;
  await whileUp(
    {
      dir: options.dir,
      port: 0,
      slots: 1,
      packFolders: packFolders(options.packs),
      say,
      onChange: (text) => output.note(text),
    },
    output,
    async (stack, signal) => {
      say(`parse3d is up at ${stack.url} (API page: ${stack.url}/docs)`);
      results = await segmentSample(stack, join(options.dir, 'results'), output, signal);
    },
  );
  if (results === undefined) throw new Problem('internal', 'the demonstration brought no results');
  summarise(results, options, (Date.now() - startedAt) / 1000, output);
}

async function segmentSample(
  stack: RunningStack,
  out: string,
  output: Output,
  signal: AbortSignal,
): Promise<FetchedResults> {
  const client = openClient(stack.credentials);
  const board = progressBoard(output);
  try {
    const pack = (await client.packs()).find((candidate) => candidate.default);
    if (pack === undefined) throw new Problem('pack-unknown', 'the server has no default pack');
    const folder = join(stack.paths.dir, 'sample');
    await mkdir(folder, { recursive: true });
    const sample = await chooseSample(pack, folder, (text) => output.hint(text));
    output.hint(`segmenting ${sample.description} with ${pack.id}: ${sample.prompts.join(', ')}`);

    const line = board.line('demo');
    const { uri } = await uploadVolume(client, sample.path, line, signal);
    const job = await client.jobs.submit({ input: { uri }, prompts: [...sample.prompts], pack: pack.id }, { signal });
    await followJob(client, job, line, output, signal);
    board.close();
    return await fetchResults(client, job.id, out, true, output, signal);
  } finally {
    board.close();
  }
}

function summarise(
  { folder, manifest, files }: FetchedResults,
  options: Options,
  seconds: number,
  output: Output,
): void {
  const where = (name: string): string | undefined => files.find((file) => file.name === name)?.path;
  const paths = {
    labels: where('labels.nii.gz'),
    manifest: join(folder, 'manifest.json'),
    preview: where('preview.png'),
  };
  output.event({ event: 'done', ...paths, findings: manifest.findings, seconds });
  const { bold, dim, green } = output.colours;
  const shown = (path: string | undefined): string => (path === undefined ? 'none' : relative(process.cwd(), path));
  output.say();
  output.say(findingsTable(manifest.findings, output));
  output.say(`
${green('●')} ${bold('done')} ${dim(`in ${formatSeconds(seconds)}; everything is stopped again`)}

  Label map   ${bold(shown(paths.labels))}
  Manifest    ${bold(shown(paths.manifest))}
  Preview     ${bold(shown(paths.preview))}

Next: ${bold(asCalled('parse3d up'))} ${dim(`keeps the service running (this one used ${options.dir})`)}`);
  notice(output, manifest.model.demonstration);
}
