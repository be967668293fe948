import { createHash, createHmac } from 'node:crypto';
import { PutBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import type { TestRadosgw } from '@parse3d/testing';
import { SignatureV4 } from '@smithy/signature-v4';

/**
 * Makes radosgw push what is created in a bucket to an address, through a persistent topic: it keeps every event until
 * the address has answered 2xx. radosgw looks for new topics every 30 s, so the first event takes as long.
 */
export async function pushNotifications(gateway: TestRadosgw, bucket: string, endpoint: string): Promise<void> {
  const { accessKeyId, secretAccessKey, region } = gateway;
  const credentials = { accessKeyId, secretAccessKey };
  const topic = await createTopic(gateway, endpoint);
  const s3 = new S3Client({ endpoint: gateway.endpoint, region, credentials, forcePathStyle: true });
  try {
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: bucket,
        NotificationConfiguration: {
          TopicConfigurations: [{ Id: 'parse3d', TopicArn: topic, Events: ['s3:ObjectCreated:*'] }],
        },
      }),
    );
  } finally {
    s3.destroy();
  }
}

/** The request of SNS that radosgw understands; returns the topic's ARN. */
async function createTopic(gateway: TestRadosgw, endpoint: string): Promise<string> {
  const body = new URLSearchParams({
    Action: 'CreateTopic',
    Name: 'parse3d',
    'Attributes.entry.1.key': 'push-endpoint',
    'Attributes.entry.1.value': endpoint,
    'Attributes.entry.2.key': 'persistent',
    'Attributes.entry.2.value': 'true',
  }).toString();
  const url = new URL(gateway.endpoint);
  const signer = new SignatureV4({ credentials: gateway, region: gateway.region, service: 'sns', sha256: Sha256 });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  const arn = /<TopicArn>(.+?)<\/TopicArn>/.exec(text)?.[1];
  if (!response.ok || arn === undefined) throw new Error(`CreateTopic: ${response.status} ${text}`);
  return arn;
}

/** SHA-256 in the form that the signer wants: keyed when it is given a key. */
class Sha256 {
  readonly #hash;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    throw new Error('used once');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(new Uint8Array(data));
}
