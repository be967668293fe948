import type { LabelArray } from './label-map.js';
import type { VoxelArray } from './types.js';

/** Numbers that one pass may hold: 32 MiB of counts, or 64 MiB of values. */
const BUDGET = 8 * 1024 * 1024;
/** Up to so many values are collected and sorted; more are counted by sixteen bits of their order at a time. */
const FEW = 16_384;
const BINS = 65_536;

/** Values of one region that share their leading digits, and the ranks wanted among them. */
interface Task {
  readonly region: number;
  readonly prefix: readonly number[];
  readonly values: number;
  readonly wanted: readonly { readonly rank: number; readonly within: number }[];
}

/**
 * Percentiles of the values inside every region, exactly as numpy's `percentile` (linear interpolation) gives them.
 * Values that are not finite do not count. Memory is bounded whatever the regions: small ones are collected and sorted,
 * large ones counted by the leading bits of their values and then by the next ones, as many regions a pass as fit.
 * @param counts finite values inside each region; index 0 is unused
 * @param percents 0 to 100 each
 * @returns one array per percentage, NaN for regions without a value
 */
export function regionPercentiles(
  labels: LabelArray,
  values: VoxelArray,
  counts: Float64Array,
  percents: readonly number[],
): Float64Array[] {
  const out = percents.map(() => new Float64Array(counts.length).fill(NaN));
  sortSmallOnes(labels, values, counts, (region, sorted) => {
    percents.forEach((percent, n) =>
      out[n]?.fill(
        between(percent, sorted.length, (rank) => sorted[rank]),
        region,
        region + 1,
      ),
    );
  });
  const found = new Map<number, Map<number, number>>();
  const order = orderOf(values);
  let tasks = largeOnes(counts, percents, found);
  while (tasks.length > 0) {
    const next: Task[] = [];
    for (const group of groupsOf(tasks)) next.push(...runTasks(group, labels, values, order, found));
    tasks = next;
  }
  for (const [region, ranks] of found) {
    const count = counts[region];
    percents.forEach((percent, n) =>
      out[n]?.fill(
        between(percent, count, (rank) => ranks.get(rank)),
        region,
        region + 1,
      ),
    );
  }
  return out;
}

/** The percentile between the two ranks around it; rank 0 is the smallest value. */
function between(percent: number, count: number, at: (rank: number) => number | undefined): number {
  const place = (percent / 100) * (count - 1);
  const below = at(Math.floor(place)) ?? NaN;
  const above = at(Math.min(Math.floor(place) + 1, count - 1)) ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Collects the values of small regions beside each other, as many regions a pass as the budget holds. */
function sortSmallOnes(
  labels: LabelArray,
  values: VoxelArray,
  counts: Float64Array,
  onSorted: (region: number, sorted: Float64Array) => void,
): void {
  const ends = new Float64Array(counts.length);
  for (let first = 1; first < counts.length;) {
    let size = 0;
    let last = first;
    for (; last < counts.length; last += 1) {
      const count = counts[last];
      if (count > FEW) continue;
      if (size + count > BUDGET) break;
      ends[last] = size;
      size += count;
    }
    const held = new Float64Array(size);
    if (size > 0) {
      for (let n = 0; n < labels.length; n += 1) {
        const region = labels[n];
        if (region < first || region >= last || counts[region] > FEW) continue;
        const value = values[n];
        if (value - value !== 0) continue;
        const at = ends[region];
        held[at] = value;
        ends[region] = at + 1;
      }
    }
    for (let region = first; region < last; region += 1) {
      const count = counts[region];
      if (count === 0 || count > FEW) continue;
      const end = ends[region];
      onSorted(region, held.subarray(end - count, end).sort());
    }
    first = last;
  }
}

function largeOnes(counts: Float64Array, percents: readonly number[], found: Map<number, Map<number, number>>): Task[] {
  const tasks: Task[] = [];
  counts.forEach((count, region) => {
    if (region === 0 || count <= FEW) return;
    const places = percents.map((percent) => Math.floor((percent / 100) * (count - 1)));
    const ranks = [...new Set(places.flatMap((place) => [place, Math.min(place + 1, count - 1)]))];
    found.set(region, new Map());
    tasks.push({ region, prefix: [], values: count, wanted: ranks.map((rank) => ({ rank, within: rank })) });
  });
  return tasks;
}

const sizeOf = ({ values }: Task): number => (values <= FEW ? values * 2 : BINS);

function* groupsOf(tasks: readonly Task[]): Generator<readonly Task[]> {
  let group: Task[] = [];
  let size = 0;
  for (const task of tasks) {
    if (group.length > 0 && size + sizeOf(task) > BUDGET) {
      yield group;
      [group, size] = [[], 0];
    }
    group.push(task);
    size += sizeOf(task);
  }
  if (group.length > 0) yield group;
}

/** One pass over the volume. @returns what must be looked at more closely */
function runTasks(
  tasks: readonly Task[],
  labels: LabelArray,
  values: VoxelArray,
  order: Order,
  found: Map<number, Map<number, number>>,
): Task[] {
  const open = tasks.map((task) => ({
    task,
    few: task.values <= FEW ? new Float64Array(task.values) : undefined,
    counts: task.values <= FEW ? undefined : new Uint32Array(BINS),
    at: 0,
  }));
  // Tasks of one region follow each other: from its first to before its last.
  const from = new Int32Array(tasks.reduce((most, { region }) => Math.max(most, region), 0) + 1).fill(-1);
  const to = from.slice();
  tasks.forEach(({ region }, n) => {
    if (from[region] === -1) from[region] = n;
    to[region] = n + 1;
  });
  for (let n = 0; n < labels.length; n += 1) {
    const region = labels[n];
    if (region === 0) continue;
    const last = to[region];
    if (last < 0) continue;
    const value = values[n];
    if (value - value !== 0) continue;
    for (let m = from[region]; m < last; m += 1) {
      const entry = open[m];
      if (entry === undefined || !matches(order, value, entry.task.prefix)) continue;
      if (entry.few !== undefined) entry.few[entry.at++] = value;
      else if (entry.counts !== undefined) {
        const digit = order.digit(value, entry.task.prefix.length);
        entry.counts[digit] = entry.counts[digit] + 1;
      }
    }
  }
  return open.flatMap(({ task, few, counts }) => {
    const ranks = found.get(task.region);
    if (few !== undefined) {
      few.sort();
      for (const { rank, within } of task.wanted) ranks?.set(rank, few[within]);
      return [];
    }
    return counts === undefined ? [] : narrowed(task, counts, order, (rank, value) => ranks?.set(rank, value));
  });
}

function matches(order: Order, value: number, prefix: readonly number[]): boolean {
  for (let level = 0; level < prefix.length; level += 1) if (order.digit(value, level) !== prefix[level]) return false;
  return true;
}

/** The bins that hold wanted ranks; where all digits are known, their value is too. */
function narrowed(
  task: Task,
  counts: Uint32Array,
  order: Order,
  onFound: (rank: number, value: number) => void,
): Task[] {
  const next: Task[] = [];
  let before = 0;
  let bin = 0;
  for (const { rank, within } of [...task.wanted].sort((a, b) => a.within - b.within)) {
    while (before + counts[bin] <= within) before += counts[bin++];
    const prefix = [...task.prefix, bin];
    const wanted = { rank, within: within - before };
    const same = next.at(-1);
    if (prefix.length === order.levels) onFound(rank, order.value(prefix));
    else if (same !== undefined && same.prefix.at(-1) === bin)
      next[next.length - 1] = { ...same, wanted: [...same.wanted, wanted] };
    else next.push({ region: task.region, prefix, values: counts[bin], wanted: [wanted] });
  }
  return next;
}

/** A number's place in the order of all numbers, in digits of sixteen bits, the leading one first. */
interface Order {
  readonly levels: number;
  digit(value: number, level: number): number;
  value(digits: readonly number[]): number;
}

/** Small whole numbers and float32 are told apart by 32 bits, all others by 64. */
function orderOf(values: VoxelArray): Order {
  const wide = values instanceof Float64Array || values instanceof Int32Array || values instanceof Uint32Array;
  const buffer = new ArrayBuffer(8);
  const numbers = wide ? new Float64Array(buffer) : new Float32Array(buffer);
  const words = new Uint16Array(buffer);
  const levels = wide ? 4 : 2;
  const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  const place = (level: number): number => (littleEndian ? levels - 1 - level : level);
  return {
    levels,
    // Bits of a float rise with its value, but for the sign: those of negative numbers are turned over. -0 is 0.
    digit(value, level) {
      numbers[0] = value + 0;
      const word = words[place(level)];
      const negative = words[place(0)] >= 0x8000;
      return negative ? 0xffff - word : level === 0 ? word + 0x8000 : word;
    },
    value(digits) {
      const negative = (digits[0] ?? 0) < 0x8000;
      digits.forEach((digit, level) => {
        words[place(level)] = negative ? 0xffff - digit : level === 0 ? digit - 0x8000 : digit;
      });
      return numbers[0];
    },
  };
}
