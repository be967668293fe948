import { expect, test } from 'vitest';
import { parseEvents } from '../../src/events/formats/index.js';

const parse = (body: unknown, headers: Record<string, string> = {}) => parseEvents({ headers, body });

const record = (eventSource: string, key: string, eventName = 'ObjectCreated:Put') => ({
  eventVersion: '2.2',
  eventSource,
  eventTime: '2026-03-01T10:00:00.000Z',
  eventName,
  s3: {
    s3SchemaVersion: '1.0',
    bucket: { name: 'scans', arn: 'arn:aws:s3:::scans' },
    object: { key, size: 5, eTag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '0055AED6DCD90281E5' },
  },
});
const created = (key: string) => ({ bucket: 'scans', key, kind: 'created' });

test('the key of an S3 notification is decoded as a form', () => {
  const { format, notices } = parse({ Records: [record('aws:s3', 'a/sub+1%2B2/M%C3%BCller.nii.gz')] });
  expect(format).toBe('s3');
  expect(notices).toEqual([created('a/sub 1+2/Müller.nii.gz')]);
});

test('the key of a MinIO notification is decoded as a query, slashes too', () => {
  const body = {
    EventName: 's3:ObjectCreated:Put',
    Key: 'scans/a/b c.nii',
    Records: [record('minio:s3', 'a%2Fb+c.nii', 's3:ObjectCreated:Put')],
  };
  expect(parse(body)).toEqual({ format: 'minio', notices: [created('a/b c.nii')] });
});

test('the key of a Ceph notification is taken as it stands', () => {
  expect(parse({ Records: [record('ceph:s3', 'a b+c%20d.nii')] })).toEqual({
    format: 'ceph',
    notices: [created('a b+c%20d.nii')],
  });
});

test('the key of an EventBridge event is taken as it stands', () => {
  const event = (type: string) => ({
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': type,
    source: 'aws.s3',
    detail: { version: '0', bucket: { name: 'scans' }, object: { key: 'a+b%20c.nii', size: 5, etag: 'x' } },
  });
  expect(parse(event('Object Created'))).toEqual({ format: 'eventbridge', notices: [created('a+b%20c.nii')] });
  expect(parse(event('Object Deleted')).notices).toMatchObject([{ kind: 'other' }]);
});

const azure = {
  specversion: '1.0',
  type: 'Microsoft.Storage.BlobCreated',
  source: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a',
  id: '9aeb0fdf-c01e-0131-0922-9eb54906e209',
  subject: '/blobServices/default/containers/scans/blobs/day 1/ct.nii.gz',
  data: { api: 'PutBlob', eTag: '0x8D4BCC2E4835CD0', contentLength: 5, blobType: 'BlockBlob' },
};
const gcs = {
  specversion: '1.0',
  type: 'google.cloud.storage.object.v1.finalized',
  source: '//storage.googleapis.com/projects/_/buckets/scans',
  id: '1234',
  subject: 'objects/day 1/ct.nii.gz',
  data: { bucket: 'scans', name: 'day 1/ct.nii.gz', generation: '1', etag: 'CAE=' },
};

test('CloudEvents of Azure and Google name the same object in structured, batched and binary mode', () => {
  expect(parse(azure)).toEqual({ format: 'cloudevents', notices: [created('day 1/ct.nii.gz')] });
  expect(parse([azure, gcs]).notices).toEqual([created('day 1/ct.nii.gz'), created('day 1/ct.nii.gz')]);
  for (const event of [azure, gcs]) {
    const headers = {
      'ce-specversion': '1.0',
      'ce-type': event.type,
      'ce-source': event.source,
      'ce-id': event.id,
      'ce-subject': encodeURI(event.subject),
    };
    expect(parse(event.data, headers).notices).toEqual([created('day 1/ct.nii.gz')]);
  }
});

test('removals and the test event of S3 make no job', () => {
  expect(parse({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'scans' })).toEqual({
    format: 's3',
    notices: [],
  });
  expect(parse({ Records: [record('aws:s3', 'a.nii', 'ObjectRemoved:Delete')] }).notices).toMatchObject([
    { kind: 'other' },
  ]);
  expect(parse({ ...azure, type: 'Microsoft.Storage.BlobDeleted' }).notices).toMatchObject([{ kind: 'other' }]);
  expect(parse({ ...gcs, type: 'google.cloud.storage.object.v1.deleted' }).notices).toMatchObject([{ kind: 'other' }]);
});

test.each([
  ['nothing known', { hello: 'world' }, 'expected a notification'],
  ['no object', 'text', 'expected a notification'],
  ['another source of records', { Records: [record('acme:oss', 'a.nii')] }, 'acme:oss'],
  ['CloudEvents of another service', { ...gcs, type: 'com.example.order' }, 'com.example.order'],
  ['an Azure event without a blob', { ...azure, subject: '/elsewhere' }, 'containers'],
])('%s is refused, saying what was expected', (_name, body, detail) => {
  expect(() => parse(body)).toThrow(detail);
  expect(() => parse(body)).toThrow(expect.objectContaining({ code: 'event-unknown' }));
});
