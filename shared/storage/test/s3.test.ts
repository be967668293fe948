import { afterAll } from 'vitest';
import { openStores } from '../src/index.js';
import { blobStoreSuite } from '@parse3d/testing/blob-store-suite';
import { assertNothingLeaks, startRadosgw } from '@parse3d/testing';
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
