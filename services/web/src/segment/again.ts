import type { JobView } from '@parse3d/contract';
import * as draft from './draft.js';

/** Puts the request of a job back into the form: the same volume where it lies, its prompts and pack, ready to be changed. */
export function askAgain({ input, prompts, pack, modality, metadata, title, tags }: JobView): void {
  draft.source.value = { kind: 'stored', uri: input.uri };
  draft.rows.value = prompts.map(({ text, label, instances }) => ({
    ...draft.newRow(text),
    colour: draft.chosenColour(metadata, label),
    instances: instances === true,
  }));
  draft.packId.value = pack.id;
  draft.modality.value = modality;
  draft.title.value = title ?? '';
  draft.tags.value = tags?.join(', ') ?? '';
}
