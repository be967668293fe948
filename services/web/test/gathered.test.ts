import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { commonFolder, countReasons, gather } from '../src/segment/gathered.js';
import { zipSeries } from '../src/segment/zip-series.js';

/** A file that says of itself what it is, or that begins as DICOM does. */
function found(path: string, content: 'dicom' | 'empty' | 'zip' | 'text' = 'text') {
  const bytes = { dicom: `${'\0'.repeat(128)}DICM${path}`, empty: '', zip: 'PK\x03\x04', text: `of ${path}` }[content];
  return { path, file: new File([bytes], path.split('/').at(-1) ?? path) };
}

test('a folder is sorted into volumes, a series for each folder of DICOM images, and what is left out with its reason', async () => {
  const { volumes, notTaken } = await gather(
    [
      found('study/sub-10/t1.nii.gz'),
      found('study/sub-2/t1.nii'),
      found('study/sub-2/t1.json'),
      found('study/sub-2/labels.seg.nrrd'),
      found('study/sub-2/half.nii.gz', 'empty'),
      found('study/.DS_Store'),
      found('study/ct/IM10', 'dicom'),
      found('study/ct/IM9', 'dicom'),
      found('study/ct/IM11.dcm', 'text'),
      found('study/ct/DICOMDIR', 'dicom'),
      found('study/frames/a.dcm', 'dicom'),
      found('study/b.npz', 'zip'),
    ],
    [{ path: 'study/link.nii', reason: 'not readable by the browser' }],
  );
  expect(volumes.map(({ path, files, drawable }) => [path, files.length, drawable])).toEqual([
    ['study/b.npz', 1, false],
    // One image lacks the first bytes that DICOM files have.
    ['study/ct/', 3, false],
    ['study/frames/a.dcm', 1, false],
    ['study/sub-2/t1.nii', 1, true],
    ['study/sub-10/t1.nii.gz', 1, true],
  ]);
  expect(notTaken.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
    'study/.DS_Store: hidden',
    'study/ct/DICOMDIR: a table of contents',
    'study/link.nii: not readable by the browser',
    'study/sub-2/half.nii.gz: empty',
    'study/sub-2/labels.seg.nrrd: labels, not a volume',
    'study/sub-2/t1.json: not a volume',
  ]);
  expect(countReasons(notTaken)).toContainEqual(['empty', 1]);
  expect(commonFolder(volumes)).toBe('study');
  // Images in the order of their numbers, under names that tell nothing.
  const series = volumes[1]?.files ?? [];
  const zip = await zipSeries(series, new AbortController().signal);
  const entries = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  expect(Object.keys(entries)).toEqual(['000001.dcm', '000002.dcm', '000003.dcm']);
  expect(new TextDecoder().decode(entries['000001.dcm']?.subarray(132))).toBe('study/ct/IM9');
});

test('one file alone is taken under any name, unless it is empty', async () => {
  expect((await gather([found('scan')])).volumes).toMatchObject([{ path: 'scan', drawable: true }]);
  expect((await gather([found('scan', 'dicom')])).volumes).toMatchObject([{ path: 'scan', drawable: false }]);
  expect(await gather([found('scan.nii', 'empty')])).toEqual({
    volumes: [],
    notTaken: [{ path: 'scan.nii', reason: 'empty' }],
  });
});
