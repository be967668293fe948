import { makeGeometry, type Shape, type Volume } from '@parse3d/volume/geometry';

/** Half axes of an elliptic cylinder or an ellipsoid, and its centre, in mm from the middle of the volume. */
interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
}

/** Hounsfield units, as tables of radiology give them. */
const HU = {
  air: -1000,
  lung: -820,
  fat: -95,
  muscle: 55,
  blood: 45,
  liver: 60,
  spongyBone: 280,
  denseBone: 850,
} as const;

const SHAPE: Shape = [128, 128, 64];
const SPACING_MM = 2.5;
const NOISE_HU = 12;

const skin: Ellipse = { x: 0, y: 0, rx: 148, ry: 104 };
const underFat: Ellipse = { x: 0, y: 0, rx: 134, ry: 90 };
const chest: Ellipse = { x: 0, y: 4, rx: 118, ry: 76 };
const spine: Ellipse = { x: 0, y: -58, rx: 19, ry: 17 };
const canal: Ellipse = { x: 0, y: -73, rx: 8, ry: 7 };
const sternum: Ellipse = { x: 0, y: 80, rx: 18, ry: 5 };
const aorta: Ellipse = { x: 14, y: -36, rx: 11, ry: 11 };

/**
 * A human-like chest in Hounsfield units, made by code: skin and fat, muscle, two lungs with a heart between them, liver
 * under the right one, spine, ribs and sternum. The same numbers every time.
 * 128 × 128 × 64 voxels of 2.5 mm, int16; x grows to the patient's left, y to the back, z to the head, as a scanner stores
 * it.
 */
export function phantomChestCt(): Volume<Int16Array> {
  const [nx, ny, nz] = SHAPE;
  const data = new Int16Array(nx * ny * nz);
  const noise = gaussianNoise(20_240_601);
  let at = 0;
  for (let k = 0; k < nz; k += 1) {
    for (let j = 0; j < ny; j += 1) {
      for (let i = 0; i < nx; i += 1) {
        // Right and front are positive in the anatomy below.
        const right = -offset(i, nx);
        const front = -offset(j, ny);
        const up = offset(k, nz);
        data[at] = Math.round(tissueAt(right, front, up) + NOISE_HU * noise());
        at += 1;
      }
    }
  }
  const d = SPACING_MM;
  const affine = [-d, 0, 0, -offset(0, nx), 0, -d, 0, -offset(0, ny), 0, 0, d, offset(0, nz), 0, 0, 0, 1] as const;
  return { data, geometry: makeGeometry(SHAPE, affine) };
}

/** Distance of a voxel's centre from the middle of its axis, in mm. */
const offset = (index: number, length: number): number => (index - (length - 1) / 2) * SPACING_MM;

/** What lies at a point: x to the right, y to the front, z up, in mm. */
function tissueAt(x: number, y: number, z: number): number {
  if (!inside(skin, x, y)) return HU.air;
  if (!inside(underFat, x, y)) return HU.fat;
  if (inside(canal, x, y)) return HU.muscle;
  if (inside(spine, x, y)) return vertebra(x, y, z);
  if (inside(sternum, x, y)) return HU.spongyBone;
  const rib = ribAt(x, y, z);
  if (rib !== undefined) return rib;
  if (!inside(chest, x, y)) return HU.muscle;
  if (inside(aorta, -x, y)) return HU.blood;
  if (inEllipsoid(x + 22, y - 18, z + 4, 44, 42, 48)) return HU.blood;
  if (inEllipsoid(x - 58, y - 4, z + 92, 62, 66, 58)) return HU.liver;
  const lung = inEllipsoid(x - 64, y, z - 2, 46, 66, 92) || inEllipsoid(x + 64, y, z - 2, 46, 66, 92);
  return lung ? HU.lung : HU.fat;
}

/** Bodies of bone with a dense shell, 22 mm high, discs of 5 mm between them. */
function vertebra(x: number, y: number, z: number): number {
  const within = ((z % 27) + 27) % 27;
  if (within > 22) return HU.muscle;
  const core = { ...spine, rx: spine.rx - 4, ry: spine.ry - 4 };
  return inside(core, x, y) ? HU.spongyBone : HU.denseBone;
}

/** Ribs run around the chest and sink towards the front. */
function ribAt(x: number, y: number, z: number): number | undefined {
  const outer = ratio({ ...chest, rx: chest.rx + 9, ry: chest.ry + 9 }, x, y);
  const inner = ratio(chest, x, y);
  if (outer > 1 || inner < 1) return undefined;
  const height = z + y * 0.35;
  const within = ((height % 28) + 28) % 28;
  if (within > 11) return undefined;
  return within < 3 || within > 8 ? HU.denseBone : HU.spongyBone;
}

const ratio = ({ x: cx, y: cy, rx, ry }: Ellipse, x: number, y: number): number =>
  ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2;

const inside = (ellipse: Ellipse, x: number, y: number): boolean => ratio(ellipse, x, y) <= 1;

const inEllipsoid = (x: number, y: number, z: number, rx: number, ry: number, rz: number): boolean =>
  (x / rx) ** 2 + (y / ry) ** 2 + (z / rz) ** 2 <= 1;

/** Numbers of about mean 0 and deviation 1: the sum of twelve uniform ones of a 32-bit generator (xorshift). */
function gaussianNoise(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return () => {
    let sum = -6;
    for (let count = 0; count < 12; count += 1) sum += uniform();
    return sum;
  };
}
