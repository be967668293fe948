import { gzipSync } from 'node:zlib';
import { concat, spoil, validHeader } from '../headers.js';
import { npy, numbers, unitSpacing } from '../npz-files.js';

const VOXELS = Buffer.from(Array.from({ length: 48 }, (_, n) => (n * 37) % 256));

/** NIfTI of both versions, scaled and not, plain and compressed, with an extension, in several members, nested. */
export function niftiSeeds(): Buffer[] {
  return ([1, 2] as const).flatMap((version) => {
    const plain = concat(validHeader(version), VOXELS);
    const scaled = concat(spoil(version, { scl_slope: 0.5, scl_inter: 3, datatype: 4 }), VOXELS);
    const qform = concat(spoil(version, { sform_code: 0, qform_code: 1, quatern: [0.5, 0.5, 0.5, 1, 2, 3] }), VOXELS);
    const offset = validHeader(version).length + 32;
    const extended = concat(spoil(version, { vox_offset: offset }), Buffer.alloc(32, 1), VOXELS);
    const members = concat(gzipSync(plain.subarray(0, 200)), gzipSync(plain.subarray(200)));
    const packed = gzipSync(plain);
    return [
      plain,
      swapped(plain),
      scaled,
      qform,
      extended,
      packed,
      gzipSync(extended, { level: 0 }),
      members,
      gzipSync(packed),
    ];
  });
}

/** The big-endian twin of a header of version 1 as far as its first fields go: enough to reach that branch. */
function swapped(file: Buffer): Buffer {
  const twin = Buffer.from(file);
  twin.subarray(0, 4).reverse();
  for (let at = 40; at < 56; at += 2) twin.subarray(at, at + 2).reverse();
  return twin;
}

/** The entries of a zip file: changed inside, they are still whole for the zip reader, and reach the one behind it. */
export type Entries = readonly (readonly [name: string, content: Buffer])[];

/** Entries of `.npz` files with a volume, spacing and pickled prompts. */
export function npzSeeds(): Entries[] {
  const imgs = numbers('|u1', '(4, 3, 4)', VOXELS);
  const wide = numbers('<f4', '(3, 2, 2)', new Uint8Array(new Float32Array(12).buffer));
  const prompts = npy("{'descr': '|O', 'fortran_order': False, 'shape': (), }", pickledPrompts());
  return [
    [
      ['imgs.npy', imgs],
      ['spacing.npy', unitSpacing],
    ],
    [
      ['imgs.npy', wide],
      ['spacing.npy', unitSpacing],
      ['text_prompts.npy', prompts],
    ],
    [['imgs.npy', imgs]],
  ];
}

/** Protocol 2 of `{'1': 'liver', 'instance_label': 0}`. */
function pickledPrompts(): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([Buffer.from('X'), length, bytes]);
  };
  return Buffer.concat([
    Buffer.from([0x80, 2]),
    Buffer.from('}('),
    text('1'),
    text('liver'),
    text('instance_label'),
    Buffer.from([0x4b, 0]),
    Buffer.from('u.'),
  ]);
}

/** Entries of zip files with a DICOM series of three slices, of several forms. */
export function dicomSeeds(): Entries[] {
  const series = (spoilt: Partial<SliceSpec> = {}): Entries =>
    [0, 1, 2].map((index) => [`s/${index}.dcm`, dicomSlice({ index, ...spoilt })] as const);
  return [
    series(),
    series({ preamble: false }),
    series({ transferSyntax: '1.2.840.10008.1.2.5' }),
    series({ bits: 8 }),
  ];
}

interface SliceSpec {
  readonly index: number;
  readonly preamble: boolean;
  readonly transferSyntax: string;
  readonly bits: 8 | 16;
}

/** One CT slice of 4 × 4 pixels, explicit little-endian. */
function dicomSlice({
  index,
  preamble = true,
  transferSyntax = '1.2.840.10008.1.2.1',
  bits = 16,
}: Partial<SliceSpec> & { index: number }): Buffer {
  const meta = [
    element(0x0002, 0x0002, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
    element(0x0002, 0x0003, 'UI', `1.2.3.${index}`),
    element(0x0002, 0x0010, 'UI', transferSyntax),
  ];
  const body = [
    element(0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
    element(0x0008, 0x0018, 'UI', `1.2.3.${index}`),
    element(0x0008, 0x0060, 'CS', 'CT'),
    element(0x0020, 0x000d, 'UI', '1.2.3'),
    element(0x0020, 0x000e, 'UI', '1.2.4'),
    element(0x0020, 0x0013, 'IS', String(index + 1)),
    element(0x0020, 0x0032, 'DS', `0\\0\\${index * 2}`),
    element(0x0020, 0x0037, 'DS', '1\\0\\0\\0\\1\\0'),
    element(0x0020, 0x0052, 'UI', '1.2.5'),
    element(0x0028, 0x0002, 'US', 1),
    element(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
    element(0x0028, 0x0010, 'US', 4),
    element(0x0028, 0x0011, 'US', 4),
    element(0x0028, 0x0030, 'DS', '1\\1'),
    element(0x0028, 0x0100, 'US', bits),
    element(0x0028, 0x0101, 'US', bits),
    element(0x0028, 0x0102, 'US', bits - 1),
    element(0x0028, 0x0103, 'US', 0),
    element(0x0028, 0x1052, 'DS', '-1024'),
    element(0x0028, 0x1053, 'DS', '1'),
    element(0x7fe0, 0x0010, 'OW', Buffer.alloc((16 * bits) / 8, index)),
  ];
  const group = Buffer.concat(meta);
  const length = element(0x0002, 0x0000, 'UL', group.length);
  const start = preamble ? Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]) : Buffer.alloc(0);
  return Buffer.concat([start, length, group, ...body]);
}

function element(group: number, tag: number, vr: string, value: string | number | Buffer): Buffer {
  const bytes = valueBytes(vr, value);
  const long = vr === 'OW' || vr === 'OB';
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(tag, 2);
  head.write(vr, 4, 'latin1');
  if (long) head.writeUInt32LE(bytes.length, 8);
  else head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

function valueBytes(vr: string, value: string | number | Buffer): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'latin1');
    return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
  }
  const bytes = Buffer.alloc(vr === 'UL' ? 4 : 2);
  bytes.writeUIntLE(value, 0, bytes.length);
  return bytes;
}
