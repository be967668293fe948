import { Zip, ZipPassThrough } from 'fflate';

/**
 * Packs the images of a series into a zip file, uncompressed. They get numbers for names: their own may name a patient.
 *
 * @throws DOMException for a file that is gone meanwhile, or when `signal` aborts
 */
export async function zipSeries(files: readonly File[], signal: AbortSignal): Promise<Blob> {
  const parts: Blob[] = [];
  let failed: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error !== null) failed = error;
    // In a blob of its own, which the browser may keep on the disk.
    else parts.push(new Blob([Uint8Array.from(chunk)]));
  });
  for (const [at, file] of files.entries()) {
    signal.throwIfAborted();
    const entry = new ZipPassThrough(`${String(at + 1).padStart(6, '0')}.dcm`);
    zip.add(entry);
    entry.push(new Uint8Array(await file.arrayBuffer()), true);
  }
  zip.end();
  if (failed !== undefined) throw failed;
  return new Blob(parts, { type: 'application/zip' });
}
