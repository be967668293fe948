import { PromptText } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { onlyItem, readPickle } from './pickle.js';

/** The prompts of an `.npz` file: what to find and which number it has in the label map, by rising number. */
export interface NpzPrompts {
  readonly prompts: readonly { readonly text: string; readonly label: number }[];
  /** 1: labels number single objects of one kind. 0: they name kinds. Undefined when the file does not say. */
  readonly instanceLabel: number | undefined;
}

/** A prompt as a job takes it. */
export interface FilePrompt {
  readonly text: string;
  readonly label: number;
  /** The file wants single objects of it. */
  readonly instances?: true;
}

/** The prompts of a file as jobs take them: with `instance_label: 1` its answer numbers single objects. */
export function promptsForJob({ prompts, instanceLabel }: NpzPrompts): FilePrompt[] {
  return prompts.map((prompt) => (instanceLabel === 1 ? { ...prompt, instances: true } : prompt));
}

/**
 * `text_prompts` as the challenge pickles it: `{'1': 'CT imaging of the spleen', …, 'instance_label': 0}`.
 * @throws Problem `pickle-refused`, `npz-invalid`, `request-invalid` for a text that cannot be a prompt
 */
export function parsePrompts(pickle: Uint8Array): NpzPrompts {
  const found = onlyItem(readPickle(pickle));
  if (found.kind !== 'dictionary') throw new Problem('npz-invalid', 'expected text_prompts to be a dictionary');
  const prompts: { text: string; label: number }[] = [];
  let instanceLabel: number | undefined;
  for (const [key, value] of found.entries) {
    if (key === 'instance_label' && value.kind === 'integer') {
      instanceLabel = value.value;
      continue;
    }
    const label = /^\d{1,5}$/.test(String(key)) ? Number(key) : 0;
    const text = value.kind === 'text' ? value.value.trim() : '';
    if (label < 1 || label > 65_535 || text === '' || text.length > 512) {
      throw new Problem(
        'npz-invalid',
        'expected text_prompts to map label numbers to prompts of at most 512 characters, and instance_label to a number',
        { key: String(key).slice(0, 32) },
      );
    }
    prompts.push({ text: promptOf(text, label), label });
  }
  return { prompts: prompts.sort((a, b) => a.label - b.label), instanceLabel };
}

function promptOf(text: string, label: number): string {
  const parsed = PromptText.safeParse(text);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues[0]?.message ?? 'not understood';
  throw new Problem('request-invalid', `text_prompts, label ${label}: ${why}`, { label });
}
