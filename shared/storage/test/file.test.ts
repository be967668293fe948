import { afterAll } from 'vitest';
import { FileBlobStore } from '../src/index.js';
import { blobStoreSuite } from '@parse3d/testing/blob-store-suite';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';

afterAll(assertNothingLeaks);

blobStoreSuite('file', {
  presigns: false,
  open: async () => {
    const folder = await scratchFolder('file-store');
    return { store: new FileBlobStore({ root: folder.path, bucket: 'suite' }), close: () => folder.remove() };
  },
});
