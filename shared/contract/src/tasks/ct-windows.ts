import { readings } from '../text/phrase.js';
import { findTask } from './catalogue.js';
import type { CtWindow } from './types.js';

/** Words that tell the window of a target that the catalogue lacks: `fracture of the left rib`. */
const words: readonly (readonly [CtWindow, RegExp])[] = [
  ['lung', /\b(lungs?|pulmonary|lobes?|trachea\w*|airways?|bronch\w*|covid\w*|pneumo\w*|pleural?|emphysema)\b/],
  [
    'brain',
    /\b(brain\w*|cerebr\w*|cerebell\w*|intracranial|willis|strokes?|ischemi[ac]|subdural|epidural|hemorrhages?|hematomas?)\b/,
  ],
  [
    'bone',
    /\b(bones?|bony|skull|cranium|vertebra\w*|spine|sacrum|ribs?|sternum|humer\w*|scapula\w*|clavic\w*|femurs?|femora|tibia\w*|fibula\w*|patella\w*|teeth|tooth|hips?|skeleton|fractures?|mandible|cochlea\w*)\b/,
  ],
];

/** Lie beside the lungs or in the skull's openings and are soft tissue all the same. */
const softTissue = /\b(arter\w*|veins?|vessels?|aort\w*|vena|lymph|heart|atri\w*|muscles?|nerves?)\b/;

/** The CT window in which a prompt's target is seen best. Prompts that neither catalogue nor words tell: soft tissue. */
export function ctWindowFor(promptText: string): CtWindow {
  const window = findTask('ct', promptText)?.tasks[0]?.window;
  if (window !== undefined) return window;
  // Of `the aorta in a chest CT with lung nodules` only what comes before "in" is looked for.
  const target = readings(promptText).at(-1)?.words.join(' ') ?? '';
  const found = words.find(([, pattern]) => pattern.test(target))?.[0] ?? 'soft-tissue';
  return found !== 'brain' && softTissue.test(target) ? 'soft-tissue' : found;
}
