/** A storage event as it came over the wire, from whatever source: HTTP, or a queue that is pulled. */
export interface EventMessage {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body, parsed as JSON. */
  readonly body: unknown;
}

/** One object that a message tells of. */
export interface StorageNotice {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  /** Only what was created makes jobs. */
  readonly kind: 'created' | 'other';
}

/** A message, understood. */
export interface ParsedEvents {
  readonly format: string;
  readonly notices: readonly StorageNotice[];
}

/**
 * Reads one format of messages.
 *
 * @returns undefined when the message is of another format
 * @throws Problem `event-unknown` when it is of this format and damaged
 */
export type EventFormat = (message: EventMessage) => ParsedEvents | undefined;
