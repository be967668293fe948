import type { Finding, Measures } from '@parse3d/contract';

/** What was measured of one mask, folded away until somebody wants it: a row of the table of findings. */
export function MeasuresRow({ finding }: { finding: Finding }) {
  const { measures, removed, prompt } = finding;
  const lines = [...(measures === undefined ? [] : measureLines(measures)), ...removedLines(removed)];
  if (lines.length === 0) return null;
  return (
    <tr class="measures">
      <td class="narrow" />
      <td colSpan={4}>
        <details>
          <summary>
            Measures<span class="visually-hidden"> of {prompt}</span>
          </summary>
          <dl>
            {lines.map(([name, value, hint]) => (
              <div key={name}>
                <dt title={hint}>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      </td>
    </tr>
  );
}

type Line = readonly [name: string, value: string, hint?: string];

function measureLines(measures: Measures): Line[] {
  const { intensity, centroidMm, boundingBox, components, largestComponentShare } = measures;
  const unit = intensity?.unit ?? '';
  const value = (number: number): string => `${short(number)} ${unit}`.trim();
  return [
    [
      'Surface',
      `${short(measures.surfaceMm2 / 100)} cm²`,
      'Of the marching-cubes surface half-way between voxel centres',
    ],
    ['Longest diameter', `${measures.longestDiameterMm.toFixed(1)} mm`, 'Between two points of that surface'],
    ['Centre', `${centroidMm.map((mm) => mm.toFixed(1)).join(', ')} mm`, 'Right, anterior, superior'],
    ['Voxels', [0, 1, 2].map((axis) => `${boundingBox.min[axis]}–${boundingBox.max[axis]}`).join(', '), 'i, j, k'],
    ...(intensity === null
      ? []
      : [
          ['Mean', `${value(intensity.mean)} ± ${short(intensity.sd)}`, 'Of the input inside the mask'] as const,
          [
            'Median',
            `${value(intensity.median)} (${short(intensity.p5)} to ${short(intensity.p95)})`,
            '5th to 95th percentile',
          ] as const,
        ]),
    [
      'Parts',
      components === 1 ? '1' : `${components}, the largest ${(100 * largestComponentShare).toFixed(1)} %`,
      'Parts that do not touch',
    ],
  ];
}

function removedLines(removed: Finding['removed']): Line[] {
  if (removed === undefined || removed.components === 0) return [];
  const parts = removed.components === 1 ? '1 part' : `${removed.components} parts`;
  return [['Removed', `${parts} of ${removed.voxels} voxels`, 'Small parts that the prompt or the pack does not keep']];
}

/** Three digits that matter, without an exponent. */
function short(number: number): string {
  return Math.abs(number) >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(3)));
}
