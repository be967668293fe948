import type { CtWindow } from '../../steps/intensity.js';

/** Tried in this order: "lung nodule beside a rib" is about lung, "bone marrow of the skull" about bone. */
const words: readonly (readonly [CtWindow, RegExp])[] = [
  [
    'lung',
    /\b(lungs?|pulmonary (lobes?|nodules?|lesions?)|airways?|trachea|bronch(us|i|ial|ioles?)|covid(-19)?|pneumonia|emphysema)\b/u,
  ],
  [
    'brain',
    /\b(brain|cerebr(al|um)|cerebell(ar|um)|intracranial|ha?emorrhages?|stroke|isch(a)?emi[ac]|ventricles? of the brain|hippocamp(us|al)|thalam(us|ic)|brain ?stem|circle of willis)\b/u,
  ],
  [
    'bone',
    /\b(bones?|vertebrae?|vertebral|ribs?|sternum|skull|femur|hip bone|pelvic bone|humerus|scapulae?|clavicles?|clavicula|sacrum|mandible|spine|skeleton|patella|tibia|fibula|costal cartilages?|teeth|tooth)\b/u,
  ],
];
/** Vessels and lymph nodes near the lungs are soft tissue, whatever they are named after. */
const softTissue = /\b(arter(y|ies)|veins?|vessels?|aorta|lymph|heart|atri(um|al))\b/u;

/**
 * The CT window that shows a prompt's target, by the words of the target alone: what follows "in" or "within" says where
 * it lies. Lungs and airways: lung; brain and head vessels: brain; bones: bone; anything else: soft tissue.
 */
export function windowOf(promptText: string): CtWindow {
  const target = promptText
    .toLowerCase()
    .replace(/\s+(in|on|within|inside|from)\s+.*$/u, '')
    .replace(/^.*\b(imaging|images?|scan|visuali[sz]ation|presence|segmentation) of\b/u, '');
  const [found] = words.find(([, pattern]) => pattern.test(target)) ?? ['soft-tissue' as const];
  return found === 'lung' && softTissue.test(target) ? 'soft-tissue' : found;
}
