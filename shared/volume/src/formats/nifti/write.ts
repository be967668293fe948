import { createHash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { PassThrough, Transform, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { voxelCount, type VoxelArray } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import { encodeVoxels } from './encode.js';
import type { NiftiWriter, NiftiWriteSpec, WrittenNifti } from './types.js';
import { buildNiftiHeader } from './write-header.js';

const DEFAULT_GZIP_LEVEL = 4;

/**
 * Writes a volume to `.nii.gz` or `.nii`, as the name ends, from one array or from pieces in memory order (i fastest).
 * Equal input gives equal bytes. A file that cannot be finished is removed.
 * @throws Problem `internal` when the voxels do not match the spec, or the file cannot be written
 */
export async function writeNifti(
  path: string,
  spec: NiftiWriteSpec,
  voxels: VoxelArray | Iterable<VoxelArray> | AsyncIterable<VoxelArray>,
): Promise<WrittenNifti> {
  const writer = await openNiftiWriter(path, spec);
  try {
    if (isVoxelArray(voxels)) await writer.write(voxels);
    else for await (const piece of voxels) await writer.write(piece);
    return await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** A writer for volumes that come slice by slice: memory stays at a few megabytes whatever the size of the volume. */
export async function openNiftiWriter(path: string, spec: NiftiWriteSpec): Promise<NiftiWriter> {
  const writer = new FileWriter(path, spec);
  try {
    await writer.begin();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return writer;
}

class FileWriter implements NiftiWriter {
  readonly #path: string;
  readonly #spec: NiftiWriteSpec;
  readonly #expected: number;
  readonly #head: Duplex;
  readonly #hash = createHash('sha256');
  readonly #file: WriteStream;
  readonly #finished: Promise<void>;
  #bytes = 0;
  #voxels = 0;
  #result: WrittenNifti | undefined;

  constructor(path: string, spec: NiftiWriteSpec) {
    this.#path = path;
    this.#spec = spec;
    this.#expected = voxelCount(spec.geometry.shape);
    this.#head = headFor(path, spec);
    const tap = new Transform({
      transform: (chunk: Buffer, _encoding, done): void => {
        this.#hash.update(chunk);
        this.#bytes += chunk.length;
        done(null, chunk);
      },
    });
    this.#file = createWriteStream(path);
    this.#finished = pipeline(this.#head, tap, this.#file);
    // `write` and `close` report a failure; until they are called it must not end the process.
    this.#finished.catch(() => undefined);
  }

  async begin(): Promise<void> {
    await this.#push(Buffer.from(buildNiftiHeader(this.#spec)));
  }

  async write(voxels: VoxelArray): Promise<void> {
    if (this.#voxels + voxels.length > this.#expected) {
      throw new Problem('internal', `expected ${this.#expected} voxels, got at least ${this.#voxels + voxels.length}`);
    }
    this.#voxels += voxels.length;
    for (const bytes of encodeVoxels(voxels, this.#spec)) await this.#push(bytes);
  }

  async close(): Promise<WrittenNifti> {
    if (this.#result !== undefined) return this.#result;
    if (this.#voxels !== this.#expected) {
      await this.abort();
      throw new Problem('internal', `expected ${this.#expected} voxels, got ${this.#voxels}`);
    }
    this.#head.end();
    await this.#settled();
    this.#result = { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
    return this.#result;
  }

  async abort(): Promise<void> {
    if (this.#result !== undefined) return;
    this.#head.destroy();
    await this.#finished.catch(() => undefined);
    // A file that was still being opened would appear after its removal.
    await new Promise<void>((resolve) => (this.#file.closed ? resolve() : this.#file.once('close', resolve)));
    await rm(this.#path, { force: true }).catch(() => undefined);
  }

  /** Waits until the piece is compressed, so that a slow disk slows the producer down instead of filling memory. */
  async #push(bytes: Buffer): Promise<void> {
    const failed = await new Promise<boolean>((resolve) => this.#head.write(bytes, (error) => resolve(error != null)));
    if (failed) await this.#settled();
  }

  async #settled(): Promise<void> {
    try {
      await this.#finished;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Problem('internal', `the volume could not be written: ${reason}`, {}, { cause: error });
    }
  }
}

/** gzip headers of Node hold no time and no name, so that equal volumes give equal files. */
function headFor(path: string, spec: NiftiWriteSpec): Duplex {
  if (path.endsWith('.nii')) return new PassThrough();
  if (path.endsWith('.nii.gz')) return createGzip({ level: spec.gzipLevel ?? DEFAULT_GZIP_LEVEL, chunkSize: 2 ** 18 });
  throw new Problem('internal', 'expected a file name that ends in .nii or .nii.gz');
}

function isVoxelArray(voxels: object): voxels is VoxelArray {
  return ArrayBuffer.isView(voxels) && !(voxels instanceof DataView);
}
