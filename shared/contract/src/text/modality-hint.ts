import type { Modality } from '../primitives.js';
import { plainText } from './phrase.js';

const hints: readonly (readonly [Modality, RegExp])[] = [
  ['lightsheet', /\b(light ?sheet)\b/],
  ['em', /\b(em|electron microscopy|fib sem|sbf sem)\b/],
  ['us', /\b(us|ultrasound|ultrasonograph\w*|sonograph\w*|echocardiogra\w*)\b/],
  ['pet', /\b(pet|positron emission)\b/],
  ['mr', /\b(mr|mri|mra|magnetic resonance|t1|t1w|t2|t2w|flair|dwi|adc|cmr)\b/],
  ['ct', /\b(ct|cta|cbct|computed tomography)\b/],
];

/** The modality that a prompt names (`… in cardiac ultrasound`); PET-CT is PET. Undefined when it names none. */
export function modalityNamedIn(text: string): Modality | undefined {
  const plain = plainText(text);
  return hints.find(([, pattern]) => pattern.test(plain))?.[0];
}
