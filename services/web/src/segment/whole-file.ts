/** What a NIfTI header says about its file. */
const HEADER_BYTES = 352;

/**
 * Why a file of this machine cannot be a whole volume: its compression breaks off, or it holds fewer bytes than its header
 * needs. Undefined where it may be one; what is no NIfTI is for the server to judge.
 */
export async function whyNotWhole(file: File): Promise<string | undefined> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const zipped = first === 0x1f && second === 0x8b;
  const stream = zipped ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  const header = new Uint8Array(HEADER_BYTES);
  let bytes = 0;
  try {
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (bytes < HEADER_BYTES) header.set(next.value.subarray(0, HEADER_BYTES - bytes), bytes);
      bytes += next.value.length;
    }
  } catch {
    return zipped
      ? `The compressed file breaks off after ${bytes.toLocaleString('en')} bytes of the volume.`
      : undefined;
  }
  const needed = bytesNeeded(new DataView(header.buffer));
  if (needed === undefined || bytes >= needed) return undefined;
  return `The file ends early: its header needs ${needed.toLocaleString('en')} bytes, it holds ${bytes.toLocaleString('en')}.`;
}

/** Bytes up to the last voxel, by a NIfTI-1 header of either byte order; undefined where it is none. */
function bytesNeeded(header: DataView): number | undefined {
  const little = header.getInt32(0, true) === 348;
  if (!little && header.getInt32(0, false) !== 348) return undefined;
  const axes = header.getInt16(40, little);
  if (axes < 1 || axes > 7) return undefined;
  let voxels = 1;
  for (let axis = 1; axis <= axes; axis++) voxels *= Math.max(1, header.getInt16(40 + 2 * axis, little));
  return header.getFloat32(108, little) + (voxels * header.getInt16(72, little)) / 8;
}
