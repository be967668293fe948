import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { ReadableStream } from 'node:stream/web';
import type { Parse3d, UploadedVolume } from '@parse3d/client';
import { Problem } from '@parse3d/contract/problems';
import { pace } from '../terminal/format.js';
import type { ProgressLine } from '../terminal/progress.js';
import { packSeries } from './pack-series.js';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Sends a file of this machine to the server, or a folder with a DICOM series as a zip file.
 * @param note is called with what lies in the folder and was not sent
 * @throws Problem `not-found`, `dicom-no-images`; ProblemError of the server
 */
export async function uploadVolume(
  client: Parse3d,
  path: string,
  line: ProgressLine,
  signal: AbortSignal,
  note?: (sentence: string) => void,
): Promise<UploadedVolume> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() !== true) return uploadFile(client, path, line, signal);
  const series = await packSeries(path);
  try {
    for (const sentence of series.leftOut) note?.(sentence);
    return await uploadFile(client, series.path, line, signal);
  } finally {
    await series.remove();
  }
}

async function uploadFile(
  client: Parse3d,
  path: string,
  line: ProgressLine,
  signal: AbortSignal,
): Promise<UploadedVolume> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() !== true) throw new Problem('not-found', `there is no file ${path}`, { path });
  const startedAt = Date.now();
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    return await client.upload(ReadableStream.from<Uint8Array>(file), {
      contentType: (await isGzip(path)) ? 'application/gzip' : 'application/octet-stream',
      bytes: info.size,
      onProgress: (sent) => line.update(sent / Math.max(1, info.size), `upload${pace(sent, info.size, startedAt)}`),
      signal,
    });
  } finally {
    file.destroy();
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
