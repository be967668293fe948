import type { BullTelemetry } from './bull.js';

export interface TracingOptions {
  /** Name of the service in the trace, such as `parse3d-api`. */
  readonly service: string;
  readonly version: string;
  /** Sends spans to the collector that the `OTEL_EXPORTER_OTLP_` variables name. */
  readonly otlp: boolean;
  /** Appends spans to this file as lines of JSON. */
  readonly file?: string | undefined;
  /** Spans could not be sent; nothing else suffers. */
  readonly onError: (message: string) => void;
}

/** Ids, numbers and codes alone: never a prompt, a URI, a header or a key. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** @default 'internal' */
  readonly kind?: 'internal' | 'server' | 'producer';
  /** W3C `traceparent` of the span above. @default the active span, or none: a trace of its own */
  readonly parent?: string | undefined;
  /** W3C `traceparent` of a span of another trace that led to this one. */
  readonly link?: string | undefined;
  readonly attributes?: SpanAttributes;
}

export interface OpenSpan {
  /** How a process or a record elsewhere refers to this span; undefined while nothing is traced. */
  readonly traceparent: string | undefined;
  annotate(attributes: SpanAttributes): void;
  rename(name: string): void;
  /** @param code a problem's code or an HTTP status; the message may quote what a client sent and stays out */
  fail(code: string): void;
  /** Runs work as the active span: spans that begin in it, also after an `await`, hang below this one. */
  activate<T>(work: () => T): T;
  end(): void;
}

/** The trace as the services see it. Which library makes it is the affair of this room. */
export interface Tracing {
  /** Whoever begins a span ends it. */
  begin(name: string, options?: SpanOptions): OpenSpan;
  /** Runs work in a span, which fails with the problem's code when the work throws. */
  span<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** A span below the active one that is over already; times in ms since 1970. */
  record(
    name: string,
    times: { readonly startMs: number; readonly endMs: number },
    attributes: SpanAttributes,
    failure?: string,
  ): void;
  /** The span that the caller runs in. */
  active(): OpenSpan;
  /** For BullMQ's workers: a consumer span for each attempt, below the span that was active when the job was fed. */
  readonly bull: BullTelemetry | undefined;
  /** Sends what is left, within seconds. */
  shutdown(): Promise<void>;
}

const silent: OpenSpan = {
  traceparent: undefined,
  annotate: () => undefined,
  rename: () => undefined,
  fail: () => undefined,
  activate: (work) => work(),
  end: () => undefined,
};

/** Traces nothing, but passes on what another process traces. */
export const noTracing: Tracing = {
  begin: (_name, options) => (options?.parent === undefined ? silent : { ...silent, traceparent: options.parent }),
  span: (_name, options, work) => work(noTracing.begin('', options)),
  record: () => undefined,
  active: () => silent,
  bull: undefined,
  shutdown: () => Promise.resolve(),
};
