import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@parse3d/contract/problems';
import type { Download, Job, Parse3d } from '@parse3d/client';
import type { OutputFolder } from '../local/output-folder.js';
import { pace } from '../terminal/format.js';
import type { ProgressLine } from '../terminal/progress.js';

export interface DownloadedFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A name from a server becomes a file name here only when it is one. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Brings every output of a completed job into the folder, each checked against the SHA-256 that the job names.
 * @throws Problem `output-mismatch` when a file is not what the job says
 */
export async function downloadOutputs(
  client: Parse3d,
  job: Job,
  folder: Pick<OutputFolder, 'path' | 'partial'>,
  line: Pick<ProgressLine, 'update'>,
  signal: AbortSignal,
): Promise<DownloadedFile[]> {
  const outputs = job.outputs ?? [];
  const total = outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  const startedAt = Date.now();
  let before = 0;
  const files: DownloadedFile[] = [];
  for (const output of outputs) {
    if (!PLAIN_NAME.test(output.name)) {
      throw new Problem(
        'output-mismatch',
        `the server names an output ${JSON.stringify(output.name)}, which is no file name`,
      );
    }
    const download = await client.jobs.output(job.id, output.name, { signal });
    const { bytes, sha256 } = await saveDownload(download, join(folder.partial, output.name), signal, (count) =>
      line.update((before + count) / Math.max(1, total), `download${pace(before + count, total, startedAt)}`),
    );
    if (sha256 !== output.sha256 || bytes !== output.bytes) {
      throw new Problem(
        'output-mismatch',
        `${output.name} came with ${bytes} bytes and SHA-256 ${sha256}, the job says ${output.bytes} and ${output.sha256}`,
        { name: output.name },
      );
    }
    before += bytes;
    files.push({ name: output.name, path: join(folder.path, output.name), bytes, sha256 });
  }
  return files;
}

/**
 * Brings one file to a path, under another name until it is whole.
 * @returns its size and SHA-256
 * @throws Problem `service-unavailable` when it breaks off, or the signal's reason
 */
export async function saveDownload(
  { body }: Download,
  path: string,
  signal: AbortSignal,
  onBytes: (count: number) => void = () => undefined,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes(bytes);
      done(null, chunk);
    },
  });
  try {
    await pipeline(body, meter, createWriteStream(`${path}.part`), { signal });
  } catch (error) {
    await rm(`${path}.part`, { force: true });
    if (signal.aborted) throw signal.reason;
    const name = basename(path);
    throw new Problem(
      'service-unavailable',
      `the download of ${name} broke off: ${String(error)}`,
      { name },
      { cause: error },
    );
  }
  await rename(`${path}.part`, path);
  return { bytes, sha256: hash.digest('hex') };
}
