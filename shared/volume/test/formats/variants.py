"""Writes NIfTI files of every kind into a folder, and what nibabel makes of each into expected.json beside them.

Headers are nibabel's, set field by field; voxels are written raw behind them, so that nothing is rescaled on the way.
"""
import gzip
import itertools
import json
import os
import sys
import warnings

import nibabel as nib
import numpy as np

warnings.simplefilter('ignore')
nib.imageglobals.logger.setLevel(100)
FOLDER = sys.argv[1]
CLASSES = {1: nib.Nifti1Header, 2: nib.Nifti2Header}
random = np.random.default_rng(20)
expected = {}


def voxels(dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == 'f':
        data = random.normal(scale=1e4, size=shape)
    else:
        info = np.iinfo(dtype)
        data = random.integers(info.min, info.max, size=shape, dtype=dtype, endpoint=True)
        data.flat[:2] = info.min, info.max
    return data.astype(dtype)


def rotation(angles):
    out = np.eye(3)
    for (a, b), t in zip([(0, 1), (1, 2), (0, 2)], angles):
        turn = np.eye(3)
        turn[[a, b], [a, b]] = np.cos(t)
        turn[a, b], turn[b, a] = -np.sin(t), np.sin(t)
        out = out @ turn
    return out


def affine(angles=(0.3, -0.2, 0.1), zooms=(0.9, 1.1, 2.5), origin=(-90.5, 12.25, 33)):
    out = np.eye(4)
    out[:3, :3] = rotation(angles) @ np.diag(zooms)
    out[:3, 3] = origin
    return out


def write(name, version=1, endian='<', dtype='int16', shape=(3, 4, 5), fields=None, sform=None, qform=None,
          extensions=(), data=None, pack=None):
    header = CLASSES[version](endianness=endian)
    header.set_data_dtype(np.dtype(dtype).newbyteorder(endian))
    header.set_data_shape(shape)
    header['scl_slope'], header['scl_inter'] = 0, 0
    header['pixdim'][1:4] = 0.9, 1.1, 2.5
    if qform is not None:
        header.set_qform(qform, code=1)
    if sform is not None:
        header.set_sform(sform, code=2)
    start = header.single_vox_offset
    block = b''
    for size, content in extensions:
        block += np.array([size, 6], dtype=endian + 'i4').tobytes() + content.ljust(size - 8, b'\0')
    header['vox_offset'] = start + len(block)
    for field, value in (fields or {}).items():
        header[field] = value
    data = voxels(dtype, shape) if data is None else data
    raw = header.binaryblock + (b'\1\0\0\0' if block else b'\0\0\0\0') + block
    raw += np.asarray(data).astype(np.dtype(dtype).newbyteorder(endian)).tobytes(order='F')
    path = os.path.join(FOLDER, name)
    with open(path, 'wb') as f:
        f.write(pack(raw) if pack else raw)
    expected[name] = describe(path)


def describe(path):
    image = nib.load(path)
    header = image.header
    values = image.get_fdata(dtype=np.float64)
    # int64 beyond 2**53 is rounded once, from the stored integers, not through nibabel's long double.
    if image.dataobj.slope == 1 and image.dataobj.inter == 0:
        values = np.asarray(image.dataobj).astype(np.float64)
    return {
        'version': 2 if isinstance(header, nib.Nifti2Header) else 1,
        'littleEndian': header.endianness == '<',
        'datatype': header.get_data_dtype().newbyteorder('=').name,
        'shape': [int(n) for n in header.get_data_shape()],
        'affine': [float(x) for x in image.affine.flatten()],
        'qcode': int(header['qform_code']),
        'scode': int(header['sform_code']),
        'offset': int(image.dataobj.offset),
        'units': int(header['xyzt_units']),
        'voxels': [x if np.isfinite(x) else str(x) for x in values.flatten(order='F').tolist()],
    }


DTYPES = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64']
for dtype, endian, version in itertools.product(DTYPES, '<>', (1, 2)):
    tag = f'{dtype}-{"le" if endian == "<" else "be"}-v{version}'
    write(f'{tag}.nii', version, endian, dtype, sform=affine())
    write(f'{tag}-scaled.nii', version, endian, dtype, sform=affine(), fields={'scl_slope': 0.37, 'scl_inter': -11.5})

# "No scaling", identity, and only an offset.
for n, (slope, inter) in enumerate([(0, 5), (np.nan, 0), (np.inf, 1), (1, 0), (1, -1024), (-2, 0)]):
    write(f'slope-{n}.nii', fields={'scl_slope': slope, 'scl_inter': inter}, sform=affine())

# Which transform wins, with codes that NIfTI knows and codes that it does not.
for version, scode, qcode in itertools.product((1, 2), (0, 1, 2, 4, 5, 7, -1), (0, 1, 3, 5, 6)):
    write(f'codes-{version}-{scode}-{qcode}.nii', version, sform=affine(), qform=affine((0.5, 0.4, -0.6)),
          fields={'sform_code': scode, 'qform_code': qcode})

# Quaternions: all over the sphere, both hands, half turns.
for n in range(60):
    angles = random.uniform(-np.pi, np.pi, 3) if n < 40 else random.integers(-2, 3, 3) * np.pi / 2
    zooms = random.uniform(0.2, 5, 3) * (1, 1, -1 if n % 3 == 0 else 1)
    write(f'qform-{n}.nii', version=1 + n % 2, endian='<>'[n % 4 // 2], qform=affine(angles, zooms, random.normal(size=3) * 99))

# Voxel sizes and qfac that nibabel repairs; the base affine, also of even and odd sizes.
for n, (pixdim, axes) in enumerate(itertools.product(
        [(1, 2, 3, 4), (0, 2, 3, 4), (-1, 2, 3, 4), (5, 1, 1, 1), (1, 0, 2, 2), (1, -2, 3, -4)], ['base', 'qform'])):
    fields = {'qform_code': int(axes == 'qform'), 'quatern_b': 0.5, 'quatern_c': 0.5, 'quatern_d': -0.5, 'qoffset_x': 4}
    fields['pixdim'] = list(pixdim) + [1, 1, 1, 1]
    write(f'pixdim-{n}.nii', fields=fields, shape=(3, 4, 6))

# Units of space (metre, mm, micrometre) beside those of time.
for n, (version, unit) in enumerate(itertools.product((1, 2), (0, 1, 2, 3, 1 | 8, 3 | 16, 2 | 24))):
    write(f'units-{n}.nii', version, sform=affine(), qform=affine(), fields={'xyzt_units': unit})

write('sheared.nii', sform=np.array([[1, .5, 0, 1], [0, 2, .3, 2], [.2, 0, 3, 3], [0, 0, 0, 1.]]))
write('frame-4d.nii', shape=(3, 4, 5, 1), sform=affine())
write('frame-7d.nii', shape=(3, 4, 5, 1, 1, 1, 1), sform=affine())
write('one-slice.nii', shape=(3, 4, 1), sform=affine())
write('extension.nii', sform=affine(), extensions=[(32, b'patient name')])
write('extensions-be-v2.nii', 2, '>', sform=affine(), extensions=[(16, b''), (4096, b'x' * 4088), (48, b'y')])
write('offset-gap.nii', sform=affine(), extensions=[(64, b'z')])
strange = np.arange(60, dtype='f4').reshape(3, 4, 5)
strange[0, 0, 0], strange[1, 1, 1], strange[2, 3, 4] = np.nan, np.inf, -np.inf
write('non-finite.nii', dtype='float32', data=strange, sform=affine())
write('non-finite-be64-v2.nii', 2, '>', 'float64', data=strange - 30, sform=affine())
write('all-nan.nii', dtype='float32', data=strange * np.nan, sform=affine())

# gzip: one member, several, empty ones among them, members that split the header and a voxel.
write('one-member.nii.gz', sform=affine(), pack=gzip.compress)
write('zero-padded.nii.gz', sform=affine(), pack=lambda raw: gzip.compress(raw) + bytes(512))
write('members.nii.gz', sform=affine(), pack=lambda raw: b''.join(
    gzip.compress(part) for part in (b'', raw[:3], raw[3:100], b'', raw[100:353], raw[353:])))
write('bytewise-members.nii.gz', sform=affine(), pack=lambda raw: b''.join(
    gzip.compress(raw[n:n + 1]) for n in range(len(raw))))

with open(os.path.join(FOLDER, 'expected.json'), 'w') as f:
    json.dump(expected, f)
