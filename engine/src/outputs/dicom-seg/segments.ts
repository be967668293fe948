import type { Pack } from '@parse3d/contract';
import { paletteColour } from '@parse3d/contract/palette';
import type { SplitObjects } from '@parse3d/volume/geometry';
import type { Found } from '../../types.js';
import type { LabelName } from '../label-names.js';
import { codeOf } from '../terminology/index.js';
import type { MaskOf } from './frames.js';
import type { Segment } from './index.js';

/** Most segments that objects become: viewers list segments one by one, and every one costs frames. */
const MOST_OBJECTS = 100;

export interface Segments {
  readonly segments: readonly Segment[];
  readonly maskOf: MaskOf;
  /** Why objects have no segments of their own, though they were asked for. */
  readonly warning: string | undefined;
}

/**
 * A segment per prompt; where objects were asked for and are few enough, one per object instead.
 * @param objects of the prompts that are split, by their places
 */
export function segmentsOf(
  found: Found,
  names: readonly LabelName[],
  pack: Pack,
  objects: ReadonlyMap<number, SplitObjects>,
): Segments {
  const all = [...objects.values()].reduce((sum, { count }) => sum + count, 0);
  const split = all <= MOST_OBJECTS ? objects : new Map<number, SplitObjects>();
  const made = names.flatMap(({ id, prompt, colour }, n): (Segment & { readonly mask: () => Uint8Array })[] => {
    const whole = { name: prompt, label: id, colour, code: codeOf(prompt, found.findings[n]?.classes, pack) };
    const own = split.get(n);
    // What was not found has its segment all the same, without a frame.
    if (own === undefined || own.count === 0) return [{ ...whole, mask: () => found.mask(n) }];
    return Array.from({ length: own.count }, (_, index) => ({
      ...whole,
      name: `${prompt} ${index + 1}`,
      colour: paletteColour(index + 1),
      mask: () => own.maskOf(index + 1),
    }));
  });
  return {
    segments: made,
    maskOf: (segment) => made[segment]?.mask() ?? new Uint8Array(found.labels.data.length),
    warning:
      all <= MOST_OBJECTS
        ? undefined
        : `segmentation.dcm has a segment per prompt, not per object: there are ${all} objects, more than ${MOST_OBJECTS}.`,
  };
}
