import { specOf, type JobView, type OutputFile } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { FoundJob } from '@parse3d/control';
import type { ApiDeps } from '../deps.js';
import { publicUrl } from '../http/public-url.js';

/** A job as clients see it. */
export async function viewJob(found: FoundJob, deps: ApiDeps): Promise<JobView> {
  const { request } = found;
  const { outputs: _outputs, options: _options, ...spec } = specOf(request);
  const base = {
    id: request.jobId,
    run: request.run,
    input: { uri: request.input.uri, bytes: request.input.bytes },
    ...spec,
    createdAt: request.createdAt,
  };
  switch (found.source) {
    case 'pending':
      return { ...base, status: 'waiting' };
    case 'manifest': {
      const { manifest } = found;
      return {
        ...base,
        status: manifest.status,
        ...(manifest.startedAt === undefined ? {} : { startedAt: manifest.startedAt }),
        finishedAt: manifest.finishedAt,
        ...(manifest.status === 'failed' ? { problem: manifest.problem } : {}),
        ...(manifest.status === 'completed' ? { outputs: outputLinks(request.jobId, manifest.outputs, deps) } : {}),
      };
    }
    case 'record':
      return viewRecord(found, base, deps);
    default:
      found satisfies never;
      throw new Problem('internal', 'a job of unknown source');
  }
}

async function viewRecord(
  { record, request }: Extract<FoundJob, { source: 'record' }>,
  base: Omit<JobView, 'status'>,
  deps: ApiDeps,
): Promise<JobView> {
  const position = record.status === 'waiting' ? await deps.control.jobs.position(request) : undefined;
  return {
    ...base,
    status: record.status,
    ...optional({
      startedAt: record.startedAt,
      finishedAt: record.finishedAt,
      stage: record.stage,
      progress: record.progress,
      etaSeconds: record.etaSeconds,
      attempt: record.attempt > 0 ? record.attempt : undefined,
      cancelRequested: record.cancel === undefined || record.status === 'canceled' ? undefined : true,
      position,
      problem: record.problem,
      outputs:
        record.status === 'completed' && record.outputs !== undefined
          ? outputLinks(request.jobId, record.outputs, deps)
          : undefined,
    }),
  };
}

function outputLinks(jobId: string, outputs: readonly OutputFile[], deps: ApiDeps): NonNullable<JobView['outputs']> {
  const base = publicUrl(`/v1/jobs/${jobId}/outputs`, deps.config);
  return outputs.map(({ name, bytes, sha256 }) => ({ name, url: `${base}/${name}`, bytes, sha256 }));
}

/** Leaves out what is undefined, as `exactOptionalPropertyTypes` wants. */
function optional<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
