/** Larger files are fetched again rather than kept. Unit: bytes. */
const LARGEST = 300_000_000;

let last: { readonly uri: string; readonly bytes: ArrayBuffer } | undefined;

/** Keeps the bytes of the volume that was submitted, so that the page of its job shows it without fetching it. */
export function keepVolume(uri: string, bytes: ArrayBuffer): void {
  last = bytes.byteLength <= LARGEST ? { uri, bytes } : undefined;
}

export const keptVolume = (uri: string): ArrayBuffer | undefined => (last?.uri === uri ? last.bytes : undefined);
