export { jobAttributes } from './attributes.js';
export { bullContext } from './bull-context.js';
export { openLog } from './log.js';
export { startTracing } from './start.js';
export {
  noTracing,
  type OpenSpan,
  type SpanAttributes,
  type SpanOptions,
  type Tracing,
  type TracingOptions,
} from './tracing.js';
