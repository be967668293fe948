import type { CtWindow } from '../../steps/intensity.js';

// DESIGN's rule: lungs and airways in the lung window, brain and head vessels in the brain window, bones in the bone
// window, everything else as soft tissue.
const rules: readonly (readonly [CtWindow, RegExp])[] = [
  ['lung', /\b(lungs?|lobes?|trachea|airways?|bronch\w*|pulmonary nodules?|covid\w*|pneumo\w*)\b/],
  ['brain', /\b(brain|cerebr\w*|intracranial|circle of willis|stroke|brainstem|hemorrhage|haemorrhage)\b/],
  [
    'bone',
    /\b(bones?|skull|vertebra\w*|spine|sacrum|ribs?|sternum|humer\w*|scapula\w*|clavicul\w*|clavicles?|femurs?|femora|hips?|pelvi[sc] bones?|skeleton|cochlea\w*)\b/,
  ],
];

/** The CT window in which a prompt's target is seen best. */
export function ctWindowOf(prompt: string): CtWindow {
  const text = prompt.toLowerCase();
  return rules.find(([, words]) => words.test(text))?.[0] ?? 'soft-tissue';
}
