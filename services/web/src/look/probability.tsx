import type { Finding, JobView } from '@parse3d/contract';
import { fileWord } from '@parse3d/contract/names';
import { useEffect, useRef, useState } from 'preact/hooks';
import { download, saveBlob } from '../api/files.js';
import { AgainButton } from '../segment/again-button.js';
import { millilitres } from '../format.js';
import { isGuest } from '../session.js';
import type { Scene } from '../viewer/scene.js';
import { countFrom, maskFile, maskFrom } from '../viewer/threshold.js';
import type { Busy } from './result-view.js';

/**
 * One probability map over the volume, from a threshold up, with the volume of what it shows.
 *
 * @param props.findings those with a map
 */
export function Probability(props: {
  job: JobView;
  findings: readonly Finding[];
  scene: Scene | undefined;
  setBusy: (busy: Busy) => void;
  onProblem: (problem: unknown) => void;
}) {
  const { job, findings, scene } = props;
  const [label, setLabel] = useState<number>();
  const [threshold, setThreshold] = useState(0.5);
  /** The label whose map is drawn. */
  const [drawn, setDrawn] = useState<number>();
  const bytes = useRef<ArrayBuffer>(undefined);

  useEffect(() => {
    if (scene === undefined) return;
    let current = true;
    const show = async (): Promise<void> => {
      setDrawn(undefined);
      if (label === undefined) return scene.showProbability(undefined, threshold);
      props.setBusy({ what: 'Fetching the probability map' });
      const map = await download(`/v1/jobs/${job.id}/outputs/prob-${label}.nii.gz`);
      if (!current) return;
      bytes.current = map;
      await scene.showProbability(map, threshold);
      if (current) setDrawn(label);
    };
    show()
      .catch(props.onProblem)
      .finally(() => props.setBusy(undefined));
    return () => {
      current = false;
    };
  }, [label, scene]);

  if (findings.length === 0) {
    return (
      <section class="group">
        <h2>Probability</h2>
        <p class="hint">
          This job wrote no probability maps, so that its threshold cannot be moved. Asked again with “Probability maps”
          it does, where its pack gives probabilities.
        </p>
        {!isGuest.value && (
          <div class="row">
            <AgainButton job={job} />
          </div>
        )}
      </section>
    );
  }
  const finding = findings.find((one) => one.label === drawn);
  const map = finding === undefined ? undefined : scene?.probability();
  const ml = map && countFrom(threshold, map) * map.voxelMl;
  const save = async (): Promise<void> => {
    if (map === undefined || finding === undefined || bytes.current === undefined) return;
    const file = maskFile(await unpacked(bytes.current), maskFrom(threshold, map));
    if (file === undefined) throw new Error('The probability map is not a NIfTI-1 file.');
    const packed = await new Response(file.stream().pipeThrough(new CompressionStream('gzip'))).blob();
    saveBlob(packed, `${fileWord(finding.prompt)}-from-${threshold.toFixed(2)}.nii.gz`);
  };
  return (
    <section class="group">
      <h2>Probability</h2>
      <label class="field">
        <span>Map of</span>
        <select
          value={label === undefined ? '' : String(label)}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setLabel(value === '' ? undefined : Number(value));
          }}
        >
          <option value="">none</option>
          {findings.map((one) => (
            <option key={one.label} value={String(one.label)}>
              {one.prompt}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>
          Threshold <b>{threshold.toFixed(2)}</b>
        </span>
        <input
          type="range"
          min={0.01}
          max={0.99}
          step={0.01}
          value={threshold}
          disabled={label === undefined}
          onInput={(event) => {
            const next = Number(event.currentTarget.value);
            setThreshold(next);
            scene?.setThreshold(next);
          }}
        />
      </label>
      {finding !== undefined && ml !== undefined && (
        <>
          <p class="hint" role="status">
            <strong class="numbers">{millilitres(ml)} ml</strong> from {threshold.toFixed(2)} up; the result has{' '}
            <span class="numbers">{millilitres(finding.volumeMl)} ml</span>, after overlaps and removed parts.
          </p>
          <div class="row">
            <button type="button" class="small" onClick={() => void save().catch(props.onProblem)}>
              Download the mask at this threshold
            </button>
          </div>
        </>
      )}
    </section>
  );
}

/** The map as a file that is not packed. */
async function unpacked(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const [first, second] = new Uint8Array(bytes, 0, 2);
  if (first !== 0x1f || second !== 0x8b) return bytes;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
