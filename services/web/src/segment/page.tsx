import type { PackSummary } from '@parse3d/contract';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { listPacks } from '../api/calls.js';
import { batchRecipes } from '../components/batch-recipes.js';
import { Await, ProblemBox } from '../components/parts.js';
import { recipes } from '../components/recipes.js';
import { Snippets } from '../components/snippets.js';
import { bytes, shortUri, volumes } from '../format.js';
import { useLoaded, useTitle } from '../hooks.js';
import type { Scene } from '../viewer/scene.js';
import { Viewer } from '../viewer/viewer.js';
import { ctWindows, firstWindow } from '../viewer/grey-windows.js';
import { AlsoWrite } from './also-write.js';
import * as draft from './draft.js';
import { FilesCover, FilesFacts } from './files.js';
import { batchLabel, BatchSettings, FolderCover, FolderFacts, isHopeless, useFolderSize } from './folder.js';
import { MOST_VOLUMES } from './gathered.js';
import { Naming } from './naming.js';
import { PackChoice } from './pack-choice.js';
import { PromptList } from './prompt-list.js';
import { submitChosen } from './submit.js';
import { UnseenCover } from './unseen.js';
import { DropHint, VolumeFacts } from './volume-facts.js';
import { useShown, type Doing } from './use-shown.js';
import { nameOf, VolumeChoice } from './volume-choice.js';
import { WindowChoice } from './window-choice.js';

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
  const [busy, setBusy] = useState<Doing>();
  const [problem, setProblem] = useState<unknown>();
  const [dragging, setDragging] = useState(false);
  const sending = useRef<AbortController>(undefined);
  const source = draft.source.value;
  const pack =
    packs.find(({ id }) => id === draft.packId.value) ?? packs.find((candidate) => candidate.default) ?? packs[0];

  const [folderSize, countAgain] = useFolderSize(source, pack);

  useEffect(() => setProblem(undefined), [source]);
  const { volume, unseen, cutOff, content } = useShown(scene, source, setBusy);

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
  const files = source?.kind === 'files' ? source.gathered : undefined;
  const unseenName = source !== undefined && files === undefined && draft.isUnseen(source) ? nameOf(source) : undefined;
  const several = draft.isBatch(source);
  // What stands where a volume would be seen.
  let cover: ComponentChildren;
  if (source === undefined) cover = <DropHint />;
  else if (unseenName !== undefined) cover = <UnseenCover name={unseenName} />;
  else if (files !== undefined) cover = <FilesCover gathered={files} />;
  else if (folder !== undefined) cover = <FolderCover uri={folder} size={folderSize} />;
  const submitting = busy?.what === 'Uploading' || busy?.what === 'Submitting';
  const ready =
    source !== undefined &&
    cutOff === undefined &&
    prompts.length > 0 &&
    !submitting &&
    !(folder !== undefined && isHopeless(folderSize)) &&
    !(files !== undefined && (files.volumes.length === 0 || files.volumes.length > MOST_VOLUMES));

  const submit = async (): Promise<void> => {
    if (source === undefined) return;
    setProblem(undefined);
    const controller = new AbortController();
    sending.current = controller;
    try {
      await submitChosen(source, pack, content(), setBusy, controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) setProblem(error);
    } finally {
      setBusy(undefined);
    }
  };

  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setDragging(false);
    if (event.dataTransfer !== null) void draft.chooseDropped(event.dataTransfer);
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
          wanted={source !== undefined && (folder ?? files ?? unseenName) === undefined}
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
          {several && <BatchSettings />}
          <section class="group">
            <h2>Kind of image</h2>
            <PackChoice packs={packs} pack={pack} />
            {/* Where nothing is looked at the window counts only if the model may see it. */}
            {((folder ?? files ?? unseenName) === undefined || draft.takesWindow(pack, modality ?? 'ct')) && (
              <WindowChoice modality={modality ?? 'ct'} volume={volume} pack={pack} />
            )}
          </section>
          <PromptList pack={pack} modality={modality ?? 'ct'} />
          <AlsoWrite />
          {!several && <Naming />}
          {files === undefined && (
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
                    : batchRecipes(draft.batchDraftOf({ kind: 'prefix', uri: folder }, pack), location.origin)
                }
              />
            </details>
          )}
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
          {files !== undefined && <FilesFacts gathered={files} packId={pack.id} />}
          <button type="submit" class="primary" disabled={!ready}>
            {submitting
              ? busyLabel(busy)
              : folder !== undefined
                ? batchLabel(folderSize)
                : several && files !== undefined
                  ? `Segment ${volumes(files.volumes.length)}`
                  : submitLabel(prompts.length)}
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
          {source !== undefined &&
            (source.kind === 'file' || source.kind === 'stored') &&
            busy === undefined &&
            ready && (
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
