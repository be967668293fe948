import { pipeline } from 'node:stream/promises';
import type { OutputFile } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { BlobInfo, BlobStore } from '@parse3d/storage';
import type { Request, Response } from 'express';
import type { ApiDeps } from '../deps.js';

/**
 * Streams an object of the service's bucket, or of another store, whole or one byte range of it.
 *
 * @param options.known the version to send, where it was looked at before; another is refused
 */
export async function sendBlob(
  file: Pick<OutputFile, 'name' | 'key' | 'contentType'>,
  options: { readonly immutable: boolean; readonly known?: Pick<BlobInfo, 'bytes' | 'etag'> },
  request: Request,
  response: Response,
  deps: ApiDeps,
  store: BlobStore = deps.stores.primary,
): Promise<void> {
  const { bytes, etag } = options.known ?? (await store.head(file.key));
  response.set({
    'Content-Type': file.contentType,
    'Content-Disposition': `attachment; filename="${file.name}"`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': options.immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    ETag: `"${etag}"`,
  });
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  const range = request.range(bytes);
  if (range === -1) {
    response.set('Content-Range', `bytes */${bytes}`);
    throw new Problem('blob-range-invalid', `the file has ${bytes} bytes`, { bytes });
  }
  const only = Array.isArray(range) && range.type === 'bytes' && range.length === 1 ? range[0] : undefined;
  const { start, end } = only ?? { start: 0, end: bytes - 1 };
  if (only !== undefined) response.status(206).set('Content-Range', `bytes ${start}-${end}/${bytes}`);
  response.set('Content-Length', String(end - start + 1));
  if (request.method === 'HEAD' || bytes === 0) {
    response.end();
    return;
  }
  const { body } = await store.read(file.key, { start, end, etag });
  try {
    await pipeline(body, response);
  } catch (error) {
    // A client that leaves early is no error of ours.
    if (!response.destroyed || !request.destroyed) throw error;
  }
}
