import type { EventMessage } from './message.js';

/**
 * A place that messages are pulled from, such as an SQS queue: `take` resolves when everything in the message is
 * durable, and throws when the message should come again. A source acknowledges only after the former, leaves a message
 * whose problem says `retry: later` to be delivered again, and gives one that says `never` to its dead letters. Pushed
 * messages come by `POST /v1/events/storage`, where the same is said by the status.
 */
export interface EventSource {
  /** Pulls until the signal; never throws. */
  run(take: (message: EventMessage) => Promise<void>, signal: AbortSignal): Promise<void>;
}
