import { asAffine, isInvertible, type Affine, type Shape } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import type { HeaderFields } from './fields.js';
import type { NiftiHeader, NiftiSpace } from './types.js';

/** Beyond this a quaternion's b² + c² + d² is not 1 by float32 rounding but wrong. */
const QUATERNION_SLACK = 3 * 2 ** -23;

/** The fields that place the voxels, cleaned of what no reader uses: unknown codes become 0, as in nibabel. */
export function spaceOf(fields: HeaderFields, version: 1 | 2): NiftiSpace {
  const [, pi = 0, pj = 0, pk = 0] = fields.pixdim.map(finiteOrZero);
  const [b, c, d] = fields.quaternion;
  const [x, y, z] = fields.qoffset;
  return {
    version,
    trailingAxes: Math.max(0, (fields.dim[0] ?? 0) - 3),
    sform: { code: knownCode(fields.sformCode), rows: fields.srows.map(finiteOrZero) },
    qform: {
      code: knownCode(fields.qformCode),
      quaternion: [finiteOrZero(b), finiteOrZero(c), finiteOrZero(d)],
      offset: [finiteOrZero(x), finiteOrZero(y), finiteOrZero(z)],
      qfac: fields.pixdim[0] === -1 ? -1 : 1,
    },
    pixdim: [pi, pj, pk],
    xyztUnits: fields.xyztUnits & 0x3f,
  };
}

/**
 * The affine in RAS millimetres, chosen as nibabel chooses: sform if it has a code, else qform if it has one, else the
 * base affine (voxel sizes only, x towards the left, origin in the middle of the grid).
 * @throws Problem `nifti-affine-invalid`
 */
export function affineOf(
  fields: HeaderFields,
  shape: Shape,
): { affine: Affine; source: Exclude<NiftiHeader['affineSource'], 'assumed'> } {
  const source = knownCode(fields.sformCode) > 0 ? 'sform' : knownCode(fields.qformCode) > 0 ? 'qform' : 'base';
  const stored =
    source === 'sform'
      ? asAffine([...fields.srows, 0, 0, 0, 1])
      : source === 'qform'
        ? qformAffine(fields)
        : baseAffine(fields, shape);
  const affine = inMillimetres(stored, fields.xyztUnits);
  if (!isInvertible(affine)) {
    throw new Problem(
      'nifti-affine-invalid',
      `expected a finite affine with an inverse, the header's ${source} has none: ${affine.slice(0, 12).join(' ')}`,
      // JSON has no NaN: text keeps the offending numbers readable.
      { source, affine: affine.map(String) },
    );
  }
  return { affine, source };
}

/** The header may say metres (1) or micrometres (3); everything else is read as millimetres. */
function inMillimetres(affine: Affine, xyztUnits: number): Affine {
  const unit = xyztUnits & 7;
  if (unit !== 1 && unit !== 3) return affine;
  return asAffine(affine.map((value, n) => (n >= 12 ? value : unit === 1 ? value * 1000 : value / 1000)));
}

function qformAffine(fields: HeaderFields): Affine {
  const [b, c, d] = fields.quaternion;
  const [x, y, z] = fields.qoffset;
  const [pi, pj, pk] = voxelSizes(fields);
  const rest = 1 - (b * b + c * c + d * d);
  if (!(rest >= -QUATERNION_SLACK)) {
    throw new Problem('nifti-affine-invalid', `expected a unit quaternion, b² + c² + d² is ${1 - rest}`, {
      quaternion: [b, c, d].map(String),
    });
  }
  const a = Math.sqrt(Math.max(0, rest));
  // Divided by its squared length, a quaternion that rounding made a little too long still gives a rotation.
  const s = 2 / (a * a + b * b + c * c + d * d);
  const k = fields.pixdim[0] === -1 ? -pk : pk;
  return [
    ...([pi * (1 - s * (c * c + d * d)), pj * s * (b * c - a * d), k * s * (b * d + a * c), x] as const),
    ...([pi * s * (b * c + a * d), pj * (1 - s * (b * b + d * d)), k * s * (c * d - a * b), y] as const),
    ...([pi * s * (b * d - a * c), pj * s * (c * d + a * b), k * (1 - s * (b * b + c * c)), z] as const),
    ...([0, 0, 0, 1] as const),
  ];
}

function baseAffine(fields: HeaderFields, [ni, nj, nk]: Shape): Affine {
  const [pi, pj, pk] = voxelSizes(fields);
  return [
    ...([-pi, 0, 0, (pi * (ni - 1)) / 2] as const),
    ...([0, pj, 0, (-pj * (nj - 1)) / 2] as const),
    ...([0, 0, pk, (-pk * (nk - 1)) / 2] as const),
    ...([0, 0, 0, 1] as const),
  ];
}

/** pixdim[1..3] as nibabel repairs them: 0 means 1, negative sizes lose their sign. */
function voxelSizes(fields: HeaderFields): [number, number, number] {
  const size = (axis: number): number => {
    const stored = fields.pixdim[axis] ?? 1;
    return stored === 0 ? 1 : Math.abs(stored);
  };
  return [size(1), size(2), size(3)];
}

/** NIfTI defines the codes 0 to 5. */
function knownCode(code: number): number {
  return code >= 1 && code <= 5 ? code : 0;
}

function finiteOrZero(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
