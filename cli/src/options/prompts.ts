import { Prompts, PromptText, type Prompt, type PromptInput } from '@parse3d/contract';
import { readPromptsOfVolume } from '@parse3d/volume/formats';
import { isProblem, Problem } from '@parse3d/contract/problems';
import type { TextLine } from '@parse3d/contract/text';
import type { Command } from 'commander';
import { z } from 'zod';
import { UsageError } from '../errors/kinds.js';
import { readTextFile } from '../local/text-file.js';
import { InstanceOptions, wishForInstances, withInstances } from './instances.js';
import { collect, wholeNumber } from './values.js';

export const PromptOptions = z.object({
  prompt: z.array(z.string()).default([]),
  prompts: z.string().optional(),
  keepLargest: wholeNumber(0, 65_535).optional(),
  removeBelow: z.coerce.number().min(0).optional(),
  ...InstanceOptions.shape,
});
export type PromptOptions = z.infer<typeof PromptOptions>;

/** Adds the options that say what to find. */
export function withPrompts(command: Command): Command {
  command
    .option('--prompt <text>', 'what to find; several times for several targets', collect)
    .option('--prompts <file>', 'a file with one prompt a line, or a label number, a tab or comma, and the prompt')
    .option('--keep-largest <count>', 'so many connected parts of each mask stay; 0 keeps all (else as the pack says)')
    .option('--remove-below <ml>', 'smaller connected parts of each mask go; 0 keeps all (else as the pack says)');
  return withInstances(command);
}

/**
 * The prompts of `--prompt` and of the file of `--prompts`, in this order; those without a label number are numbered by
 * their place.
 * @param otherwise asked when neither option was given
 * @throws UsageError when there is none; Problem `not-found` without the file, `request-invalid` for what it holds
 */
export async function readPrompts(
  { prompt, prompts, keepLargest, removeBelow, ...wishes }: PromptOptions,
  otherwise: () => Promise<readonly PromptInput[]> = () => Promise.resolve([]),
): Promise<Prompt[]> {
  const fromFile = prompts === undefined ? [] : parsePromptFile(await readTextFile(prompts, 'the prompts'), prompts);
  const given = [...prompt, ...fromFile];
  const inputs = given.length > 0 ? given : await otherwise();
  if (inputs.length === 0) throw new UsageError('say what to find: --prompt "…", or --prompts <file>');
  const parsed = Prompts.safeParse(inputs);
  const kept = {
    ...(keepLargest === undefined ? {} : { keepLargest }),
    ...(removeBelow === undefined ? {} : { removeBelowMl: removeBelow }),
  };
  if (parsed.success)
    return wishForInstances(
      parsed.data.map((each) => ({ ...each, ...kept })),
      wishes,
    );
  const issue = parsed.error.issues[0];
  const at = issue?.path[0];
  const which = typeof at === 'number' ? `prompt ${at + 1}: ` : '';
  throw new Problem('request-invalid', `${which}${issue?.message ?? 'the prompts are not understood'}`, {
    ...(typeof at === 'number' ? { index: at } : {}),
  });
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

/** The first row of a table that a program wrote. */
const HEADER = /^"?(?:label|index|id|number|value)"?\s*[,;\t]\s*"?(?:text|prompt|name|target|label)"?$/i;
/** A label number and what parts it from the prompt. */
const NUMBERED = /^"?(\d{1,5})"?\s*[,;\t]\s*(.*)$/;

/**
 * One prompt a line, or a label number and a prompt with a tab, a comma or a semicolon between them, as tables have it.
 * Blank lines, lines that begin with # and a header such as `label,prompt` are left out.
 * @throws Problem `request-invalid` with the line
 */
function parsePromptFile(lines: readonly TextLine[], file: string): { text: string; label?: number }[] {
  const isTable = /\.csv$/i.test(file);
  const written = lines.filter(({ text }) => text.trim() !== '' && !text.trimStart().startsWith('#'));
  return written.flatMap(({ number, text: line }, nth) => {
    const refuse = (why: string): never => {
      throw new Problem('request-invalid', `${file}, line ${number}: ${why}`, { file, line: number });
    };
    const content = line.trim();
    if (nth === 0 && HEADER.test(content)) return [];
    const [, label, after] = NUMBERED.exec(content) ?? [];
    if (label === undefined && content.includes('\t')) {
      return refuse(`expected a label number before the tab, got "${content.slice(0, content.indexOf('\t')).trim()}"`);
    }
    const cell = after ?? content;
    const text = unquoted(cell);
    if (isTable && text === cell && /[,;]/.test(cell)) {
      return refuse('expected a label number and a prompt, such as 1,thalamus; a prompt with a comma needs quotes');
    }
    const parsed = PromptText.safeParse(text);
    if (!parsed.success) return refuse(parsed.error.issues[0]?.message ?? 'the prompt is not understood');
    return [{ text: parsed.data, ...(label === undefined ? {} : { label: Number(label) }) }];
  });
}

/** The content of a cell in quotes, with its doubled quotes as one; anything else as it is. */
const unquoted = (cell: string): string =>
  /^"(?:[^"]|"")*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell;
