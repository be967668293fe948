import type { CompletedManifest, JobView } from '@parse3d/contract';
import { useEffect, useRef, useState } from 'preact/hooks';
import { volumePath } from '../api/calls.js';
import { download } from '../api/files.js';
import { Mark } from '../components/parts.js';
import { isDrawable } from '../viewer/drawable.js';
import type { LabelMode, LabelStyle } from '../viewer/labels.js';
import { keptVolume } from '../viewer/last-volume.js';
import type { Scene, SceneVolume } from '../viewer/scene.js';
import { Viewer } from '../viewer/viewer.js';
import { ctWindows, firstWindow } from '../viewer/grey-windows.js';
import type { Below } from './below.js';
import { Live } from './live.js';
import type { Busy } from './result-view.js';
import { Result } from './result.js';

/**
 * A job beside its volume: while it runs the scan is there to look at, and when it has ended the labels appear over it. The
 * view is one and the same all the time.
 */
export function Bench(props: { job: JobView; manifest: CompletedManifest | undefined; onEnd: () => void }) {
  const { job, manifest } = props;
  const [scene, setScene] = useState<Scene>();
  const [volume, setVolume] = useState<SceneVolume>();
  const [styles, setStyles] = useState<readonly LabelStyle[]>();
  const [mode, setMode] = useState<LabelMode>('both');
  const [busy, setBusy] = useState<Busy>();
  const [below, setBelow] = useState<Below>();
  const [windowName, setWindowName] = useState<string>();
  const shown = useRef<Promise<boolean>>(Promise.resolve(false));
  const { uri } = job.input;

  useEffect(() => {
    if (scene === undefined || !isDrawable(uri)) return;
    let current = true;
    const show = async (): Promise<boolean> => {
      const progress = (share: number): void => {
        if (current) setBusy({ what: 'Fetching the volume', share });
      };
      const bytes = keptVolume(uri) ?? (await download(volumePath(uri), progress));
      if (!current) return false;
      const found = await scene.showVolume(bytes, 'volume.nii.gz');
      setVolume(found);
      setWindowName(firstWindow(job.modality));
      return true;
    };
    // Why it failed is told with the result, which tries once more.
    shown.current = show().catch(() => false);
    void shown.current.then(() => current && setBusy(undefined));
    return () => {
      current = false;
    };
  }, [scene, uri]);

  useEffect(() => {
    const chosen = ctWindows.find(({ name }) => name === windowName);
    if (volume !== undefined && chosen !== undefined) scene?.setWindow(chosen);
  }, [scene, volume, windowName]);

  useEffect(() => {
    if (below?.kind === 'preview') return () => URL.revokeObjectURL(below.url);
    return undefined;
  }, [below]);

  const unseen = manifest === undefined && !isDrawable(uri);
  return (
    <div class="workbench">
      <div class="stage">
        <Viewer
          label={manifest === undefined ? 'Volume' : 'Volume with labels'}
          onScene={setScene}
          wanted={!unseen}
          nameOf={(place) => styles?.[place]?.name}
          busy={busy}
          shown={below ?? volume}
          {...(below?.kind === 'preview'
            ? { empty: <img class="whole" src={below.url} alt="Preview of the result" /> }
            : unseen
              ? { empty: <NotYet /> }
              : {})}
          tools={
            <>
              {manifest !== undefined && (
                <label class="select">
                  <span class="visually-hidden">Labels as</span>
                  <select value={mode} onChange={(event) => setMode(event.currentTarget.value as LabelMode)}>
                    <option value="both">Fill and outline</option>
                    <option value="fill">Fill</option>
                    <option value="outline">Outline</option>
                  </select>
                </label>
              )}
              {job.modality === 'ct' && volume !== undefined && (
                <WindowTool name={windowName} onChoose={setWindowName} />
              )}
            </>
          }
        />
      </div>
      <div class="panel">
        {manifest === undefined ? (
          <Live key={job.run} job={job} onEnd={props.onEnd} />
        ) : (
          <Result
            job={job}
            manifest={manifest}
            view={{
              scene,
              shown: () => shown.current,
              styles,
              setStyles,
              mode,
              setBusy,
              below,
              setBelow,
              onVolume: (found) => {
                setVolume(found);
                setWindowName(firstWindow(job.modality));
              },
            }}
          />
        )}
      </div>
    </div>
  );
}

function WindowTool(props: { name: string | undefined; onChoose: (name: string) => void }) {
  return (
    <label class="select">
      <span class="visually-hidden">Window</span>
      <select value={props.name} onChange={(event) => props.onChoose(event.currentTarget.value)}>
        {ctWindows.map(({ name, width, level }) => (
          <option key={name} value={name}>
            {name} {width}/{level}
          </option>
        ))}
      </select>
    </label>
  );
}

function NotYet() {
  return (
    <div class="folder-cover">
      <Mark size={72} />
      <p>
        <strong>Shown once its job has run</strong>
      </p>
      <p>The browser draws NIfTI alone; a DICOM series or an .npz file is read by the server.</p>
    </div>
  );
}
