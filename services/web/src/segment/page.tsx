import type { PackSummary } from '@parse3d/contract';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { listPacks, submitBatch, submitJob, volumePath } from '../api/calls.js';
import { download, uploadVolume } from '../api/files.js';
import { batchRecipes } from '../components/batch-recipes.js';
import { Await, ProblemBox } from '../components/parts.js';
import { recipes } from '../components/recipes.js';
import { Snippets } from '../components/snippets.js';
import { bytes, shortUri } from '../format.js';
import { useLoaded, useTitle } from '../hooks.js';
import { go } from '../router.js';
import type { Scene, SceneVolume } from '../viewer/scene.js';
import { keepVolume } from '../viewer/last-volume.js';
import { Viewer } from '../viewer/viewer.js';
import { ctWindows, firstWindow } from '../viewer/grey-windows.js';
import * as draft from './draft.js';
import { batchLabel, BatchSettings, FolderCover, FolderFacts, isHopeless, useFolderSize } from './folder.js';
import { PackChoice } from './pack-choice.js';
import { PromptList } from './prompt-list.js';
import { UnseenCover, VolumeOutput } from './unseen.js';
import { DropHint, VolumeFacts } from './volume-facts.js';
import { whyNotWhole } from './whole-file.js';
import { nameOf, VolumeChoice } from './volume-choice.js';
import { WindowChoice } from './window-choice.js';

/** Larger files are not shown before they were submitted: the browser would need several times as much memory. */
const LARGEST_PREVIEW = 1_500_000_000;

export function SegmentPage() {
  useTitle('Segment');
  const [packs, again] = useLoaded(listPacks, []);
  return (
    <div class="workbench">
      <h1 class="visually-hidden" tabIndex={-1}>
        Segment a volume
      </h1>
      <Await loaded={packs} what="the packs" onRetry={again}>
        {(all) => <Workbench packs={all} />}
      </Await>
    </div>
  );
}

function Workbench({ packs }: { packs: readonly PackSummary[] }) {
  const [scene, setScene] = useState<Scene>();
  const [volume, setVolume] = useState<SceneVolume>();
  const [busy, setBusy] = useState<{ what: string; share?: number | undefined }>();
  const [problem, setProblem] = useState<unknown>();
  const [unseen, setUnseen] = useState<unknown>();
  const [cutOff, setCutOff] = useState<string>();
  const [dragging, setDragging] = useState(false);
  const sending = useRef<AbortController>(undefined);
  /** Bytes of the volume that is shown. */
  const content = useRef<ArrayBuffer>(undefined);
  const source = draft.source.value;
  const pack =
    packs.find(({ id }) => id === draft.packId.value) ?? packs.find((candidate) => candidate.default) ?? packs[0];

  const [folderSize, countAgain] = useFolderSize(source, pack);

  useEffect(() => setProblem(undefined), [source]);
  useEffect(() => {
    if (scene === undefined || source === undefined) return;
    let current = true;
    const show = async (): Promise<void> => {
      setUnseen(undefined);
      setVolume(undefined);
      setCutOff(undefined);
      content.current = undefined;
      if (
        source.kind === 'folder' ||
        draft.isUnseen(source) ||
        (source.kind === 'file' && source.file.size > LARGEST_PREVIEW)
      )
        return;
      setBusy({ what: 'Reading the volume' });
      const broken = source.kind === 'file' ? await whyNotWhole(source.file) : undefined;
      if (!current) return;
      setCutOff(broken);
      if (broken !== undefined) return;
      const bytes =
        source.kind === 'file'
          ? await source.file.arrayBuffer()
          : await download(
              volumePath(source.uri),
              (share) => current && setBusy({ what: 'Fetching the volume', share }),
            );
      const shown = await scene.showVolume(bytes, source.kind === 'file' ? source.file.name : 'volume.nii.gz');
      if (!current) return;
      content.current = bytes;
      setVolume(shown);
    };
    show()
      .catch((error: unknown) => current && setUnseen(error))
      .finally(() => current && setBusy(undefined));
    return () => {
      current = false;
    };
  }, [scene, source]);

  const modality = draft.modality.value ?? pack?.modalities[0];
  const windowName = draft.ctWindow.value ?? (modality === undefined ? undefined : firstWindow(modality));
  const chosenWindow = ctWindows.find(({ name }) => name === windowName);
  useEffect(() => {
    if (scene === undefined || volume === undefined) return;
    scene.setWindow(modality === 'ct' && chosenWindow !== undefined ? chosenWindow : volume.robust);
  }, [scene, volume, chosenWindow, modality]);

  if (pack === undefined) return <ProblemBox error={new Error('This server has no packs; see docs/packs.md.')} />;

  const prompts = draft.filled(draft.rows.value);
  const folder = source?.kind === 'folder' ? source.uri : undefined;
  const unseenName = source !== undefined && draft.isUnseen(source) ? nameOf(source) : undefined;
  // What stands where a volume would be seen.
  let cover: ComponentChildren;
  if (source === undefined) cover = <DropHint />;
  else if (unseenName !== undefined) cover = <UnseenCover name={unseenName} />;
  else if (folder !== undefined) cover = <FolderCover uri={folder} size={folderSize} />;
  const submitting = busy?.what === 'Uploading' || busy?.what === 'Submitting';
  const ready =
    source !== undefined &&
    cutOff === undefined &&
    prompts.length > 0 &&
    !submitting &&
    !(folder !== undefined && isHopeless(folderSize));

  const uploadOnce = async (file: File, signal: AbortSignal): Promise<string> => {
    const known = draft.uploads.get(file);
    if (known !== undefined) return known;
    setBusy({ what: 'Uploading', share: 0 });
    const { uri } = await uploadVolume(file, (share) => setBusy({ what: 'Uploading', share }), signal);
    draft.uploads.set(file, uri);
    return uri;
  };

  const submit = async (): Promise<void> => {
    if (source === undefined) return;
    setProblem(undefined);
    try {
      const controller = new AbortController();
      sending.current = controller;
      const uri = source.kind === 'file' ? await uploadOnce(source.file, controller.signal) : source.uri;
      if (content.current !== undefined) keepVolume(uri, content.current);
      setBusy({ what: 'Submitting' });
      if (source.kind === 'folder') {
        const { id } = await submitBatch(draft.batchDraftOf(uri, pack));
        draft.batchName.value = '';
        go(`/batches/${id}`);
      } else go(`/jobs/${(await submitJob(draft.draftOf(uri, pack))).id}`);
    } catch (error) {
      if (!(error instanceof DOMException)) setProblem(error);
    } finally {
      setBusy(undefined);
    }
  };

  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setDragging(false);
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) void draft.chooseFile(file);
  };

  return (
    <>
      <div
        class={dragging ? 'stage dragging' : 'stage'}
        onDragOver={(event) => {
          event.preventDefault();
          setDragging(true);
        }}
        onDragLeave={() => setDragging(false)}
        onDrop={onDrop}
      >
        <Viewer
          label="Preview of the volume"
          onScene={setScene}
          wanted={source !== undefined && folder === undefined && unseenName === undefined}
          busy={busy}
          shown={volume}
          tools={volume !== undefined && <VolumeFacts volume={volume} />}
          empty={cover}
        />
      </div>
      <form
        class="panel"
        aria-label="What to segment"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="panel-scroll">
          <VolumeChoice />
          {folder !== undefined && <BatchSettings />}
          <section class="group">
            <h2>Kind of image</h2>
            <PackChoice packs={packs} pack={pack} />
            {/* Where nothing is looked at the window counts only if the model may see it. */}
            {((folder ?? unseenName) === undefined || draft.takesWindow(pack, modality ?? 'ct')) && (
              <WindowChoice modality={modality ?? 'ct'} volume={volume} pack={pack} />
            )}
          </section>
          <PromptList pack={pack} modality={modality ?? 'ct'} />
          <section class="group">
            <h2>Also write</h2>
            <label class="check">
              <input
                type="checkbox"
                checked={draft.probabilities.value}
                onChange={(event) => (draft.probabilities.value = event.currentTarget.checked)}
              />
              Probability maps <small>for the threshold slider</small>
            </label>
            <label class="check">
              <input
                type="checkbox"
                checked={draft.masks.value}
                onChange={(event) => (draft.masks.value = event.currentTarget.checked)}
              />
              One binary mask per prompt
            </label>
            <VolumeOutput />
          </section>
          <details class="group">
            <summary>The same by curl, command line or Python</summary>
            <Snippets
              recipes={
                folder === undefined
                  ? recipes(
                      draft.draftOf(source?.kind === 'stored' ? source.uri : 's3://bucket/volume.nii.gz', pack),
                      location.origin,
                      source?.kind === 'file' ? source.file.name : undefined,
                    )
                  : batchRecipes(draft.batchDraftOf(folder, pack), location.origin)
              }
            />
          </details>
        </div>
        <div class="panel-foot">
          {(problem ?? unseen) !== undefined && <ProblemBox error={problem ?? unseen} />}
          {cutOff !== undefined && (
            <div class="problem" role="alert">
              <p class="problem-title">The file is not whole</p>
              <p>{cutOff} Copy or download it once more; as it is it cannot be segmented.</p>
            </div>
          )}
          {volume?.belowZero === true && modality === 'mr' && (
            <p class="stale" role="status">
              Its values lie far below 0, as those of CT do, and {pack.title} takes MR. Is CT the kind of image?
            </p>
          )}
          {folder !== undefined && <FolderFacts size={folderSize} pack={pack} onRetry={countAgain} />}
          <button type="submit" class="primary" disabled={!ready}>
            {submitting ? busyLabel(busy) : folder === undefined ? submitLabel(prompts.length) : batchLabel(folderSize)}
          </button>
          {busy?.what === 'Uploading' && (
            <button type="button" onClick={() => sending.current?.abort()}>
              Stop
            </button>
          )}
          {source === undefined && busy === undefined && <p class="hint">Choose a volume or a folder first.</p>}
          {source !== undefined && prompts.length === 0 && busy === undefined && (
            <p class="hint">Name at least one target.</p>
          )}
          {source !== undefined && source.kind !== 'folder' && busy === undefined && ready && (
            <p class="hint">
              {source.kind === 'file' ? `${source.file.name}, ${bytes(source.file.size)}` : shortUri(source.uri)} with{' '}
              {pack.id}
            </p>
          )}
        </div>
      </form>
    </>
  );
}

const busyLabel = ({ what, share }: { what: string; share?: number | undefined }): string =>
  share === undefined ? `${what}…` : `${what} ${Math.round(share * 100)}%`;

const submitLabel = (count: number): string =>
  count === 0 ? 'Segment' : count === 1 ? 'Segment 1 target' : `Segment ${count} targets`;
