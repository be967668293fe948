import { afterAll } from 'vitest';
import { FileBlobStore } from '../../src/storage/index.js';
import { blobStoreSuite } from '../../src/testing/blob-store-suite.js';
import { assertNothingLeaks, scratchFolder } from '../../src/testing/index.js';

afterAll(assertNothingLeaks);

blobStoreSuite('file', {
  presigns: false,
  open: async () => {
    const folder = await scratchFolder('file-store');
    return { store: new FileBlobStore({ root: folder.path, bucket: 'suite' }), close: () => folder.remove() };
  },
});
