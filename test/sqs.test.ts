import { BatchList, JobPage } from '@parse3d/contract';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { assertNothingLeaks, eventually, track } from '@parse3d/testing';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from './support/stack.js';
import { phantomCtFile } from './support/volumes.js';

const keys = { accessKeyId: 'test', secretAccessKey: 'of no worth' };

let sqs: FauxqsServer;
let untrack: () => void;
let client: SQSClient;
let queueUrl: string;
let stack: Stack;
let good: Buffer;
beforeAll(async () => {
  good = await phantomCtFile([12, 10, 8]);
  sqs = await startFauxqs({ port: 0, logger: false });
  untrack = track('the SQS emulator', () => sqs.stop());
  client = new SQSClient({ region: 'us-east-1', credentials: keys, endpoint: `http://127.0.0.1:${sqs.port}` });
  await client.send(new CreateQueueCommand({ QueueName: 'dead' }));
  const redrive = { deadLetterTargetArn: sqs.inspectQueue('dead')?.arn, maxReceiveCount: 4 };
  const made = await client.send(
    new CreateQueueCommand({ QueueName: 'events', Attributes: { RedrivePolicy: JSON.stringify(redrive) } }),
  );
  queueUrl = made.QueueUrl ?? '';
  stack = await startStack({
    env: {
      PARSE3D_EVENTS_SQS_URL: queueUrl,
      PARSE3D_EVENTS_SQS_ENDPOINT: `http://127.0.0.1:${sqs.port}`,
      PARSE3D_S3_ACCESS_KEY_ID: keys.accessKeyId,
      PARSE3D_S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
      // No listing: what is not pulled is not found.
      PARSE3D_RULES_SWEEP_EVERY: '1h',
    },
  });
});
afterAll(async () => {
  await stack.stop();
  client.destroy();
  await sqs.stop();
  untrack();
  await assertNothingLeaks();
});

const send = (body: unknown) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

/** How S3 tells of an object through SQS; blanks are pluses. */
const s3Event = (...names: string[]) => ({
  Records: names.map((key) => ({
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: 'inbox' }, object: { key: encodeURIComponent(key).replaceAll('%20', '+') } },
  })),
});

const messagesIn = (name: string): number => {
  const messages = sqs.inspectQueue(name)?.messages;
  if (messages === undefined) throw new Error(`there is no queue ${name}`);
  return messages.ready.length + messages.delayed.length + messages.inflight.length;
};

async function watch(tenant: string) {
  const api = await stack.client({ tenant, inputs: ['local://inbox/'] });
  const answer = await api.send('POST', '/v1/rules', {
    bucket: 'local://inbox/',
    prefix: `${tenant}/`,
    job: { prompts: ['bone'], outputs: { preview: false } },
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.json));
  const jobs = async () => JobPage.parse((await api.send('GET', '/v1/jobs?limit=200')).json).jobs;
  return { api, jobs };
}

test('what is pulled from the queue starts one job for each object, and the queue is empty then', async () => {
  const { api, jobs } = await watch('pulled');
  const names = Array.from({ length: 6 }, (_, index) => `pulled/scan ${index}+ü.nii.gz`);
  for (const name of names) await stack.stores.bucket('local', 'inbox').write(name, good);
  await send({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'inbox' });
  for (const name of names) await send(s3Event(name));
  await send(s3Event(...names));
  await eventually(() => messagesIn('events') === 0, { what: 'the queue to be empty' });
  const started = await jobs();
  expect(started.map(({ input }) => input.uri).sort()).toEqual(names.map((name) => `local://inbox/${name}`));
  for (const { id } of started) expect((await api.ended(id)).status).toBe('completed');
  expect(messagesIn('dead')).toBe(0);
  expect(BatchList.parse((await api.send('GET', '/v1/batches')).json).batches).toEqual([]);
});

test('what nobody understands ends with the dead letters, and holds nothing up', async () => {
  const { jobs } = await watch('after');
  await stack.stores.bucket('local', 'inbox').write('after/ct.nii.gz', good);
  await send('no JSON');
  await send({ hello: 'world' });
  await send(s3Event('after/ct.nii.gz'));
  await eventually(async () => (await jobs()).length === 1, { what: 'the job' });
  await eventually(() => messagesIn('dead') === 2 && messagesIn('events') === 0, { what: 'the dead letters' });
});

test('a message that could not be taken is not deleted, and is taken when it comes again', async () => {
  const { jobs } = await watch('late');
  await stack.stores.bucket('local', 'inbox').write('late/ct.nii.gz', good);
  await stack.redis.kill();
  await send(s3Event('late/ct.nii.gz'));
  // It was received, and put off.
  await eventually(() => sqs.inspectQueue('events')?.messages.inflight.length === 1, { what: 'the message held' });
  await stack.redis.restart();
  await eventually(async () => (await jobs().catch(() => [])).length === 1, { what: 'the job', timeoutMs: 40_000 });
  await eventually(() => messagesIn('events') === 0, { what: 'the queue to be empty' });
  expect(messagesIn('dead')).toBe(2);
});
