import type { Finding } from '@parse3d/contract';
import { millilitres } from '../format.js';
import type { LabelStyle } from '../viewer/labels.js';
import { MeasuresRow } from './measures.js';
import { ObjectsRow } from './objects.js';

/** What was found, a row per prompt; the row's name moves the crosshair there. */
export function FindingsTable(props: {
  findings: readonly Finding[];
  styles: readonly LabelStyle[];
  onStyle: (at: number, part: Partial<LabelStyle>) => void;
  onAll: (visible: boolean) => void;
  onGo: (at: number) => void;
  onPlace: (mm: readonly [x: number, y: number, z: number]) => void;
}) {
  const { findings, styles } = props;
  const allShown = styles.every(({ visible }) => visible);
  return (
    <section class="group findings">
      <h2>
        Findings
        <button type="button" class="small" onClick={() => props.onAll(!allShown)}>
          {allShown ? 'Hide all' : 'Show all'}
        </button>
      </h2>
      <table>
        <thead>
          <tr>
            <th scope="col" class="narrow">
              <span class="visually-hidden">Shown</span>
            </th>
            <th scope="col">Target</th>
            <th scope="col" class="number">
              ml
            </th>
            <th scope="col" class="number">
              <abbr title="Mean probability of the mask’s voxels">p̄</abbr>
            </th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {findings.map((finding, at) => {
            const style = styles[at];
            if (style === undefined) return null;
            return [
              <tr key={finding.label} class={style.visible ? '' : 'hidden-label'}>
                <td class="narrow">
                  <input
                    type="checkbox"
                    aria-label={`Show ${finding.prompt}`}
                    checked={style.visible}
                    onChange={(event) => props.onStyle(at, { visible: event.currentTarget.checked })}
                  />
                </td>
                <th scope="row">
                  <span class="target">
                    <label class="swatch" style={{ background: style.colour }}>
                      <span class="visually-hidden">Colour of {finding.prompt}</span>
                      <input
                        type="color"
                        value={style.colour}
                        onInput={(event) => props.onStyle(at, { colour: event.currentTarget.value })}
                      />
                    </label>
                    <button
                      type="button"
                      class="link"
                      title="Move the crosshair there"
                      disabled={finding.voxels === 0}
                      onClick={() => props.onGo(at)}
                    >
                      {finding.prompt}
                    </button>
                    {!finding.recommended && (
                      <span class="mark" title="The pack was not evaluated for this target.">
                        outside
                      </span>
                    )}
                    {finding.suggestion !== undefined && <small>did you mean {finding.suggestion}?</small>}
                  </span>
                  <input
                    type="range"
                    class="opacity"
                    aria-label={`Opacity of ${finding.prompt}`}
                    min={0}
                    max={1}
                    step={0.05}
                    value={style.opacity}
                    disabled={!style.visible}
                    onInput={(event) => props.onStyle(at, { opacity: Number(event.currentTarget.value) })}
                  />
                </th>
                <td class="number">{millilitres(finding.volumeMl)}</td>
                <td class="number">{finding.meanProbability === null ? '–' : finding.meanProbability.toFixed(2)}</td>
                <td>
                  <span
                    class={`verdict verdict-${finding.verdict}`}
                    title={
                      finding.existence === null
                        ? undefined
                        : `The model’s own score that it is there: ${finding.existence.toFixed(3)}`
                    }
                  >
                    {finding.verdict}
                  </span>
                </td>
              </tr>,
              <MeasuresRow key={`measures-${finding.label}`} finding={finding} />,
              <ObjectsRow key={`objects-${finding.label}`} finding={finding} onGo={props.onPlace} />,
            ];
          })}
        </tbody>
      </table>
    </section>
  );
}
