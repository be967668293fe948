import { resolve } from 'node:path';
import type { TracingOptions } from '../telemetry/index.js';
import type { CommonEnv } from './common.js';

/** Where the environment wants traces to go; nowhere unless it names a collector or a file. */
export function tracingFromEnv(env: CommonEnv): Pick<TracingOptions, 'otlp' | 'file'> {
  const file = env.PARSE3D_TRACE_FILE;
  return {
    otlp: (env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT) !== undefined,
    ...(file === undefined ? {} : { file: resolve(file) }),
  };
}
