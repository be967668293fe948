import type { SpanAttributes } from './tracing.js';

/** What every span of a job carries, under the names that the log uses. */
export function jobAttributes(job: {
  readonly jobId: string;
  readonly run: number;
  readonly tenant: string;
  readonly pack: { readonly id: string };
}): SpanAttributes {
  return {
    'parse3d.jobId': job.jobId,
    'parse3d.run': job.run,
    'parse3d.tenant': job.tenant,
    'parse3d.pack': job.pack.id,
  };
}
