import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@parse3d/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { SqsSource } from '../../src/events/sqs.js';

test('a queue that takes requests and never answers is asked again', async () => {
  const asked: string[] = [];
  const silent = createServer((request) => asked.push(String(request.headers['x-amz-target'])));
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const { port } = silent.address() as AddressInfo;
  const stop = new AbortController();
  const source = new SqsSource(
    {
      queueUrl: `http://127.0.0.1:${port}/000000000000/events`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'of no worth' },
      answerMs: 50,
    },
    pino({ enabled: false }),
  );
  const running = source.run(() => Promise.reject(new Error('there is no message')), stop.signal);
  try {
    // More than the two loops ask at first, with what the SDK repeats by itself.
    const receives = (): number => asked.filter((target) => target === 'AmazonSQS.ReceiveMessage').length;
    await eventually(() => receives() > 6, { what: 'the queue to be asked again' });
  } finally {
    stop.abort();
    await running;
    silent.closeAllConnections();
    silent.close();
  }
  expect(asked[0]).toBe('AmazonSQS.GetQueueAttributes');
});
