import { afterAll } from 'vitest';
import { openStores } from '../../src/storage/index.js';
import { blobStoreSuite } from '../../src/testing/blob-store-suite.js';
import { assertNothingLeaks, startRadosgw } from '../../src/testing/index.js';
import { withRadosgw } from './with-radosgw.js';

afterAll(assertNothingLeaks);

withRadosgw('the S3 store', () => {
  blobStoreSuite('s3', {
    presigns: true,
    open: async () => {
      const server = await startRadosgw();
      await server.createBucket('suite');
      const stores = openStores(server.config('suite'));
      return {
        store: stores.primary,
        close: async () => {
          await stores.close();
          await server.stop();
        },
      };
    },
  });
});
