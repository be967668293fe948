import { Problem } from '@parse3d/contract/problems';
import { CommanderError } from 'commander';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.js';
import { BatchEnded, Interrupted, JobEnded, SomeFailed, UsageError } from './kinds.js';
import { asProblem } from './problem.js';
import type { Output } from '../terminal/output.js';

/**
 * Tells on stderr what went wrong, with its code, suggestions and what to do, and gives the exit code. With `--json` it
 * is one JSON object. A stack is shown only when PARSE3D_DEBUG is 1.
 */
export function reportError(thrown: unknown, output: Output): ExitCode {
  const error = asProblem(thrown);
  const code = error instanceof SomeFailed ? exitCodeOf(error.first) : exitCodeOf(error);
  // Commander and the command itself have told these already.
  if (error instanceof SomeFailed || error instanceof CommanderError) return code;
  if (output.json) output.jsonError({ error: { ...describe(error), exitCode: code } });
  else for (const line of humanLines(error, output)) output.note(line);
  if (process.env['PARSE3D_DEBUG'] === '1' && error instanceof Error) output.note(error.stack ?? '');
  return code;
}

function describe(error: unknown): Record<string, unknown> {
  if (error instanceof JobEnded) return { ...problemJson(error.problem), jobId: error.jobId };
  if (error instanceof BatchEnded) {
    return { code: 'batch-incomplete', detail: error.message, batchId: error.batchId, status: error.status };
  }
  if (error instanceof Problem) return problemJson(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { code: 'usage', detail };
  if (error instanceof Interrupted) return { code: 'interrupted', detail };
  return { code: 'internal', detail };
}

/** The members of RFC 9457 beside our own. */
function problemJson(problem: Problem): Record<string, unknown> {
  const { code, title, status } = problem;
  return { type: `/problems/${code}`, title, status, ...problem.toJSON() };
}

function humanLines(error: unknown, output: Output): string[] {
  const { red, dim } = output.noteColours;
  const problem = error instanceof JobEnded ? error.problem : error;
  if (error instanceof Interrupted) return [error.message];
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`${red('error:')} ${message}`];
  if (problem instanceof Problem) {
    lines.push(dim(`  code: ${problem.code}`));
    const { suggestions, requestId } = problem.fields;
    const told = /did you mean/.test(message);
    if (!told && Array.isArray(suggestions) && suggestions.length > 0)
      lines.push(`  did you mean: ${suggestions.join(', ')}?`);
    if (typeof requestId === 'string') lines.push(dim(`  request: ${requestId}`));
  }
  const hint = hintFor(error, output);
  if (hint !== undefined) lines.push(`  ${hint}`);
  return lines;
}

/** What to do, where the detail itself does not say. */
function hintFor(error: unknown, output: Output): string | undefined {
  if (error instanceof JobEnded) {
    return error.problem.retry === 'later' || error.problem.code === 'canceled'
      ? `run it again: parse3d retry ${error.jobId} --watch`
      : undefined;
  }
  if (error instanceof BatchEnded) return `what failed: parse3d batch items ${error.batchId} --status failed`;
  if (error instanceof UsageError) return `see: ${output.commandLine} --help`;
  if (!(error instanceof Problem)) {
    return process.env['PARSE3D_DEBUG'] === '1' ? undefined : 'set PARSE3D_DEBUG=1 to see where it comes from';
  }
  switch (error.code) {
    case 'unauthorized':
      return `give a key by --key or PARSE3D_API_KEY; make one with: parse3d key create --name <name>`;
    case 'pack-unknown':
      return `what there is: parse3d pack list (this machine), or GET /v1/packs of the server`;
    case 'prompt-unknown':
      return `what a pack can find: parse3d pack inspect <id>`;
    case 'input-not-allowed':
      return `allow it: parse3d up --allow ${prefixOf(error.fields['uri'])}, or a key that may read it: parse3d key create --name <name> --input ${prefixOf(error.fields['uri'])}`;
    case 'config-invalid':
    case 'internal':
      return undefined;
    default:
      return exitCodeOf(error) === exitCodes.unavailable ? 'trying again later can help' : undefined;
  }
}

/** The bucket or folder store of a URI, which a key may be allowed to read. */
function prefixOf(uri: unknown): string {
  return (typeof uri === 'string' ? /^[a-z0-9]+:\/\/[^/]+/.exec(uri)?.[0] : undefined)?.concat('/') ?? '<prefix>';
}
