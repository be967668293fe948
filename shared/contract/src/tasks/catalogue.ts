import type { Modality } from '../primitives.js';
import { lookUpName, namesOf, ofSide, queryOf, withSide, type Names } from '../text/names.js';
import { ct } from './ct.js';
import { em } from './em.js';
import { lightsheet } from './lightsheet.js';
import { mr } from './mr.js';
import { pet } from './pet.js';
import type { Task } from './types.js';
import { us } from './us.js';

const catalogue: Readonly<Record<Modality, readonly Task[]>> = { ct, mr, us, pet, em, lightsheet };

/** Every target that BiomedParse v2 was evaluated for, by modality; all of them without one. */
export function allTasks(modality?: Modality): readonly Task[] {
  return modality === undefined ? Object.values(catalogue).flat() : catalogue[modality];
}

/** What a prompt stands for in the catalogue. */
export interface TaskMatch {
  /** Several where the prompt leaves the side open, or names two targets at once. */
  readonly tasks: readonly Task[];
  /** As the catalogue names it, with the side that was asked for. */
  readonly canonical: string;
}

const names = new Map<Modality, Names<Task>>();

/** The tasks that a prompt stands for, read as tolerantly as class names are; undefined when there is none. */
export function findTask(modality: Modality, promptText: string): TaskMatch | undefined {
  const found = lookUpName(queryOf(promptText), taskNames(modality));
  if (found === undefined) return undefined;
  const tasks = ofSide(found.name.targets, found.side);
  return tasks.length === 0 ? undefined : { tasks, canonical: withSide(found.name.text, found.side) };
}

/** Everything that the targets of a modality are called. */
export function taskNames(modality: Modality): Names<Task> {
  const known = names.get(modality) ?? namesOf(catalogue[modality]);
  names.set(modality, known);
  return known;
}
