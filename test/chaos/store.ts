import { openStores, type BlobStore } from '@parse3d/storage';
import { FaultyProxy, startRadosgw } from '@parse3d/testing';

/** A real S3 store behind a proxy that breaks on demand. */
export interface FaultyStore {
  readonly proxy: FaultyProxy;
  /** The service's bucket, past the proxy. */
  readonly direct: BlobStore;
  /** How the services reach it, and how soon they give up waiting. */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

export async function startFaultyStore(): Promise<FaultyStore> {
  const gateway = await startRadosgw();
  const proxy = await FaultyProxy.start(gateway.endpoint);
  const stores = openStores(gateway.config('parse3d'));
  return {
    proxy,
    direct: stores.primary,
    env: {
      PARSE3D_STORAGE: 's3',
      PARSE3D_S3_ENDPOINT: proxy.url,
      PARSE3D_S3_REGION: gateway.region,
      PARSE3D_S3_ACCESS_KEY_ID: gateway.accessKeyId,
      PARSE3D_S3_SECRET_ACCESS_KEY: gateway.secretAccessKey,
      PARSE3D_S3_REQUEST_TIMEOUT: '3s',
      PARSE3D_S3_IDLE_TIMEOUT: '2s',
    },
    async stop() {
      await stores.close();
      await proxy.stop();
      await gateway.stop();
    },
  };
}
