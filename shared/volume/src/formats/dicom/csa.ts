/**
 * The header that Siemens puts into private elements (CSA, version 2): names with texts.
 * Source: nibabel's description, https://nipy.org/nibabel/dicom/siemens_csa.html
 */

const MAGIC = 'SV10';
const TAG_BYTES = 84;
const MOST = 1000;

/** The values of each name; nothing where the bytes are not such a header, or are damaged. */
export function csaValues(bytes: Uint8Array): ReadonlyMap<string, readonly string[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Map<string, readonly string[]>();
  if (bytes.length < 16 || terminated(bytes.subarray(0, 4)) !== MAGIC) return found;
  let at = 16;
  for (let tags = Math.min(view.getUint32(8, true), MOST); tags > 0 && at + TAG_BYTES <= bytes.length; tags -= 1) {
    const name = terminated(bytes.subarray(at, at + 64));
    const items = view.getUint32(at + 76, true);
    at += TAG_BYTES;
    const values: string[] = [];
    for (let item = 0; item < items; item += 1) {
      if (items > MOST || at + 16 > bytes.length) return new Map();
      const length = view.getUint32(at + 4, true);
      at += 16;
      if (at + length > bytes.length) return new Map();
      const value = terminated(bytes.subarray(at, at + length)).trim();
      if (value !== '') values.push(value);
      at += Math.ceil(length / 4) * 4;
    }
    found.set(name, values);
  }
  return found;
}

function terminated(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString('latin1');
}
