import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { each } from '@parse3d/async';
import type { JobRequest } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { nameShape } from '@parse3d/volume/formats';
import { copyToFile, listBlobFolder, type Stores } from '@parse3d/storage';

/** Small objects cost a round trip each. */
const AT_A_TIME = 8;

/**
 * Copies the objects of a folder into a folder of local disk, under numbers: their names may name patients.
 * @returns the size, and the SHA-256 of the SHA-256 of every object in the order of their keys
 * @throws Problem `volume-changed` when the folder is not what was accepted, and those of storage
 */
export async function fetchFolder(
  request: JobRequest,
  stores: Stores,
  path: string,
  maxBytes: number,
  onBytes: (total: number) => void,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const { uri, etag } = request.input;
  const folder = await listBlobFolder(stores, uri, maxBytes);
  if (folder.etag !== etag) {
    throw new Problem('volume-changed', `${uri} is not in the state that was accepted; submit it again`, { uri });
  }
  await mkdir(path);
  const formOf = formsOfNames();
  const digests: string[] = [];
  let fetched = 0;
  await each(folder.blobs.entries(), AT_A_TIME, async ([number, { key, etag: version }]) => {
    const name = `${String(number).padStart(6, '0')}${formOf(key)}`;
    const copy = await copyToFile(folder.store, key, join(path, name), { etag: version, signal });
    fetched += copy.bytes;
    onBytes(fetched);
    digests[number] = copy.sha256;
  });
  const hash = createHash('sha256');
  for (const sha256 of digests) hash.update(sha256);
  return { bytes: fetched, sha256: hash.digest('hex') };
}

/**
 * Letters that stand for the form of a name: names that differ by numbers alone get the same. So whoever reads the folder
 * can tell a damaged image from a file of another kind, and no name is kept.
 */
function formsOfNames(): (key: string) => string {
  const forms = new Map<string, string>();
  return (key) => {
    const shape = nameShape(key);
    const form = forms.get(shape) ?? `-${inLetters(forms.size)}`;
    forms.set(shape, form);
    return /\.(dcm|dicom|ima)$/i.test(key) ? `${form}.dcm` : form;
  };
}

/** A number with the letters a to z as digits. */
function inLetters(value: number): string {
  return [...value.toString(26)].map((digit) => String.fromCharCode(97 + parseInt(digit, 26))).join('');
}
