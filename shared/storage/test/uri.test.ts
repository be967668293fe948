import { describe, expect, it, test } from 'vitest';
import {
  checkKey,
  contentDisposition,
  contentTypeOf,
  formatBlobUri,
  nameOfListed,
  parseBlobUri,
} from '../src/index.js';
import { checkLocalKey } from '../src/uri.js';

describe('URIs of objects', () => {
  it.each([
    ['s3://scans/study-1/ct.nii.gz', { scheme: 's3', bucket: 'scans', key: 'study-1/ct.nii.gz' }],
    ['local://my.data_2/ä/%2F ?#', { scheme: 'local', bucket: 'my.data_2', key: 'ä/%2F ?#' }],
    ['s3://b2/a:b', { scheme: 's3', bucket: 'b2', key: 'a:b' }],
  ])('%j is read, nothing of it decoded, and written back the same', (uri, address) => {
    const parsed = parseBlobUri(uri);
    expect(parsed).toEqual(address);
    expect(formatBlobUri(parsed)).toBe(uri);
  });

  it.each([
    ...['', 'scans/x', 'http://scans/x', 's3:/scans/x', 's3://scans', 's3://scans/', 's3:///x', 'S3://scans/x'],
    ...['s3://Scans/x', 's3://-scans/x', 's3://../x', 'local://.tmp/x', 's3://s/x', 's3://scans/../x', 's3://scans//x'],
    ...['s3://scans/a\nb', `s3://${'b'.repeat(64)}/x`, ' s3://scans/x'],
  ])('%j is refused', (uri) => {
    expect(() => parseBlobUri(uri)).toThrow(expect.objectContaining({ code: 'blob-key-invalid' }));
  });

  it('a bad address is not written either', () => {
    const write = () => formatBlobUri({ scheme: 's3', bucket: 'scans', key: '../x' });
    expect(write).toThrow(expect.objectContaining({ code: 'blob-key-invalid' }));
  });
});

describe('keys', () => {
  it('have up to 1024 bytes of UTF-8, and up to 255 a part in a local store', () => {
    const full = `${'ü'.repeat(127)}/`.repeat(4) + 'x'.repeat(4);
    expect(Buffer.byteLength(full)).toBe(1024);
    expect(checkLocalKey(full)).toBe(full);
    expect(() => checkKey(`${full}x`)).toThrow('at most 1024 bytes, got 1025');
    expect(checkKey('x'.repeat(256))).toHaveLength(256);
    expect(() => checkLocalKey('x'.repeat(256))).toThrow('at most 255 bytes, got 256');
  });

  it('may hold dots that are not a path', () => {
    for (const key of ['...', '..a', 'a..b', '.hidden', 'a/.../b']) expect(checkKey(key)).toBe(key);
  });

  it('say with their extension what they are', () => {
    expect(contentTypeOf('a/manifest.json')).toBe('application/json');
    expect(contentTypeOf('CT.NII.GZ')).toBe('application/gzip');
    expect(contentTypeOf('ct.nii')).toBe('application/octet-stream');
  });
});

it('a download name cannot add headers or end its quotes', () => {
  const header = contentDisposition('a"b\r\nSet-Cookie: x=1; ü\ud800.nii');
  expect(header).toMatch(/^attachment; filename="[^"\\\r\n]*"; filename\*=UTF-8''[\w.%~-]+$/);
});

test('what a listing says has a name, also where no request may use it', () => {
  const address = { scheme: 's3', bucket: 'scans', key: 'a/b\u2028c.nii' } as const;
  expect(nameOfListed(address)).toBe(formatBlobUri(address));
  for (const key of ['a\\b.nii', 'a//b.nii', '../a.nii', 'a\u0007.nii']) {
    const name = nameOfListed({ ...address, key });
    expect(name).toBe(`s3://scans/${key}`);
    expect(() => parseBlobUri(name)).toThrow(expect.objectContaining({ code: 'blob-key-invalid' }));
  }
});
