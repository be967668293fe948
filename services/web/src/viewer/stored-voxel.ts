type Triple = readonly [number, number, number];

/** What an image of the viewer says of how its file's axes run. */
interface StoredImage {
  readonly hdr: { readonly dims: readonly number[] } | null;
  readonly img2RASstart?: readonly number[] | undefined;
  readonly img2RASstep?: readonly number[] | undefined;
}

/**
 * The voxel [i, j, k] of the file.
 *
 * @param voxel as the viewer counts it, along right, anterior and superior
 */
export function storedVoxel({ hdr, img2RASstart = [], img2RASstep = [] }: StoredImage, voxel: Triple): Triple {
  const [, ni = 1, nj = 1] = hdr?.dims ?? [];
  const at = voxel.reduce((sum, value, axis) => sum + (img2RASstart[axis] ?? 0) + value * (img2RASstep[axis] ?? 0), 0);
  return [at % ni, Math.floor(at / ni) % nj, Math.floor(at / (ni * nj))];
}
