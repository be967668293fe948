/** A part of a surface that loses more of its volume by smoothing goes back to what it was. */
const MOST_LOST = 0.25;

/**
 * Puts the corners of small parts back where they were: smoothing draws a part of a few voxels, or a hole of them,
 * together until nothing is left of it.
 * @param before x, y, z of every corner before smoothing
 * @param positions after smoothing, changed in place
 * @param triangles three corners a triangle, closed
 */
export function keepSmallParts(before: Float32Array, positions: Float32Array, triangles: Uint32Array): void {
  const parts = partsOf(positions.length / 3, triangles);
  const [was, is] = [volumesOf(before, triangles, parts), volumesOf(positions, triangles, parts)];
  for (let corner = 0; corner < parts.length; corner += 1) {
    const part = parts[corner] ?? 0;
    if ((is[part] ?? 0) / (was[part] ?? 1) >= 1 - MOST_LOST) continue;
    positions.set(before.subarray(corner * 3, corner * 3 + 3), corner * 3);
  }
}

/** For every corner the least one of those that sides lead to. */
function partsOf(corners: number, triangles: Uint32Array): Uint32Array {
  const least = Uint32Array.from({ length: corners }, (_, corner) => corner);
  const find = (corner: number): number => {
    let at = corner;
    for (let next = least[at] ?? at; next !== at; next = least[at] ?? at) {
      least[at] = least[next] ?? next;
      at = least[at] ?? at;
    }
    return at;
  };
  for (let n = 0; n < triangles.length; n += 3) {
    const first = find(triangles[n] ?? 0);
    for (const other of [find(triangles[n + 1] ?? 0), find(triangles[n + 2] ?? 0)]) {
      const [low, high] = [Math.min(find(first), other), Math.max(find(first), other)];
      least[high] = low;
    }
  }
  return least.map((_, corner) => find(corner));
}

/** Six times the signed volume of every part, by its least corner, about that corner. */
function volumesOf(positions: Float32Array, triangles: Uint32Array, parts: Uint32Array): Float64Array {
  const volumes = new Float64Array(parts.length);
  for (let n = 0; n < triangles.length; n += 3) {
    const part = parts[triangles[n] ?? 0] ?? 0;
    const at = (corner: number, axis: number): number =>
      (positions[(triangles[n + corner] ?? 0) * 3 + axis] ?? 0) - (positions[part * 3 + axis] ?? 0);
    volumes[part] =
      (volumes[part] ?? 0) +
      at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) +
      at(0, 1) * (at(1, 2) * at(2, 0) - at(1, 0) * at(2, 2)) +
      at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0));
  }
  return volumes;
}
