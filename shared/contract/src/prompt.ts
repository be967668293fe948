import { z } from 'zod';
import { instanceFault, instanceWish } from './instances.js';
import { keepParts } from './measures.js';

/** One text naming one target, with the number it gets in the label map. */
export const Prompt = z
  .strictObject({
    text: z.string().trim().min(1).max(512).meta({ example: 'left hippocampus' }),
    label: z.int().min(1).max(65_535).meta({ description: 'Value of this target in the label map.' }),
    ...keepParts,
    ...instanceWish,
  })
  .meta({ id: 'Prompt', description: 'What to find, and its number in the label map.' });
export type Prompt = z.infer<typeof Prompt>;

/** As clients write it: a bare text is numbered by its place in the list, from 1. */
export const PromptInput = z.union([
  z.string().trim().min(1).max(512),
  z.strictObject({
    text: z.string().trim().min(1).max(512),
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
