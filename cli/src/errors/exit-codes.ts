import { Problem } from '@parse3d/contract/problems';
import { CommanderError } from 'commander';
import { Interrupted, UsageError } from './kinds.js';
import { asProblem } from './problem.js';

/** What the command line tells the shell; docs/cli.md explains each. */
export const exitCodes = {
  ok: 0,
  /** The job failed or was canceled, or something else went wrong. */
  failed: 1,
  usage: 2,
  notFound: 3,
  /** Refused: the same request will be refused again. */
  refused: 4,
  /** The service, its queue or its storage does not answer: try again. */
  unavailable: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code of an error: of a Problem, by the HTTP status that the table of problems gives its code. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interrupted) return exitCodes.interrupted;
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const problem = asProblem(error);
  if (!(problem instanceof Problem)) return exitCodes.failed;
  const { status } = problem;
  if (status === 404) return exitCodes.notFound;
  if (status === 503) return exitCodes.unavailable;
  return status >= 400 && status < 500 ? exitCodes.refused : exitCodes.failed;
}
