import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { Problem } from '@parse3d/contract/problems';
import { bullTelemetry, type BullTelemetry } from './bull.js';
import { TraceFile } from './trace-file.js';
import type { OpenSpan, SpanAttributes, SpanOptions, Tracing, TracingOptions } from './tracing.js';

/** A collector that does not answer must not hold a service's end up for longer, in ms. */
const FLUSH_MS = 3_000;

const kinds = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, producer: SpanKind.PRODUCER } as const;

/**
 * Tracing by the OpenTelemetry SDK, which becomes the provider of this process: bullmq-otel asks for the global one.
 * Headers, timeouts, sampler, resource attributes and limits are read by the SDK from the standard `OTEL_` variables.
 */
export class OpenTelemetryTracing implements Tracing {
  readonly bull: BullTelemetry;
  readonly #provider: NodeTracerProvider;
  readonly #tracer: Tracer;

  constructor({ service, version, otlp, file, onError }: TracingOptions) {
    diag.setLogger(
      { error: (message) => onError(message), warn: ignore, info: ignore, debug: ignore, verbose: ignore },
      { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
    );
    const spanProcessors: SpanProcessor[] = [];
    if (otlp) spanProcessors.push(new BatchSpanProcessor(new OTLPTraceExporter()));
    if (file !== undefined) spanProcessors.push(new SimpleSpanProcessor(new TraceFile(file)));
    this.#provider = new NodeTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': service, 'service.version': version }))
        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word.
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors,
    });
    this.#provider.register();
    this.#tracer = this.#provider.getTracer('parse3d', version);
    this.bull = bullTelemetry();
  }

  begin(name: string, options: SpanOptions = {}): OpenSpan {
    const { kind = 'internal', parent, link, attributes = {} } = options;
    const above = parent === undefined ? context.active() : remote(parent);
    return opened(this.#tracer.startSpan(name, { kind: kinds[kind], attributes, links: linksTo(link) }, above));
  }

  async span<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T> {
    const span = this.begin(name, options);
    try {
      return await span.activate(() => work(span));
    } catch (error) {
      span.fail(Problem.from(error).code);
      throw error;
    } finally {
      span.end();
    }
  }

  record(
    name: string,
    { startMs, endMs }: { startMs: number; endMs: number },
    attributes: SpanAttributes,
    failure?: string,
  ): void {
    const span = this.#tracer.startSpan(name, { startTime: startMs, attributes });
    if (failure !== undefined) opened(span).fail(failure);
    span.end(endMs);
  }

  active(): OpenSpan {
    return opened(trace.getActiveSpan() ?? trace.wrapSpanContext(NOWHERE));
  }

  async shutdown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_MS)));
    await Promise.race([this.#provider.shutdown().catch(ignore), late]);
    clearTimeout(timer);
    trace.disable();
    context.disable();
    propagation.disable();
    diag.disable();
  }
}

const NOWHERE = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 };

function ignore(): void {
  // What the SDK tells below errors is for its own developers.
}

function opened(span: Span): OpenSpan {
  const on: Context = trace.setSpan(context.active(), span);
  return {
    get traceparent() {
      const carrier: { traceparent?: string } = {};
      propagation.inject(on, carrier);
      return carrier.traceparent;
    },
    annotate: (attributes) => void span.setAttributes(attributes),
    rename: (name) => void span.updateName(name),
    fail(code) {
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    activate: (work) => context.with(on, work),
    end: () => span.end(),
  };
}

/** The context of a span of another process; one that is malformed counts as none. */
function remote(traceparent: string): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent });
}

function linksTo(traceparent: string | undefined): Link[] {
  const linked = traceparent === undefined ? undefined : trace.getSpanContext(remote(traceparent));
  return linked === undefined ? [] : [{ context: linked }];
}
