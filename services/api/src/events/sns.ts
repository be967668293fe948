import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

/** Fetches a small text over HTTPS from an address that was checked before. */
export type FetchText = (url: URL) => Promise<string>;

const common = {
  MessageId: z.string(),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string(),
  SigningCertURL: z.string(),
};

/** What Amazon SNS wraps around a message. */
export const SnsEnvelope = z.discriminatedUnion('Type', [
  z.object({ Type: z.literal('Notification'), Subject: z.string().optional(), ...common }),
  z.object({
    Type: z.enum(['SubscriptionConfirmation', 'UnsubscribeConfirmation']),
    Token: z.string(),
    SubscribeURL: z.string(),
    ...common,
  }),
]);
export type SnsEnvelope = z.infer<typeof SnsEnvelope>;

/** Certificates kept; SNS changes them rarely. */
const KEPT_CERTIFICATES = 16;

/** Verifies envelopes of Amazon SNS, whose only proof is a signature by a certificate of theirs, and confirms them. */
export class Sns {
  readonly #fetchText: FetchText;
  readonly #certificates = new LRUCache<string, X509Certificate>({ max: KEPT_CERTIFICATES });

  constructor(fetchText: FetchText = fetchSmallText) {
    this.#fetchText = fetchText;
  }

  /**
   * @throws Problem `event-signature-invalid` when SNS did not sign it, `events-incomplete` when the certificate cannot
   * be had just now
   */
  async verify(envelope: SnsEnvelope): Promise<void> {
    const certificate = await this.#certificate(certificateUrl(envelope.SigningCertURL));
    const now = Date.now();
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
      throw untrusted(`the certificate is valid from ${certificate.validFrom} to ${certificate.validTo}`);
    }
    const algorithm = envelope.SignatureVersion === '1' ? 'sha1' : 'sha256';
    const signature = Buffer.from(envelope.Signature, 'base64');
    const key = createPublicKey(certificate.toString());
    if (!verify(algorithm, Buffer.from(signedText(envelope)), key, signature)) {
      throw untrusted('the signature does not match the message');
    }
  }

  /** Follows the link that makes SNS send messages here. The envelope must be verified. */
  async confirm(envelope: SnsEnvelope): Promise<void> {
    if (envelope.Type !== 'SubscriptionConfirmation') return;
    const url = amazonUrl(envelope.SubscribeURL);
    if (url.searchParams.get('Action') !== 'ConfirmSubscription') throw untrusted('SubscribeURL confirms nothing');
    await this.#fetch(url);
  }

  async #certificate(url: URL): Promise<X509Certificate> {
    const known = this.#certificates.get(url.href);
    if (known !== undefined) return known;
    const pem = await this.#fetch(url);
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(pem);
    } catch {
      throw untrusted('SigningCertURL does not lead to a certificate');
    }
    this.#certificates.set(url.href, certificate);
    return certificate;
  }

  async #fetch(url: URL): Promise<string> {
    try {
      return await this.#fetchText(url);
    } catch (cause) {
      if (isProblem(cause)) throw cause;
      throw new Problem('events-incomplete', `${url.hostname} does not answer`, { host: url.hostname }, { cause });
    }
  }
}

/** Only SNS itself is believed and followed: anything else could be made to sign, or be asked, by anybody. */
function amazonUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const trusted =
    url?.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    /^sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?$/.test(url.hostname);
  if (url !== undefined && trusted) return url;
  throw untrusted('expected addresses at https://sns.<region>.amazonaws.com/');
}

/** The API of SNS answers at the same host, and may quote what it is asked: only its files are certificates. */
function certificateUrl(text: string): URL {
  const url = amazonUrl(text);
  if (url.search === '' && /^\/[\w.-]+\.pem$/.test(url.pathname)) return url;
  throw untrusted('expected SigningCertURL to lead to a file https://sns.<region>.amazonaws.com/<name>.pem');
}

/** Names and values line by line, in the order that SNS signs. */
function signedText(envelope: SnsEnvelope): string {
  const { Message, MessageId, Timestamp, TopicArn, Type } = envelope;
  const fields: Record<string, string> =
    envelope.Type === 'Notification'
      ? {
          Message,
          MessageId,
          ...(envelope.Subject === undefined ? {} : { Subject: envelope.Subject }),
          Timestamp,
          TopicArn,
          Type,
        }
      : { Message, MessageId, SubscribeURL: envelope.SubscribeURL, Timestamp, Token: envelope.Token, TopicArn, Type };
  return Object.entries(fields)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('');
}

const untrusted = (detail: string): Problem => new Problem('event-signature-invalid', detail);

/** Longest certificate or answer that is read, in characters. */
const MAX_TEXT = 64 * 1024;

/** Follows no redirect, waits 5 s at most, and takes 64 Ki characters at most. */
async function fetchSmallText(url: URL): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5_000) });
  let text = '';
  const decoder = new TextDecoder();
  const body: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined;
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_TEXT) throw new Error(`${url.hostname} sent more than ${MAX_TEXT} characters`);
  }
  if (!response.ok) throw new Error(`${url.hostname} answered ${response.status}`);
  return text;
}
