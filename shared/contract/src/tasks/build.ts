import type { Modality } from '../primitives.js';
import { withSide } from '../text/names.js';
import type { CtWindow, Task } from './types.js';

/** One line of a catalogue file: `[sides, name without a side, synonyms]`. */
export type Entry = readonly [sides: Sides, name: string, ...synonyms: string[]];
type Sides = readonly (Task['side'] | undefined)[];

export const one = (name: string, ...synonyms: string[]): Entry => [[undefined], name, ...synonyms];
export const both = (name: string, ...synonyms: string[]): Entry => [['left', 'right'], name, ...synonyms];
export const left = (name: string, ...synonyms: string[]): Entry => [['left'], name, ...synonyms];
export const right = (name: string, ...synonyms: string[]): Entry => [['right'], name, ...synonyms];

/** One group of a modality; a group may appear twice where its targets need different windows. */
export interface Group {
  readonly group: string;
  /** CT only. @default soft-tissue */
  readonly window?: CtWindow;
  readonly tasks: readonly Entry[];
}

/** The tasks of one modality, left and right spelt out, in the order written. */
export function tasksOf(modality: Modality, groups: readonly Group[]): readonly Task[] {
  return groups.flatMap(({ group, window = 'soft-tissue', tasks }) =>
    tasks.flatMap(([sides, name, ...synonyms]) =>
      sides.map((side): Task => ({
        modality,
        group,
        name,
        ...(side === undefined ? {} : { side }),
        prompt: withSide(name, side),
        // A synonym that names the other side is not this one's.
        synonyms: synonyms.filter((synonym) => side === undefined || !namesOther(synonym, side)),
        ...(modality === 'ct' ? { window } : {}),
      })),
    ),
  );
}

const namesOther = (synonym: string, side: 'left' | 'right'): boolean =>
  new RegExp(`\\b${side === 'left' ? 'right' : 'left'}\\b`).test(synonym);
