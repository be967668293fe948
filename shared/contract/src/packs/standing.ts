import type { Modality, Pack } from '../index.js';
import { ofSide, withSide } from '../text/names.js';
import type { Meter } from '../text/nearest.js';
import { findName, type PackTargets } from './names.js';
import { hintOf, MOST_COMPARED, partsOf, suggestionsFor } from './suggest.js';

/** What a pack makes of a prompt, known before anything is run. */
export interface PromptStanding {
  /** As given. */
  readonly prompt: string;
  /** Whether the pack was trained and evaluated for this target. Packs with fixed classes refuse what they do not know. */
  readonly recommended: boolean;
  /** The target as the pack names it; of an unknown prompt its own text. */
  readonly canonical: string;
  /** The name that was probably meant. */
  readonly suggestion?: string;
  /** The targets that the prompt names, where it names several. */
  readonly parts?: readonly string[];
}

export interface Standings {
  /** In the order of the prompts. */
  readonly prompts: readonly PromptStanding[];
  /** Unknown prompts beyond the first few, which were not compared with the names of the pack. */
  readonly notCompared: number;
}

/**
 * What a pack makes of each prompt of a job. A prompt is read in linear time; only the first few unknown ones, and
 * only the beginnings of those, are compared with the names of the pack.
 * @param modality of the volume; without it any of the pack's counts
 */
export function standingsOf(
  pack: Pack | PackTargets,
  prompts: readonly { readonly text: string }[],
  modality?: Modality,
  meter?: Meter,
): Standings {
  let unknown = 0;
  const standings = prompts.map(({ text }): PromptStanding => {
    const found = findName(pack, text, modality);
    const known = {
      recommended: found !== undefined && ofSide(found.name.targets, found.side).length > 0,
      canonical: found === undefined ? text.trim() : withSide(found.name.text, found.side),
    };
    const parts = partsOf(pack, text, modality);
    if (!known.recommended) unknown += 1;
    if (parts !== undefined) return { prompt: text, ...known, parts };
    if (known.recommended || unknown > MOST_COMPARED) return { prompt: text, ...known };
    const suggestion = suggestionsFor(pack, text, found, modality, meter).likely;
    return { prompt: text, ...known, ...(suggestion === undefined ? {} : { suggestion }) };
  });
  return { prompts: standings, notCompared: Math.max(0, unknown - MOST_COMPARED) };
}

/** A sentence about each prompt that is not a target of the pack, for people. */
export function remarksOn({ prompts, notCompared }: Standings, pack: { readonly id: string }): string[] {
  const remarks = prompts.flatMap(({ prompt, recommended, canonical, suggestion, parts }) => {
    const what = recommended ? `“${prompt}” runs as “${canonical}”` : `“${prompt}” is not a target of ${pack.id}`;
    if (parts !== undefined) return [`${what}: ${hintOf(parts)}`];
    if (recommended) return [];
    return [suggestion === undefined ? what : `${what}; nearest: “${suggestion}”`];
  });
  if (notCompared === 0) return remarks;
  return [...remarks, `only the first ${MOST_COMPARED} unknown prompts were compared with the names of ${pack.id}`];
}

/** What a result says about its prompts beside the findings; prompts are named by their labels. */
export function standingWarnings(
  { prompts, notCompared }: Standings,
  labelled: readonly { readonly label: number }[],
): string[] {
  const several = prompts.flatMap(({ parts }, index) =>
    parts === undefined
      ? []
      : [
          `The prompt of label ${labelled[index]?.label} looks like ${parts.length} targets; give each a prompt of its own.`,
        ],
  );
  if (notCompared === 0) return several;
  return [...several, `Only the first ${MOST_COMPARED} unknown prompts were compared with the names of the pack.`];
}
