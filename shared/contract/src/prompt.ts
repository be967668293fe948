import { z } from 'zod';
import { instanceFault, instanceWish } from './instances.js';
import { keepParts } from './measures.js';

/** Most characters of one prompt. */
export const MAX_PROMPT_CHARACTERS = 512;

/**
 * Characters that no name of a target has and nobody sees: controls, line and paragraph separators, directions of writing
 * and other invisible marks, halves of characters, and the mark of text that was decoded wrongly. The joiners of Persian
 * and Indic scripts are part of their spelling.
 */
const unwritten = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd]/u;

/** Why a text cannot be a prompt, with the first character at fault; undefined when it can. */
export function promptFault(text: string): string | undefined {
  const found = unwritten.exec(text);
  if (found === null) return undefined;
  const point = `U+${(found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  const what =
    found[0] === '\ufffd'
      ? `${point}, the mark of text that was decoded wrongly`
      : found[0] === '\0'
        ? `${point}, as UTF-16 read as UTF-8 has it`
        : `${point}, a character that is not seen`;
  return `expected plain text, character ${found.index + 1} is ${what}`;
}

/**
 * The text of a prompt at every door: without white space around it, in Unicode's composed form (NFC), so that one name
 * spelt in two ways is one prompt.
 */
export const PromptText = z
  .string()
  .normalize('NFC')
  .trim()
  .min(1)
  .max(MAX_PROMPT_CHARACTERS)
  .refine((text) => promptFault(text) === undefined, {
    error: ({ input }) => (typeof input === 'string' ? promptFault(input) : undefined),
  });

/**
 * One text naming one target, with the number it gets in the label map. This is how records hold it: what was accepted
 * once stays readable.
 */
export const Prompt = z
  .strictObject({
    text: z.string().trim().min(1).max(MAX_PROMPT_CHARACTERS).meta({ example: 'left hippocampus' }),
    label: z.int().min(1).max(65_535).meta({ description: 'Value of this target in the label map.' }),
    ...keepParts,
    ...instanceWish,
  })
  .meta({ id: 'Prompt', description: 'What to find, and its number in the label map.' });
export type Prompt = z.infer<typeof Prompt>;

/** As clients write it: a bare text is numbered by its place in the list, from 1. */
export const PromptInput = z.union([
  PromptText,
  z.strictObject({
    text: PromptText,
    label: z.int().min(1).max(65_535).optional(),
    ...keepParts,
    ...instanceWish,
  }),
]);
export type PromptInput = z.infer<typeof PromptInput>;

export const Prompts = z
  .array(PromptInput)
  .min(1)
  .max(256)
  .transform((inputs, context): Prompt[] => {
    const prompts = inputs.map((input, index) =>
      typeof input === 'string' ? { text: input, label: index + 1 } : { ...input, label: input.label ?? index + 1 },
    );
    if (new Set(prompts.map((prompt) => prompt.label)).size !== prompts.length) {
      context.addIssue({ code: 'custom', message: 'every prompt needs a label number of its own' });
    }
    prompts.forEach((prompt, index) => {
      const message = instanceFault(prompt);
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: [index] });
    });
    return prompts;
  });
