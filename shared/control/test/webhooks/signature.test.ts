import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { newSecret, signedHeaders } from '../../src/webhooks/signature.js';

test('the published example of Standard Webhooks gets the published signature', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const sentAt = new Date(1_614_265_330_000);
  expect(signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', sentAt, '{"test": 2432232314}', [secret])).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('during a rotation either secret verifies the message', () => {
  const secrets = [newSecret(), newSecret()];
  const headers = signedHeaders('id', new Date(5_000), 'körper', secrets);
  const signatures = headers['webhook-signature'].split(' ');
  expect(new Set(signatures).size).toBe(2);
  for (const [index, secret] of secrets.entries()) {
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    expect(key).toHaveLength(32);
    expect(signatures[index]).toBe(`v1,${createHmac('sha256', key).update('id.5.körper').digest('base64')}`);
  }
});
