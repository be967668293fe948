import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { Interrupted, UsageError } from '../errors/kinds.js';

export const ConfirmOptions = z.object({ yes: z.boolean().default(false) });

export const withConfirm = (command: Command): Command =>
  command.option('--yes', 'do it without asking; has to be said where there is no terminal to ask on');

/**
 * Asks before something is removed that cannot be brought back.
 *
 * @param what as in "remove <what>?"
 * @throws UsageError without a terminal and without --yes; Interrupted for any answer but yes
 */
export async function confirmRemoval(what: string, { yes }: z.infer<typeof ConfirmOptions>): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`say --yes to remove ${what}; it cannot be brought back`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Remove ${what}? It cannot be brought back. [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new Interrupted('nothing was removed');
  } finally {
    terminal.close();
  }
}
