/** A point in half pixels: pixel (i, j) has its middle at [2i, 2j]. */
export type HalfPixel = readonly [number, number];
type Ring = HalfPixel[];

/** What lies between four pixels, from edge to edge with the inside on the left; by bits of their corners, from the origin anticlockwise. */
const segments: readonly (readonly (readonly [from: Edge, to: Edge])[])[] = [
  [],
  [['below', 'left']],
  [['right', 'below']],
  [['right', 'left']],
  [['above', 'right']],
  // Pixels that touch diagonally are kept apart.
  [
    ['below', 'left'],
    ['above', 'right'],
  ],
  [['above', 'below']],
  [['above', 'left']],
  [['left', 'above']],
  [['below', 'above']],
  [
    ['right', 'below'],
    ['left', 'above'],
  ],
  [['right', 'above']],
  [['left', 'right']],
  [['below', 'right']],
  [['left', 'below']],
  [],
];
type Edge = keyof typeof middles;
const middles = { below: [1, 0], right: [2, 1], above: [1, 2], left: [0, 1] } as const;

/**
 * Closed outlines of a slice, halfway between pixels inside and outside, so that the middle of every pixel is on the right
 * side of them. A hole is joined to what is around it by a line there and back (a keyhole), between rows of pixels: readers
 * that add outlines up and those that exclude what two of them share see the same.
 * @param mask 0 or not, i fastest, `ni` by `nj`
 */
export function outlines(mask: Uint8Array, ni: number, nj: number): HalfPixel[][] {
  const rings = trace(mask, ni, nj);
  const outer = rings.filter((ring) => area(ring) > 0);
  const holes = rings
    .filter((ring) => area(ring) < 0)
    .map((ring) => ({ ring, start: leftmost(ring) }))
    // What lies to the left of a hole is part of an outline by then.
    .sort((a, b) => (a.ring[a.start]?.[0] ?? 0) - (b.ring[b.start]?.[0] ?? 0));
  for (const { ring, start } of holes) joinHole(outer, ring, start);
  return outer.map(withoutMiddles);
}

function trace(mask: Uint8Array, ni: number, nj: number): Ring[] {
  const width = 2 * ni + 4;
  const next = new Map<number, number>();
  const inside = (i: number, j: number): number =>
    i >= 0 && j >= 0 && i < ni && j < nj && mask[i + ni * j] !== 0 ? 1 : 0;
  for (let j = -1; j < nj; j += 1) {
    for (let i = -1; i < ni; i += 1) {
      const code = inside(i, j) + 2 * inside(i + 1, j) + 4 * inside(i + 1, j + 1) + 8 * inside(i, j + 1);
      for (const [from, to] of segments[code] ?? []) {
        const key = (edge: Edge): number => 2 * i + 2 + middles[edge][0] + width * (2 * j + 2 + middles[edge][1]);
        next.set(key(from), key(to));
      }
    }
  }
  const rings: Ring[] = [];
  while (next.size > 0) {
    const ring: Ring = [];
    let at = next.keys().next().value;
    while (at !== undefined) {
      const to: number | undefined = next.get(at);
      if (to !== undefined) ring.push([(at % width) - 2, Math.floor(at / width) - 2]);
      next.delete(at);
      at = to;
    }
    rings.push(ring);
  }
  return rings;
}

/** Twice the area, positive for what has its inside on the left. */
function area(ring: Ring): number {
  let sum = 0;
  let [x0, y0] = ring.at(-1) ?? [0, 0];
  for (const [x, y] of ring) {
    sum += x0 * y - x * y0;
    [x0, y0] = [x, y];
  }
  return sum;
}

/** The leftmost point between two rows. */
function leftmost(ring: Ring): number {
  let best = -1;
  ring.forEach(([x, y], n) => {
    if (y % 2 !== 0 && x % 2 === 0 && x < (ring[best]?.[0] ?? Infinity)) best = n;
  });
  return best;
}

/** Goes left from a point of the hole, along the line between two rows, to the first outline. */
function joinHole(outer: Ring[], hole: Ring, start: number): void {
  const [x, y] = hole[start] ?? [0, 0];
  let found: { ring: Ring; after: number; x: number } | undefined;
  for (const ring of outer) {
    let before = ring.at(-1) ?? [0, 0];
    for (const [n, point] of ring.entries()) {
      const onLine = point[1] === y;
      const crosses = point[0] === before[0] && (before[1] - y) * (point[1] - y) < 0;
      if ((onLine || crosses) && point[0] < x && (found === undefined || point[0] > found.x)) {
        found = { ring, after: onLine ? n + 1 : n, x: point[0] };
      }
      before = point;
    }
  }
  if (found === undefined) throw new RangeError('a hole without anything around it');
  const meeting: HalfPixel = [found.x, y];
  const round = [...hole.slice(start), ...hole.slice(0, start + 1)];
  const { ring, after } = found;
  ring.splice(0, ring.length, ...ring.slice(0, after), meeting, ...round, meeting, ...ring.slice(after));
}

/** Without points that lie in the middle of a straight line. A line there and back keeps its end. */
function withoutMiddles(ring: Ring): HalfPixel[] {
  const unique = ring.filter(([x, y], n) => {
    const [px, py] = ring.at(n - 1) ?? [NaN, NaN];
    return x !== px || y !== py;
  });
  return unique.filter(([x, y], n) => {
    const [px, py] = unique.at(n - 1) ?? [x, y];
    const [nx, ny] = unique[(n + 1) % unique.length] ?? [x, y];
    const [ax, ay, bx, by] = [x - px, y - py, nx - x, ny - y];
    return ax * by - ay * bx !== 0 || ax * bx + ay * by < 0;
  });
}
