import type { Command } from 'commander';
import type { z } from 'zod';
import { UsageError } from '../errors/kinds.js';
import { asCalled } from '../terminal/as-called.js';
import { Output } from '../terminal/output.js';

export interface Invocation<T> {
  readonly args: readonly string[];
  readonly options: T;
  readonly output: Output;
}

/**
 * The handler of a command: what was typed is parsed once, by a schema, and reaches the command typed.
 * @throws UsageError naming the option that is wrong
 */
export function action<T>(
  schema: z.ZodType<T>,
  run: (invocation: Invocation<T>) => Promise<void>,
): (this: Command) => Promise<void> {
  return async function (this: Command) {
    const parsed = schema.safeParse(this.optsWithGlobals());
    if (!parsed.success) throw new UsageError(describeFault(parsed.error));
    await run({ args: this.args, options: parsed.data, output: outputOf(this) });
  };
}

/** Where a command's words go; also for errors that come before it runs. */
export function outputOf(command: Command): Output {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return new Output({ json: command.optsWithGlobals()['json'] === true, commandLine: names.join(' ') });
}

function describeFault(error: z.ZodError): string {
  const issue = error.issues[0];
  const name = String(issue?.path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${name}: ${issue?.message ?? 'not understood'}`;
}

/** Examples under a command's help, each a comment and what to type. */
export function examples(command: Command, ...lines: readonly (readonly [comment: string, typed: string])[]): Command {
  const text = lines.map(([comment, typed]) => `  # ${comment}\n  $ ${typed}`).join('\n\n');
  return command.addHelpText('after', asCalled(`\nExamples:\n${text}\n`));
}
