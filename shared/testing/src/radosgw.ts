import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createBucketIfMissing, type StorageConfig } from '@parse3d/storage';
import { missingProgram, startChild, stopChild, type StartedChild } from './child.js';
import { freePorts } from './free-port.js';
import { track } from './leaks.js';

const SCRIPT = fileURLToPath(new URL('../../../scripts/radosgw.sh', import.meta.url));
const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd'];
const READY_TIMEOUT_MS = 55_000;
const STOP_GRACE_MS = 10_000;
const TRIES = 3;

export interface TestRadosgw {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** The configuration that opens a bucket of it. */
  config(bucket: string): StorageConfig & { kind: 's3' };
  createBucket(name: string): Promise<void>;
  /** Ends the daemons and removes their files. A second call does nothing. */
  stop(): Promise<void>;
}

/** Why no radosgw can be started here, or undefined where it can. */
export function whyNoRadosgw(): string | undefined {
  const program = missingProgram(...PROGRAMS);
  return program === undefined ? undefined : `${program} is not installed (scripts/install-test-services.sh)`;
}

/** A real S3 server of one node, all in memory, on free ports of 127.0.0.1; ready within seconds. */
export async function startRadosgw(): Promise<TestRadosgw> {
  const keys = { accessKeyId: 'parse3d-test', secretAccessKey: randomBytes(16).toString('hex') };
  const region = 'us-east-1';
  const { endpoint, server } = await launch(keys);
  const config: TestRadosgw['config'] = (bucket) => ({ kind: 's3', bucket, endpoint, region, ...keys });
  const stop = async (): Promise<void> => {
    await stopChild(server, STOP_GRACE_MS);
    untrack();
  };
  const untrack = track(`radosgw at ${endpoint}`, stop);
  return { endpoint, region, ...keys, config, createBucket: (name) => createBucketIfMissing(config(name)), stop };
}

async function launch(keys: {
  accessKeyId: string;
  secretAccessKey: string;
}): Promise<{ endpoint: string; server: StartedChild }> {
  for (let left = TRIES - 1; ; left--) {
    const [rgwPort, monPort] = await freePorts(2);
    const env = {
      RGW_PORT: String(rgwPort),
      MON_PORT: String(monPort),
      RGW_ACCESS_KEY: keys.accessKeyId,
      RGW_SECRET_KEY: keys.secretAccessKey,
    };
    try {
      const server = await startChild('bash', [SCRIPT, '--with-stdin'], {
        env,
        readyWhen: /^ready http/m,
        timeoutMs: READY_TIMEOUT_MS,
      });
      return { endpoint: `http://127.0.0.1:${rgwPort}`, server };
    } catch (error) {
      if (left === 0 || !/in use|unable to bind/i.test(String(error))) throw error;
    }
  }
}
