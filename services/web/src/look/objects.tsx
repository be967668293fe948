import type { Finding } from '@parse3d/contract';
import { millilitres } from '../format.js';

/** So many of the listed objects get a row on the page; the table of all is a download. */
const ROWS = 100;

/** The objects of one mask, folded away until somebody wants them: a row of the table of findings. */
export function ObjectsRow(props: {
  finding: Finding;
  onGo: (mm: readonly [x: number, y: number, z: number]) => void;
}) {
  const { instances, prompt, label } = props.finding;
  if (instances === undefined) return null;
  const { count, dropped, objects } = instances;
  const shown = objects.slice(0, ROWS);
  return (
    <tr class="measures">
      <td class="narrow" />
      <td colSpan={4}>
        <details>
          <summary>
            {objectCount(count)}
            <span class="visually-hidden"> of {prompt}</span>
          </summary>
          {dropped.objects > 0 && (
            <p class="hint">
              {objectCount(dropped.objects)} below {instances.minVoxels} voxels left out.
            </p>
          )}
          {instances.separatedBy === 'components' && (
            <p class="hint">The pack knows no borders between objects: those that touch are one.</p>
          )}
          {shown.length > 0 && (
            <table class="objects">
              <thead>
                <tr>
                  <th scope="col">Object</th>
                  <th scope="col" class="number">
                    ml
                  </th>
                  <th scope="col" class="number">
                    <abbr title="Mean probability of the object’s voxels">p̄</abbr>
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map(({ object, volumeMl, meanProbability, centroidMm }) => (
                  <tr key={object}>
                    <th scope="row">
                      <button
                        type="button"
                        class="link"
                        title="Move the crosshair to its centre"
                        onClick={() => props.onGo(centroidMm)}
                      >
                        {object}
                        <span class="visually-hidden"> of {prompt}</span>
                      </button>
                    </th>
                    <td class="number">{millilitres(volumeMl)}</td>
                    <td class="number">{meanProbability === null ? '–' : meanProbability.toFixed(2)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {count > shown.length && (
            <p class="hint">
              The largest {shown.length}; all are in instances-{label}.csv.
            </p>
          )}
        </details>
      </td>
    </tr>
  );
}

const objectCount = (count: number): string => (count === 1 ? '1 object' : `${count.toLocaleString('en')} objects`);
