import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { Parse3dClient, VolumeAnswer } from '../client/index.js';
import { pace } from '../terminal/format.js';
import type { ProgressLine } from '../terminal/progress.js';
import { packSeries } from './pack-series.js';

/**
 * Sends a file of this machine to the server, or a folder with a DICOM series as a zip file.
 * @param note is told what lies in the folder and was not sent
 * @throws Problem `not-found`, `dicom-no-images`, or the server's
 */
export async function uploadVolume(
  client: Parse3dClient,
  path: string,
  line: ProgressLine,
  signal: AbortSignal,
  note?: (sentence: string) => void,
): Promise<VolumeAnswer> {
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
  client: Parse3dClient,
  path: string,
  line: ProgressLine,
  signal: AbortSignal,
): Promise<VolumeAnswer> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() !== true) throw new Problem('not-found', `there is no file ${path}`, { path });
  const startedAt = Date.now();
  let sent = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      line.update(sent / Math.max(1, info.size), `upload${pace(sent, info.size, startedAt)}`);
      done(null, chunk);
    },
  });
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  file.on('error', (error) => meter.destroy(error));
  try {
    return await client.uploadVolume(file.pipe(meter), info.size, { gzip: await isGzip(path), signal });
  } catch (error) {
    if (signal.aborted || !isProblem(error, 'service-unavailable')) throw error;
    // A server that refuses closes the connection while we still send, and its answer can be lost: ask without a file.
    await client.mayUpload({ signal });
    throw error;
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
