/** What a batch's report says of one volume that completed. */
export interface Measured {
  readonly jobId: string;
  readonly ordinal: number;
  readonly uri: string;
  readonly findings: readonly { readonly prompt: string; readonly volumeMl: number }[];
}

/** How far a volume lies from the others, by the target that is furthest off. */
export interface Odd extends Measured {
  /** Median absolute deviations between its millilitres and the median; Infinity where all others are equal. */
  readonly mads: number;
  readonly prompt: string;
  readonly volumeMl: number;
  readonly medianMl: number;
}

/** With fewer volumes a median says little. */
export const FEWEST = 5;

/**
 * Orders volumes by how odd they are: for each target the distance of a volume's millilitres from the batch's median, in
 * median absolute deviations (not scaled to a standard deviation). Targets that fewer than five volumes have are left out.
 */
export function oddestFirst(volumes: readonly Measured[]): Odd[] {
  const byPrompt = new Map<string, number[]>();
  for (const { findings } of volumes) {
    for (const { prompt, volumeMl } of findings) {
      const values = byPrompt.get(prompt);
      if (values === undefined) byPrompt.set(prompt, [volumeMl]);
      else values.push(volumeMl);
    }
  }
  const spreads = new Map<string, { median: number; mad: number }>();
  for (const [prompt, values] of byPrompt) {
    if (values.length < FEWEST) continue;
    const middle = median(values);
    spreads.set(prompt, { median: middle, mad: median(values.map((value) => Math.abs(value - middle))) });
  }
  const odd = volumes.flatMap((volume): Odd[] => {
    const scored = volume.findings.flatMap(({ prompt, volumeMl }) => {
      const spread = spreads.get(prompt);
      if (spread === undefined) return [];
      const off = Math.abs(volumeMl - spread.median);
      const mads = off === 0 ? 0 : off / spread.mad;
      return [{ ...volume, mads, prompt, volumeMl, medianMl: spread.median }];
    });
    return scored.length === 0 ? [] : [scored.reduce((most, next) => (next.mads > most.mads ? next : most))];
  });
  return odd.sort((a, b) => (a.mads === b.mads ? a.ordinal - b.ordinal : b.mads - a.mads));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[half - (sorted.length % 2 === 0 ? 1 : 0)], sorted[half]];
  return (low + high) / 2;
}

/** What completed, from the lines of `results.jsonl`. */
export function measuredIn(lines: string): Measured[] {
  return lines.split('\n').flatMap((line): Measured[] => {
    if (line === '') return [];
    const said = JSON.parse(line) as Measured & { readonly status: string };
    if (said.status !== 'completed') return [];
    const findings = said.findings.map(({ prompt, volumeMl }) => ({ prompt, volumeMl }));
    return [{ jobId: said.jobId, ordinal: said.ordinal, uri: said.uri, findings }];
  });
}
