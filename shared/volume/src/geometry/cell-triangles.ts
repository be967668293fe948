/** An edge of a cube of eight voxel centres: its corner nearest to the origin, and the axis it runs along. */
export interface CellEdge {
  /** Bits 0, 1, 2 are its places along i, j, k. */
  readonly corner: number;
  readonly axis: 0 | 1 | 2;
}

const AXES = [0, 1, 2] as const;

export const cellEdges: readonly CellEdge[] = AXES.flatMap((axis) =>
  Array.from({ length: 8 }, (_, corner) => ({ corner, axis })).filter(({ corner }) => ((corner >> axis) & 1) === 0),
);

/** Corners of each face in turn, anticlockwise as seen from outside. */
const faces: readonly (readonly number[])[] = AXES.flatMap((axis) => {
  const [b, c] = [1 << ((axis + 1) % 3), 1 << ((axis + 2) % 3)];
  const round = [0, b, b | c, c];
  return [round.toReversed(), round.map((corner) => corner | (1 << axis))];
});

const edgeBetween = (a: number, b: number): number =>
  cellEdges.findIndex(({ corner, axis }) => corner === Math.min(a, b) && Math.max(a, b) - corner === 1 << axis);

const edgesOfFaces = faces.map((corners) => corners.map((corner, n) => edgeBetween(corner, corners[(n + 1) % 4] ?? 0)));

const shareFace = (a: number, b: number): boolean =>
  edgesOfFaces.some((edges) => edges.includes(a) && edges.includes(b));

/**
 * Marching cubes: for each of the 256 ways in which eight voxels lie inside (bit set) or outside, the triangles of the
 * surface between them, as three edges each. On every face corners inside that touch diagonally are kept apart, as seen
 * from both cells, so that the surface has no holes. No side of a triangle crosses a face from edge to edge unless the
 * surface does: a neighbour could have the same side, and four triangles would meet there.
 */
export const cellTriangles: readonly (readonly number[])[] = Array.from({ length: 256 }, (_, code) =>
  loopsOf(code).flatMap((loop) => {
    const found = triangulate(loop);
    if (found === undefined) throw new RangeError(`the loop ${loop.join(' ')} has no triangles`);
    return found.flat();
  }),
);

/** Closed lines of edges around the inside. */
function loopsOf(code: number): number[][] {
  const inside = (corner: number | undefined): boolean => corner !== undefined && ((code >> corner) & 1) === 1;
  const next = new Map<number, number>();
  faces.forEach((corners, face) => {
    const edges = edgesOfFaces[face] ?? [];
    for (let n = 0; n < 4; n += 1) {
      if (inside(corners[n]) || !inside(corners[(n + 1) % 4])) continue;
      let end = n + 1;
      while (inside(corners[(end + 1) % 4])) end += 1;
      next.set(edges[n] ?? 0, edges[end % 4] ?? 0);
    }
  });
  const loops: number[][] = [];
  while (next.size > 0) {
    const loop: number[] = [];
    let at = next.keys().next().value;
    while (at !== undefined) {
      const to: number | undefined = next.get(at);
      if (to !== undefined) loop.push(at);
      next.delete(at);
      at = to;
    }
    loops.push(loop);
  }
  return loops;
}

/** Triangles of a loop without sides that lie in a face; undefined where there is no such division. */
function triangulate(loop: readonly number[]): number[][] | undefined {
  if (loop.length < 3) return [];
  const [first = 0, last = 0] = [loop[0], loop.at(-1)];
  for (let n = 1; n < loop.length - 1; n += 1) {
    const apex = loop[n] ?? 0;
    if ((n > 1 && shareFace(first, apex)) || (n < loop.length - 2 && shareFace(apex, last))) continue;
    const before = triangulate(loop.slice(0, n + 1));
    const after = triangulate(loop.slice(n));
    if (before !== undefined && after !== undefined) return [...before, [first, apex, last], ...after];
  }
  return undefined;
}
