import { execFile } from 'node:child_process';
import { sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Sns, SnsEnvelope } from '../../src/events/sns.js';

let privateKey: string;
let certificate: string;
beforeAll(async () => {
  const folder = await scratchFolder('sns');
  const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  const subject = ['-subj', '/CN=sns.amazonaws.com', '-days', '2'];
  await promisify(execFile)('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ]);
  [privateKey, certificate] = await Promise.all([readFile(key, 'utf8'), readFile(cert, 'utf8')]);
  await folder.remove();
});
afterAll(assertNothingLeaks);

const CERT_URL = 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0000.pem';
const SUBSCRIBE_URL = 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t';

const plain = {
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:eu-central-1:123456789012:scans',
  Subject: 'Amazon S3 Notification',
  Message: '{"Records":[]}',
  Timestamp: '2026-03-01T10:00:00.000Z',
  SigningCertURL: CERT_URL,
};

/** Signs the named fields as SNS does. */
function signed(fields: Record<string, string>, version: '1' | '2', names: string[]): SnsEnvelope {
  const text = names.map((name) => `${name}\n${fields[name] ?? ''}\n`).join('');
  const signature = sign(version === '1' ? 'sha1' : 'sha256', Buffer.from(text), privateKey).toString('base64');
  return SnsEnvelope.parse({ ...fields, SignatureVersion: version, Signature: signature });
}
const notificationFields = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const confirmationFields = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

/** An SNS whose fetches are recorded. */
function recorded(answer = () => certificate): { sns: Sns; asked: string[] } {
  const asked: string[] = [];
  const sns = new Sns((url) => {
    asked.push(url.href);
    return Promise.resolve(answer());
  });
  return { sns, asked };
}

test.each(['1', '2'] as const)(
  'an envelope signed by version %s is believed, and its certificate kept',
  async (version) => {
    const { sns, asked } = recorded();
    await sns.verify(signed(plain, version, notificationFields));
    await sns.verify(signed({ ...plain, MessageId: 'another' }, version, notificationFields));
    expect(asked).toEqual([CERT_URL]);
  },
);

test('an envelope without a subject is signed without one', async () => {
  const { Subject: _, ...rest } = plain;
  await recorded().sns.verify(
    signed(
      rest,
      '2',
      notificationFields.filter((name) => name !== 'Subject'),
    ),
  );
});

test('a changed message is not believed', async () => {
  const envelope = { ...signed(plain, '2', notificationFields), Message: '{"Records":[{}]}' };
  await expect(recorded().sns.verify(envelope)).rejects.toMatchObject({ code: 'event-signature-invalid' });
});

test.each([
  'https://sns.eu-central-1.amazonaws.com.evil.example/cert.pem',
  'https://evil.example/sns.eu-central-1.amazonaws.com/cert.pem',
  'http://sns.eu-central-1.amazonaws.com/cert.pem',
  'https://sns.eu-central-1.amazonaws.com:8443/cert.pem',
  'https://user@sns.eu-central-1.amazonaws.com/cert.pem',
  'https://s3.eu-central-1.amazonaws.com/bucket/cert.pem',
  'https://sns.a.b.amazonaws.com/cert.pem',
  'https://sns.eu-central-1.amazonaws.com/?Action=Echo&text=-----BEGIN+CERTIFICATE-----',
  'https://sns.eu-central-1.amazonaws.com/cert.pem?version=2',
  'no address',
])('no certificate is asked of %s', async (SigningCertURL) => {
  const { sns, asked } = recorded();
  const envelope = signed({ ...plain, SigningCertURL }, '2', notificationFields);
  await expect(sns.verify(envelope)).rejects.toMatchObject({ code: 'event-signature-invalid' });
  expect(asked).toEqual([]);
});

test('a subscription is confirmed only at SNS', async () => {
  const confirmation = { ...plain, Type: 'SubscriptionConfirmation', Token: 't', SubscribeURL: SUBSCRIBE_URL };
  const { sns, asked } = recorded();
  const envelope = signed(confirmation, '1', confirmationFields);
  await sns.verify(envelope);
  await sns.confirm(envelope);
  expect(asked).toEqual([CERT_URL, SUBSCRIBE_URL]);

  const elsewhere = signed({ ...confirmation, SubscribeURL: 'http://169.254.169.254/' }, '1', confirmationFields);
  await sns.verify(elsewhere);
  await expect(sns.confirm(elsewhere)).rejects.toMatchObject({ code: 'event-signature-invalid' });
  const other = signed({ ...confirmation, SubscribeURL: CERT_URL }, '1', confirmationFields);
  await expect(sns.confirm(other)).rejects.toMatchObject({ code: 'event-signature-invalid' });
  expect(asked).toHaveLength(2);
});

test('a certificate that cannot be had just now makes the message come again', async () => {
  const { sns } = recorded(() => {
    throw new Error('away');
  });
  const envelope = signed(plain, '2', notificationFields);
  await expect(sns.verify(envelope)).rejects.toMatchObject({ code: 'events-incomplete', retry: 'later' });
});
