import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeNifti, type NiftiImage, type NiftiWriteSpec } from '@parse3d/volume/formats';
import type { VoxelArray } from '@parse3d/volume/geometry';
import { Problem } from '@parse3d/contract/problems';
import type { LocalOutput } from '../types.js';

/** Writes a volume on the input's grid, with the input's space and nothing else of its header. */
export async function writeVolume(
  folder: string,
  name: string,
  data: VoxelArray | Iterable<VoxelArray>,
  image: NiftiImage,
  form: Pick<NiftiWriteSpec, 'datatype' | 'intent' | 'scaling' | 'calMax'>,
): Promise<LocalOutput> {
  const path = join(folder, name);
  const spec = { geometry: image.geometry, space: image.header.space, ...form };
  const written = await writeNifti(path, spec, data);
  return { name, path, ...written, contentType: 'application/gzip' };
}

export async function writeBytes(
  folder: string,
  name: string,
  content: string | Uint8Array,
  contentType: string,
): Promise<LocalOutput> {
  const path = join(folder, name);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    await writeFile(path, bytes);
  } catch (error) {
    throw Problem.from(error);
  }
  return { name, path, bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex'), contentType };
}

/** Characters of a table that are written together. */
const BLOCK = 2 ** 18;

/** Writes a table as its rows are made: it may have millions. */
export async function writeRows(folder: string, name: string, rows: Iterable<string>): Promise<LocalOutput> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  let bytes = 0;
  const blocks = function* (): Generator<Buffer> {
    for (const text of inBlocks(rows)) {
      const block = Buffer.from(text);
      hash.update(block);
      bytes += block.length;
      yield block;
    }
  };
  try {
    await pipeline(Readable.from(blocks()), createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw Problem.from(error);
  }
  return { name, path, bytes, sha256: hash.digest('hex'), contentType: 'text/csv; charset=utf-8' };
}

function* inBlocks(rows: Iterable<string>): Generator<string> {
  let block = '';
  for (const row of rows) {
    block += row;
    if (block.length < BLOCK) continue;
    yield block;
    block = '';
  }
  yield block;
}
