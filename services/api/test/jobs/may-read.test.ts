import { FileBlobStore } from '@parse3d/storage';
import { expect, test } from 'vitest';
import { mayRead } from '../../src/jobs/preflight.js';

const primary = new FileBlobStore({ root: '/none', bucket: 'parse3d' });
const may = (uri: string, ...inputs: string[]): boolean => mayRead({ tenant: 'one', inputs }, uri, primary);

test('a tenant reads its own uploads, and what a grant names', () => {
  expect(may('local://parse3d/uploads/one/x/volume.nii')).toBe(true);
  expect(may('local://parse3d/uploads/other/x/volume.nii')).toBe(false);
  expect(may('local://scans/a/b.nii', 'local://scans/a')).toBe(true);
  expect(may('local://scans/ab.nii', 'local://scans/a')).toBe(false);
  expect(may('s3://scans/a/b.nii', 'local://scans/')).toBe(false);
});

test('a grant of everything opens no other tenant’s uploads; one that names them does', () => {
  const foreign = 'local://parse3d/uploads/other/x/volume.nii';
  expect(may('local://scans/b.nii', 'local://')).toBe(true);
  for (const wide of ['local://', 'local://parse3d', 'local://parse3d/']) expect(may(foreign, wide)).toBe(false);
  expect(may(foreign, 'local://parse3d/uploads/other/')).toBe(true);
  expect(may(foreign, foreign)).toBe(true);
});

test('no grant opens keys, results or markers in the service’s bucket', () => {
  for (const key of ['keys/x.json', 'results/j/1/labels.nii.gz', 'uploads/../keys/x.json', 'uploads']) {
    const uri = `local://parse3d/${key}`;
    const grants = ['local://', 'local://parse3d/', 'local://parse3d/keys/', 'local://parse3d/results/'];
    expect(may(uri, ...grants)).toBe(false);
  }
});
