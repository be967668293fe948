import type { ApiDeps } from '../deps.js';
import { receive } from './receive.js';
import { Sns } from './sns.js';
import { SqsSource } from './sqs.js';

/** Pulls storage events where a queue is set up, until the server drains. */
export async function pullEvents(deps: ApiDeps): Promise<void> {
  const { config, log, metrics } = deps;
  const { PARSE3D_EVENTS_SQS_URL: queueUrl, PARSE3D_EVENTS_SQS_ENDPOINT: endpoint } = config;
  const { PARSE3D_S3_REGION: region } = config;
  const { PARSE3D_S3_ACCESS_KEY_ID: accessKeyId, PARSE3D_S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  if (queueUrl === undefined) return;
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
  const source = new SqsSource({ queueUrl, endpoint, region, credentials }, log, (outcome) =>
    metrics.eventMessages.inc({ outcome }),
  );
  const sns = new Sns();
  await source.run(async (message) => void (await receive(message, sns, deps)), deps.draining);
}
