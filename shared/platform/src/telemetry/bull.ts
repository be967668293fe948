import { context, ROOT_CONTEXT, SpanKind, trace, type Context, type SpanOptions } from '@opentelemetry/api';
import { BullMQOtel } from 'bullmq-otel';

type StartSpan = BullMQOtel['tracer']['startSpan'];
type BullSpan = ReturnType<StartSpan>;

/** What a BullMQ worker takes as its `telemetry`. */
export interface BullTelemetry {
  readonly tracer: { readonly startSpan: StartSpan };
  readonly contextManager: BullMQOtel['contextManager'] & { root(): Context };
}

/** BullMQ's attributes that tell something; others repeat options or hold messages. */
const KEPT = new Set(['bullmq.queue.name', 'bullmq.queue.operation', 'bullmq.job.id', 'bullmq.job.attempts.made']);

/**
 * BullMQ's own spans of a job: `process` for each attempt, and below it what it says to Redis at the end. Left out are
 * the looks at stalled jobs, which would be a trace of their own every few seconds, and the messages of errors, which
 * may quote prompts.
 */
export function bullTelemetry(): BullTelemetry {
  const { tracer, contextManager } = new BullMQOtel({ tracerName: 'bullmq' });
  return {
    tracer: {
      startSpan(name, options, parent) {
        const belowNothing = trace.getSpan(parent ?? context.active()) === undefined;
        const isConsumer = (options as SpanOptions | undefined)?.kind === SpanKind.CONSUMER;
        return belowNothing && !isConsumer ? noSpan : discreet(tracer.startSpan(name, options, parent));
      },
    },
    // Loops that a worker starts must not hang below the job that happened to be there.
    contextManager: Object.assign(contextManager, { root: () => ROOT_CONTEXT }),
  };
}

function discreet(span: BullSpan): BullSpan {
  return {
    setSpanOnContext: (onto) => span.setSpanOnContext(onto),
    setAttribute(key, value) {
      if (KEPT.has(key)) span.setAttribute(key, value);
    },
    setAttributes(attributes) {
      span.setAttributes(Object.fromEntries(Object.entries(attributes).filter(([key]) => KEPT.has(key))));
    },
    addEvent: () => undefined,
    recordException: () => undefined,
    end: () => span.end(),
  };
}

const noSpan: BullSpan = {
  setSpanOnContext: (onto) => onto,
  setAttribute: () => undefined,
  setAttributes: () => undefined,
  addEvent: () => undefined,
  recordException: () => undefined,
  end: () => undefined,
};
