import type { Problem } from '@parse3d/contract/problems';

/** The command was given in a way that it cannot be understood. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Somebody pressed Ctrl-C, or asked the process to end. */
export class Interrupted extends Error {
  constructor(message = 'interrupted') {
    super(message);
    this.name = 'Interrupted';
  }
}

/** A job that was asked for has ended otherwise than completed. */
export class JobEnded extends Error {
  readonly jobId: string;
  readonly problem: Problem;

  constructor(jobId: string, problem: Problem) {
    super(`job ${jobId}: ${problem.message}`);
    this.name = 'JobEnded';
    this.jobId = jobId;
    this.problem = problem;
  }
}

/** A batch that was asked for has ended, and not every item completed. */
export class BatchEnded extends Error {
  readonly batchId: string;
  readonly status: string;

  constructor(batchId: string, status: string, detail: string) {
    super(`batch ${batchId} is ${status}: ${detail}`);
    this.name = 'BatchEnded';
    this.batchId = batchId;
    this.status = status;
  }
}

/** Several inputs were worked on, and some could not be; what went wrong was told when it did. */
export class SomeFailed extends Error {
  readonly first: unknown;

  constructor(first: unknown) {
    super('not everything could be done');
    this.first = first;
  }
}
