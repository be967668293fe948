import type { Vec3 } from './types.js';

type Corner = readonly [number, number, number];

/** Corner n of a cube of eight voxels: bits 0, 1, 2 are its places along i, j, k. */
const corners: readonly Corner[] = Array.from({ length: 8 }, (_, n) => [n & 1, (n >> 1) & 1, n >> 2]);

/**
 * Area in mm² of the surface inside a cube between eight voxel centres, for each of the 256 ways in which they can lie
 * inside (bit set) or outside of a mask: that of the marching-cubes triangles with corners in the middle of the cube's
 * edges. A cube with more than four corners inside has the surface of its complement; corners that no edge joins have
 * surfaces of their own.
 */
export function surfelAreas(spacingMm: Vec3): Float64Array {
  return Float64Array.from({ length: 256 }, (_, code) => {
    const inside = corners.filter((_corner, n) => (code >> n) & 1);
    const outside = corners.filter((_corner, n) => !((code >> n) & 1));
    const fewer = inside.length <= 4 ? inside : outside;
    return piecesOf(fewer).reduce((sum, piece) => sum + pieceArea(piece, spacingMm), 0);
  });
}

/** Area of the surface around corners that hang together by edges, at most four. */
function pieceArea(piece: readonly Corner[], spacing: Vec3): number {
  const area = (vector: Corner): number => vectorArea(vector, spacing);
  const edges = piece.flatMap((a, n) =>
    piece
      .slice(n + 1)
      .filter((b) => isEdge(a, b))
      .map((b) => directionOf(a, b)),
  );
  const spans = [0, 1, 2].map((axis) => edges.includes(axis));
  const across = spans.map((span) => (span ? 0 : 1));
  const normal = (size: number): Corner => [size * (across[0] ?? 0), size * (across[1] ?? 0), size * (across[2] ?? 0)];
  switch (piece.length) {
    case 1:
      return area([1 / 8, 1 / 8, 1 / 8]);
    case 2:
      return area(normal(1 / 2));
    case 3:
      // A triangle parallel to the face of the three corners, and a trapezium that cuts off the cube's other corner.
      return area(normal(1 / 2)) + area([3 / 8, 3 / 8, 3 / 8]);
    default:
      break;
  }
  // Four corners of one face: a square.
  if (edges.length === 4) return area(normal(1));
  // A corner with its three neighbours: a plane hexagon. A path along three axes: a slanted quadrilateral and two ears.
  const ends = piece.filter((corner) => piece.filter((other) => isEdge(corner, other)).length === 1);
  if (ends.length === 3) return area([3 / 4, 3 / 4, 3 / 4]);
  const ears = ends.map((end) => {
    const neighbour = piece.find((other) => isEdge(end, other)) ?? end;
    const along = directionOf(end, neighbour);
    return area([along === 0 ? 0 : 1 / 4, along === 1 ? 0 : 1 / 4, along === 2 ? 0 : 1 / 4]);
  });
  return area([1 / 2, 1 / 2, 1 / 2]) + ears.reduce((sum, ear) => sum + ear, 0);
}

/** Length of an area vector of the unit cube in a cube of this spacing. */
function vectorArea([x, y, z]: Corner, [si, sj, sk]: Vec3): number {
  return Math.hypot(x * sj * sk, y * si * sk, z * si * sj);
}

function piecesOf(among: readonly Corner[]): Corner[][] {
  const left = new Set(among);
  const pieces: Corner[][] = [];
  for (const first of among) {
    if (!left.delete(first)) continue;
    const piece = [first];
    for (const corner of piece) {
      for (const other of left) if (isEdge(corner, other) && left.delete(other)) piece.push(other);
    }
    pieces.push(piece);
  }
  return pieces;
}

const isEdge = (a: Corner, b: Corner): boolean =>
  Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]) === 1;

const directionOf = (a: Corner, b: Corner): number => (a[0] !== b[0] ? 0 : a[1] !== b[1] ? 1 : 2);
