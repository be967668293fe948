// Makes the service's own bucket unless it is there: node deploy/docker/create-bucket.mjs, with PARSE3D_* as for the api.
import { commonEnv, parseEnv, storageFromEnv } from '@parse3d/platform/config';
import { createBucketIfMissing } from '@parse3d/storage';

const storage = storageFromEnv(parseEnv(commonEnv, process.env));
await createBucketIfMissing(storage);
console.log(`bucket ${storage.bucket} is there`);
