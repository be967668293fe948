import { readFile } from 'node:fs/promises';
import { Prompts, type Prompt, type PromptInput } from '@parse3d/contract';
import { readPromptsOfVolume } from '@parse3d/volume/formats';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { Command } from 'commander';
import { z } from 'zod';
import { collect } from './values.js';
import { UsageError } from '../errors/kinds.js';

export const PromptOptions = z.object({
  prompt: z.array(z.string()).default([]),
  prompts: z.string().optional(),
});
export type PromptOptions = z.infer<typeof PromptOptions>;

/** Adds the options that say what to find. */
export function withPrompts(command: Command): Command {
  return command
    .option('--prompt <text>', 'what to find; several times for several targets', collect)
    .option('--prompts <file>', 'a file with one prompt a line, or a label number, a tab and the prompt');
}

/**
 * The prompts of `--prompt` and of the file of `--prompts`, in this order; those without a label number are numbered by
 * their place.
 * @param otherwise asked when neither option was given
 * @throws UsageError when there is none; Problem `not-found` without the file, `request-invalid` for what it holds
 */
export async function readPrompts(
  { prompt, prompts }: PromptOptions,
  otherwise: () => Promise<readonly PromptInput[]> = () => Promise.resolve([]),
): Promise<Prompt[]> {
  const fromFile = prompts === undefined ? [] : parsePromptFile(await readPromptFile(prompts), prompts);
  const given = [...prompt, ...fromFile];
  const inputs = given.length > 0 ? given : await otherwise();
  if (inputs.length === 0) throw new UsageError('say what to find: --prompt "…", or --prompts <file>');
  const parsed = Prompts.safeParse(inputs);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = issue?.path[0];
  const which = typeof at === 'number' ? `prompt ${at + 1}: ` : '';
  throw new Problem('request-invalid', `${which}${issue?.message ?? 'the prompts are not understood'}`);
}

/** The prompts that a volume's own file brings: those of an `.npz` file of the segmentation challenge. */
export async function promptsOfFile(path: string): Promise<readonly PromptInput[]> {
  try {
    return await readPromptsOfVolume(path);
  } catch (error) {
    if (isProblem(error, 'volume-missing')) return [];
    throw error;
  }
}

/** Blank lines and lines that begin with # are left out. */
function parsePromptFile(text: string, file: string): { text: string; label?: number }[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.trimStart().startsWith('#')) return [];
    const tab = line.indexOf('\t');
    if (tab < 0) return [{ text: line.trim() }];
    const label = line.slice(0, tab).trim();
    if (/^\d{1,5}$/.test(label)) return [{ text: line.slice(tab + 1).trim(), label: Number(label) }];
    throw new Problem(
      'request-invalid',
      `${file}, line ${index + 1}: expected a label number before the tab, got "${label}"`,
      {
        file,
        line: index + 1,
      },
    );
  });
}

async function readPromptFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Problem('not-found', `the prompts in ${file} cannot be read: ${String(error)}`, { file });
  }
}
