import { appendFile } from 'node:fs/promises';
import { SpanKind, SpanStatusCode, type HrTime } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

/**
 * Appends each span to a file as a line of JSON, for development and tests. Lines are short and written in one piece,
 * so that the processes of a stack may share the file.
 */
export class TraceFile implements SpanExporter {
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    const lines = spans.map((span) => `${JSON.stringify(line(span))}\n`).join('');
    this.#writing = this.#writing
      .then(() => appendFile(this.#path, lines, { mode: 0o600 }))
      .then(
        () => done({ code: 0 }),
        (error: unknown) => done({ code: 1, error: error instanceof Error ? error : new Error(String(error)) }),
      );
  }

  forceFlush(): Promise<void> {
    return this.#writing;
  }

  shutdown(): Promise<void> {
    return this.#writing;
  }
}

function line(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    service: span.resource.attributes['service.name'],
    name: span.name,
    kind: SpanKind[span.kind].toLowerCase(),
    startMs: toMs(span.startTime),
    durationMs: toMs(span.duration),
    failed: span.status.code === SpanStatusCode.ERROR,
    message: span.status.message,
    attributes: span.attributes,
    // Ours have none; whatever else left the process would show here.
    events: span.events.map(({ name, attributes }) => ({ name, attributes })),
    links: span.links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId })),
  };
}

/** To the microsecond. */
function toMs([seconds, nanoseconds]: HrTime): number {
  return Number((seconds * 1_000 + nanoseconds / 1e6).toFixed(3));
}
