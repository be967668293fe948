import { RESEARCH_NOTICE, type Finding } from '@parse3d/contract';
import { formatCount, formatMl } from './format.js';
import type { Output } from './output.js';
import { table } from './table.js';

/** What was found, as a table: one line per prompt. */
export function findingsTable(findings: readonly Finding[], output: Output): string {
  const { green, dim, yellow } = output.colours;
  const scored = findings.some(({ existence }) => existence !== null);
  const probable = findings.some(({ meanProbability }) => meanProbability !== null);
  const split = findings.some(({ instances }) => instances !== undefined);
  const columns = [
    { title: 'label', align: 'right' as const },
    { title: 'prompt' },
    { title: 'verdict' },
    { title: 'ml', align: 'right' as const },
    { title: 'voxels', align: 'right' as const },
    ...(split ? [{ title: 'objects', align: 'right' as const }] : []),
    ...(probable ? [{ title: 'mean p', align: 'right' as const }] : []),
    ...(scored ? [{ title: 'existence', align: 'right' as const }] : []),
  ];
  const rows = findings.map((finding) => [
    String(finding.label),
    finding.recommended ? finding.prompt : `${finding.prompt} ${yellow(`(${doubt(finding)})`)}`,
    finding.verdict === 'present' ? green('present') : dim('absent'),
    formatMl(finding.volumeMl),
    formatCount(finding.voxels),
    ...(split ? [finding.instances === undefined ? '' : formatCount(finding.instances.count)] : []),
    ...(probable ? [finding.meanProbability?.toFixed(2) ?? ''] : []),
    ...(scored ? [finding.existence?.toFixed(2) ?? ''] : []),
  ]);
  return table(columns, rows, output.colours);
}

/** Where the rest of what was measured is. */
export const MEASURES_HINT = 'Surface, diameter, place, intensities and parts of each mask: findings.csv';

const doubt = ({ suggestion }: Finding): string =>
  suggestion === undefined ? 'not evaluated for this' : `not evaluated for this; did you mean ${suggestion}?`;

/** The sentence under every result. */
export function notice(output: Output, demonstration: boolean): void {
  if (demonstration) output.say(output.colours.yellow('The pack is a demonstration: do not rely on what it finds.'));
  output.say(output.colours.dim(RESEARCH_NOTICE));
}
