import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { pause } from '@parse3d/async';
import { Problem } from '@parse3d/contract/problems';
import type { Logger } from 'pino';
import type { EventMessage } from './message.js';
import type { EventSource } from './source.js';

export interface SqsSettings {
  readonly queueUrl: string;
  /** Where requests go. @default the server in the queue's address */
  readonly endpoint?: string | undefined;
  /** Of the credentials' signature; the address of a queue at AWS names its own. */
  readonly region: string;
  /** Without it the SDK looks in its usual places. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Longest time until an answer begins, in ms; SQS holds one back until a message comes. @default 30000 */
  readonly answerMs?: number | undefined;
}

/** `taken` messages are deleted, `later` ones come again, `refused` ones are left to the dead letters. */
export type MessageOutcome = 'taken' | 'later' | 'refused';

/** Messages asked for at once, the most that SQS gives, and how often that is done side by side. */
const MESSAGES = 10;
const LOOPS = 2;

/** How long SQS waits for a message before it answers with none. Unit: s. */
const WAIT_SECONDS = 20;

/** A message that is being worked on is nobody else's for so long, and that is renewed well before. Unit: s. */
const HELD_SECONDS = 60;
const RENEW_EVERY_MS = 20_000;

/** Longest time until a message that has to wait comes again, and until one that nobody understands does. Unit: s. */
const MAX_LATER_SECONDS = 900;
const MAX_REFUSED_SECONDS = 60;

/** Pause when the queue does not answer, or nothing can be taken just now; doubled each time. Unit: ms. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/**
 * Pulls storage events from an SQS queue. A message is deleted when everything in it is durable, comes again later when
 * it could not be taken, and is left to the queue's dead letters when nobody understands it. Every api process pulls:
 * SQS gives a message to one of them at a time, and giving it twice does no harm.
 */
export class SqsSource implements EventSource {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #log: Logger;
  readonly #onMessage: (outcome: MessageOutcome) => void;

  constructor(settings: SqsSettings, log: Logger, onMessage: (outcome: MessageOutcome) => void = () => undefined) {
    const { queueUrl, endpoint, region, credentials, answerMs = 30_000 } = settings;
    this.#client = new SQSClient({
      region: regionOf(queueUrl) ?? region,
      endpoint: endpoint ?? new URL(queueUrl).origin,
      ...(credentials === undefined ? {} : { credentials }),
      // Without these a connection that died unheard would be waited for without end.
      requestHandler: { connectionTimeout: 5_000, requestTimeout: answerMs, throwOnRequestTimeout: true },
    });
    this.#queueUrl = queueUrl;
    this.#log = log;
    this.#onMessage = onMessage;
  }

  async run(take: (message: EventMessage) => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#warnWithoutDeadLetters(signal);
    await Promise.all(Array.from({ length: LOOPS }, () => this.#pull(take, signal)));
    this.#client.destroy();
  }

  async #pull(take: (message: EventMessage) => Promise<void>, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const going = await this.#pullOnce(take, signal).catch((error: unknown) => {
        if (!signal.aborted) this.#log.warn({ err: nameOf(error) }, 'the queue of storage events does not answer');
        return false;
      });
      failures = going ? 0 : failures + 1;
      if (failures > 0) await rest(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)), signal);
    }
  }

  /** False when everything that came has to wait: then the messages behind it must not spend their receptions. */
  async #pullOnce(take: (message: EventMessage) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const { Messages: messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#queueUrl,
        MaxNumberOfMessages: MESSAGES,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: HELD_SECONDS,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }),
      { abortSignal: signal },
    );
    if (messages.length === 0) return true;
    const open = new Set(messages);
    const renewing = setInterval(() => {
      void this.#showAgain([...open].map((message) => ({ message, seconds: HELD_SECONDS })));
    }, RENEW_EVERY_MS);
    const outcomes = await Promise.all(
      messages.map(async (message) => {
        const outcome = await this.#take(message, take);
        open.delete(message);
        return { message, outcome };
      }),
    ).finally(() => clearInterval(renewing));
    const of = (wanted: MessageOutcome): Message[] =>
      outcomes.filter(({ outcome }) => outcome === wanted).map(({ message }) => message);
    await this.#delete(of('taken'));
    await this.#showAgain([
      ...of('later').map((message) => ({ message, seconds: backOff(message, 5, MAX_LATER_SECONDS) })),
      // At once, then after 1, 3, 7 … s: on its way to the dead letters, and not a burden where there is no such queue.
      ...of('refused').map((message) => ({ message, seconds: backOff(message, 1, MAX_REFUSED_SECONDS) - 1 })),
    ]);
    return of('later').length < messages.length;
  }

  async #take(message: Message, take: (message: EventMessage) => Promise<void>): Promise<MessageOutcome> {
    const outcome = await take({ headers: {}, body: parse(message.Body) }).then(
      (): MessageOutcome => 'taken',
      (error: unknown): MessageOutcome => {
        const { code, retry } = Problem.from(error);
        const log = { code, messageId: message.MessageId, received: receptionsOf(message) };
        if (retry === 'never') this.#log.warn(log, 'message left to the dead letters');
        else this.#log.info(log, 'message will come again');
        return retry === 'never' ? 'refused' : 'later';
      },
    );
    this.#onMessage(outcome);
    return outcome;
  }

  /** Whatever is not deleted comes again, and its jobs are there already. */
  async #delete(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const { Failed: failed = [] } = await this.#client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: this.#queueUrl,
        Entries: messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
    if (failed.length > 0) this.#log.warn({ count: failed.length }, 'messages could not be deleted and come again');
  }

  /** Sets when messages come again. Where that fails they come when their time is over. */
  async #showAgain(messages: readonly { message: Message; seconds: number }[]): Promise<void> {
    if (messages.length === 0) return;
    const entries = messages.map(({ message: { ReceiptHandle }, seconds }, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: seconds,
    }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#queueUrl, Entries: entries });
    await this.#client.send(command).catch((error: unknown) => {
      this.#log.warn({ err: nameOf(error) }, 'messages could not be held or put off');
    });
  }

  async #warnWithoutDeadLetters(signal: AbortSignal): Promise<void> {
    try {
      const { Attributes: attributes } = await this.#client.send(
        new GetQueueAttributesCommand({ QueueUrl: this.#queueUrl, AttributeNames: ['RedrivePolicy'] }),
        { abortSignal: signal },
      );
      if (attributes?.['RedrivePolicy'] !== undefined) return;
      this.#log.warn(
        'the queue of storage events has no dead-letter queue: what nobody understands comes again and again',
      );
    } catch {
      // Not everybody may ask for that; whether the queue answers at all is seen when it is pulled from.
    }
  }
}

/** What is no JSON is for the reader of events to refuse. */
function parse(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '') as unknown;
  } catch {
    return body;
  }
}

/** How often SQS has given this message to anybody, from 1. */
const receptionsOf = ({ Attributes }: Message): number => Number(Attributes?.ApproximateReceiveCount ?? 1);

/** Seconds that double with every reception, at most `most`. */
const backOff = (message: Message, first: number, most: number): number =>
  Math.min(most, first * 2 ** Math.min(20, receptionsOf(message) - 1));

/** `https://sqs.<region>.amazonaws.com/…`; undefined for other servers. */
function regionOf(queueUrl: string): string | undefined {
  return /^https:\/\/sqs(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\//.exec(queueUrl)?.[1];
}

/** Messages of errors can hold addresses with account numbers. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

const rest = (ms: number, signal: AbortSignal): Promise<void> => pause(ms, signal).catch(() => undefined);
