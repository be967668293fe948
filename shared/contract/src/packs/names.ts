import type { LabelClass, Modality, Pack, Target } from '../index.js';
import { taskNames } from '../tasks/catalogue.js';
import { allTasks } from '../tasks/index.js';
import { lookUpName, namesOf, ofSide, queryOf, withSide, type Found, type Names } from '../text/names.js';

type Side = Target['side'];

/** As much of a pack as tells what it can find: what a server says of it, where the pack itself is not at hand. */
export interface PackTargets {
  readonly id: string;
  readonly modalities: readonly Modality[];
  readonly targets: readonly Target[];
}

/** What the pack lists; empty for a promptable pack that was trained for the task catalogue. */
export const targetsOf = (pack: Pack | PackTargets): readonly Target[] =>
  'targets' in pack ? pack.targets : pack.model.classes;

/** Reading every name of a pack costs more than a thousand look-ups: it is done once. */
function kept<T extends Target>(): (targets: readonly T[]) => Names<T> {
  const known = new WeakMap<readonly T[], Names<T>>();
  return (targets) => {
    const names = known.get(targets) ?? namesOf(targets);
    known.set(targets, names);
    return names;
  };
}

const targetNames = kept<Target>();
export const classNames = kept<LabelClass>();

/** Names by which a prompt may find a target: the pack's own, else those of the catalogue, a modality after the other. */
function namesFor(pack: Pack | PackTargets, modality: Modality | undefined): Names<Target>[] {
  if (!('targets' in pack)) return [classNames(pack.model.classes)];
  if (pack.targets.length > 0) return [targetNames(pack.targets)];
  return modalitiesOf(pack, modality).map(taskNames);
}

const modalitiesOf = (pack: Pack | PackTargets, modality: Modality | undefined): readonly Modality[] =>
  modality === undefined ? pack.modalities : [modality];

/** The name that a prompt stands for; one with a target of the prompt's side goes before one without. */
export function findName(pack: Pack | PackTargets, text: string, modality?: Modality): Found<Target> | undefined {
  const query = queryOf(text);
  let other: Found<Target> | undefined;
  for (const names of namesFor(pack, modality)) {
    const found = lookUpName(query, names);
    if (found === undefined) continue;
    if (ofSide(found.name.targets, found.side).length > 0) return found;
    other ??= found;
  }
  return other;
}

/** True when the whole text is a name, with no words of it left out. */
export const isName = (pack: Pack | PackTargets, text: string, modality?: Modality): boolean =>
  namesFor(pack, modality).some((names) => lookUpName(queryOf(text, { literal: true }), names) !== undefined);

/** Every name and synonym that a misspelt prompt may have meant, with its side where the prompt has that one. */
export function namesToOffer(pack: Pack | PackTargets, side: Side, modality?: Modality): string[] {
  const own = targetsOf(pack);
  const targets = own.length > 0 ? own : modalitiesOf(pack, modality).flatMap((each) => allTasks(each));
  return targets.flatMap((target) => {
    const shown = side !== undefined && target.side === side ? side : undefined;
    return [target.name, ...target.synonyms].map((name) => withSide(name, shown));
  });
}
