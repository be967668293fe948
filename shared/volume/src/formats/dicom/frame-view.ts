import { Problem } from '@parse3d/contract/problems';
import { integer, type DataSet } from './parse.js';

const SHARED = 'x52009229';
const PER_FRAME = 'x52009230';

/** Where the attributes of one frame stand: in its own functional groups, in those of all frames, or in the object. */
export interface FrameView {
  /** From 0, and how many the object has. */
  readonly frame: number;
  readonly frames: number;
  /** True for objects with functional groups (enhanced CT, MR, PET, multi-frame secondary capture). */
  readonly enhanced: boolean;
  readonly root: DataSet;
  /**
   * The data set that holds the attribute: the item of that functional group, else the object.
   * @param group tag of the group's sequence, or a path of two tags for a sequence in it
   */
  holder(group: string | readonly [string, string], tag: string): DataSet;
}

/**
 * One view a frame; of an ordinary image one.
 * @throws Problem `dicom-invalid` when the object does not describe as many frames as it says to have
 */
export function frameViews(root: DataSet, fileBytes: number): FrameView[] {
  const frames = integer(root, 'x00280008') ?? 1;
  const own = root.elements[PER_FRAME]?.items;
  const shared = root.elements[SHARED]?.items?.[0]?.dataSet;
  const enhanced = own !== undefined || shared !== undefined;
  // Each frame takes a byte at least: a count beyond that is a lie.
  if (frames < 1 || frames > fileBytes || (own !== undefined && own.length !== frames)) {
    throw new Problem(
      'dicom-invalid',
      `an object says that it has ${frames} frames and describes ${own?.length ?? 'none'} of them`,
      { frames, described: own?.length ?? 0 },
    );
  }
  return Array.from({ length: frames }, (_, frame) => {
    const groups = [own?.[frame]?.dataSet, shared].filter((set) => set !== undefined);
    return {
      frame,
      frames,
      enhanced,
      root,
      holder: (group, tag) => groups.map((set) => within(set, group)).find((set) => has(set, tag)) ?? root,
    };
  });
}

function within(set: DataSet, group: string | readonly [string, string]): DataSet | undefined {
  let at: DataSet | undefined = set;
  for (const tag of typeof group === 'string' ? [group] : group) at = at?.elements[tag]?.items?.[0]?.dataSet;
  return at;
}

const has = (set: DataSet | undefined, tag: string): set is DataSet => set?.elements[tag] !== undefined;
