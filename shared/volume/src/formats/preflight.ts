import { Problem } from '@parse3d/contract/problems';
import { gunzip, isGzip } from './gunzip.js';
import { assertFrame, parseNiftiHeader } from './nifti/header.js';
import { headerBytesNeeded } from './nifti/identify.js';
import { isItk, parseItkHeader } from './itk/read.js';
import type { NiftiHeader } from './nifti/types.js';

/** Enough for either header. */
const LONGEST_HEADER = 540;

/**
 * The header of a NIfTI, NRRD or MetaImage volume from the first bytes of its file, compressed or not (64 KiB are plenty): of a gzip stream only
 * as much is inflated as the header needs. The magic bytes tell gzip, never the name.
 * @param options.frame which volume of a 4D file, as `parseNiftiHeader` takes it
 * @param options.fileName is named in problems, so that a user with many files knows which one it is
 * @throws Problem everything that `parseNiftiHeader` and `gunzip` throw
 */
export async function readNiftiHeader(
  prefix: Uint8Array,
  options: { readonly fileName?: string | undefined; readonly frame?: number | 'any' | undefined } = {},
): Promise<NiftiHeader> {
  try {
    if (isItk(prefix)) {
      if (options.frame !== 'any') assertFrame(options.frame);
      return parseItkHeader(prefix);
    }
    return parseNiftiHeader(isGzip(prefix) ? await inflateStart(prefix) : prefix, { frame: options.frame });
  } catch (error) {
    if (options.fileName === undefined || !(error instanceof Problem)) throw error;
    throw new Problem(error.code, `${options.fileName}: ${error.message}`, {
      ...error.fields,
      fileName: options.fileName,
    });
  }
}

async function inflateStart(prefix: Uint8Array): Promise<Uint8Array> {
  const start = new Uint8Array(LONGEST_HEADER);
  let length = 0;
  const sink = (bytes: Uint8Array): 'more' | 'enough' => {
    const taken = bytes.subarray(0, start.length - length);
    start.set(taken, length);
    length += taken.length;
    return length >= 4 && length >= headerBytesNeeded(start) ? 'enough' : 'more';
  };
  try {
    await gunzip(pieces(prefix), sink, { chunkBytes: 4096 });
  } catch (error) {
    // The prefix ends in the middle of the stream, of course; the parser says if it was too short.
    if (!(error instanceof Problem && error.code === 'nifti-truncated')) throw error;
  }
  return start.subarray(0, length);
}

/** Small pieces: what follows the header is never inflated. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 1024) yield bytes.subarray(start, start + 1024);
}
