import type { CompletedManifest, JobView } from '@parse3d/contract';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { download } from '../api/files.js';
import { ProblemBox, Tags } from '../components/parts.js';
import { Snippets } from '../components/snippets.js';
import { recipes } from '../components/recipes.js';
import { CompareChoice } from './compare-choice.js';
import { seconds, shortId, shortUri } from '../format.js';
import { AgainButton } from '../segment/again-button.js';
import { isGuest } from '../session.js';
import { chosenColour } from '../segment/draft.js';
import type { LabelStyle } from '../viewer/labels.js';
import type { ResultView } from './result-view.js';
import { BelowNote, showBelow, type Below } from './below.js';
import { Downloads } from './downloads.js';
import { FindingsTable } from './findings-table.js';
import { draftFromManifest, Provenance } from './provenance.js';
import { Probability } from './probability.js';
import { ShareButton } from './share.js';

/** Names and colours as `labels.json` has them. */
interface LabelsFile {
  readonly targets: readonly { id: number; prompt: string; colour: string }[];
}

const namesIn = async (path: string): Promise<LabelsFile> =>
  JSON.parse(new TextDecoder().decode(await download(path))) as LabelsFile;

const OPACITY = 0.55;

/** What was found, with everything that can be done with it. */
export function Result(props: { job: JobView; manifest: CompletedManifest; view: ResultView }) {
  const { job, manifest } = props;
  const { scene, styles, setStyles, mode, setBusy, below } = props.view;
  const [problem, setProblem] = useState<unknown>();
  const [shown, setShown] = useState(false);
  const output = (name: string): string => `/v1/jobs/${job.id}/outputs/${name}`;
  const has = (name: string): boolean => manifest.outputs.some((file) => file.name === name);

  useEffect(() => {
    if (scene === undefined) return;
    let current = true;
    const progress = (what: string) => (share: number) => {
      if (current) setBusy({ what, share });
    };
    const show = async (): Promise<void> => {
      const names = await namesIn(output('labels.json')).catch((): LabelsFile => ({ targets: [] }));
      const initial = manifest.findings.map(({ label, prompt }) => ({
        label,
        name: prompt,
        colour:
          chosenColour(manifest.metadata, label) ?? names.targets.find(({ id }) => id === label)?.colour ?? '#4fc3b8',
        visible: true,
        opacity: OPACITY,
      }));
      if (current) setStyles(initial);
      // Both at a time; the volume is the larger.
      const labels = has('labels.nii.gz') ? download(output('labels.nii.gz')) : undefined;
      const found: Below = (await props.view.shown())
        ? { kind: 'volume' }
        : await showBelow(scene, job.id, manifest, labels, props.view.onVolume, progress('Fetching the volume'));
      if (!current) return;
      props.view.setBelow(found);
      if (found.reason instanceof Error) setProblem(found.reason);
      setBusy({ what: 'Preparing the view' });
      if (labels !== undefined) await scene.showLabels(await labels, initial, mode);
      scene.goToLabel(manifest.findings.findIndex(({ voxels }) => voxels > 0));
      if (current) setShown(true);
    };
    show()
      .catch((error: unknown) => current && setProblem(error))
      .finally(() => current && setBusy(undefined));
    return () => {
      current = false;
    };
  }, [scene]);

  useEffect(() => {
    if (shown && styles !== undefined) scene?.styleLabels(styles, mode);
  }, [styles, mode]);

  const restyle = (at: number, part: Partial<LabelStyle>): void =>
    setStyles((styles ?? []).map((style, index) => (index === at ? { ...style, ...part } : style)));

  const snippets = useMemo(() => recipes(draftFromManifest(manifest), location.origin, undefined), [manifest]);
  const spent = Object.values(manifest.timingsMs).reduce((sum, ms) => sum + (ms ?? 0), 0) / 1_000;

  return (
    <div class="panel-scroll">
      <header class="result-head">
        <h1 tabIndex={-1}>{job.title ?? shortUri(job.input.uri)}</h1>
        <p class="muted">
          Job {shortId(job.id)} · {manifest.pack.id} {manifest.pack.version} · {manifest.device} · {seconds(spent)}
        </p>
        <Tags job={job} />
        {!isGuest.value && (
          <div class="row">
            <AgainButton job={job} />
            <ShareButton jobId={job.id} />
            <CompareChoice job={job} />
          </div>
        )}
      </header>
      {problem !== undefined && <ProblemBox error={problem} />}
      {below !== undefined && below.kind !== 'volume' && <BelowNote below={below} />}
      {manifest.warnings.map((warning) => (
        <p class="stale" key={warning}>
          {warning}
        </p>
      ))}
      {styles !== undefined && (
        <FindingsTable
          findings={manifest.findings}
          styles={styles}
          onStyle={restyle}
          onAll={(visible) => setStyles(styles.map((style) => ({ ...style, visible })))}
          onGo={(at) => scene?.goToLabel(at)}
          onPlace={(mm) => scene?.goTo(mm)}
        />
      )}
      <Probability
        job={job}
        findings={manifest.findings.filter(({ label }) => has(`prob-${label}.nii.gz`))}
        scene={shown ? scene : undefined}
        setBusy={setBusy}
        onProblem={setProblem}
      />
      <Downloads jobId={job.id} outputs={manifest.outputs} findings={manifest.findings} onProblem={setProblem} />
      <details class="group">
        <summary>The same by curl, command line or Python</summary>
        <Snippets recipes={snippets} />
      </details>
      <Provenance manifest={manifest} />
    </div>
  );
}
