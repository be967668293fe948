import { asAffine, isInvertible, type Affine, type Shape } from '../../geometry/index.js';
import { Problem } from '@parse3d/contract/problems';
import type { HeaderFields } from './fields.js';
import type { NiftiHeader, NiftiSpace } from './types.js';

/** Beyond this a quaternion's b² + c² + d² is not 1 by float32 rounding. */
const QUATERNION_SLACK = 3 * 2 ** -23;
/** Texts of six digits, and means of rotations, are off by this at most; more is another rotation, or none. */
const QUATERNION_LIMIT = 0.01;

/** Where the voxels lie, and the header's own fields for it, so that an output can say the same. */
export interface PlacedVoxels {
  readonly affine: Affine;
  readonly source: Exclude<NiftiHeader['affineSource'], 'assumed'>;
  readonly space: NiftiSpace;
  readonly repairs: readonly string[];
}

/**
 * The affine in RAS millimetres, chosen as nibabel chooses: sform if it has a code, else qform if it has one, else the
 * base affine (voxel sizes only, x towards the left, origin in the middle of the grid). An sform that places nothing,
 * empty or singular, gives way to a qform that does.
 * @throws Problem `nifti-affine-invalid`
 */
export function placeVoxels(fields: HeaderFields, version: 1 | 2, shape: Shape): PlacedVoxels {
  const space = spaceOf(fields, version);
  const unit = unitRepairs(fields.xyztUnits);
  const sform = inMillimetres(asAffine([...fields.srows, 0, 0, 0, 1]), fields.xyztUnits);
  const qform = qformAffine(fields);
  const qformAsRead = qform.affine && inMillimetres(qform.affine, fields.xyztUnits);
  const hasQform = space.qform.code > 0;
  const quaternion = { ...space, qform: { ...space.qform, quaternion: qform.quaternion } };

  if (space.sform.code > 0 && isInvertible(sform)) {
    // Readers that prefer a qform must not meet one that places nothing.
    const unusable = hasQform && !(qformAsRead && isInvertible(qformAsRead));
    const kept = unusable ? { ...space, qform: { ...NO_QFORM, qfac: space.qform.qfac } } : quaternion;
    const told = unusable ? ['The qform of the header places nothing and was left out; the sform was used.'] : [];
    return { affine: sform, source: 'sform', space: kept, repairs: [...unit, ...told] };
  }
  if (hasQform && qformAsRead && isInvertible(qformAsRead)) {
    const told =
      space.sform.code > 0 ? ['The sform of the header places nothing and was left out; the qform was used.'] : [];
    return {
      affine: qformAsRead,
      source: 'qform',
      space: { ...quaternion, sform: space.sform.code > 0 ? NO_SFORM : space.sform },
      repairs: [...unit, ...told, ...qform.repairs, ...sizeRepairs(fields)],
    };
  }
  const isEmpty = fields.srows.every((value) => value === 0);
  if (space.sform.code > 0 && !(isEmpty && !hasQform)) throw unplaced('sform', sform);
  if (hasQform) throw qform.problem ?? unplaced('qform', qformAsRead ?? sform);
  const base = inMillimetres(baseAffine(fields, shape), fields.xyztUnits);
  if (!isInvertible(base)) throw unplaced('base', base);
  const told = space.sform.code > 0 ? ['The sform of the header is empty: only the sizes of voxels are known.'] : [];
  return {
    affine: base,
    source: 'base',
    space: { ...space, sform: space.sform.code > 0 ? NO_SFORM : space.sform },
    repairs: [...unit, ...told, ...sizeRepairs(fields)],
  };
}

const NO_SFORM = { code: 0, rows: Array.from({ length: 12 }, () => 0) } as const;
const NO_QFORM = { code: 0, quaternion: [0, 0, 0], offset: [0, 0, 0] } as const;

function unplaced(source: string, affine: Affine): Problem {
  return new Problem(
    'nifti-affine-invalid',
    `expected a finite affine with an inverse, the header's ${source} has none: ${affine.slice(0, 12).join(' ')}`,
    // JSON has no NaN: text keeps the offending numbers readable.
    { source, affine: affine.map(String) },
  );
}

/** The fields that place the voxels, cleaned of what no reader uses: unknown codes become 0, as in nibabel. */
function spaceOf(fields: HeaderFields, version: 1 | 2): NiftiSpace {
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

function unitRepairs(xyztUnits: number): string[] {
  const unit = xyztUnits & 7;
  if (unit === 1) return ['The header gives lengths in metres (xyzt_units 1); they were turned into millimetres.'];
  if (unit === 3) return ['The header gives lengths in micrometres (xyzt_units 3); they were turned into millimetres.'];
  return [];
}

/** Only told where sizes place the voxels. */
function sizeRepairs({ pixdim: [, ...sizes] }: HeaderFields): string[] {
  const zeros = sizes.slice(0, 3).filter((size) => size === 0).length;
  return zeros === 0 ? [] : [`The header gives ${zeros} voxel sizes as 0; they were taken as 1.`];
}

/** The header may say metres (1) or micrometres (3); everything else is read as millimetres. */
function inMillimetres(affine: Affine, xyztUnits: number): Affine {
  const unit = xyztUnits & 7;
  if (unit !== 1 && unit !== 3) return affine;
  return asAffine(affine.map((value, n) => (n >= 12 ? value : unit === 1 ? value * 1000 : value / 1000)));
}

interface Qform {
  readonly affine: Affine | undefined;
  /** As read, of length 1. */
  readonly quaternion: readonly [number, number, number];
  readonly problem?: Problem;
  readonly repairs: readonly string[];
}

/** A quaternion that is a little too long still names a rotation, as in niftilib; nibabel refuses it. */
function qformAffine(fields: HeaderFields): Qform {
  const [b, c, d] = fields.quaternion;
  const [x, y, z] = fields.qoffset;
  const [pi, pj, pk] = voxelSizes(fields);
  const rest = 1 - (b * b + c * c + d * d);
  if (!(rest >= -QUATERNION_LIMIT)) {
    const problem = new Problem('nifti-affine-invalid', `expected a unit quaternion, b² + c² + d² is ${1 - rest}`, {
      quaternion: [b, c, d].map(String),
    });
    return { affine: undefined, quaternion: [finiteOrZero(b), finiteOrZero(c), finiteOrZero(d)], problem, repairs: [] };
  }
  const a = Math.sqrt(Math.max(0, rest));
  // Divided by its squared length, a quaternion that is too long still gives a rotation.
  const s = 2 / (a * a + b * b + c * c + d * d);
  const k = fields.pixdim[0] === -1 ? -pk : pk;
  const tooLong = rest < -QUATERNION_SLACK;
  const length = tooLong ? Math.hypot(b, c, d) : 1;
  return {
    affine: [
      ...([pi * (1 - s * (c * c + d * d)), pj * s * (b * c - a * d), k * s * (b * d + a * c), x] as const),
      ...([pi * s * (b * c + a * d), pj * (1 - s * (b * b + d * d)), k * s * (c * d - a * b), y] as const),
      ...([pi * s * (b * d - a * c), pj * s * (c * d + a * b), k * (1 - s * (b * b + c * c)), z] as const),
      ...([0, 0, 0, 1] as const),
    ],
    quaternion: [b / length, c / length, d / length],
    repairs: tooLong ? [`The quaternion of the header has the length ${round(length)}; it was brought to 1.`] : [],
  };
}

const round = (value: number): number => Number(value.toPrecision(6));

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
