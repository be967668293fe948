import type { Modality, Prompt } from '@parse3d/contract';
import { remarksOn, standingsOf } from '@parse3d/contract/packs';
import { ProblemError, type Parse3d } from '@parse3d/client';
import type { Output } from './output.js';

/** Says on stderr, before anything is run, what deserves a second look. */
export function warn(remarks: readonly string[], output: Output): void {
  for (const remark of remarks) {
    if (output.json) output.jsonError({ warning: remark });
    else output.note(`${output.noteColours.yellow('warning:')} ${remark}`);
  }
}

/**
 * Warns of prompts that a pack of the server was not made for. Packs with fixed classes are left to the server, which
 * refuses what they do not know; so is everything where the key may not read packs.
 */
export async function warnOfPrompts(
  client: Parse3d,
  prompts: readonly Prompt[],
  wanted: { readonly pack?: string | undefined; readonly modality?: Modality | undefined },
  output: Output,
): Promise<void> {
  const packs = await client.packs().catch((error: unknown) => {
    if (error instanceof ProblemError) return [];
    throw error;
  });
  const pack = packs.find(({ id, default: isDefault }) => (wanted.pack === undefined ? isDefault : id === wanted.pack));
  if (pack === undefined || pack.kind === 'label-map') return;
  warn(remarksOn(standingsOf(pack, prompts, wanted.modality ?? pack.modalities[0]), pack), output);
}
