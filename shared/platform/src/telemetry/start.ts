import { noTracing, type Tracing, type TracingOptions } from './tracing.js';

/** Starts tracing in this process, once, at its start. Without a destination no library is even loaded. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  if (!options.otlp && options.file === undefined) return noTracing;
  const { OpenTelemetryTracing } = await import('./open-telemetry.js');
  return new OpenTelemetryTracing(options);
}
