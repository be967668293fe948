/** What BullMQ stores beside a job's data, in the form that `bullmq-otel` reads. */
export function bullContext(traceparent: string | undefined): { telemetry?: { metadata: string } } {
  return traceparent === undefined ? {} : { telemetry: { metadata: JSON.stringify({ traceparent }) } };
}
