import { Problem } from '@parse3d/contract/problems';
import type { NiftiDatatype } from './types.js';

interface Scalar {
  readonly code: number;
  readonly name: NiftiDatatype;
  readonly bytes: 1 | 2 | 4 | 8;
}

const scalars: readonly Scalar[] = [
  { code: 2, name: 'uint8', bytes: 1 },
  { code: 4, name: 'int16', bytes: 2 },
  { code: 8, name: 'int32', bytes: 4 },
  { code: 16, name: 'float32', bytes: 4 },
  { code: 64, name: 'float64', bytes: 8 },
  { code: 256, name: 'int8', bytes: 1 },
  { code: 512, name: 'uint16', bytes: 2 },
  { code: 768, name: 'uint32', bytes: 4 },
  { code: 1024, name: 'int64', bytes: 8 },
  { code: 1280, name: 'uint64', bytes: 8 },
];

const others: ReadonlyMap<number, string> = new Map([
  [0, 'unknown'],
  [1, 'binary, one bit per voxel'],
  [32, 'complex64'],
  [128, 'RGB'],
  [1536, 'float128'],
  [1792, 'complex128'],
  [2048, 'complex256'],
  [2304, 'RGBA'],
]);

/** @throws Problem `nifti-datatype-unsupported` for complex, colour, float128, binary and unknown codes */
export function datatypeOfCode(code: number): Scalar {
  const scalar = scalars.find((one) => one.code === code);
  if (scalar !== undefined) return scalar;
  const name = others.get(code) ?? 'not a NIfTI datatype';
  throw new Problem(
    'nifti-datatype-unsupported',
    `expected one of ${scalars.map((one) => one.name).join(', ')}; the header says ${code} (${name})`,
    { datatypeCode: code, datatype: name },
  );
}

export function datatypeOfName(name: NiftiDatatype): Scalar {
  const scalar = scalars.find((one) => one.name === name);
  if (scalar === undefined) throw new RangeError(`${String(name)} is not a NIfTI datatype`);
  return scalar;
}
