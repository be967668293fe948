import { expect, test } from 'vitest';
import { chooseBids, derivativeStem, isVolumeName, parseBidsPath, splitStorageUri } from '../src/names/index.js';

test.each([
  ['sub-01/anat/sub-01_T1w.nii.gz', 'sub-01/anat/sub-01_space-orig_dseg'],
  ['sub-06/anat/sub-06_acq-T1_fast_T1w.nii.gz', 'sub-06/anat/sub-06_acq-T1_fast_space-orig_dseg'],
  ['sub-a+b/anat/sub-a+b_T1w.nii', 'sub-a+b/anat/sub-a+b_space-orig_dseg'],
  [
    'sub-01/ses-1/anat/sub-01_ses-1_acq-0.7mm_run-2_T1w.nii.gz',
    'sub-01/ses-1/anat/sub-01_ses-1_acq-0.7mm_run-2_space-orig_dseg',
  ],
  ['sub-x/anat/sub-x_part-mag_T1w.nii.gz', 'sub-x/anat/sub-x_part-mag_space-orig_dseg'],
  ['sub-x/anat/sub-x_acq-a-b_desc-raw_T1w.nii.gz', 'sub-x/anat/sub-x_acq-a-b_space-orig_desc-raw_dseg'],
])('%s is run, and its derivative has a name', (path, derivative) => {
  const image = chooseBids(path, { suffix: 'T1w' });
  expect(image).toEqual(parseBidsPath(path));
  expect(typeof image === 'object' && derivativeStem(image, { space: 'orig' }, 'dseg')).toBe(derivative);
});

test.each([
  ['sub-01/anat/sub-01_part-phase_T1w.nii.gz', 'bids-part'],
  ['sub-01/anat/sub-01_rec-norm_part-imag_T1w.nii.gz', 'bids-part'],
  ['derivatives/x/sub-01/anat/sub-01_T1w.nii.gz', 'bids-elsewhere'],
  ['sourcedata/T1w.nii.gz', 'bids-elsewhere'],
  ['sub-01/sub-01_T1w.nii.gz', 'bids-name'],
  ['sub-01/anat/deep/sub-01_T1w.nii.gz', 'bids-name'],
  ['sub-01/anat/sub-01_acq-größe_T1w.nii.gz', 'bids-name'],
  ['sub-01/anat/sub-01_acq-a b_T1w.nii.gz', 'bids-name'],
  ['sub-01/anat/scan_T1w.nii.gz', 'bids-name'],
  // Nobody asked for these.
  ['sub-01/anat/sub-01_T2w.nii.gz', undefined],
  ['sub-01/anat/sub-01_T1w.json', undefined],
  ['sub-01/anat/sub-01_notT1w.nii.gz', undefined],
])('%s is not taken: %s', (path, reason) => {
  expect(chooseBids(path, { suffix: 'T1w' })).toBe(reason);
});

test('entities choose, and a part that is asked for is taken', () => {
  const phase = 'sub-01/anat/sub-01_acq-fast_part-phase_T1w.nii.gz';
  expect(chooseBids(phase, { suffix: 'T1w', entities: { part: 'phase' } })).toMatchObject({ suffix: 'T1w' });
  expect(chooseBids(phase, { suffix: 'T1w', entities: { acq: 'slow' } })).toBeUndefined();
});

test('names of volumes and URIs of storage have one reader', () => {
  for (const name of ['a.nii', 'b/a.nii.gz', 'A.NII.GZ', 'x.nrrd', 'x.mha'])
    expect(isVolumeName(name), name).toBe(true);
  for (const name of ['x.seg.nrrd', 'x.nhdr', 'x.npz', 'x.zip', 'x.gz', 'nii'])
    expect(isVolumeName(name), name).toBe(false);
  expect(splitStorageUri('s3://b/a//b\n.nii')).toEqual({ scheme: 's3', bucket: 'b', path: 'a//b\n.nii' });
  expect(splitStorageUri('http://b/a')).toBeUndefined();
  expect(splitStorageUri('s3://b')).toBeUndefined();
});
