/**
 * Prompts may overlap ("hippocampus" and "left hippocampus"), voxels of a label map cannot. Channels wanted by the same
 * set of prompts make one region; regions never overlap, and both the label map and every mask are read off them.
 */
export interface Regions {
  /** Region of each channel, 0 where no prompt wants it. */
  readonly ofChannel: Uint16Array;
  /** Prompts (by index) of each region; region 0 has none. */
  readonly prompts: readonly (readonly number[])[];
  /** The prompt that gets the region in the label map: the one with the fewest classes, of equals the first. */
  readonly owner: readonly (number | undefined)[];
  /** Of two prompts, the one with the fewer classes, of equals the first one. */
  readonly moreSpecific: (best: number | undefined, next: number) => number;
}

/** @param channelsOfPrompts the channels that each prompt stands for */
export function regionsOf(channels: number, channelsOfPrompts: readonly (readonly number[])[]): Regions {
  const ofChannel = new Uint16Array(channels);
  const prompts: number[][] = [[]];
  const known = new Map<string, number>([['', 0]]);
  for (let channel = 0; channel < channels; channel++) {
    const wanted = channelsOfPrompts.flatMap((list, prompt) => (list.includes(channel) ? [prompt] : []));
    const key = wanted.join(',');
    const region = known.get(key) ?? prompts.push(wanted) - 1;
    known.set(key, region);
    ofChannel[channel] = region;
  }
  const size = (prompt: number): number => new Set(channelsOfPrompts[prompt]).size;
  const moreSpecific = (best: number | undefined, next: number): number =>
    best === undefined || size(next) < size(best) ? next : best;
  const owner = prompts.map((list) => list.reduce<number | undefined>(moreSpecific, undefined));
  return { ofChannel, prompts, owner, moreSpecific };
}
