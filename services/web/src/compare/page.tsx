import type { CompletedManifest, JobView } from '@parse3d/contract';
import { useEffect, useState } from 'preact/hooks';
import { getJob, getManifest, inputPath } from '../api/calls.js';
import { download } from '../api/files.js';
import { Await, ProblemBox } from '../components/parts.js';
import { millilitres, shortUri } from '../format.js';
import { useLoaded, useTitle } from '../hooks.js';
import type { Busy } from '../look/result-view.js';
import { Link } from '../router.js';
import { isDrawable } from '../viewer/drawable.js';
import { keptVolume } from '../viewer/last-volume.js';
import type { Scene } from '../viewer/scene.js';
import { Viewer } from '../viewer/viewer.js';
import { ctWindows, firstWindow } from '../viewer/grey-windows.js';
import { nameOf } from '../look/compare-choice.js';
import { BOTH, difference, ONLY_FIRST, ONLY_SECOND, overlaps, pairTargets, type Overlap } from './overlap.js';

interface Side {
  readonly job: JobView;
  readonly manifest: CompletedManifest;
}

const parts = [
  { label: BOTH, name: 'in both', colour: '#d8dde2' },
  { label: ONLY_FIRST, name: 'only in the first', colour: '#f2a33a' },
  { label: ONLY_SECOND, name: 'only in the second', colour: '#5ab0f5' },
] as const;
const styles = parts.map((part) => ({ ...part, visible: true, opacity: 0.6 }));

/** Two results of one volume, target by target: millilitres, Dice, and where they differ. */
export function ComparePage(props: { first: string; second: string }) {
  useTitle('Compare');
  const [sides, again] = useLoaded(
    () => Promise.all([sideOf(props.first), sideOf(props.second)]),
    [props.first, props.second],
  );
  return (
    <Await loaded={sides} what="both results" onRetry={again}>
      {([first, second]) => <Comparison first={first} second={second} />}
    </Await>
  );
}

async function sideOf(id: string): Promise<Side> {
  const [job, manifest] = await Promise.all([getJob(id), getManifest(id)]);
  if (manifest.status !== 'completed') throw new Error(`Job ${id} is ${manifest.status}; it has no result to compare.`);
  return { job, manifest };
}

/** Why the two cannot be laid over one another; undefined when they can. */
function whyNot(first: CompletedManifest, second: CompletedManifest): string | undefined {
  const [a, b] = [first.geometry, second.geometry];
  const same =
    a.shape.every((count, axis) => count === b.shape[axis]) &&
    a.affine.every((value, at) => Math.abs(value - (b.affine[at] ?? 0)) < 1e-4);
  if (!same) return 'The two results lie on different grids, so that no voxel of one is one of the other.';
  const missing = [first, second].find(({ outputs }) => !outputs.some(({ name }) => name === 'labels.nii.gz'));
  return missing === undefined ? undefined : 'One of the two wrote no label map.';
}

function Comparison({ first, second }: { first: Side; second: Side }) {
  const [scene, setScene] = useState<Scene>();
  const [busy, setBusy] = useState<Busy>();
  const [problem, setProblem] = useState<unknown>();
  const [maps, setMaps] = useState<{ file: ArrayBuffer; a: ArrayLike<number>; b: ArrayLike<number> }>();
  const [found, setFound] = useState<readonly Overlap[]>();
  const pairs = pairTargets(first.manifest.findings, second.manifest.findings);
  const [chosen, setChosen] = useState(0);
  const refusal = whyNot(first.manifest, second.manifest);
  const { uri } = first.job.input;

  useEffect(() => {
    if (scene === undefined || refusal !== undefined) return;
    let current = true;
    const load = async (): Promise<void> => {
      setBusy({ what: 'Fetching both results' });
      const labels = ({ job }: Side): Promise<ArrayBuffer> => download(`/v1/jobs/${job.id}/outputs/labels.nii.gz`);
      const [one, other] = await Promise.all([labels(first), labels(second)]);
      await below(scene, first, one);
      const [a, b] = await Promise.all([scene.readLabels(one), scene.readLabels(other)]);
      if (!current) return;
      setFound(overlaps(a, b, pairs));
      setMaps({ file: one, a, b });
    };
    load()
      .catch((error: unknown) => current && setProblem(error))
      .finally(() => current && setBusy(undefined));
    return () => {
      current = false;
    };
  }, [scene]);

  useEffect(() => {
    const pair = pairs[chosen];
    if (scene === undefined || maps === undefined || pair === undefined) return;
    const shown = difference(maps.a, maps.b, pair);
    scene
      .showLabels(maps.file, styles, 'both', shown)
      .then(() => parts.some((_, at) => scene.goToLabel(at)))
      .catch(setProblem);
  }, [maps, chosen]);

  return (
    <div class="workbench">
      <div class="stage">
        <Viewer
          label="Volume with what both results say"
          onScene={setScene}
          nameOf={(place) => parts[place]?.name}
          busy={busy}
          shown={maps}
          tools={
            <ul class="legend">
              {parts.map(({ label, name, colour }) => (
                <li key={label}>
                  <i style={{ background: colour }} aria-hidden="true" /> {name}
                </li>
              ))}
            </ul>
          }
        />
      </div>
      <div class="panel">
        <div class="panel-scroll">
          <header class="result-head">
            <h1 tabIndex={-1}>Two results compared</h1>
            <p class="muted">{shortUri(uri)}</p>
            <p>
              First: <Link to={`/jobs/${first.job.id}`}>{nameOf(first.job)}</Link>
            </p>
            <p>
              Second: <Link to={`/jobs/${second.job.id}`}>{nameOf(second.job)}</Link>
            </p>
          </header>
          {problem !== undefined && <ProblemBox error={problem} />}
          {uri !== second.job.input.uri && <p class="stale">These are results of two different volumes.</p>}
          {refusal !== undefined && <p class="stale">{refusal} Their millilitres can be compared.</p>}
          <section class="group findings">
            <h2>Targets</h2>
            <table>
              <thead>
                <tr>
                  <th scope="col">Target</th>
                  <th scope="col" class="number">
                    first ml
                  </th>
                  <th scope="col" class="number">
                    second ml
                  </th>
                  <th scope="col" class="number">
                    Dice
                  </th>
                </tr>
              </thead>
              <tbody>
                {pairs.map((pair, at) => (
                  <tr key={pair.name}>
                    <th scope="row">
                      <button type="button" class="link" aria-pressed={at === chosen} onClick={() => setChosen(at)}>
                        {pair.name}
                      </button>
                    </th>
                    <td class="number">{ml(first, pair.first)}</td>
                    <td class="number">{ml(second, pair.second)}</td>
                    <td class="number">{found?.[at]?.dice?.toFixed(3) ?? '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            <p class="hint">
              Millilitres are those of the whole masks, Dice is that of the label maps. A dash stands where only one of
              the two asked for the target, or where both found nothing.
            </p>
          </section>
        </div>
      </div>
    </div>
  );
}

const ml = ({ manifest }: Side, label: number | undefined): string => {
  const finding = manifest.findings.find((one) => one.label === label);
  return finding === undefined ? '–' : millilitres(finding.volumeMl);
};

/** The volume where the browser can draw it, else the empty grid of the label map. */
async function below(scene: Scene, { job, manifest }: Side, labels: ArrayBuffer): Promise<void> {
  const written = manifest.outputs.some(({ name }) => name === 'volume.nii.gz');
  const path = written
    ? `/v1/jobs/${job.id}/outputs/volume.nii.gz`
    : isDrawable(job.input.uri)
      ? inputPath(job.id)
      : undefined;
  try {
    if (path === undefined) return await scene.showGrid(labels, 'labels.nii.gz');
    await scene.showVolume(keptVolume(job.input.uri) ?? (await download(path)), 'volume.nii.gz');
    const window = ctWindows.find(({ name }) => name === firstWindow(job.modality));
    if (window !== undefined) scene.setWindow(window);
  } catch {
    await scene.showGrid(labels, 'labels.nii.gz');
  }
}
