import type { Modality, Pack, Prompt, Target } from '../index.js';
import { ofSide } from '../text/names.js';
import { matchPrompt } from './match.js';
import { findName } from './names.js';

/** Which connected parts of a mask stay. Never both absent. */
export interface KeepParts {
  /** So many, the largest first. */
  readonly keepLargest?: number;
  /** Those of at least so many millilitres. */
  readonly removeBelowMl?: number;
}

/**
 * The rule for a prompt's mask: each part of it as the prompt says, else as the pack says of its target. Of a prompt that
 * stands for several targets at once, each may keep its parts, and the least limit counts; a target without a rule has
 * none for all of them.
 * @returns undefined where every part stays
 */
export function keepPartsOf(pack: Pack, prompt: Prompt, modality?: Modality): KeepParts | undefined {
  const targets = targetsOf(pack, prompt.text, modality);
  const keepLargest = prompt.keepLargest ?? together(targets, 'keepLargest', (a, b) => a + b);
  const removeBelowMl = prompt.removeBelowMl ?? together(targets, 'removeBelowMl', Math.min);
  const rule = { ...(keepLargest ? { keepLargest } : {}), ...(removeBelowMl ? { removeBelowMl } : {}) };
  return Object.keys(rule).length === 0 ? undefined : rule;
}

function targetsOf(pack: Pack, text: string, modality: Modality | undefined): readonly Target[] {
  if (pack.kind === 'label-map') return matchPrompt(pack, text, modality).classes;
  const found = findName(pack, text, modality);
  if (found === undefined) return [];
  const targets = ofSide(found.name.targets, found.side);
  // A target without a side is both sides in one: its own rule knows that.
  const whole = targets.filter(({ side }) => side === undefined);
  return found.side === undefined && whole.length > 0 ? whole : targets;
}

function together(
  targets: readonly Target[],
  key: 'keepLargest' | 'removeBelowMl',
  join: (a: number, b: number) => number,
): number | undefined {
  const values = targets.flatMap((target) => target[key] || []);
  const [first, ...others] = values;
  if (first === undefined || values.length < targets.length) return undefined;
  return others.reduce((sum, value) => join(sum, value), first);
}
